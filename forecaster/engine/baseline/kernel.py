"""The loops over single series of the baseline, compiled as the kernel of Holt-Winters is: what may be
learnt, the filters with their errors, the band, the hours of the week.

Arrays have the series last, n of them. A filter's season is given as the row of one phase. What is kept for
days is in single precision; arithmetic is in double, which `cython.cast` makes sure of where both meet. The
window that parameters are fitted on has a kernel of its own.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, fabs, isfinite, log

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_LARGEST = cython.declare(cython.double, 3e38)  # magnitudes that single precision can hold, nearly

# The usual range
_REACH = cython.declare(cython.double, 3.0)  # usual ranges beyond: an outlier of 5 does no measurable harm
_PATIENCE = cython.declare(cython.double, 3.5)  # samples out of reach that are let pass
_YOUNG = cython.declare(cython.double, 12.0)  # first samples, which make the range

# Filters
_CLIP = cython.declare(cython.double, 4.0)  # an error moves a filter by at most so many deviations …
_SHIFTED = cython.declare(cython.double, 3.0)  # … unless it is the third in a row: the level has shifted
_MEAN_TO_DEVIATION = cython.declare(cython.double, 1.2533)  # √(π/2): mean absolute → standard deviation
_WILD = cython.declare(cython.double, 8.0)  # an error counts as at most so many times the usual one
_HIGHEST = cython.declare(cython.double, 690.0)  # logarithm of the largest number a float holds, nearly
_PREFERENCE = cython.declare(cython.double, 0.98)  # a season must earn its place
_GUESS = cython.declare(cython.double, 0.1)  # of the level: the deviation while nothing is known
_FLOOR = cython.declare(cython.double, 1000.0)  # the least deviation's parts in the usual range

# The week
_WEEKLY = cython.declare(cython.Py_ssize_t, 2)  # the number of the weekly filter: `baseline.WEEKLY`
_DAYS = cython.declare(cython.Py_ssize_t, 7)
_KNOWN = cython.declare(cython.Py_ssize_t, 4)  # days of a week whose hour must be known


@cython.cclass
class Filter:
    """The arrays of a filter: n series, but for its season of (phases, n). A filter of logarithms is flagged;
    `mean` and `count` are of its errors, `run` is of wild ones in a row.
    """

    logarithmic: cython.uchar[::1]
    alpha: cython.double[::1]
    beta: cython.double[::1]
    gamma: cython.double[::1]
    phi: cython.double[::1]
    level: cython.double[::1]
    trend: cython.double[::1]
    season: cython.float[:, ::1]
    mean: cython.double[::1]
    count: cython.double[::1]
    run: cython.double[::1]

    def __init__(
        self,
        logarithmic: cython.uchar[::1],
        parameters: tuple,
        state: tuple,
        errors: tuple,
    ) -> None:
        self.logarithmic = logarithmic
        self.alpha, self.beta, self.gamma, self.phi = parameters
        self.level, self.trend, self.season = state
        self.mean, self.count, self.run = errors


@cython.cclass
class Filters:
    """The three filters; for which series a season is `fitted`, and which one is `chosen` (n,)."""

    fitted: cython.uchar[::1]
    chosen: cython.Py_ssize_t[::1]
    plain: Filter
    seasonal: Filter
    weekly: Filter

    def __init__(
        self,
        fitted: cython.uchar[::1],
        chosen: cython.Py_ssize_t[::1],
        plain: Filter,
        seasonal: Filter,
        weekly: Filter,
    ) -> None:
        self.fitted, self.chosen = fitted, chosen
        self.plain, self.seasonal, self.weekly = plain, seasonal, weekly


@cython.cclass
class Usual:
    """The arrays (n,) of the usual range, and what a step leaves of it."""

    narrowing: cython.double
    fading: cython.double
    low: cython.double[::1]
    high: cython.double[::1]
    beyond: cython.double[::1]
    count: cython.double[::1]

    def __init__(self, narrowing: cython.double, fading: cython.double, arrays: tuple) -> None:
        self.narrowing, self.fading = narrowing, fading
        self.low, self.high, self.beyond, self.count = arrays


@cython.cclass
class Week:
    """The arrays of the weekly season, as `turn` has them; a `day` is in hours."""

    day: cython.Py_ssize_t
    total: cython.double[::1]
    count: cython.double[::1]
    means: cython.float[:, ::1]
    offsets: cython.float[:, :, ::1]
    lasting: cython.float[:, ::1]

    def __init__(self, day: cython.Py_ssize_t, arrays: tuple) -> None:
        self.day = day
        self.total, self.count, self.means, self.offsets, self.lasting = arrays


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _single(value: cython.double) -> cython.double:
    """What single precision can hold of a value."""
    if value > _LARGEST:
        return _LARGEST
    return -_LARGEST if value < -_LARGEST else value


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _row(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _width(low: cython.double, high: cython.double, count: cython.double) -> cython.double:
    """The width of a range, 0 before the first value."""
    return high - low if count > 0 else 0.0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _within(
    value: cython.double, low: cython.double, high: cython.double, count: cython.double
) -> cython.double:
    """The value held to a range and once its width beyond."""
    width = _width(low, high, count)
    return min(max(value, low - width), high + width) if value == value else value


@cython.ccall
def held(
    values: cython.double[:],
    narrowing: cython.double,
    fading: cython.double,
    low: cython.double[::1],
    high: cython.double[::1],
    beyond: cython.double[::1],
    count: cython.double[::1],
    out: cython.double[::1],
) -> None:
    """What may be learnt from the values (n,) of a step, NaN = missing; so does the range.

    The size of a range that hardly moves is its magnitude.
    """
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        value = values[i]
        out[i] = value
        if value != value:
            beyond[i] *= fading
            continue
        width = _width(low[i], high[i], count[i])
        size = max(width, fabs(low[i]), fabs(high[i]))
        known: cython.bint = count[i] >= _YOUNG and size > 0
        wild: cython.bint = known and (value < low[i] - _REACH * size or value > high[i] + _REACH * size)
        beyond[i] = beyond[i] * fading + (1.0 if wild else 0.0)
        if wild and beyond[i] > _PATIENCE:
            beyond[i] = 0.0
            wild = False
        count[i] += 1.0
        if wild:
            out[i] = min(max(value, low[i] - _REACH * size), high[i] + _REACH * size)
        low[i] += narrowing * width
        high[i] -= narrowing * width
        if not wild:
            low[i] = min(low[i], value)
            high[i] = max(high[i], value)


@cython.ccall
def floor(
    low: cython.double[::1], high: cython.double[::1], count: cython.double[::1], out: cython.double[::1]
) -> None:
    """The least standard deviation of errors (n,): a share of the usual range."""
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        out[i] = _width(low[i], high[i], count[i]) / _FLOOR


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _logarithm(value: cython.double, logarithmic: cython.bint) -> cython.double:
    """The value, or its logarithm: NaN where it is not positive."""
    if not logarithmic:
        return value
    return log(value) if value > 0 else _NAN


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _exponential(value: cython.double, logarithmic: cython.bint) -> cython.double:
    """What `_logarithm` undoes."""
    return exp(min(value, _HIGHEST)) if logarithmic and value == value else value


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _scale(mean: cython.double, floor: cython.double) -> cython.double:
    """Standard deviation of errors, never below a floor."""
    return max(_MEAN_TO_DEVIATION * mean, floor)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _widening(count: cython.double, warm: cython.double) -> cython.double:
    """Factor for a band whose scale rests on few errors: 3 at first, 1 once warm."""
    return 1.0 + 2.0 * max(0.0, 1.0 - count / warm)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _learn(
    error: cython.double,
    i: cython.Py_ssize_t,
    memory: cython.double,
    warm: cython.double,
    mean: cython.double[::1],
    count: cython.double[::1],
) -> cython.void:
    """Take in an error; NaN = missing."""
    if not isfinite(error):
        return
    size = fabs(error)
    young: cython.bint = count[i] < warm or mean[i] <= 0
    usual = size if young else min(size, _WILD * mean[i])
    count[i] += 1.0
    rate = max(1.0 / count[i], 1.0 / memory)
    mean[i] += rate * (usual - mean[i])


def learn(
    errors: cython.double[:],
    memory: cython.double,
    warm: cython.double,
    mean: cython.double[::1],
    count: cython.double[::1],
) -> None:
    """Take in the errors (n,) of a step; NaN = missing."""
    i: cython.Py_ssize_t
    for i in range(errors.shape[0]):
        _learn(errors[i], i, memory, warm, mean, count)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _own(its: Filter, phase: cython.Py_ssize_t, i: cython.Py_ssize_t) -> cython.double:
    """What a filter expects of a phase, in its own unit."""
    return its.level[i] + its.phi[i] * its.trend[i] + its.season[phase, i]


@cython.cfunc
@cython.exceptval(check=False)
def _follow(
    values: cython.double[:],
    floor: cython.double[::1],
    slip: cython.uchar[::1],
    its: Filter,
    phase: cython.Py_ssize_t,
    memory: cython.double,
    warm: cython.double,
) -> cython.void:
    """Move a filter to the next step, of this phase, with its values (n,), NaN = missing. An error moves it
    by so much at most, unless the level has shifted; a `slip` never is a new level. Of a wild value a season
    learns as of a usual error.
    """
    i: cython.Py_ssize_t
    seasonal: cython.bint = its.season.shape[0] > 1
    for i in range(values.shape[0]):
        value = values[i]
        by_logarithm: cython.bint = its.logarithmic[i] > 0
        if its.level[i] != its.level[i]:
            its.level[i] = _logarithm(value, by_logarithm) - cython.cast(cython.double, its.season[phase, i])
        own = _own(its, phase, i)
        expected = _exponential(own, by_logarithm)
        error = value - expected
        believed = of_season = value
        if isfinite(error):
            reach = _CLIP * _scale(its.mean[i], floor[i]) * _widening(its.count[i], warm)
            wild: cython.bint = fabs(error) > reach and its.count[i] >= warm
            its.run[i] = its.run[i] + 1.0 if wild else 0.0
            if wild:
                clipped = min(max(error, -reach), reach)
                of_season = expected + clipped / _CLIP
                if its.run[i] < _SHIFTED or slip[i] > 0:
                    believed = expected + clipped
            _learn(error, i, memory, warm, its.mean, its.count)
        moved = _logarithm(believed, by_logarithm) - own
        known = isfinite(moved)
        _move(its, i, moved if known else 0.0)
        if seasonal and known:
            off = _logarithm(of_season, by_logarithm) - own
            its.season[phase, i] = _single(its.season[phase, i] + its.gamma[i] * off)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _move(its: Filter, i: cython.Py_ssize_t, moved: cython.double) -> cython.void:
    """Level and trend after a step, by how far its value was off."""
    carried = its.phi[i] * its.trend[i]
    its.level[i] += carried + its.alpha[i] * moved
    its.trend[i] = carried + its.alpha[i] * its.beta[i] * moved


@cython.ccall
def choose(
    fitted: cython.uchar[::1],
    plain: cython.double[::1],
    seasonal: cython.double[::1],
    weekly: cython.double[::1],
    chosen: cython.Py_ssize_t[::1],
) -> None:
    """The filter that has erred least of late, by their mean errors (n,); one with more in it must earn its
    place.
    """
    i: cython.Py_ssize_t
    for i in range(chosen.shape[0]):
        chosen[i] = 0
        least = plain[i]
        if fitted[i] > 0 and seasonal[i] < _PREFERENCE * least:
            chosen[i] = 1
            least = seasonal[i]
        if fitted[i] > 0 and weekly[i] < _PREFERENCE * least:
            chosen[i] = _WEEKLY


@cython.ccall
def daily(
    values: cython.double[::1],
    chosen: cython.Py_ssize_t[::1],
    offset: cython.float[::1],
    out: cython.double[::1],
) -> None:
    """The values (n,) less what the week adds to the hour they are in, where the weekly filter is chosen."""
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        added = cython.cast(cython.double, offset[i]) if chosen[i] == _WEEKLY else 0.0
        out[i] = values[i] - added


def expected(
    logarithmic: cython.uchar[::1],
    level: cython.double[::1],
    phi: cython.double[::1],
    trend: cython.double[::1],
    season: cython.float[::1],
    out: cython.double[::1],
) -> None:
    """The next step's values (n,) by a filter, NaN where it has no level."""
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        out[i] = _exponential(level[i] + phi[i] * trend[i] + season[i], logarithmic[i] > 0)


