"""The loops over single series of trends and lines, compiled as the kernel of Holt-Winters is: robust slopes,
and the lines through the last hour.

Arrays have the series last, n of them; those of the views of m series at `rows` have them in that order.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, fmod, isfinite, sqrt
from cython.cimports.libc.math import floor as round_down

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_LARGEST = cython.declare(cython.double, 3.0e38)  # that single precision holds
_FEW = cython.declare(cython.Py_ssize_t, 16)  # numbers that are sorted rather than searched for a median
_NORMAL_CONSISTENT = cython.declare(cython.double, 1.4826)  # median absolute → standard deviation
_ALIKE = cython.declare(
    cython.double, 0.5**21
)  # share of a mean: four steps of the single precision that many sources have; what is nearer is a tie
_LEAST = cython.declare(cython.double, 1e-200)  # error that a weight is the inverse of
_BRACKET = cython.declare(cython.double, 0.25)  # share of a slope, by which it hardly ever changes in a block
_SPREAD = cython.declare(cython.double, 1.5)  # over the root of their number: of ranks about a median's place
_JUMP = cython.declare(cython.double, 5.0)  # deviations between the latest values and the hour's
_SLOPE_SHARE = cython.declare(cython.double, 0.7 * 1.2533)  # of a trend's error an hour ahead: its slope's
_JUDGED = cython.declare(cython.double, 4.0)  # forecasts, until a trend's own errors say anything
_LEVELS_JUDGED = cython.declare(cython.double, 8.0)  # blocks, until the levels' errors say anything
_WANDERS = cython.declare(cython.double, 0.7)  # the latest values are nearer to what comes by this factor
_AS_RIGHT = cython.declare(cython.double, 1.3)  # errors of the days before and of the best trend
_USUAL = cython.declare(cython.Py_ssize_t, 1)  # … the same, single wild ones left out
_COUNT = cython.declare(cython.Py_ssize_t, 3)  # … forecasts judged
_LEVEL = cython.declare(cython.Py_ssize_t, 0)
_SLOPE = cython.declare(cython.Py_ssize_t, 1)
_NOISE = cython.declare(cython.Py_ssize_t, 2)
_JITTER = cython.declare(cython.Py_ssize_t, 3)
_SCATTER = cython.declare(cython.Py_ssize_t, 4)
_ERROR = cython.declare(cython.Py_ssize_t, 5)
_PARTS = cython.declare(cython.Py_ssize_t, 6)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _slot(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step or block in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _nth(
    a: cython.double[::1], first: cython.Py_ssize_t, n: cython.Py_ssize_t, k: cython.Py_ssize_t
) -> cython.double:
    """The value of rank k of the n from `first` on; smaller ones before it, larger ones after it (Hoare)."""
    low = first
    high = first + n - 1
    k += first
    while low < high:
        pivot = a[(low + high) // 2]
        i = low
        j = high
        while i <= j:
            while a[i] < pivot:
                i += 1
            while a[j] > pivot:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return a[k]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _median(a: cython.double[::1], first: cython.Py_ssize_t, n: cython.Py_ssize_t) -> cython.double:
    """The median of the n numbers from `first` on, which are put in another order; NaN of none."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    if n == 0:
        return _NAN
    if n <= _FEW:  # sorted by insertion, without a branch that depends on them
        for i in range(first + 1, first + n):
            value = a[i]
            for k in range(first, i):
                low = min(a[k], value)
                value = max(a[k], value)
                a[k] = low
            a[i] = value
        return a[first + (n - 1) // 2] / 2 + a[first + n // 2] / 2
    middle = _nth(a, first, n, (n - 1) // 2)
    if n % 2 == 1:
        return middle
    other = a[first + n // 2]
    for i in range(first + n // 2 + 1, first + n):
        other = min(other, a[i])
    return middle / 2 + other / 2


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _median_about(
    a: cython.double[::1], first: cython.Py_ssize_t, n: cython.Py_ssize_t, guess: cython.double
) -> cython.double:
    """As `_median`, faster where it is near a guess that is no NaN; there is room for n numbers more.

    Those near the guess are put there, and of these again and again those about where their number suggests
    that it is, without a branch that depends on them.
    """
    low = guess - _BRACKET * fabs(guess)
    high = guess + _BRACKET * fabs(guess)
    k: cython.Py_ssize_t
    at: cython.Py_ssize_t = first
    to: cython.Py_ssize_t = first + n
    many: cython.Py_ssize_t = n
    rank: cython.Py_ssize_t = (n - 1) // 2
    last: cython.Py_ssize_t = n // 2
    while many > _FEW:
        below: cython.Py_ssize_t = 0
        near: cython.Py_ssize_t = 0
        for k in range(at, at + many):
            value = a[k]
            below += cython.cast(cython.int, value < low)
            a[to + near] = value
            near += cython.cast(cython.int, low <= value) & cython.cast(cython.int, value <= high)
        if below > rank or last - below >= near:
            return _median(a, first, n)
        rank, last = rank - below, last - below
        done: cython.bint = near == many
        at, many = to, near
        if done:
            break
        middle = low + (high - low) * ((rank + 0.5) / near)
        half = (high - low) * (_SPREAD / sqrt(cython.cast(cython.double, near)))
        low, high = max(low, middle - half), min(high, middle + half)
    middle = _nth(a, at, many, rank)
    if n % 2 == 1:
        return middle
    other = a[at + rank + 1]
    for k in range(at + rank + 2, at + many):
        other = min(other, a[k])
    return middle / 2 + other / 2


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _tau(work: cython.double[::1], known: cython.Py_ssize_t, least: cython.double) -> cython.double:
    """Kendall's tau of the first numbers in their order; where it is below `least`, a bound that is, too:
    that is known before most pairs are compared.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    pairs: cython.Py_ssize_t = known * (known - 1) // 2
    most: cython.Py_ssize_t = pairs  # if all pairs rise that were not compared
    all_of_them = cython.cast(cython.double, max(pairs, 1))
    for j in range(known - 1, 0, -1):
        reach = _ALIKE * fabs(work[j])
        low = work[j] - reach
        high = work[j] + reach
        lost: cython.Py_ssize_t = j
        for k in range(j):
            lost -= cython.cast(cython.int, low > work[k]) - cython.cast(cython.int, high < work[k])
        most -= lost
        if most / all_of_them < least:
            break
    return most / all_of_them


def theil_sen(
    means: cython.float[:, ::1],
    times: cython.float[:, ::1],
    newest: cython.Py_ssize_t,
    length: cython.double,
    filled: cython.double,
    least: cython.double,
    slope: cython.double[::1],
    tau: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """Median slope and Kendall's tau (n,) of block means, NaN = none, given with their mean times in the
    block (blocks, n), rings whose last block is in row `newest`; blocks are `length` steps long.

    Means that only rounding tells apart neither rise nor fall. tau is 0 where less than a share `filled` of
    the blocks holds a value, the slope NaN where tau is below `least`, which it is then told to be, no more;
    given are the slopes before, NaN = none. `work` has room for two numbers of each block, and of each pair
    of them.
    """
    blocks: cython.Py_ssize_t = means.shape[0]
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    with cython.nogil:
        for i in range(slope.shape[0]):
            known: cython.Py_ssize_t = 0
            k = newest
            for j in range(blocks):
                k = k + 1 if k + 1 < blocks else 0
                if means[k, i] == means[k, i]:
                    work[known] = cython.cast(cython.double, means[k, i])
                    work[blocks + known] = j * length + cython.cast(cython.double, times[k, i])
                    known += 1
            tau[i] = _tau(work, known, least) if known >= filled * blocks else 0.0
            before = slope[i]
            slope[i] = _NAN
            if tau[i] >= least:
                net: cython.Py_ssize_t = 0
                for j in range(known):
                    mean = work[j]
                    time = work[blocks + j]
                    for k in range(j):
                        work[2 * blocks + net + k] = (mean - work[k]) / (time - work[blocks + k])
                    net += j
                slope[i] = _median_about(work, 2 * blocks, net, before)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _block(tick: cython.Py_ssize_t, length: cython.double) -> cython.Py_ssize_t:
    """The block a step belongs to: Python's tick // length, whose remainder is exact."""
    rest = fmod(tick, length)
    whole = (tick - rest) / length
    if rest < 0:
        whole -= 1.0
    return cython.cast(cython.Py_ssize_t, round_down(whole + 0.5))


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _single(value: cython.double) -> cython.double:
    """What single precision can hold of a value."""
    if value > _LARGEST:
        return _LARGEST
    return -_LARGEST if value < -_LARGEST else value


def add(
    values: cython.double[:],
    tick: cython.Py_ssize_t,
    windows: cython.Py_ssize_t[:, ::1],
    lengths: cython.double[::1],
    running: cython.double[:, :, ::1],
    means: cython.float[:, ::1],
    times: cython.float[:, ::1],
    ended: cython.Py_ssize_t[::1],
) -> int:
    """Add a step's values (n,), NaN = missing, to the running block of each of some windows (windows, 3, n):
    sums of values, of their times in the block, and their number.

    `windows` (windows, 3) gives the first row, the number of blocks and how many steps these end early,
    `lengths` those of a block. Blocks that end with this step are `ended`: which of the window's rows, or -1;
    their means and mean times go to that row of all blocks' (blocks, n); how many do.
    """
    ends: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    with cython.nogil:
        for w in range(windows.shape[0]):
            at = tick + windows[w, 2]
            block = _block(at, lengths[w])
            own = _slot(block, windows[w, 1])
            row = windows[w, 0] + own
            time = at - block * lengths[w]
            whole: cython.bint = _block(at + 1, lengths[w]) != block
            ended[w] = own if whole else -1
            ends += whole
            for i in range(values.shape[0]):
                if values[i] == values[i]:
                    running[w, 0, i] += values[i]
                    running[w, 1, i] += time
                    running[w, 2, i] += 1.0
            if whole:
                for i in range(values.shape[0]):
                    count = running[w, 2, i]
                    means[row, i] = _single(running[w, 0, i] / count) if count > 0 else _NAN
                    times[row, i] = running[w, 1, i] / count if count > 0 else _NAN
                    running[w, 0, i] = running[w, 1, i] = running[w, 2, i] = 0.0
    return ends


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _hour(
    values: cython.double[:, ::1], newest: cython.Py_ssize_t, i: cython.Py_ssize_t, work: cython.double[::1]
) -> cython.void:
    """The last hour of values (k, n) of a series, from the `newest` row back: the first half of `work`."""
    k: cython.Py_ssize_t
    row: cython.Py_ssize_t = newest
    for k in range(values.shape[0]):
        work[k] = values[row, i]
        row = row - 1 if row > 0 else values.shape[0] - 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _near(
    within: cython.Py_ssize_t, slope: cython.double, centre: cython.double, work: cython.double[::1]
) -> cython.double:
    """The median of the newest values of an hour in `work`, brought to now along a slope; or of their
    distances from a centre that is no NaN.
    """
    steps: cython.Py_ssize_t = work.shape[0] // 2
    n: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    for k in range(min(within, steps)):
        value = work[k] + slope * k
        if isfinite(value):
            work[steps + n] = value if centre != centre else fabs(value - centre)
            n += 1
    return _median(work, steps, n)


def levels_ahead(
    values: cython.double[:, ::1],
    tick: cython.Py_ssize_t,
    slope: cython.double[:, ::1],
    length: cython.double,
    out: cython.double[:, ::1],
    work: cython.double[::1],
) -> None:
    """The next block's mean, `length` steps, by the level of the whole hour of `values` (k, n) and by that of
    its newest twelfth (2, n), along the trend of the shortest window that has one; NaN where none has.
    """
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    steps: cython.Py_ssize_t = values.shape[0]
    now: cython.Py_ssize_t = _slot(tick, steps)
    with cython.nogil:
        for i in range(out.shape[1]):
            trend = _NAN
            for w in range(slope.shape[0]):
                if isfinite(slope[w, i]):
                    trend = slope[w, i]
                    break
            out[0, i] = out[1, i] = _NAN
            if isfinite(trend):
                to_middle = trend * (length + 1) / 2
                _hour(values, now, i, work)
                out[0, i] = _near(steps, trend, _NAN, work) + to_middle
                out[1, i] = _near(max(3, steps // 12), trend, _NAN, work) + to_middle


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _straight(
    slope: cython.double,
    floor: cython.double,
    wanders: cython.bint,
    out: cython.double[:, :, ::1],
    line: cython.Py_ssize_t,
    j: cython.Py_ssize_t,
    work: cython.double[::1],
) -> cython.bint:
    """The line with a slope per step through the hour in `work`: its level, noise, jitter and scatter into
    `out` (lines, parts, m); whether there is one. Where the slope is NaN there is none.
    """
    k: cython.Py_ssize_t
    steps: cython.Py_ssize_t = work.shape[0] // 2
    third: cython.Py_ssize_t = max(3, steps // 3)
    for k in range(_PARTS):
        out[line, k, j] = 0.0
    if slope != slope:
        return False
    level = _near(steps, slope, _NAN, work)
    if not isfinite(level):
        return False
    least = max(floor, 1e-12 * fabs(level) + 1e-300)
    scatter = max(_NORMAL_CONSISTENT * _near(steps, slope, level, work), least)
    noise = scatter
    latest = _near(third, slope, _NAN, work)
    if isfinite(latest):
        spread = _NORMAL_CONSISTENT * _near(third, slope, latest, work)
        noise = min(scatter, max(2 * spread, least))
    jumped: cython.bint = (
        fabs(latest - level) > _JUMP * noise
    )  # a restart, a step: what was before counts no more
    level = latest if jumped else level
    if wanders:
        latest = _near(max(3, steps // 12), slope, _NAN, work)
        level = latest if isfinite(latest) else level
    out[line, _LEVEL, j], out[line, _NOISE, j], out[line, _SCATTER, j] = level, noise, scatter
    out[line, _JITTER, j] = 1e-12 * fabs(level) + 1e-300 if wanders else noise
    return isfinite(level) and isfinite(noise) and not (jumped and slope > 0)


def lines(
    values: cython.double[:, ::1],
    tick: cython.Py_ssize_t,
    rows: cython.Py_ssize_t[::1],
    slope: cython.double[:, ::1],
    windows: cython.double[:, ::1],
    step: cython.double,
    hour: cython.double,
    trends: cython.float[:, :, ::1],
    skill: cython.float[:, :, ::1],
    levels: cython.float[:, :, ::1],
    soon: cython.double[::1],
    floor: cython.double[::1],
    silent: cython.uchar[::1],
    out: cython.double[:, :, ::1],
    usable: cython.uchar[:, ::1],
    work: cython.double[::1],
) -> None:
    """The straight views of the series at `rows`: the level, a line for each window, and one of all those.

    `values` (k, n) are the last hour's, an `hour` in steps; `slope` (windows, n) is per step of `step`
    seconds, NaN = none; `windows` (windows, 2): the most its slope may err as a share of it, the most scatter
    as a multiple of the level's. `trends`, `skill` and `levels` are scores; `floor` (n,) is the least noise.
    Where they are `silent` (n,) their level is not asked for.
    Written are the lines' parts (windows + 2, parts, m), slopes per second, and which are usable.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    w: cython.Py_ssize_t
    now: cython.Py_ssize_t = _slot(tick, values.shape[0])
    with cython.nogil:
        for j in range(rows.shape[0]):
            i = rows[j]
            wanders: cython.bint = levels[_COUNT, 0, i] >= _LEVELS_JUDGED and levels[
                _USUAL, 1, i
            ] < _WANDERS * cython.cast(cython.double, levels[_USUAL, 0, i])
            _hour(values, now, i, work)
            level: cython.bint = silent[i] == 0
            for w in range(slope.shape[0]):
                level = level or (isfinite(slope[w, i]) and isfinite(windows[w, 1]))
            usable[0, j] = _straight(0.0 if level else _NAN, floor[i], False, out, 0, j, work)
            for w in range(slope.shape[0]):
                trend = slope[w, i]
                found = _straight(trend, floor[i], wanders, out, w + 1, j, work)
                rise = (trend if trend > 0 else 1.0) * hour
                share = min(max(_SLOPE_SHARE * _error(trends, skill, w, i) / rise, 0.01), 1.0)
                out[w + 1, _SLOPE, j] = trend / step if isfinite(trend) else 0.0
                out[w + 1, _ERROR, j] = min(share, windows[w, 0])
                calm: cython.bint = out[w + 1, _SCATTER, j] <= windows[w, 1] * out[0, _SCATTER, j]
                usable[w + 1, j] = found and (calm or not isfinite(windows[w, 1]))
            _together(trends, skill, soon[i] / step, i, out, usable, j)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _error(
    trends: cython.float[:, :, ::1],
    skill: cython.float[:, :, ::1],
    w: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.double:
    """How far a window's trend has been off an hour ahead; until it was judged, that and the level."""
    error = trends[_USUAL, w, i] if trends[_COUNT, w, i] >= _JUDGED else skill[_USUAL, w + 1, i]
    return cython.cast(cython.double, error)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _together(
    trends: cython.float[:, :, ::1],
    skill: cython.float[:, :, ::1],
    soon: cython.double,
    i: cython.Py_ssize_t,
    out: cython.double[:, :, ::1],
    usable: cython.uchar[:, ::1],
    j: cython.Py_ssize_t,
) -> cython.void:
    """One line of all usable trends, each weighted by how right it has been of late, and of what the days
    before add, `soon` per second, where they have been about as right.
    """
    w: cython.Py_ssize_t
    part: cython.Py_ssize_t
    windows: cython.Py_ssize_t = out.shape[0] - 2
    total = 0.0
    least = _INF
    for w in range(windows):
        error = _error(trends, skill, w, i)
        least = min(least, error)
        total += 1.0 / max(error, _LEAST) if usable[w + 1, j] else 0.0
    usable[windows + 1, j] = total > 0
    for part in range(_PARTS):
        out[windows + 1, part, j] = 0.0
    if total <= 0:
        return
    for w in range(windows):
        if usable[w + 1, j]:
            weight = 1.0 / max(_error(trends, skill, w, i), _LEAST)
            for part in range(_PARTS):
                out[windows + 1, part, j] += weight / total * out[w + 1, part, j]
    error = _INF
    if skill[_COUNT, windows + 1, i] > 0:
        error = cython.cast(cython.double, skill[_USUAL, windows + 1, i])
    if soon > 0 and error <= _AS_RIGHT * least:
        weight = 1.0 / max(error, _LEAST)
        slope = out[windows + 1, _SLOPE, j]
        out[windows + 1, _SLOPE, j] = slope + weight / (total + weight) * (soon - slope)


def jitter(
    values: cython.double[:, ::1],
    tick: cython.Py_ssize_t,
    rows: cython.Py_ssize_t[::1],
    out: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """Robust standard deviation of what comes anew with each sample of an hour of values (k, n): neither the
    slope of the series at `rows` nor what wanders has a part in the change from one to the next.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    steps: cython.Py_ssize_t = values.shape[0]
    now: cython.Py_ssize_t = _slot(tick, steps)
    with cython.nogil:
        for j in range(rows.shape[0]):
            n: cython.Py_ssize_t = 0
            _hour(values, now, rows[j], work)
            for k in range(steps - 1):
                move = work[k] - work[k + 1]
                if isfinite(move):
                    work[steps + n] = move
                    n += 1
            centre = _median(work, steps, n)
            for k in range(steps, steps + n):
                work[k] = fabs(work[k] - centre)
            out[j] = _NORMAL_CONSISTENT * _median(work, steps, n) / sqrt(2.0) if n else 0.0
