"""The loops over single series of what was seen and foretold, compiled as the kernel of Holt-Winters is: the
record, the days before and Holt-Winters, and how right each view was.

Arrays have the series last, n of them; those of m series at `rows` have them in that order.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, fabs, isfinite

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_LARGEST = cython.declare(cython.double, 3.0e38)  # that single precision holds

# Skill
_WILD = cython.declare(cython.double, 4.0)  # usual errors: one counts as at most so many of them …
_YOUNG = cython.declare(cython.double, 8.0)  # … from so many forecasts on
_SHARE = cython.declare(
    cython.double, 1e-3
)  # of the mean error, which the usual one is no less than: after a
# constant stretch it is next to 0, and nothing that comes would be usual
_OFF = cython.declare(cython.Py_ssize_t, 0)  # the rows of scores: mean absolute error …
_USUAL = cython.declare(cython.Py_ssize_t, 1)  # … the same, single wild ones left out
_LAST = cython.declare(cython.Py_ssize_t, 2)  # … the latest errors
_COUNT = cython.declare(cython.Py_ssize_t, 3)  # … forecasts judged

# The days before
_DAYS_BEFORE = cython.declare(cython.uchar, 1)  # that they speak instead of the straight views
_DAYS = cython.declare(cython.Py_ssize_t, 3)  # on which the same clock time is looked up
_ONE_DAY = cython.declare(cython.double, 0.35)  # they speak if their error is under this share of a line's …
_MORE_DAYS = cython.declare(cython.double, 0.7)  # … of more than one day known
_OFF_PATH = cython.declare(cython.double, 4.0)  # … the last hour went as foretold to so many times its error
_FILLED = cython.declare(cython.double, 0.75)  # … and so much is known of the day ahead

# Holt-Winters; the shares are those of the least false alarms on seasonal fills (ACCURACY.md) of another seed
_SEASON = cython.declare(cython.uchar, 2)  # that it speaks instead of them all
_LOG_MOST = cython.declare(cython.double, 700.0)  # of a logarithm whose exponential is finite
_NO_WORSE = cython.declare(cython.double, 1.3)  # it speaks if an hour ahead it errs at most so much more …
_FAR_SHARE = cython.declare(cython.double, 0.7)  # … and some hours ahead under this share of a line's error
_TAIL = cython.declare(cython.double, 0.9)  # probability of the quantile of what it misses to either side …
_PACE = cython.declare(cython.double, 0.05)  # … which moves by so many mean errors a forecast


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _slot(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step or block in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


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
    with cython.nogil:
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
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _judge(
    view: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
    slot: cython.Py_ssize_t,
    memory: cython.double,
    mean: cython.double,
    forecast: cython.double,
    scores: cython.float[:, :, ::1],
    made: cython.float[:, :, ::1],
) -> cython.void:
    """What a view foretold of a block whose mean came in, and what it foretells now."""
    off = min(fabs(mean - cython.cast(cython.double, made[slot, view, i])), _LARGEST)
    scores[_LAST, view, i] = off
    made[slot, view, i] = forecast
    if not isfinite(off):
        return
    count = cython.cast(cython.double, scores[_COUNT, view, i]) + 1.0
    usual = cython.cast(cython.double, scores[_USUAL, view, i])
    mean_off = cython.cast(cython.double, scores[_OFF, view, i])
    rate = max(1.0 / count, 1.0 / memory)
    mean_off += rate * (off - mean_off)
    tame = min(off, _WILD * max(usual, _SHARE * mean_off)) if count > _YOUNG else off
    scores[_COUNT, view, i] = count
    scores[_OFF, view, i] = mean_off
    scores[_USUAL, view, i] = usual + rate * (tame - usual)


def judge(
    slot: cython.Py_ssize_t,
    memory: cython.double,
    mean: cython.double[::1],
    forecasts: cython.double[:, ::1],
    scores: cython.float[:, :, ::1],
    made: cython.float[:, :, ::1],
) -> None:
    """The means (n,) of a block came in: what the views foretold of it, and what they foretell (views, n)."""
    i: cython.Py_ssize_t
    v: cython.Py_ssize_t
    with cython.nogil:
        for v in range(forecasts.shape[0]):
            for i in range(mean.shape[0]):
                _judge(v, i, slot, memory, mean[i], forecasts[v, i], scores, made)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _increment(
    means: cython.float[:, ::1],
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
        rise = cython.cast(cython.double, means[later, i]) - cython.cast(cython.double, means[then, i])
        if isfinite(rise):
            low = min(low, rise)
            high = max(high, rise)
            total += rise
            known += 1
    if known == 0:
        return _NAN
    return total - low - high if known == _DAYS else low / 2 + high / 2


def path(
    means: cython.float[:, ::1],
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
    with cython.nogil:
        for k in range(ahead.shape[0]):
            for j in range(rows.shape[0]):
                out[k, j] = _increment(means, now, ahead[k], day, rows[j])


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _single(value: cython.double) -> cython.double:
    """What single precision can hold of a value."""
    if value > _LARGEST:
        return _LARGEST
    return -_LARGEST if value < -_LARGEST else value


def close(
    means: cython.float[:, ::1],
    slot: cython.Py_ssize_t,
    total: cython.double[::1],
    count: cython.double[::1],
) -> None:
    """The running block ends: its mean into the row `slot`, NaN where nothing was seen."""
    i: cython.Py_ssize_t
    for i in range(total.shape[0]):
        means[slot, i] = _single(total[i] / count[i]) if count[i] > 0 else _NAN
        total[i] = count[i] = 0.0


def foresee(
    means: cython.float[:, ::1],
    block: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    length: cython.double,
    hour: cython.Py_ssize_t,
    slope: cython.double[:, ::1],
    memory: cython.double,
    skill: cython.float[:, :, ::1],
    skill_made: cython.float[:, :, ::1],
    contest: cython.float[:, :, ::1],
    contest_made: cython.float[:, :, ::1],
    trends: cython.float[:, :, ::1],
    trends_made: cython.float[:, :, ::1],
    far: cython.float[:, :, ::1],
    far_made: cython.float[:, :, ::1],
    seasonal: cython.double[:, ::1],
    tails: cython.double[:, ::1],
    soon: cython.double[::1],
    ahead: cython.float[:, ::1],
    highest: cython.float[:, ::1],
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
    with cython.nogil:
        steps = hour * length
        for i in range(soon.shape[0]):
            mean = cython.cast(cython.double, means[now, i])
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
            missed = mean - cython.cast(cython.double, contest_made[slot, days + 1, i])
            _miss(missed, cython.cast(cython.double, contest[_USUAL, days + 1, i]), i, tails)
            _judge(
                days + 1,
                i,
                slot,
                memory,
                mean,
                mean + seasonal[0, i] if told else _NAN,
                contest,
                contest_made,
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
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _better(
    contest: cython.float[:, :, ::1],
    view: cython.Py_ssize_t,
    straight: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.bint:
    """Whether a view has foretold the last day clearly better than any of the straight ones, which come
    first, and the last hour.
    """
    least: cython.double = cython.cast(cython.double, contest[_OFF, 0, i])
    v: cython.Py_ssize_t
    for v in range(1, straight):
        least = min(least, cython.cast(cython.double, contest[_OFF, v, i]))
    count = cython.cast(cython.double, contest[_COUNT, view, i])
    error = cython.cast(cython.double, contest[_OFF, view, i])
    share = _MORE_DAYS if count > day else _ONE_DAY
    return count >= day / 4.0 and error < share * least and contest[_LAST, view, i] <= _OFF_PATH * error


@cython.cfunc
@cython.nogil
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
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _best(
    contest: cython.float[:, :, ::1], slope: cython.double[:, ::1], i: cython.Py_ssize_t
) -> cython.double:
    """The slope of the straight view that has erred least an hour ahead; 0 is that of the level."""
    best = 0.0
    least: cython.double = cython.cast(cython.double, contest[_OFF, 0, i])
    w: cython.Py_ssize_t
    for w in range(slope.shape[0]):
        if isfinite(slope[w, i]) and contest[_OFF, w + 1, i] < least:
            least = cython.cast(cython.double, contest[_OFF, w + 1, i])
            best = slope[w, i]
    return best


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _season_better(
    contest: cython.float[:, :, ::1],
    far: cython.float[:, :, ::1],
    days: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.bint:
    """Whether Holt-Winters has foretold some hours clearly better than lines, and than the days before where
    these would speak, an hour no worse than either, and the last hour.
    """
    least: cython.double = cython.cast(cython.double, contest[_OFF, days, i])
    v: cython.Py_ssize_t
    for v in range(days):
        least = min(least, cython.cast(cython.double, contest[_OFF, v, i]))
    error = cython.cast(cython.double, contest[_OFF, days + 1, i])
    near: cython.bint = error <= _NO_WORSE * least and contest[_LAST, days + 1, i] <= _OFF_PATH * error
    before = (_FAR_SHARE if _better(contest, days, days, day, i) else 1.0) * cython.cast(
        cython.double, far[_OFF, 1, i]
    )
    line = cython.cast(cython.double, far[_OFF, 0, i])
    better: cython.bint = far[_OFF, 2, i] < min(_FAR_SHARE * line, before)
    return near and better and far[_COUNT, 2, i] >= day


def drift(
    means: cython.float[:, ::1],
    block: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    out: cython.double[::1],
) -> None:
    """Rise per block (n,) that no season of the day has a part in: the mean rise over a day of the blocks of
    the last day, 0 of none.
    """
    i: cython.Py_ssize_t
    rows: cython.Py_ssize_t = means.shape[0]
    known: cython.Py_ssize_t
    for i in range(out.shape[0]):
        total = 0.0
        known = 0
        now: cython.Py_ssize_t = _slot(block, rows)
        then: cython.Py_ssize_t = _slot(block - day, rows)
        for _ in range(day):
            rise = cython.cast(cython.double, means[now, i]) - cython.cast(cython.double, means[then, i])
            if isfinite(rise):
                total += rise
                known += 1
            now = now - 1 if now > 0 else rows - 1
            then = then - 1 if then > 0 else rows - 1
        out[i] = total / (max(known, 1) * day)


def season_means(
    rows: cython.Py_ssize_t[::1],
    steps: cython.Py_ssize_t[:, ::1],
    by_week: cython.uchar[::1],
    logarithmic: cython.uchar[::1],
    level: cython.double[::1],
    season: cython.float[:, ::1],
    weekly_logarithmic: cython.uchar[::1],
    weekly_level: cython.double[::1],
    weekly_season: cython.float[:, ::1],
    week: cython.float[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """What Holt-Winters says of blocks (blocks, m) of the series at `rows` if its level stays: the means of
    their steps, each (block, phase in the season, row of the week's hours), in order.

    `by_week` (n,) says whose season is that of the week: a weekly filter's and what `week` (hours, n) adds.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    first: cython.Py_ssize_t = 0
    value: cython.double
    with cython.nogil:
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
    ahead: cython.float[:, ::1],
    highest: cython.float[:, ::1],
    daily: cython.double[::1],
) -> None:
    """What Holt-Winters says of the block that has ended and of those of the next day (1 + day, m), of the
    series at `rows`, as a path with a `drift` (n,) a block: increments (day, n), their running maximum and
    their end.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    with cython.nogil:
        for k in range(1, foreseen.shape[0]):
            for j in range(rows.shape[0]):
                i = rows[j]
                rise = toward * (foreseen[k, j] - foreseen[0, j]) + k * drift[i]
                ahead[k - 1, i] = _single(rise)
                highest[k - 1, i] = max(highest[k - 2, i], ahead[k - 1, i]) if k > 1 else ahead[k - 1, i]
                daily[i] = rise