def along(
    logarithmic: cython.uchar[::1],
    level: cython.double[::1],
    season: cython.float[::1],
    out: cython.double[::1],
) -> None:
    """A filter's values (n,) at a later step if the level stays."""
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        out[i] = _exponential(level[i] + season[i], logarithmic[i] > 0)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _deviation(
    mean: cython.double,
    floor: cython.double,
    count: cython.double,
    warm: cython.double,
    level: cython.double,
) -> cython.double:
    """Standard deviation of one-step-ahead errors; while errors are few a guess from the level, if that is
    more.
    """
    unknown = max(0.0, 1.0 - count / warm)
    guess = _GUESS * unknown * fabs(level) if level == level else 0.0
    return max(_scale(mean, floor) * _widening(count, warm), guess)


def deviation(
    chosen: cython.Py_ssize_t[::1],
    plain: cython.double[::1],
    seasonal: cython.double[::1],
    weekly: cython.double[::1],
    count: cython.double[::1],
    warm: cython.double,
    level: cython.double[::1],
    low: cython.double[::1],
    high: cython.double[::1],
    samples: cython.double[::1],
    out: cython.double[::1],
) -> None:
    """Standard deviation of one-step-ahead errors (n,) of the chosen filters, by their mean errors; wider
    while little is known, by the plain filter's `count` and `level`.
    """
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        mean = plain[i] if chosen[i] == 0 else seasonal[i] if chosen[i] == 1 else weekly[i]
        least = _width(low[i], high[i], samples[i]) / _FLOOR
        out[i] = _deviation(mean, least, count[i], warm, level[i])


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _added(level: cython.double, season: cython.double, logarithmic: cython.bint) -> cython.double:
    """What the season adds to a filter's level."""
    if not logarithmic:
        return cython.cast(cython.double, season)
    return _exponential(level + season, logarithmic) - _exponential(level, logarithmic)


