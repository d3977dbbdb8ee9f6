"""The loops over single series of the views, compiled as the kernel of Holt-Winters is: robust slopes, lines
through the last hour, what the days before foresee, first passages.

Arrays have the series last, n of them; those of the views of m series at `rows` have them in that order.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, expm1, fabs, fmod, hypot, isfinite, log, log1p, sqrt
from cython.cimports.libc.math import floor as round_down

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_FEW = cython.declare(cython.Py_ssize_t, 16)  # numbers that are sorted rather than searched for a median
_NORMAL_CONSISTENT = cython.declare(cython.double, 1.4826)  # median absolute → standard deviation
_MEAN_TO_DEVIATION = cython.declare(cython.double, 1.2533)  # √(π/2): mean absolute → standard deviation
_ROOT = cython.declare(cython.double, 2.5066282746310002)  # √(2π)
_LEAST = cython.declare(cython.double, 1e-200)  # error that a weight is the inverse of

_BRACKET = cython.declare(cython.double, 0.25)  # share of a slope, by which it hardly ever changes in a block

# Lines
_JUMP = cython.declare(cython.double, 5.0)  # deviations between the latest values and the hour's
_SLOPE_SHARE = cython.declare(cython.double, 0.7 * 1.2533)  # of a trend's error an hour ahead: its slope's
_JUDGED = cython.declare(cython.double, 4.0)  # forecasts, until a trend's own errors say anything
_LEVELS_JUDGED = cython.declare(cython.double, 8.0)  # blocks, until the levels' errors say anything
_WANDERS = cython.declare(cython.double, 0.7)  # the latest values are nearer to what comes by this factor
_AS_RIGHT = cython.declare(cython.double, 1.3)  # errors of the days before and of the best trend

# Skill
_WILD = cython.declare(cython.double, 4.0)  # usual errors: one counts as at most so many of them …
_YOUNG = cython.declare(cython.double, 8.0)  # … from so many forecasts on
_OFF = cython.declare(cython.Py_ssize_t, 0)  # the rows of scores: mean absolute error …
_USUAL = cython.declare(cython.Py_ssize_t, 1)  # … the same, single wild ones left out
_LAST = cython.declare(cython.Py_ssize_t, 2)  # … the latest errors
_COUNT = cython.declare(cython.Py_ssize_t, 3)  # … forecasts judged

# The days before
_DAYS_BEFORE = cython.declare(cython.uchar, 1)  # who speaks instead of the straight views: these …
_SEASON = cython.declare(cython.uchar, 2)  # … or Holt-Winters
_LOG_MOST = cython.declare(cython.double, 700.0)  # of a logarithm whose exponential is finite
_DAYS = cython.declare(cython.Py_ssize_t, 3)  # on which the same clock time is looked up
_ONE_DAY = cython.declare(cython.double, 0.35)  # they speak if their error is under this share of a line's …
_MORE_DAYS = cython.declare(cython.double, 0.7)  # … of more than one day known
_NO_WORSE = cython.declare(cython.double, 1.3)  # times the least error an hour ahead, Holt-Winters' own
_FAR_SHARE = cython.declare(cython.double, 0.85)  # of the error of a line some hours ahead
_TAIL = cython.declare(cython.double, 0.9)  # probability of the quantile of what it misses to either side …
_PACE = cython.declare(cython.double, 0.05)  # … which moves by so many mean errors a forecast
_OFF_PATH = cython.declare(cython.double, 4.0)  # … the last hour went as foretold to so many times its error
_FILLED = cython.declare(cython.double, 0.75)  # … and so much is known of the day ahead

# Passages
_FARTHEST = cython.declare(cython.double, 8.0)  # deviations; beyond, a tail (6e-16) is rounding noise
_FLAT = cython.declare(cython.double, 1e-3)  # deviations moved over a stretch, under which it is level
_LEVEL_ERROR = cython.declare(cython.double, sqrt(1 + 1 / 60.0))  # of the median of an hour's samples
_LEVEL_WIDER = cython.declare(cython.double, 1.0)  # factors of a line's noise in probabilities: a level's …
_TREND_WIDER = cython.declare(cython.double, 2.0)  # … and a trend's
_PRIOR_PASSAGES = cython.declare(cython.double, 0.5)  # Jeffreys' half an event for a rate …
_PRIOR_DAYS = cython.declare(cython.double, 1.0)  # … and a day to have seen it in
_LIKELY = cython.declare(cython.double, 0.5)  # probability from which on a time is told
_EVEN = cython.declare(cython.double, 0.69)  # passages, under which none is likelier: ln 2, rounded
# Neighbouring samples are alike, so the level wanders with part of the noise.
_EARLY = cython.declare(cython.double, 1.15)
_LEVEL_SPREAD = cython.declare(cython.double, 0.7)
_STAYS = cython.declare(cython.double, 0.5)  # of the squared error an hour ahead: the slope's own …
_AFRESH = cython.declare(cython.double, 0.5)  # … and what comes anew each hour
_GROWS = cython.declare(cython.double, 2.0)  # hours ahead in which a path's error variance doubles
_ROUNDING = cython.declare(cython.double, 0.15)  # blocks
_HIGHEST = cython.declare(cython.double, 1.5)  # deviations of a block's highest samples from its mean

# The parts of a line, in this order.
_LEVEL = cython.declare(cython.Py_ssize_t, 0)
_SLOPE = cython.declare(cython.Py_ssize_t, 1)
_NOISE = cython.declare(cython.Py_ssize_t, 2)
_JITTER = cython.declare(cython.Py_ssize_t, 3)
_SCATTER = cython.declare(cython.Py_ssize_t, 4)
_ERROR = cython.declare(cython.Py_ssize_t, 5)
_PARTS = cython.declare(cython.Py_ssize_t, 6)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _slot(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step or block in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
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
@cython.exceptval(check=False)
def _median_about(
    a: cython.double[::1], first: cython.Py_ssize_t, n: cython.Py_ssize_t, guess: cython.double
) -> cython.double:
    """As `_median`, faster where it is near a guess that is no NaN; there is room for n numbers more."""
    low = guess - _BRACKET * fabs(guess)
    high = guess + _BRACKET * fabs(guess)
    k: cython.Py_ssize_t
    below: cython.Py_ssize_t = 0
    near: cython.Py_ssize_t = 0
    for k in range(first, first + n):
        below += cython.cast(cython.int, a[k] < low)
        a[first + n + near] = a[k]
        near += cython.cast(cython.int, low <= a[k]) & cython.cast(cython.int, a[k] <= high)
    rank: cython.Py_ssize_t = (n - 1) // 2 - below
    if rank < 0 or n // 2 - below >= near:
        return _median(a, first, n)
    middle = _nth(a, first + n, near, rank)
    if n % 2 == 1:
        return middle
    other = a[first + n + rank + 1]
    for k in range(first + n + rank + 2, first + n + near):
        other = min(other, a[k])
    return middle / 2 + other / 2


def theil_sen(
    sums: cython.double[:, ::1],
    times: cython.double[:, ::1],
    counts: cython.double[:, ::1],
    newest: cython.Py_ssize_t,
    filled: cython.double,
    least: cython.double,
    slope: cython.double[::1],
    tau: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """Median slope and Kendall's tau (n,) of block means, given sums of values and times (blocks, n), rings
    whose last block is in row `newest`.

    tau is 0 where less than a share `filled` of the blocks holds a value, the slope NaN where tau is below
    `least`; given are the slopes before, NaN = none. `work` has room for two numbers of each block, and of
    each pair of them.
    """
    blocks: cython.Py_ssize_t = sums.shape[0]
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(slope.shape[0]):
        known: cython.Py_ssize_t = 0
        for j in range(blocks):
            k = (newest + 1 + j) % blocks
            if counts[k, i] > 0:
                work[known] = sums[k, i] / counts[k, i]
                work[blocks + known] = times[k, i] / counts[k, i]
                known += 1
        net: cython.Py_ssize_t = 0
        for j in range(known):
            mean = work[j]
            for k in range(j):
                net += cython.cast(cython.int, mean > work[k]) - cython.cast(cython.int, mean < work[k])
        pairs: cython.Py_ssize_t = known * (known - 1) // 2
        tau[i] = net / cython.cast(cython.double, max(pairs, 1)) if known >= filled * blocks else 0.0
        before = slope[i]
        slope[i] = _NAN
        if tau[i] >= least:
            net = 0
            for j in range(known):
                mean = work[j]
                time = work[blocks + j]
                for k in range(j):
                    work[2 * blocks + net + k] = (mean - work[k]) / (time - work[blocks + k])
                net += j
            slope[i] = _median_about(work, 2 * blocks, net, before)


@cython.cfunc
@cython.exceptval(check=False)
def _block(tick: cython.Py_ssize_t, length: cython.double) -> cython.Py_ssize_t:
    """The block a step belongs to: Python's tick // length, whose remainder is exact."""
    rest = fmod(tick, length)
    whole = (tick - rest) / length
    if rest < 0:
        whole -= 1.0
    return cython.cast(cython.Py_ssize_t, round_down(whole + 0.5))


