"""The loops over single series of first passages, compiled as the kernel of Holt-Winters is: how likely a
line or a path reaches a limit by a time, and when.

Arrays have the series last, n of them; those of the views of m series at `rows` have them in that order.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, expm1, fabs, floor, fmod, hypot, isfinite, log, log1p, sqrt

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_ROOT = cython.declare(cython.double, 2.5066282746310002)  # √(2π)
_FARTHEST = cython.declare(cython.double, 8.0)  # deviations; beyond, a tail (6e-16) is rounding noise
_FLAT = cython.declare(cython.double, 1e-3)  # deviations moved over a stretch, under which it is level
_LEVEL_ERROR = cython.declare(cython.double, sqrt(1 + 1 / 60.0))  # of the median of an hour's samples
_LEVEL_WIDER = cython.declare(cython.double, 1.0)  # factors of a line's noise in probabilities: a level's …
_TREND_WIDER = cython.declare(cython.double, 2.0)  # … and a trend's
_PRIOR_PASSAGES = cython.declare(cython.double, 0.5)  # Jeffreys' half an event for a rate …
_PRIOR_DAYS = cython.declare(cython.double, 1.0)  # … and a day to have seen it in
_LIKELY = cython.declare(cython.double, 0.5)  # probability from which on a time is told
_EVEN = cython.declare(cython.double, 0.69)  # passages, under which none is likelier: ln 2, rounded
_UNLIKELY = cython.declare(cython.double, 4.0)  # deviations, which 2,880 draws hardly reach: two days at most
_BLOCK_UNLIKELY = cython.declare(cython.double, 2.5)  # … and those of an hour's blocks: four at most
_HEIGHT = cython.declare(cython.double, 3.5)  # jitters of a block's highest sample, and of what it misses
_NORMAL_CONSISTENT = cython.declare(cython.double, 1.4826)  # median absolute → standard deviation
_MEAN_TO_DEVIATION = cython.declare(cython.double, 1.2533)  # √(π/2): mean absolute → standard deviation
_EARLY = cython.declare(cython.double, 1.15)
_LEVEL_SPREAD = cython.declare(cython.double, 0.7)
_STAYS = cython.declare(cython.double, 0.5)  # of the squared error an hour ahead: the slope's own …
_AFRESH = cython.declare(cython.double, 0.5)  # … and what comes anew each hour
_GROWS = cython.declare(cython.double, 2.0)  # hours ahead in which a path's error variance doubles
_MOST_EARLY = cython.declare(cython.double, 2.5)  # deviations
_ROUNDING = cython.declare(cython.double, 0.05)  # blocks
_LEVEL = cython.declare(cython.Py_ssize_t, 0)
_SLOPE = cython.declare(cython.Py_ssize_t, 1)
_NOISE = cython.declare(cython.Py_ssize_t, 2)
_JITTER = cython.declare(cython.Py_ssize_t, 3)
_ERROR = cython.declare(cython.Py_ssize_t, 5)


@cython.cfunc
@cython.nogil
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
@cython.nogil
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
@cython.nogil
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
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _rate(passages: cython.double, days: cython.double, day: cython.double) -> cython.double:
    """Passages to be expected in a second, by the record."""
    return (passages + _PRIOR_PASSAGES) / (days + _PRIOR_DAYS) / day


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bounds(
    values: cython.double[:, ::1],
    now: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
    slope: cython.double,
    floor: cython.double,
    out: cython.double[::1],
) -> cython.void:
    """Of a line with a slope per step through the last hour of `values` (k, n), without a median: no level is
    above out[0], and no noise above out[1].

    A median absolute deviation is half the range at most.
    """
    k: cython.Py_ssize_t
    steps: cython.Py_ssize_t = values.shape[0]
    third: cython.Py_ssize_t = max(3, steps // 3)
    row: cython.Py_ssize_t = now
    low = _INF
    high = -_INF
    range_of_third = _INF
    for k in range(steps):
        value = values[row, i] + slope * k
        row = row - 1 if row > 0 else steps - 1
        if isfinite(value):
            low = min(low, value)
            high = max(high, value)
        if k == third - 1 and high >= low:
            range_of_third = high - low
    noise = _NORMAL_CONSISTENT * min((high - low) / 2, range_of_third)
    least = max(floor, 1e-12 * max(fabs(low), fabs(high)) + 1e-300)
    out[0], out[1] = high, (1 + 1e-9) * max(noise, least)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _most_jitter(
    values: cython.double[:, ::1], now: cython.Py_ssize_t, i: cython.Py_ssize_t
) -> cython.double:
    """No jitter of the last hour of `values` (k, n) is above this, by the range of changes."""
    row: cython.Py_ssize_t = now
    low = _INF
    high = -_INF
    for _k in range(values.shape[0] - 1):
        before: cython.Py_ssize_t = row - 1 if row > 0 else values.shape[0] - 1
        move = values[row, i] - values[before, i]
        row = before
        if isfinite(move):
            low = min(low, move)
            high = max(high, move)
    return (1 + 1e-9) * _NORMAL_CONSISTENT * max(high - low, 0.0) / 2 / sqrt(2.0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _line_may(
    far: cython.double, slope: cython.double, deviation: cython.double, ahead: cython.double
) -> cython.bint:
    """Whether a line so `far` below a limit can have it reached likelier than not within `ahead` steps."""
    return not far - slope * ahead > _UNLIKELY * deviation


def may_alarm(
    values: cython.double[:, ::1],
    now: cython.Py_ssize_t,
    slope: cython.double[:, ::1],
    ages: cython.double[::1],
    floor: cython.double[::1],
    limit: cython.double[::1],
    passages: cython.double[::1],
    days: cython.double[::1],
    day: cython.double,
    step: cython.double,
    within: cython.double,
    by_season: cython.uchar,
    speaks: cython.uchar[::1],
    highest: cython.float[:, ::1],
    level: cython.double[::1],
    rise: cython.double[::1],
    tails: cython.double[:, ::1],
    season_off: cython.float[::1],
    days_off: cython.float[::1],
    bounds: cython.double[::1],
    out: cython.uchar[::1],
) -> None:
    """Where any view can have a limit (n,) reached likelier than not within so many seconds: `within`, two
    days at most. It is told by bounds, which are cheap, and for most series settle it.

    `values` (k, n) are the last hour's, the newest in row `now`; `slope` (windows, n) is per step of `step`
    seconds, NaN = none, seen for `ages` seconds, the first of which is the level's; `floor` (n,) is the least
    noise. The rest is as `path_start` and `path_log_survival` have it. `bounds` (2,) is room.
    """
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    with cython.nogil:
        ahead = within / step
        last: cython.Py_ssize_t = highest.shape[0] - 1
        for i in range(out.shape[0]):
            out[i] = 0
            if not isfinite(limit[i]):
                continue
            if speaks[i] > 0:
                off = cython.cast(cython.double, days_off[i])
                if speaks[i] == by_season:
                    off = tails[1, i] * cython.cast(cython.double, season_off[i])
                top = cython.cast(cython.double, highest[last, i]) + max(rise[i], 0.0) * (within / day + 1.0)
                far = limit[i] - level[i] - top - _HEIGHT * _most_jitter(values, now, i)
                out[i] = not far > _BLOCK_UNLIKELY * max(_MEAN_TO_DEVIATION * off, floor[i])
                continue
            if _rate(passages[i], days[i], day) * within >= _EVEN:
                _bounds(values, now, i, 0.0, floor[i], bounds)
                out[i] = _line_may(limit[i] - bounds[0], 0.0, _LEVEL_WIDER * _LEVEL_ERROR * bounds[1], ahead)
            for w in range(slope.shape[0]):
                if out[i] == 0 and isfinite(slope[w, i]):
                    _bounds(values, now, i, slope[w, i], floor[i], bounds)
                    far = limit[i] - bounds[0]
                    lasts: cython.bint = not far - 2.1 * bounds[1] > 1.001 * slope[w, i] * (
                        ages[w + 1] / step
                    )
                    deviation = _TREND_WIDER * _LEVEL_ERROR * bounds[1]
                    out[i] = lasts and _line_may(far, slope[w, i], deviation, ahead)


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
@cython.nogil
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
@cython.nogil
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
@cython.nogil
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
@cython.nogil
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
    told: cython.double[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """When a share of its kind has reached the limit (n,), by the last of the lines: (n_quantiles, m); inf
    where it does not rise or there is no limit. Where the first of the quantiles is none that may be
    `told` (2, m), above the one and up to the other, the others are inf.

    Half of the lines like this one have passed once their noise, not only their level, meets the limit. An
    uncertain level errs by a span of time, an uncertain slope by a factor; no time left is below 0.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    other: cython.Py_ssize_t
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
            if k == 0 and not told[0, j] < out[0, j] <= told[1, j]:
                for other in range(1, quantiles.shape[0]):
                    out[other, j] = _INF
                break


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
    rise: cython.float[::1],
    toward: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """No trend, and what the days before foretell, times `toward`: (2, n); NaN where they are silent."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(speaks.shape[0]):
            out[0, i] = _NAN
            out[1, i] = toward * (latest[i] + cython.cast(cython.double, rise[i])) if speaks[i] > 0 else _NAN


def path_start(
    rows: cython.Py_ssize_t[::1],
    latest: cython.double[::1],
    rise: cython.double[::1],
    by_season: cython.uchar,
    speaks: cython.uchar[::1],
    tails: cython.double[:, ::1],
    season_off: cython.float[::1],
    days_off: cython.float[::1],
    tenth: cython.double,
    to_deviation: cython.double,
    least: cython.double[::1],
    out: cython.double[:, ::1],
) -> None:
    """Of the paths of the series at `rows`: the level they start from, their rise in a day, the standard
    deviations of what they miss an hour ahead below and above them, at `least` (n,): (4, m).

    Where it `speaks` `by_season`, these are by the quantiles `tails` (2, n) of its errors, `tenth` deviations
    off, in mean errors; else by the mean errors times `to_deviation`.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for j in range(rows.shape[0]):
        i = rows[j]
        out[0, j], out[1, j] = latest[i], rise[i]
        for k in range(2):
            missed = to_deviation * cython.cast(cython.double, days_off[i])
            if speaks[i] == by_season:
                missed = tails[k, i] / tenth * cython.cast(cython.double, season_off[i])
            out[2 + k, j] = missed if missed > least[i] or missed != missed else least[i]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _whole(time: cython.double, length: cython.double) -> cython.Py_ssize_t:
    """Python's time // length, whose remainder is exact."""
    rest = fmod(time, length)
    whole = (time - rest) / length
    if rest < 0:
        whole -= 1.0
    return cython.cast(cython.Py_ssize_t, floor(whole + 0.5))


