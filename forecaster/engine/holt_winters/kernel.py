"""The loops over one series' steps, compiled: starting values, the best of a grid, the filter.

Python as Cython compiles it (its pure Python mode: deploy/packaging/kernels.py).
Series are rows, so that one after the other stays in the processor's first cache; all in double precision.

The filter is the error-correction form of Holt-Winters (Hyndman and Athanasopoulos, Forecasting: Principles
and Practice, chapter 8.3 and 8.5), φ the damping:

    e = y - l - φ·b - s,   l ← l + φ·b + alpha·e,   b ← φ·b + alpha·β·e,   s ← s + (1 - alpha)·q·e

Its parameters are searched from the best of a grid on (search_kernel.py).
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import isfinite
from cython.cimports.libc.math import pow as power

_NAN = cython.declare(cython.double, float("nan"))
_SEASONS = cython.declare(cython.Py_ssize_t, 5)  # at most so many make the starting season
_LINE = cython.declare(cython.Py_ssize_t, 10)  # values of the moving average that give level and trend
_LARGEST = cython.declare(cython.double, 3e38)  # magnitudes that single precision can hold, nearly


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _units(y: cython.double[::1], steps: cython.Py_ssize_t, unit: cython.double[::1]) -> cython.void:
    """Offset and scale that bring the values to within a half of 0, without overflow."""
    low: cython.double = 0.0
    high: cython.double = 0.0
    any_seen: cython.bint = False
    t: cython.Py_ssize_t
    for t in range(steps):
        if y[t] == y[t]:
            if not any_seen or y[t] < low:
                low = y[t]
            if not any_seen or y[t] > high:
                high = y[t]
            any_seen = True
    half: cython.double = high / 2 - low / 2
    unit[0] = low / 2 + high / 2
    unit[1] = 2 * half if half > 0 else 2.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _line(average: cython.double[::1], rows: cython.Py_ssize_t, level: cython.double[::1]) -> cython.void:
    """Level and trend: intercept and slope of the first ten rows on x = 1, 2, …; the mean of all and no trend
    where one of the ten is missing.
    """
    head: cython.Py_ssize_t = min(_LINE, rows)
    middle: cython.double = (head + 1) / 2.0
    spread: cython.double = 0.0
    slope: cython.double = 0.0
    centre: cython.double = 0.0
    known: cython.Py_ssize_t = 0
    t: cython.Py_ssize_t
    for t in range(head):
        spread += (t + 1 - middle) * (t + 1 - middle)
    for t in range(head):
        slope += (t + 1 - middle) / max(spread, 1.0) * average[t]
        centre += average[t] / head
    level[0], level[1] = centre - slope * middle, slope
    if slope != slope:
        centre = 0.0
        for t in range(rows):
            if average[t] == average[t]:
                centre += average[t]
                known += 1
        level[0], level[1] = centre / max(known, 1), 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _start(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    level: cython.double[::1],
    season: cython.double[::1],
    work: cython.double[::1],
) -> cython.void:
    """Level, trend and season (m,) before the first step, by classical decomposition; `work` (steps,).

    The "heuristic" initialisation of Hyndman, Koehler, Ord and Snyder (Forecasting with Exponential
    Smoothing, 2008, section 2.6.1), as statsmodels has it: a centred moving average over the first seasons,
    the mean deviation of each phase from it, and a line through the average's first ten values.
    """
    if m < 2:
        season[0] = 0.0
        _line(y, steps, level)
        return
    used: cython.Py_ssize_t = min(_SEASONS, steps // m) * m
    width: cython.Py_ssize_t = m + 1 - m % 2
    total: cython.double = 0.0
    seen: cython.double = 0.0
    rows: cython.Py_ssize_t = 0
    t: cython.Py_ssize_t
    first: cython.Py_ssize_t
    last: cython.Py_ssize_t
    mean: cython.double
    ends: cython.double
    ends_seen: cython.double
    for t in range(m):
        season[t] = 0.0
        work[steps + t] = 0.0
    for last in range(used):
        if y[last] == y[last]:
            total += y[last]
            seen += 1
        first = last + 1 - width
        if first < 0:
            continue
        ends = 0.0
        ends_seen = 0.0
        if m % 2 == 0:  # the two outermost count half
            ends = (
                (y[first] if y[first] == y[first] else 0.0) + (y[last] if y[last] == y[last] else 0.0)
            ) / 2
            ends_seen = ((1.0 if y[first] == y[first] else 0.0) + (1.0 if y[last] == y[last] else 0.0)) / 2
        t = first + width // 2
        mean = (total - ends) / (seen - ends_seen) if seen - ends_seen >= m / 2.0 else _NAN
        work[rows] = mean
        rows += 1
        if y[t] - mean == y[t] - mean:
            season[t % m] += y[t] - mean
            work[steps + t % m] += 1
        if y[first] == y[first]:
            total -= y[first]
            seen -= 1
    mean = 0.0
    for t in range(m):
        season[t] /= max(work[steps + t], 1.0)
        mean += season[t] / m
    for t in range(m):
        season[t] -= mean
    _line(work, rows, level)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _best_start(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    state: cython.double[::1],
    season: cython.double[::1],
    grid: cython.double[:, ::1],
    work: cython.double[::1],
) -> cython.Py_ssize_t:
    """Which of the triples (alpha, β, q) errs least after the first season; they run side by side."""
    starts: cython.Py_ssize_t = grid.shape[0]
    k: cython.Py_ssize_t
    t: cython.Py_ssize_t
    value: cython.double
    error: cython.double
    counted: cython.double
    level = cython.declare(cython.double[16])  # of more starts than there are
    carried = cython.declare(cython.double[16])
    squares = cython.declare(cython.double[16])
    rate = cython.declare(cython.double[16])
    trend = cython.declare(cython.double[16])
    gamma = cython.declare(cython.double[16])
    offsets: cython.Py_ssize_t
    for k in range(starts):
        level[k] = state[0]
        carried[k] = state[1] * phi
        squares[k] = 0.0
        rate[k] = grid[k, 0]
        trend[k] = grid[k, 0] * grid[k, 1]
        gamma[k] = (1 - grid[k, 0]) * grid[k, 2]
        for t in range(m):
            work[t * starts + k] = season[t]
    phase: cython.Py_ssize_t = 0
    for t in range(steps):
        offsets = phase * starts
        phase = phase + 1 if phase + 1 < m else 0
        value = y[t]
        counted = 1.0 if t >= m else 0.0
        if value != value:
            for k in range(starts):
                level[k] += carried[k]
                carried[k] *= phi
            continue
        for k in range(starts):
            level[k] += carried[k]
            error = value - level[k] - work[offsets + k]
            level[k] += rate[k] * error
            carried[k] = (carried[k] + trend[k] * error) * phi
            work[offsets + k] += gamma[k] * error
            squares[k] += counted * error * error
    best: cython.Py_ssize_t = 0
    for k in range(starts):
        if squares[k] < squares[best]:
            best = k
    return best


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _single(value: cython.double) -> cython.double:
    """What single precision can hold of a value."""
    if value > _LARGEST:
        return _LARGEST
    return -_LARGEST if value < -_LARGEST else value


def begin(
    values: cython.double[:, ::1],
    phi: cython.double,
    grid: cython.double[:, ::1],
    units: cython.double[:, ::1],
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
    work: cython.double[::1],
) -> None:
    """Bring each row of `values` (n, steps), NaN = missing, to its own unit, and find what a search of
    parameters begins with.

    `grid` (starts, 3) are the triples alpha, β, q that it may start from. Written are `units` (n, 2): what 0
    and 1 stand for; `fitted` (n, 5): alpha, β, q, and the level and the trend before the first step;
    `offsets` (n, season) by phase from the first step on. A season is 1 or fits in twice. `work` is room for
    `room(steps, season, starts)` numbers.
    """
    steps: cython.Py_ssize_t = values.shape[1]
    m: cython.Py_ssize_t = offsets.shape[1]
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    best: cython.Py_ssize_t
    y: cython.double[::1]
    with cython.nogil:
        for i in range(values.shape[0]):
            y = values[i]
            _units(y, steps, units[i])
            for t in range(steps):
                y[t] = y[t] / units[i, 1] - units[i, 0] / units[i, 1]
            _start(y, steps, m, fitted[i, 3:], offsets[i], work)
            best = _best_start(y, steps, m, phi, fitted[i, 3:], offsets[i], grid, work)
            for t in range(3):
                fitted[i, t] = grid[best, t]


def finish(
    values: cython.double[:, ::1],
    phi: cython.double,
    units: cython.double[:, ::1],
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
    residuals: cython.double[:, ::1],
) -> None:
    """Take filters through the `values` (n, steps) they were searched for: `fitted` (n, 5) become alpha, β,
    gamma, and the level and the trend after the last step, which `offsets` (n, season) are after, too;
    one-step-ahead errors are written into `residuals` (n, steps), unless it has no rows. All are in the
    values' `units` (n, 2) before, and as values after.
    """
    keep: cython.bint = residuals.shape[0] > 0
    m: cython.Py_ssize_t = offsets.shape[1]
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    phase: cython.Py_ssize_t
    with cython.nogil:
        for i in range(values.shape[0]):
            unit: cython.double = units[i, 1]
            alpha: cython.double = fitted[i, 0]
            k: cython.double = alpha * fitted[i, 1]
            gamma: cython.double = (1 - alpha) * fitted[i, 2]
            of_season: cython.double = gamma if m > 1 else 0.0
            level: cython.double = fitted[i, 3]
            trend: cython.double = fitted[i, 4]
            phase = 0
            for t in range(values.shape[1]):
                carried: cython.double = phi * trend
                error: cython.double = values[i, t] - (level + carried + offsets[i, phase])
                known: cython.double = error if isfinite(error) else 0.0
                level += carried + alpha * known
                trend = carried + k * known
                offsets[i, phase] += of_season * known
                phase = phase + 1 if phase + 1 < m else 0
                if keep:
                    residuals[i, t] = error * unit
            fitted[i, 2], fitted[i, 3], fitted[i, 4] = gamma, level * unit + units[i, 0], trend * unit
            for t in range(m):
                offsets[i, t] *= unit


def start(
    values: cython.double[::1],
    season: cython.Py_ssize_t,
    level: cython.double[::1],
    offsets: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """The starting level and trend (2,) and offsets (season,) of values (steps,), as `begin` has them."""
    _start(values, values.shape[0], season, level, offsets, work)


def run(
    values: cython.double[:, ::1],
    phase: cython.Py_ssize_t,
    phi: cython.double,
    fitted: cython.double[:, ::1],
    offsets: cython.float[:, ::1],
) -> None:
    """Take fitted filters on through values (n, steps), the first of which has this phase.

    In the order of `step`, to which it is equal to the last bit.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    m: cython.Py_ssize_t = offsets.shape[1]
    with cython.nogil:
        for i in range(values.shape[0]):
            k: cython.double = fitted[i, 0] * fitted[i, 1]
            for t in range(values.shape[1]):
                at: cython.Py_ssize_t = (phase + t) % m
                carried: cython.double = phi * fitted[i, 4]
                error: cython.double = values[i, t] - (fitted[i, 3] + carried + offsets[i, at])
                known: cython.double = error if isfinite(error) else 0.0
                fitted[i, 3] += carried + fitted[i, 0] * known
                fitted[i, 4] = carried + k * known
                if m > 1:
                    offsets[i, at] = _single(offsets[i, at] + fitted[i, 2] * known)