def add(
    values: cython.double[:],
    tick: cython.Py_ssize_t,
    windows: cython.Py_ssize_t[:, ::1],
    lengths: cython.double[::1],
    sums: cython.double[:, ::1],
    times: cython.double[:, ::1],
    counts: cython.double[:, ::1],
    ended: cython.Py_ssize_t[::1],
) -> None:
    """Add a step's values (n,), NaN = missing, to a block of each of some windows: to its row of the sums
    (all blocks, n) of values, of steps and of their numbers.

    `windows` (windows, 3) gives the first row, the number of blocks and how many steps these end early,
    `lengths` those of a block. Blocks that end with this step are `ended`: which of the window's rows, or -1.
    """
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    for w in range(windows.shape[0]):
        at = tick + windows[w, 2]
        block = _block(at, lengths[w])
        own = _slot(block, windows[w, 1])
        row = windows[w, 0] + own
        fresh: cython.bint = _block(at - 1, lengths[w]) != block
        ended[w] = own if _block(at + 1, lengths[w]) != block else -1
        if fresh:
            for i in range(values.shape[0]):
                sums[row, i] = times[row, i] = counts[row, i] = 0.0
        for i in range(values.shape[0]):
            if values[i] == values[i]:
                sums[row, i] += values[i]
                times[row, i] += at
                counts[row, i] += 1.0