def path_log_survival(
    columns: cython.Py_ssize_t[::1],
    highest: cython.float[:, ::1],
    level: cython.double[::1],
    daily: cython.double[::1],
    noise: cython.double[::1],
    jitter: cython.double[::1],
    limit: cython.double[::1],
    ends: cython.double[::1],
    first: cython.double,
    block: cython.double,
    above: cython.double,
    above_spread: cython.double,
    hour: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """Log P(still below the limit (n,)) along paths at `columns`: at the ascending times `ends`, by which
    those blocks are reached whose middle lies within, the first one's `first` seconds ahead. The highest
    sample of a block is `above` jitters above its mean, give or take `above_spread` jitters.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    day: cython.Py_ssize_t = highest.shape[0]
    for k in range(ends.shape[0]):
        reached = _whole(ends[k] - first, block) + 1
        draws = max(min(ends[k], hour) / block, 1.0)
        later = reached / cython.cast(cython.double, day) - 1
        row: cython.Py_ssize_t = min(max(reached, 1), day) - 1
        for j in range(columns.shape[0]):
            i = columns[j]
            top = cython.cast(cython.double, highest[row, i]) + max(daily[j], 0.0) * max(later, 0.0)
            far = limit[i] - level[j] - top - above * jitter[j]
            deviation = hypot(noise[j], above_spread * jitter[j])
            least = out[k - 1, j] if k > 0 else 0.0
            out[k, j] = min(least, log1p(-min(_tail(far / deviation), 1 - 1e-12)) * draws)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _crossing(
    highest: cython.float[:, ::1], daily: cython.double, need: cython.double, j: cython.Py_ssize_t
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
        end = cython.cast(cython.double, highest[day - 1, j])
        return (1 + (need - end) / daily) * day if daily > 0 else _INF
    below = cython.cast(cython.double, highest[low - 1, j]) if low > 0 else 0.0
    above = cython.cast(cython.double, highest[low, j])
    part = (need - below) / (above - below if above > below else 1.0)
    return low - 1 + min(max(part, 0.0), 1.0)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _rise(highest: cython.float[:, ::1], crossing: cython.double, j: cython.Py_ssize_t) -> cython.double:
    """How much a path rises in a block about its crossing."""
    day: cython.Py_ssize_t = highest.shape[0]
    if day == 1 or not crossing < day - 1:
        return max(cython.cast(cython.double, highest[day - 1, j]), 0.0) / day
    at: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, max(crossing, 0.0))
    return cython.cast(cython.double, highest[at + 1, j]) - cython.cast(cython.double, highest[at, j])


def path_seconds(
    columns: cython.Py_ssize_t[::1],
    highest: cython.float[:, ::1],
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
    grain: cython.double,
    table_z: cython.double[::1],
    table_loss: cython.double[::1],
    told: cython.double[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """When a share of its kind, `z` of the normal law, has reached the limit (m,) along paths at `columns`:
    (len(z), m). Where the first of them is none that may be `told` (2, m), above the one and up to the
    other, the others are inf.

    Half have once their samples' noise, not only the path, meets the limit, as with lines: what it misses
    goes either way, by `noise` above it and by `late` below.
    """
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    other: cython.Py_ssize_t
    for j in range(limit.shape[0]):
        gap = limit[j] - level[j]
        rise = _rise(highest, _crossing(highest, daily[j], gap - jitter[j], columns[j]), columns[j])
        early = 0.0
        if jitter[j] > 0:
            early = _distance(0.5, rise / block, jitter[j], grain, table_z, table_loss)
        near = gap - min(max(early, 0.0), _MOST_EARLY) * jitter[j]
        middle = first + _crossing(highest, daily[j], near, columns[j]) * block
        hours = max(middle, 0.0) / hour if isfinite(middle) else 0.0
        wider = sqrt(1.0 + hours / _GROWS)
        for k in range(z.shape[0]):
            width = (late[j] if z[k] > 0 else noise[j]) * wider
            crossing = first + _crossing(highest, daily[j], near + z[k] * width, columns[j]) * block
            out[k, j] = max(crossing + _ROUNDING * z[k] * block, 0.0)
            if k == 0 and not told[0, j] < out[0, j] <= told[1, j]:
                for other in range(1, z.shape[0]):
                    out[other, j] = _INF
                break