def less(
    logarithmic: cython.uchar[::1],
    level: cython.double[::1],
    season: cython.float[:, ::1],
    usual: cython.double[:, ::1],
    hours: cython.Py_ssize_t[::1],
    columns: cython.Py_ssize_t[::1],
    out: cython.float[:, ::1],
) -> None:
    """What a season (phases, n) adds to the level, less what the week usually adds (hours of a day, n) in the
    hour of each phase, of the series at `columns`.
    """
    p: cython.Py_ssize_t
    j: cython.Py_ssize_t
    for p in range(season.shape[0]):
        for j in range(columns.shape[0]):
            i = columns[j]
            out[p, i] = _single(_added(level[i], season[p, i], logarithmic[i] > 0) - usual[hours[p], i])


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _adds(its: Filter, phase: cython.Py_ssize_t, i: cython.Py_ssize_t) -> cython.double:
    """What a filter's season adds to its level in a phase."""
    return _added(its.level[i], its.season[phase, i], its.logarithmic[i] > 0)


@cython.ccall
def judge(
    values: cython.double[:],
    filters: Filters,
    phase: cython.Py_ssize_t,
    offset: cython.float[::1],
    warm: cython.double,
    width: cython.double,
    usual: Usual,
    out: cython.double[:, ::1],
) -> None:
    """Expected, lower and upper by the chosen filters, and what their season adds: (4, n). Where nothing is
    expected it is the values themselves.

    The step has this phase; `offset` is what the week adds, `width` half the band's in deviations.
    """
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if filters.chosen[i] == 0:
            value = _exponential(_own(filters.plain, 0, i), filters.plain.logarithmic[i] > 0)
            season = 0.0
            error = filters.plain.mean[i]
        elif filters.chosen[i] == 1:
            value = _exponential(_own(filters.seasonal, phase, i), filters.seasonal.logarithmic[i] > 0)
            season = _adds(filters.seasonal, phase, i)
            error = filters.seasonal.mean[i]
        else:
            of_week = cython.cast(cython.double, offset[i])
            value = _exponential(_own(filters.weekly, phase, i), filters.weekly.logarithmic[i] > 0) + of_week
            season = _adds(filters.weekly, phase, i) + of_week
            error = filters.weekly.mean[i]
        value = _within(value, usual.low[i], usual.high[i], usual.count[i])
        least = _width(usual.low[i], usual.high[i], usual.count[i]) / _FLOOR
        half = width * _deviation(error, least, filters.plain.count[i], warm, filters.plain.level[i])
        if value != value:
            value = values[i]
            half = 0.0
        out[0, i], out[1, i], out[2, i], out[3, i] = value, value - half, value + half, season