def learnt(
    values: cython.double[:],
    held: cython.double[:],
    limit: cython.double[:],
    out: cython.double[::1],
) -> None:
    """What may be learnt of a step's values (n,): as much as is `held`, and what is no further off than the
    limit.
    """
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        out[i] = held[i]
        if isfinite(limit[i]) and min(values[i], limit[i]) > held[i]:
            out[i] = min(values[i], limit[i])


def record(
    values: cython.double[:],
    limit: cython.double[:],
    fade: cython.double,
    share: cython.double,
    hour: cython.double,
    passages: cython.double[::1],
    days: cython.double[::1],
    below: cython.double[::1],
) -> None:
    """Passages over the limit, each after an `hour` in steps below it; `share` is the step's of a day."""
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        reached: cython.bint = values[i] >= limit[i]
        seen = 1.0 if values[i] == values[i] else 0.0
        passages[i] = passages[i] * fade + (1.0 if reached and below[i] >= hour else 0.0)
        days[i] = days[i] * fade + seen * share
        below[i] = 0.0 if reached else below[i] + seen


def tally(values: cython.double[:], total: cython.double[::1], count: cython.double[::1]) -> None:
    """Add a step's values (n,), NaN = missing, to the running block."""
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if values[i] == values[i]:
            total[i] += values[i]
            count[i] += 1.0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _judge(
    view: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
    slot: cython.Py_ssize_t,
    memory: cython.double,
    mean: cython.double,
    forecast: cython.double,
    scores: cython.double[:, :, ::1],
    made: cython.double[:, :, ::1],
) -> cython.void:
    """What a view foretold of a block whose mean came in, and what it foretells now."""
    off = fabs(mean - made[slot, view, i])
    scores[_LAST, view, i] = off
    made[slot, view, i] = forecast
    if not isfinite(off):
        return
    count = scores[_COUNT, view, i] + 1.0
    usual = scores[_USUAL, view, i]
    rate = max(1.0 / count, 1.0 / memory)
    tame = min(off, _WILD * usual) if count > _YOUNG else off
    scores[_COUNT, view, i] = count
    scores[_OFF, view, i] += rate * (off - scores[_OFF, view, i])
    scores[_USUAL, view, i] = usual + rate * (tame - usual)