def step(
    values: cython.double[:],
    alpha: cython.double[::1],
    beta: cython.double[::1],
    gamma: cython.double[::1],
    phi: cython.double[::1],
    level: cython.double[::1],
    trend: cython.double[::1],
    season: cython.float[::1],
    seasonal: cython.bint,
    errors: cython.double[::1],
) -> None:
    """Move filters to the next step with its values (n,), NaN = missing; how far off they were. The first
    value becomes the level. `season` (n,) is that of the step's phase.
    """
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        if level[i] != level[i]:
            level[i] = values[i] - season[i]
        carried: cython.double = phi[i] * trend[i]
        errors[i] = values[i] - (level[i] + carried + season[i])
        known: cython.double = errors[i] if isfinite(errors[i]) else 0.0
        level[i] += carried + alpha[i] * known
        trend[i] = carried + alpha[i] * beta[i] * known
        if seasonal:
            season[i] = _single(season[i] + gamma[i] * known)


def ahead(
    steps: cython.double,
    phi: cython.double[::1],
    level: cython.double[::1],
    trend: cython.double[::1],
    season: cython.float[::1],
    out: cython.double[::1],
) -> None:
    """The values (n,) so many steps ahead, with the season of that phase."""
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        far: cython.double = steps
        if phi[i] < 1:
            far = phi[i] * (1 - power(phi[i], steps)) / (1 - phi[i])
        out[i] = level[i] + far * trend[i] + season[i]


def room(steps: int, season: int, starts: int) -> int:
    """Numbers that `begin` needs room for."""
    return max(steps + season, season * starts)