@cython.ccall
def tally(values: cython.double[:], total: cython.double[::1], count: cython.double[::1]) -> None:
    """Add a step's values (n,), NaN = missing, to the running hour."""
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if values[i] == values[i]:
            total[i] += values[i]
            count[i] += 1.0


@cython.ccall
def turn(
    hour: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    total: cython.double[::1],
    count: cython.double[::1],
    means: cython.float[:, ::1],
    offsets: cython.float[:, :, ::1],
    lasting: cython.float[:, ::1],
) -> None:
    """Close the running hour: what it adds to that hour of any day, a `day` in hours, and what it has lately.

    `means` (hours of a week, n), `offsets` (weeks before, hours of a week, n), `lasting` as `means`.
    """
    i: cython.Py_ssize_t
    d: cython.Py_ssize_t
    w: cython.Py_ssize_t
    week: cython.Py_ssize_t = means.shape[0]
    slot: cython.Py_ssize_t = (hour % week + week) % week
    weeks: cython.Py_ssize_t = offsets.shape[0]
    for i in range(total.shape[0]):
        mean = total[i] / count[i] if count[i] > 0 else _NAN
        means[slot, i] = _single(mean)
        total[i] = count[i] = 0.0
        usual = 0.0
        known: cython.Py_ssize_t = 0
        for d in range(_DAYS):
            same = cython.cast(cython.double, means[(slot - day * d + week) % week, i])
            if isfinite(same):
                usual += same / _DAYS
                known += 1
        usual *= _DAYS / cython.cast(cython.double, max(known, 1))
        if known < _KNOWN or not isfinite(mean):
            continue
        newest = _single(mean - usual)
        least = most = newest
        for w in range(weeks):
            of_week = cython.cast(cython.double, offsets[w, slot, i])
            least = min(least, of_week)
            most = max(most, of_week)
            offsets[w, slot, i] = offsets[w + 1, slot, i] if w + 1 < weeks else newest
        lasting[slot, i] = max(least, 0.0) + min(most, 0.0)