def judge(
    slot: cython.Py_ssize_t,
    memory: cython.double,
    mean: cython.double[::1],
    forecasts: cython.double[:, ::1],
    scores: cython.double[:, :, ::1],
    made: cython.double[:, :, ::1],
) -> None:
    """The means (n,) of a block came in: what the views foretold of it, and what they foretell (views, n)."""
    i: cython.Py_ssize_t
    v: cython.Py_ssize_t
    for v in range(forecasts.shape[0]):
        for i in range(mean.shape[0]):
            _judge(v, i, slot, memory, mean[i], forecasts[v, i], scores, made)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _increment(
    means: cython.double[:, ::1],
    now: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.double:
    """What came in so many blocks, at most a day, at this time of the days before; the last block is in
    row `now`: the middle of three days, the mean of two, the only one, NaN of none.
    """
    low: cython.double = _INF
    high: cython.double = -_INF
    total: cython.double = 0.0
    known: cython.Py_ssize_t = 0
    rows = means.shape[0]
    then: cython.Py_ssize_t = now
    for _ in range(_DAYS):
        then = then - day if then >= day else then - day + rows
        later = then + ahead if then + ahead < rows else then + ahead - rows
        rise = means[later, i] - means[then, i]
        if isfinite(rise):
            low = min(low, rise)
            high = max(high, rise)
            total += rise
            known += 1
    if known == 0:
        return _NAN
    return total - low - high if known == _DAYS else low / 2 + high / 2


def path(
    means: cython.double[:, ::1],
    block: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    day: cython.Py_ssize_t,
    rows: cython.Py_ssize_t[::1],
    out: cython.double[:, ::1],
) -> None:
    """Where the series at `rows` go from a block on, so many blocks `ahead`: increments (len(ahead), m)."""
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    now: cython.Py_ssize_t = _slot(block, means.shape[0])
    for k in range(ahead.shape[0]):
        for j in range(rows.shape[0]):
            out[k, j] = _increment(means, now, ahead[k], day, rows[j])


def close(
    means: cython.double[:, ::1],
    slot: cython.Py_ssize_t,
    total: cython.double[::1],
    count: cython.double[::1],
) -> None:
    """The running block ends: its mean into the row `slot`, NaN where nothing was seen."""
    i: cython.Py_ssize_t
    for i in range(total.shape[0]):
        means[slot, i] = total[i] / count[i] if count[i] > 0 else _NAN
        total[i] = count[i] = 0.0


def foresee(
    means: cython.double[:, ::1],
    block: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    length: cython.double,
    hour: cython.Py_ssize_t,
    slope: cython.double[:, ::1],
    memory: cython.double,
    skill: cython.double[:, :, ::1],
    skill_made: cython.double[:, :, ::1],
    contest: cython.double[:, :, ::1],
    contest_made: cython.double[:, :, ::1],
    trends: cython.double[:, :, ::1],
    trends_made: cython.double[:, :, ::1],
    far: cython.double[:, :, ::1],
    far_made: cython.double[:, :, ::1],
    seasonal: cython.double[:, ::1],
    tails: cython.double[:, ::1],
    soon: cython.double[::1],
    ahead: cython.double[:, ::1],
    highest: cython.double[:, ::1],
    daily: cython.double[::1],
    speaks: cython.uchar[::1],
) -> None:
    """A block has ended: judge what the views foretold of it, and foretell the next hour and the day.

    `means` (blocks, n) is a ring of blocks, `length` steps each, `day` to a day and `hour` to an hour;
    `slope` (windows, n) per step, NaN = none. `skill`, `contest` and `trends` are scores of the views, and
    what they `made`. `far` are those of the best line, of the days before and of Holt-Winters some hours
    ahead; `seasonal` (2, n) is how that has the mean rise in an hour and until then, NaN = not known; `tails`
    (2, n) are the quantiles of what it misses an hour ahead, below and above, in mean errors. Written are
    `soon`, rise per step in the next two hours, who `speaks`, and where the days before do their path (day,
    n), its running maximum and its end.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    w: cython.Py_ssize_t
    windows: cython.Py_ssize_t = slope.shape[0]
    days: cython.Py_ssize_t = windows + 1  # the view of the days before; the first is the level
    later: cython.Py_ssize_t = min(2 * hour, day)
    slot: cython.Py_ssize_t = _slot(block, skill_made.shape[0])
    hours: cython.Py_ssize_t = far_made.shape[0]
    far_slot: cython.Py_ssize_t = _slot(block, hours)
    now: cython.Py_ssize_t = _slot(block, means.shape[0])
    steps = hour * length
    for i in range(soon.shape[0]):
        mean = means[now, i]
        rise = _increment(means, now, hour, day, i)
        soon[i] = _increment(means, now, later, day, i) / (later * length)
        told = isfinite(rise)
        _judge(0, i, slot, memory, mean, mean, skill, skill_made)
        _judge(0, i, slot, memory, mean, mean if told else _NAN, contest, contest_made)
        for w in range(windows):
            move = slope[w, i] * steps
            _judge(w, i, slot, memory, mean, mean + move, trends, trends_made)
            move = mean + (move if isfinite(move) else 0.0)
            _judge(w + 1, i, slot, memory, mean, move, skill, skill_made)
            _judge(w + 1, i, slot, memory, mean, move if told else _NAN, contest, contest_made)
        _judge(days, i, slot, memory, mean, mean + rise, skill, skill_made)
        _judge(days, i, slot, memory, mean, mean + rise, contest, contest_made)
        _miss(mean - contest_made[slot, days + 1, i], contest[_USUAL, days + 1, i], i, tails)
        _judge(
            days + 1, i, slot, memory, mean, mean + seasonal[0, i] if told else _NAN, contest, contest_made
        )
        rise = _increment(means, now, hours, day, i)
        told = isfinite(rise) and isfinite(seasonal[1, i])
        move = _best(contest, slope, i) * hours * length
        _judge(0, i, far_slot, memory, mean, mean + move if told else _NAN, far, far_made)
        _judge(1, i, far_slot, memory, mean, mean + rise if told else _NAN, far, far_made)
        _judge(2, i, far_slot, memory, mean, mean + seasonal[1, i] if told else _NAN, far, far_made)
        speaks[i] = _SEASON if _season_better(contest, far, days, day, i) else 0
        if speaks[i] == 0 and _better(contest, days, days, day, i):
            known = 0.0
            top = -_INF
            for k in range(day):
                rise = _increment(means, now, k + 1, day, i)
                known += 1.0 if isfinite(rise) else 0.0
                rise = rise if isfinite(rise) else 0.0
                top = max(top, rise)
                ahead[k, i], highest[k, i], daily[i] = rise, top, rise
            speaks[i] = _DAYS_BEFORE if known / day >= _FILLED else 0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _better(
    contest: cython.double[:, :, ::1],
    view: cython.Py_ssize_t,
    straight: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.bint:
    """Whether a view has foretold the last day clearly better than any of the straight ones, which come
    first, and the last hour.
    """
    least = contest[_OFF, 0, i]
    v: cython.Py_ssize_t
    for v in range(1, straight):
        least = min(least, contest[_OFF, v, i])
    count = contest[_COUNT, view, i]
    error = contest[_OFF, view, i]
    share = _MORE_DAYS if count > day else _ONE_DAY
    return count >= day / 4.0 and error < share * least and contest[_LAST, view, i] <= _OFF_PATH * error


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _miss(
    off: cython.double, usual: cython.double, i: cython.Py_ssize_t, tails: cython.double[:, ::1]
) -> cython.void:
    """Move the quantiles of what a view misses by the gradient of the pinball loss."""
    if isfinite(off) and usual > 0:
        tails[0, i] += _PACE * (_TAIL - (1.0 if -off <= tails[0, i] * usual else 0.0))
        tails[1, i] += _PACE * (_TAIL - (1.0 if off <= tails[1, i] * usual else 0.0))


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _best(
    contest: cython.double[:, :, ::1], slope: cython.double[:, ::1], i: cython.Py_ssize_t
) -> cython.double:
    """The slope of the straight view that has erred least an hour ahead; 0 is that of the level."""
    best = 0.0
    least = contest[_OFF, 0, i]
    w: cython.Py_ssize_t
    for w in range(slope.shape[0]):
        if isfinite(slope[w, i]) and contest[_OFF, w + 1, i] < least:
            least = contest[_OFF, w + 1, i]
            best = slope[w, i]
    return best


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _season_better(
    contest: cython.double[:, :, ::1],
    far: cython.double[:, :, ::1],
    days: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.bint:
    """Whether Holt-Winters has foretold some hours clearly better than lines and better than the days before,
    an hour no worse than either, and the last hour.
    """
    least = contest[_OFF, days, i]
    v: cython.Py_ssize_t
    for v in range(days):
        least = min(least, contest[_OFF, v, i])
    error = contest[_OFF, days + 1, i]
    near: cython.bint = error <= _NO_WORSE * least and contest[_LAST, days + 1, i] <= _OFF_PATH * error
    better: cython.bint = far[_OFF, 2, i] < min(_FAR_SHARE * far[_OFF, 0, i], far[_OFF, 1, i])
    return near and better and far[_COUNT, 2, i] >= day


def drift(
    means: cython.double[:, ::1],
    block: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    out: cython.double[::1],
) -> None:
    """Rise per block (n,) that no season of the day has a part in: the mean rise over a day of the blocks of
    the last day, 0 of none.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    rows: cython.Py_ssize_t = means.shape[0]
    known: cython.Py_ssize_t
    for i in range(out.shape[0]):
        total = 0.0
        known = 0
        for k in range(day):
            rise = means[_slot(block - k, rows), i] - means[_slot(block - k - day, rows), i]
            if isfinite(rise):
                total += rise
                known += 1
        out[i] = total / (max(known, 1) * day)


def season_means(
    rows: cython.Py_ssize_t[::1],
    steps: cython.Py_ssize_t[:, ::1],
    by_week: cython.uchar[::1],
    logarithmic: cython.uchar[::1],
    level: cython.double[::1],
    season: cython.double[:, ::1],
    weekly_logarithmic: cython.uchar[::1],
    weekly_level: cython.double[::1],
    weekly_season: cython.double[:, ::1],
    week: cython.double[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """What Holt-Winters says of blocks (blocks, m) of the series at `rows` if its level stays: the means of
    their steps, each (block, phase in the season, row of the week's hours), in order.

    `by_week` (n,) says whose season is that of the week: a weekly filter's and what `week` (hours, n) adds.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    first: cython.Py_ssize_t = 0
    for k in range(steps.shape[0]):
        block = steps[k, 0]
        begins: cython.bint = k == 0 or steps[k - 1, 0] != block
        ends: cython.bint = k == steps.shape[0] - 1 or steps[k + 1, 0] != block
        first = k if begins else first
        for j in range(rows.shape[0]):
            i = rows[j]
            if by_week[i] > 0:
                value = weekly_level[i] + weekly_season[steps[k, 1], i]
                value = exp(min(value, _LOG_MOST)) if weekly_logarithmic[i] > 0 else value
                value += week[steps[k, 2], i]
            else:
                value = level[i] + season[steps[k, 1], i]
                value = exp(min(value, _LOG_MOST)) if logarithmic[i] > 0 else value
            out[block, j] = value if begins else out[block, j] + value
            if ends:
                out[block, j] /= k + 1 - first


def season_path(
    foreseen: cython.double[:, ::1],
    rows: cython.Py_ssize_t[::1],
    drift: cython.double[::1],
    toward: cython.double,
    ahead: cython.double[:, ::1],
    highest: cython.double[:, ::1],
    daily: cython.double[::1],
) -> None:
    """What Holt-Winters says of the block that has ended and of those of the next day (1 + day, m), of the
    series at `rows`, as a path with a `drift` (n,) a block: increments (day, n), their running maximum and
    their end.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for k in range(1, foreseen.shape[0]):
        for j in range(rows.shape[0]):
            i = rows[j]
            rise = toward * (foreseen[k, j] - foreseen[0, j]) + k * drift[i]
            ahead[k - 1, i] = rise
            highest[k - 1, i] = max(highest[k - 2, i], rise) if k > 1 else rise
            daily[i] = rise


@cython.cfunc
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


def compare_levels(
    values: cython.double[:, ::1],
    tick: cython.Py_ssize_t,
    slope: cython.double[:, ::1],
    length: cython.double,
    mean: cython.double[::1],
    slot: cython.Py_ssize_t,
    memory: cython.double,
    scores: cython.double[:, :, ::1],
    made: cython.double[:, :, ::1],
    work: cython.double[::1],
) -> None:
    """Judge and foretell the next block's mean by the level of the whole hour of `values` (k, n) and by that
    of its newest twelfth, along the trend of the shortest window that has one.
    """
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    steps: cython.Py_ssize_t = values.shape[0]
    now: cython.Py_ssize_t = _slot(tick, steps)
    for i in range(mean.shape[0]):
        trend = _NAN
        for w in range(slope.shape[0]):
            if isfinite(slope[w, i]):
                trend = slope[w, i]
                break
        whole = _NAN
        newest = _NAN
        if isfinite(trend):
            _hour(values, now, i, work)
            whole = _near(steps, trend, _NAN, work)
            newest = _near(max(3, steps // 12), trend, _NAN, work)
        to_middle = trend * (length + 1) / 2
        _judge(0, i, slot, memory, mean[i], whole + to_middle, scores, made)
        _judge(1, i, slot, memory, mean[i], newest + to_middle, scores, made)


@cython.cfunc
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
    trends: cython.double[:, :, ::1],
    skill: cython.double[:, :, ::1],
    levels: cython.double[:, :, ::1],
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
    for j in range(rows.shape[0]):
        i = rows[j]
        wanders: cython.bint = (
            levels[_COUNT, 0, i] >= _LEVELS_JUDGED and levels[_USUAL, 1, i] < _WANDERS * levels[_USUAL, 0, i]
        )
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
@cython.inline
@cython.exceptval(check=False)
def _error(
    trends: cython.double[:, :, ::1],
    skill: cython.double[:, :, ::1],
    w: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.double:
    """How far a window's trend has been off an hour ahead; until it was judged, that and the level."""
    return trends[_USUAL, w, i] if trends[_COUNT, w, i] >= _JUDGED else skill[_USUAL, w + 1, i]


@cython.cfunc
@cython.exceptval(check=False)
def _together(
    trends: cython.double[:, :, ::1],
    skill: cython.double[:, :, ::1],
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
    error = skill[_USUAL, windows + 1, i] if skill[_COUNT, windows + 1, i] > 0 else _INF
    if soon > 0 and error <= _AS_RIGHT * least:
        weight = 1.0 / max(error, _LEAST)
        slope = out[windows + 1, _SLOPE, j]
        out[windows + 1, _SLOPE, j] = slope + weight / (total + weight) * (soon - slope)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _tail(z: cython.double) -> cython.double:
    """Q(z), to 7.5e-8 (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17)."""
    size = min(fabs(z), _FARTHEST)
    t = 1.0 / (1.0 + 0.2316419 * size)
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = exp(-0.5 * size * size) / _ROOT * poly
    return 1.0 - tail if z < 0 else tail


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _loss(z: cython.double) -> cython.double:
    """G(z) = ∫ Q = φ(z) - z·Q(z)."""
    size = min(fabs(z), _FARTHEST)
    t = 1.0 / (1.0 + 0.2316419 * size)
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    density = exp(-0.5 * size * size) / _ROOT
    loss = max(density - size * (density * poly), 0.0)
    return loss - z if z < 0 else loss


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _hazard(start: cython.double, moved: cython.double, draws: cython.double) -> cython.double:
    """Cumulated hazard of so many draws from `start` deviations below the limit on, as they come `moved`
    nearer.

    The integral of the upper tail over the draws; along a straight line it has a closed form by the loss.
    """
    if fabs(moved) >= _FLAT:
        mean = (_loss(start - moved) - _loss(start)) / moved
    else:
        mean = (_tail(start - moved) + _tail(start)) / 2
    return draws * max(mean, 0.0)


def tail_and_loss(z: cython.double[::1], tail: cython.double[::1], loss: cython.double[::1]) -> None:
    """Q(z) and G(z), (n,) each."""
    i: cython.Py_ssize_t
    for i in range(z.shape[0]):
        tail[i] = _tail(z[i])
        loss[i] = _loss(z[i])


def hazard(
    distance: cython.double[::1],
    slope: cython.double[::1],
    deviation: cython.double[::1],
    ends: cython.double[::1],
    grain: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """Cumulated hazard (len(ends), n) of lines a distance below the limit now."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(distance.shape[0]):
        for k in range(ends.shape[0]):
            moved = slope[i] / deviation[i] * ends[k]
            out[k, i] = _hazard(distance[i] / deviation[i], moved, ends[k] / grain)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _rate(passages: cython.double, days: cython.double, day: cython.double) -> cython.double:
    """Passages to be expected in a second, by the record."""
    return (passages + _PRIOR_PASSAGES) / (days + _PRIOR_DAYS) / day


def may_alarm(
    slope: cython.double[:, ::1],
    speaks: cython.uchar[::1],
    passages: cython.double[::1],
    days: cython.double[::1],
    day: cython.double,
    within: cython.double,
    out: cython.uchar[::1],
) -> None:
    """Where there is a trend, the days before speak, or the record expects a passage in so many seconds."""
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    for i in range(out.shape[0]):
        out[i] = speaks[i] > 0 or _rate(passages[i], days[i], day) * within >= _EVEN
        for w in range(slope.shape[0]):
            out[i] |= isfinite(slope[w, i])


def log_survival(
    parts: cython.double[:, :, ::1],
    usable: cython.uchar[:, ::1],
    ages: cython.double[::1],
    rows: cython.Py_ssize_t[::1],
    limit: cython.double[::1],
    silent: cython.uchar[::1],
    passages: cython.double[::1],
    days: cython.double[::1],
    day: cython.double,
    ends: cython.double[::1],
    grain: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """Log P(still below the limit (n,)) at ascending times (len(ends), m), by the most alarmed of the lines;
    0 without a limit, and where they are `silent`.

    The first line is the level, which is reached no oftener than the record says; the trends were seen for
    `ages` seconds.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    line: cython.Py_ssize_t
    for j in range(rows.shape[0]):
        i = rows[j]
        for k in range(ends.shape[0]):
            out[k, j] = 0.0
        if silent[i] > 0 or not isfinite(limit[i]):
            continue
        for line in range(ages.shape[0]):
            if usable[line, j]:
                _pass(parts, line, j, limit[i], ages[line], ends, grain, out)
            if line == 0:
                rate = _rate(passages[i], days[i], day)
                for k in range(ends.shape[0]):
                    out[k, j] = max(out[k, j], -(rate * ends[k]))


@cython.cfunc
@cython.exceptval(check=False)
def _pass(
    parts: cython.double[:, :, ::1],
    line: cython.Py_ssize_t,
    j: cython.Py_ssize_t,
    limit: cython.double,
    age: cython.double,
    ends: cython.double[::1],
    grain: cython.double,
    out: cython.double[:, ::1],
) -> cython.void:
    """Lower the log survival to that of a line; one seen for `age` seconds lasts the less likely, the longer
    it takes to the limit.
    """
    k: cython.Py_ssize_t
    gap = limit - parts[line, _LEVEL, j]
    slope = parts[line, _SLOPE, j]
    deviation = (_LEVEL_WIDER if line == 0 else _TREND_WIDER) * _LEVEL_ERROR * parts[line, _NOISE, j]
    lasting = _lasting(gap - 2 * parts[line, _NOISE, j], slope, age)
    most = 0.0
    for k in range(ends.shape[0]):
        most = max(most, _hazard(gap / deviation, slope / deviation * ends[k], ends[k] / grain))
        out[k, j] = min(out[k, j], log1p(-min(-expm1(-most) * lasting, 1 - 1e-12)))


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _lasting(gap: cython.double, slope: cython.double, age: cython.double) -> cython.double:
    """P(a line lasts over a gap), by how many times its age it takes to."""
    if not isfinite(age):
        return 1.0
    ages = min(max(gap / slope / age, 0.0), 1e6)
    return 1.0 / (1.0 + ages * ages * ages * ages)


def credible(
    parts: cython.double[:, :, ::1],
    usable: cython.uchar[:, ::1],
    ages: cython.double[::1],
    rows: cython.Py_ssize_t[::1],
    limit: cython.double[::1],
    ends: cython.double[::1],
    grain: cython.double,
    out: cython.uchar[::1],
) -> None:
    """Whether a trend has the limit (n,) reached likelier than not within a time of each series (m,)."""
    j: cython.Py_ssize_t
    line: cython.Py_ssize_t
    for j in range(rows.shape[0]):
        out[j] = 0
        if not (isfinite(limit[rows[j]]) and isfinite(ends[j])):
            continue
        for line in range(1, ages.shape[0]):
            if out[j] == 0 and usable[line, j]:
                gap = limit[rows[j]] - parts[line, _LEVEL, j]
                slope = parts[line, _SLOPE, j]
                deviation = _TREND_WIDER * _LEVEL_ERROR * parts[line, _NOISE, j]
                passed = -expm1(-_hazard(gap / deviation, slope / deviation * ends[j], ends[j] / grain))
                lasting = _lasting(gap - 2 * parts[line, _NOISE, j], slope, ages[line])
                out[j] = passed * lasting >= _LIKELY


@cython.cfunc
@cython.exceptval(check=False)
def _distance(
    share: cython.double,
    slope: cython.double,
    deviation: cython.double,
    grain: cython.double,
    table_z: cython.double[::1],
    table_loss: cython.double[::1],
) -> cython.double:
    """How many deviations under the limit a line is when a share of its kind have reached it."""
    loss = min(-log1p(-share) * slope * grain / deviation, 1e6)
    last: cython.Py_ssize_t = table_loss.shape[0] - 1
    if loss > table_loss[0]:
        return -loss
    if loss <= table_loss[last]:
        return table_z[last]
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = last
    while high - low > 1:
        middle = (low + high) // 2
        if table_loss[middle] >= loss:
            low = middle
        else:
            high = middle
    part = (table_loss[low] - loss) / (table_loss[low] - table_loss[high])
    return table_z[low] + part * (table_z[high] - table_z[low])


def passing_distance(
    share: cython.double,
    slope: cython.double[::1],
    deviation: cython.double[::1],
    grain: cython.double,
    table_z: cython.double[::1],
    table_loss: cython.double[::1],
    out: cython.double[::1],
) -> None:
    """How many deviations under the limit lines are when a share of their kind have reached it (n,)."""
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        out[i] = _distance(share, slope[i], deviation[i], grain, table_z, table_loss)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _quantile(p: cython.double) -> cython.double:
    """The quantile of the normal law at p, error below 4.5e-4 (Abramowitz and Stegun, 26.2.23)."""
    t = sqrt(-2.0 * log(min(p, 1.0 - p)))
    rational = (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    )
    return rational - t if p < 0.5 else t - rational


def normal_quantiles(p: cython.double[::1], out: cython.double[::1]) -> None:
    """The quantiles of the normal law at p in (0, 1)."""
    i: cython.Py_ssize_t
    for i in range(p.shape[0]):
        out[i] = _quantile(p[i])


def seconds(
    parts: cython.double[:, :, ::1],
    usable: cython.uchar[:, ::1],
    rows: cython.Py_ssize_t[::1],
    limit: cython.double[::1],
    quantiles: cython.double[::1],
    hour: cython.double,
    grain: cython.double,
    table_z: cython.double[::1],
    table_loss: cython.double[::1],
    out: cython.double[:, ::1],
) -> None:
    """When a share of its kind has reached the limit (n,), by the last of the lines: (n_quantiles, m); inf
    where it does not rise or there is no limit.

    Half of the lines like this one have passed once their noise, not only their level, meets the limit. An
    uncertain level errs by a span of time, an uncertain slope by a factor; no time left is below 0.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    line: cython.Py_ssize_t = parts.shape[0] - 1
    for j in range(rows.shape[0]):
        slope = parts[line, _SLOPE, j]
        if not (usable[line, j] and slope > 0 and isfinite(limit[rows[j]])):
            for k in range(quantiles.shape[0]):
                out[k, j] = _INF
            continue
        jitter = parts[line, _JITTER, j]
        early = _EARLY * _distance(0.5, slope, jitter, grain, table_z, table_loss) * jitter
        middle = (limit[rows[j]] - parts[line, _LEVEL, j] - early) / slope
        left = max(middle, 0.0)
        share = parts[line, _ERROR, j] * sqrt(_STAYS + _AFRESH / max(left / hour, 0.05))
        span = _LEVEL_SPREAD * jitter / slope
        positive = 1.0 - _tail(middle / hypot(span, share * left))
        for k in range(quantiles.shape[0]):
            z = _quantile(max((1.0 - quantiles[k]) * positive, 1e-12))
            off = hypot(span * z, left * expm1(-share * z))
            out[k, j] = max(middle - off if z > 0 else middle + off, 0.0)


def carry(
    parts: cython.double[:, :, ::1],
    usable: cython.uchar[:, ::1],
    line: cython.Py_ssize_t,
    rows: cython.Py_ssize_t[::1],
    ahead: cython.double,
    toward: cython.double,
    out: cython.double[::1],
) -> None:
    """The values in `ahead` seconds along a line, times `toward`, into `out` (n,) where it is usable."""
    j: cython.Py_ssize_t
    for j in range(rows.shape[0]):
        if usable[line, j]:
            out[rows[j]] = toward * (parts[line, _LEVEL, j] + parts[line, _SLOPE, j] * ahead)


def foretell(
    speaks: cython.uchar[::1],
    latest: cython.double[::1],
    rise: cython.double[::1],
    toward: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """No trend, and what the days before foretell, times `toward`: (2, n); NaN where they are silent."""
    i: cython.Py_ssize_t
    for i in range(speaks.shape[0]):
        out[0, i] = _NAN
        out[1, i] = toward * (latest[i] + rise[i]) if speaks[i] > 0 else _NAN


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


def path_log_survival(
    columns: cython.Py_ssize_t[::1],
    highest: cython.double[:, ::1],
    level: cython.double[::1],
    daily: cython.double[::1],
    noise: cython.double[::1],
    jitter: cython.double[::1],
    limit: cython.double[::1],
    reached: cython.Py_ssize_t[::1],
    draws: cython.double[::1],
    out: cython.double[:, ::1],
) -> None:
    """Log P(still below the limit (m,)) along paths at `columns`: at ascending times, by which so many blocks
    are `reached` and so many `draws` are made.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    day: cython.Py_ssize_t = highest.shape[0]
    for j in range(limit.shape[0]):
        least = 0.0
        for k in range(reached.shape[0]):
            top = highest[min(max(reached[k], 1), day) - 1, columns[j]]
            later = reached[k] / cython.cast(cython.double, day) - 1
            top = top + max(daily[j], 0.0) * max(later, 0.0)
            far = limit[j] - level[j] - top - _HIGHEST * jitter[j]
            least = min(least, log1p(-min(_tail(far / noise[j]), 1 - 1e-12)) * draws[k])
            out[k, j] = least


@cython.cfunc
@cython.exceptval(check=False)
def _crossing(
    highest: cython.double[:, ::1], daily: cython.double, need: cython.double, j: cython.Py_ssize_t
) -> cython.double:
    """The block in which a path first rises by `need`, inf = never."""
    day: cython.Py_ssize_t = highest.shape[0]
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = day
    while low < high:
        middle = (low + high) // 2
        if highest[middle, j] < need:
            low = middle + 1
        else:
            high = middle
    if low == day:
        return (1 + (need - highest[day - 1, j]) / daily) * day if daily > 0 else _INF
    below = highest[low - 1, j] if low > 0 else 0.0
    above = highest[low, j]
    part = (need - below) / (above - below if above > below else 1.0)
    return low - 1 + min(max(part, 0.0), 1.0)


def path_seconds(
    columns: cython.Py_ssize_t[::1],
    highest: cython.double[:, ::1],
    level: cython.double[::1],
    daily: cython.double[::1],
    noise: cython.double[::1],
    late: cython.double[::1],
    jitter: cython.double[::1],
    limit: cython.double[::1],
    z: cython.double[::1],
    first: cython.double,
    block: cython.double,
    hour: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """When a share of its kind, `z` of the normal law, has reached the limit (m,) along paths at `columns`:
    (len(z), m).

    Half have once the highest samples about the path do: what it misses goes either way, by `noise` above it
    and by `late` below.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for j in range(limit.shape[0]):
        near = limit[j] - level[j] - _HIGHEST * jitter[j]
        middle = first + _crossing(highest, daily[j], near, columns[j]) * block
        hours = max(middle, 0.0) / hour if isfinite(middle) else 0.0
        wider = sqrt(1.0 + hours / _GROWS)
        for k in range(z.shape[0]):
            width = (late[j] if z[k] > 0 else noise[j]) * wider
            crossing = first + _crossing(highest, daily[j], near + z[k] * width, columns[j]) * block
            out[k, j] = max(crossing + _ROUNDING * z[k] * block, 0.0)