@cython.cfunc
@cython.exceptval(check=False)
def _learnt(
    values: cython.double[:],
    added: cython.float[::1],
    held: cython.double[::1],
    slip: cython.uchar[::1],
    less: cython.double[::1],
) -> cython.void:
    """Which values (n,) are slips: of them less is `held`; what may be learnt `less` what the week adds."""
    i: cython.Py_ssize_t
    for i in range(slip.shape[0]):
        slip[i] = held[i] == held[i] and held[i] != values[i]
        less[i] = held[i] - cython.cast(cython.double, added[i])


@cython.cfunc
@cython.exceptval(check=False)
def _hold(
    values: cython.double[:],
    usual: Usual,
    before: cython.double[::1],
    out: cython.double[::1],
    after: cython.double[::1],
) -> cython.void:
    """What may be learnt from the values (n,) of a step, and the least deviation before and after it."""
    floor(usual.low, usual.high, usual.count, before)
    held(values, usual.narrowing, usual.fading, usual.low, usual.high, usual.beyond, usual.count, out)
    floor(usual.low, usual.high, usual.count, after)


def advance(
    values: cython.double[:, :],
    tick: cython.Py_ssize_t,
    hours: cython.Py_ssize_t[::1],
    width: cython.double,
    memory: cython.double,
    warm: cython.double,
    usual: Usual,
    its: Filters,
    week: Week,
    slip: cython.uchar[::1],
    work: cython.double[:, ::1],
    out: cython.double[:, :, ::1],
) -> None:
    """Judge the values (steps, n) of some steps, the first of which is `tick`, NaN = missing, each by those
    before it, then take them in.

    `hours` are those of the steps and of the one after them. `out` (steps, 7, n) has what `judge` says, what
    may be learnt, the least deviation after the step, and `daily` of what may be learnt. `slip` (n,) and
    `work` (2, n) are room.
    """
    t: cython.Py_ssize_t
    for t in range(values.shape[0]):
        phase: cython.Py_ssize_t = _row(tick + t, its.seasonal.season.shape[0])
        hour: cython.Py_ssize_t = _row(hours[t], week.lasting.shape[0])
        judge(values[t], its, phase, week.lasting[hour], warm, width, usual, out[t])
        _hold(values[t], usual, work[0], out[t, 4], out[t, 5])
        _learnt(values[t], week.lasting[hour], out[t, 4], slip, work[1])
        _follow(out[t, 4], work[0], slip, its.plain, 0, memory, warm)
        _follow(out[t, 4], work[0], slip, its.seasonal, phase, memory, warm)
        _follow(work[1], work[0], slip, its.weekly, phase, memory, warm)
        tally(out[t, 4], week.total, week.count)
        if hours[t + 1] != hours[t]:
            turn(hours[t], week.day, week.total, week.count, week.means, week.offsets, week.lasting)
        choose(its.fitted, its.plain.mean, its.seasonal.mean, its.weekly.mean, its.chosen)
        daily(out[t, 4], its.chosen, week.lasting[hour], out[t, 6])
