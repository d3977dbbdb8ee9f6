"""The loops over one series' steps, compiled: starting values, the search of parameters, the filter.

Python as Cython compiles it (its pure Python mode; it runs compiled only: deploy/packaging/kernels.py).
Series are rows, so that one after the other stays in the processor's first cache; all in double precision.

The filter is the error-correction form of Holt-Winters (Hyndman and Athanasopoulos, Forecasting: Principles
and Practice, chapter 8.3 and 8.5), φ the damping:

    e = y - l - φ·b - s,   l ← l + φ·b + alpha·e,   b ← φ·b + alpha·β·e,   s ← s + (1 - alpha)·q·e

It is linear in its data, so each derivative of e obeys the same recursion on zero data, with e added to its
own state. Levenberg-Marquardt with bounds starts from the best of a grid.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import isfinite
from cython.cimports.libc.math import pow as power

_SEASONS = cython.declare(cython.Py_ssize_t, 5)  # at most so many make the starting season
_LINE = cython.declare(cython.Py_ssize_t, 10)  # values of the moving average that give level and trend
_PASSES = cython.declare(cython.int, 12)
_GAIN = cython.declare(cython.double, 1e-5)  # relative; below it a search is done
_LEAST = cython.declare(cython.double, 1e-4)  # alpha, and its distance from 1
_HOPELESS = cython.declare(cython.double, 1e6)  # damping, beyond which no step helps


@cython.cfunc
@cython.exceptval(check=False)
def _units(y: cython.p_double, steps: cython.Py_ssize_t, unit: cython.p_double) -> cython.void:
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
@cython.exceptval(check=False)
def _line(average: cython.p_double, rows: cython.Py_ssize_t, level: cython.p_double) -> cython.void:
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
@cython.exceptval(check=False)
def _start(
    y: cython.p_double,
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    level: cython.p_double,
    season: cython.p_double,
    work: cython.p_double,
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
    counts: cython.p_double = work + steps
    for t in range(m):
        season[t] = 0.0
        counts[t] = 0.0
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
        mean = (total - ends) / (seen - ends_seen) if seen - ends_seen >= m / 2.0 else float("nan")
        work[rows] = mean
        rows += 1
        if y[t] - mean == y[t] - mean:
            season[t % m] += y[t] - mean
            counts[t % m] += 1
        if y[first] == y[first]:
            total -= y[first]
            seen -= 1
    mean = 0.0
    for t in range(m):
        season[t] /= max(counts[t], 1.0)
        mean += season[t] / m
    for t in range(m):
        season[t] -= mean
    _line(work, rows, level)


@cython.cfunc
@cython.exceptval(check=False)
def _best_start(
    y: cython.p_double,
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    start: cython.p_double,
    season: cython.p_double,
    grid: cython.p_double,
    starts: cython.Py_ssize_t,
    work: cython.p_double,
) -> cython.Py_ssize_t:
    """Which of the triples (alpha, β, q) errs least after the first season; they run side by side."""
    level: cython.p_double = work
    carried: cython.p_double = work + starts
    squares: cython.p_double = work + 2 * starts
    rate: cython.p_double = work + 3 * starts
    trend: cython.p_double = work + 4 * starts
    gamma: cython.p_double = work + 5 * starts
    offsets: cython.p_double
    k: cython.Py_ssize_t
    t: cython.Py_ssize_t
    value: cython.double
    error: cython.double
    counted: cython.double
    phase: cython.Py_ssize_t = 0
    for k in range(starts):
        level[k] = start[0]
        carried[k] = start[1] * phi
        squares[k] = 0.0
        rate[k] = grid[3 * k]
        trend[k] = grid[3 * k] * grid[3 * k + 1]
        gamma[k] = (1 - grid[3 * k]) * grid[3 * k + 2]
        for t in range(m):
            work[(6 + t) * starts + k] = season[t]
    for t in range(steps):
        offsets = work + (6 + phase) * starts
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
            error = value - level[k] - offsets[k]
            level[k] += rate[k] * error
            carried[k] = (carried[k] + trend[k] * error) * phi
            offsets[k] += gamma[k] * error
            squares[k] += counted * error * error
    best: cython.Py_ssize_t = 0
    for k in range(starts):
        if squares[k] < squares[best]:
            best = k
    return best


@cython.cfunc
@cython.exceptval(check=False)
def _gram(
    y: cython.p_double,
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    start: cython.p_double,
    season: cython.p_double,
    theta: cython.p_double,
    gram: cython.p_double,
    work: cython.p_double,
) -> cython.void:
    """The products (4, 4) of the error and its derivatives by alpha, alpha·β and gamma, summed after the
    first season; `work` (m, 4).
    """
    alpha: cython.double = theta[0]
    k: cython.double = theta[0] * theta[1]
    gamma: cython.double = (1 - theta[0]) * theta[2] if m > 1 else 0.0
    level = cython.declare(cython.double[4])
    carried = cython.declare(cython.double[4])
    error = cython.declare(cython.double[4])
    offsets: cython.p_double
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    t: cython.Py_ssize_t
    for i in range(4):
        level[i] = 0.0
        carried[i] = 0.0
        for j in range(4):
            gram[4 * i + j] = 0.0
    level[0], carried[0] = start[0], start[1] * phi
    for t in range(m):
        work[4 * t] = season[t]
        work[4 * t + 1] = work[4 * t + 2] = work[4 * t + 3] = 0.0
    phase: cython.Py_ssize_t = 0
    for t in range(steps):
        offsets = work + 4 * phase
        phase = phase + 1 if phase + 1 < m else 0
        for i in range(4):
            level[i] += carried[i]
            error[i] = -level[i] - offsets[i]
        if y[t] == y[t]:
            error[0] += y[t]
        else:
            for i in range(4):
                error[i] = 0.0
        for i in range(4):
            level[i] += alpha * error[i]
            carried[i] += k * error[i]
            offsets[i] += gamma * error[i]
        level[1] += error[0]
        carried[2] += error[0]
        if m > 1:
            offsets[3] += error[0]
        for i in range(4):
            carried[i] *= phi
        if t >= m:
            for i in range(4):
                for j in range(i, 4):
                    gram[4 * i + j] += error[i] * error[j]
    for i in range(4):
        for j in range(i):
            gram[4 * i + j] = gram[4 * j + i]


@cython.cfunc
@cython.exceptval(check=False)
def _solve(a: cython.p_double, b: cython.p_double) -> cython.void:
    """The solution of three equations a·x = b, in b; Gaussian elimination with pivots."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    c: cython.Py_ssize_t
    pivot: cython.Py_ssize_t
    factor: cython.double
    for c in range(3):
        pivot = c
        for i in range(c + 1, 3):
            if abs(a[3 * i + c]) > abs(a[3 * pivot + c]):
                pivot = i
        for j in range(3):
            a[3 * c + j], a[3 * pivot + j] = a[3 * pivot + j], a[3 * c + j]
        b[c], b[pivot] = b[pivot], b[c]
        for i in range(3):
            if i != c:
                factor = a[3 * i + c] / a[3 * c + c]
                for j in range(c, 3):
                    a[3 * i + j] -= factor * a[3 * c + j]
                b[i] -= factor * b[c]
    for c in range(3):
        b[c] /= a[3 * c + c]


@cython.cfunc
@cython.exceptval(check=False)
def _move(
    theta: cython.p_double, gram: cython.p_double, damping: cython.double, trial: cython.p_double
) -> cython.void:
    """One damped Gauss-Newton step; parameters that a bound holds are left where they are."""
    chain = cython.declare(cython.double[9])  # a row for each of alpha, β, q: d(alpha, alpha·β, gamma) by it
    half = cython.declare(cython.double[9])
    matrix = cython.declare(cython.double[9])
    step = cython.declare(cython.double[3])
    free = cython.declare(cython.bint[3])
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(9):
        chain[i] = half[i] = matrix[i] = 0.0
    chain[0], chain[1], chain[2] = 1.0, theta[1], -theta[2]
    chain[4], chain[8] = theta[0], 1 - theta[0]
    for i in range(3):
        step[i] = 0.0
        for j in range(3):
            step[i] -= chain[3 * i + j] * gram[j + 1]
            for k in range(3):
                half[3 * i + j] += chain[3 * i + k] * gram[4 * (k + 1) + j + 1]
    for i in range(3):
        for j in range(3):
            for k in range(3):
                matrix[3 * i + j] += half[3 * i + k] * chain[3 * j + k]
    for i in range(3):
        low: cython.double = _LEAST if i == 0 else 0.0
        high: cython.double = 1 - _LEAST if i == 0 else 1.0
        free[i] = not ((theta[i] <= low and step[i] < 0) or (theta[i] >= high and step[i] > 0))
    for i in range(3):
        for j in range(3):
            if i != j and not (free[i] and free[j]):
                matrix[3 * i + j] = 0.0
        if free[i]:
            matrix[4 * i] = matrix[4 * i] * (1 + damping) + 1e-12
        else:
            matrix[4 * i] = 1.0
            step[i] = 0.0
    _solve(cython.address(matrix[0]), cython.address(step[0]))
    for i in range(3):
        low = _LEAST if i == 0 else 0.0
        high = 1 - _LEAST if i == 0 else 1.0
        trial[i] = min(max(theta[i] + step[i], low), high)


@cython.cfunc
@cython.exceptval(check=False)
def _search(
    y: cython.p_double,
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    start: cython.p_double,
    season: cython.p_double,
    theta: cython.p_double,
    work: cython.p_double,
) -> cython.void:
    """The parameters alpha, β, q of least squared error from `theta` on, in its place."""
    gram = cython.declare(cython.double[16])
    new = cython.declare(cython.double[16])
    trial = cython.declare(cython.double[3])
    damping: cython.double = 1e-3
    better: cython.bint
    done: cython.bint
    i: cython.Py_ssize_t
    _gram(y, steps, m, phi, start, season, theta, cython.address(gram[0]), work)
    for _ in range(_PASSES):
        _move(theta, cython.address(gram[0]), damping, cython.address(trial[0]))
        done = trial[0] == theta[0] and trial[1] == theta[1] and trial[2] == theta[2]
        if done or damping > _HOPELESS:
            return
        _gram(y, steps, m, phi, start, season, cython.address(trial[0]), cython.address(new[0]), work)
        better = new[0] < gram[0]
        done = better and gram[0] - new[0] < _GAIN * gram[0]
        damping *= 0.2 if better else 8.0
        if better:
            for i in range(3):
                theta[i] = trial[i]
            for i in range(16):
                gram[i] = new[i]
        if done:
            return


@cython.cfunc
@cython.exceptval(check=False)
def _follow(
    value: cython.double,
    alpha: cython.double,
    k: cython.double,
    gamma: cython.double,
    phi: cython.double,
    state: cython.p_double,
    offset: cython.p_double,
) -> cython.double:
    """Move the state (level, trend) and the offset of its phase through a step; the error, NaN = missing.

    In the order of `step`, to which it is equal to the last bit.
    """
    carried: cython.double = phi * state[1]
    error: cython.double = value - (state[0] + carried + offset[0])
    known: cython.double = error if isfinite(error) else 0.0
    state[0] += carried + alpha * known
    state[1] = carried + k * known
    offset[0] += gamma * known
    return error


def fit(
    values: cython.double[:, ::1],
    season: cython.Py_ssize_t,
    phi: cython.double,
    grid: cython.double[:, ::1],
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
    residuals: cython.double[:, ::1],
    work: cython.double[::1],
) -> None:
    """Fit each row of `values` (n, steps), which are spent on it, NaN = missing; `season` is 1 or fits in
    twice.

    `grid` (starts, 3) are the triples alpha, β, q that the search may start from. Written are `fitted` (n,
    5): alpha, β, gamma, and the level and the trend after the last step; `offsets` (n, season) by phase from
    the first step on; one-step-ahead errors into `residuals` (n, steps), unless it has no rows. `work` is
    room for `room(steps, season, starts)` numbers.
    """
    steps: cython.Py_ssize_t = values.shape[1]
    starts: cython.Py_ssize_t = grid.shape[0]
    keep: cython.bint = residuals.shape[0] > 0
    m: cython.Py_ssize_t = season
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    best: cython.Py_ssize_t
    k: cython.double
    gamma: cython.double
    error: cython.double
    unit = cython.declare(cython.double[2])
    start = cython.declare(cython.double[2])
    theta = cython.declare(cython.double[3])
    y: cython.p_double
    s: cython.p_double
    room: cython.p_double = cython.address(work[0])
    for i in range(values.shape[0]):
        y = cython.address(values[i, 0])
        s = cython.address(offsets[i, 0])
        _units(y, steps, cython.address(unit[0]))
        for t in range(steps):
            y[t] = y[t] / unit[1] - unit[0] / unit[1]
        _start(y, steps, m, cython.address(start[0]), s, room)
        best = _best_start(
            y, steps, m, phi, cython.address(start[0]), s, cython.address(grid[0, 0]), starts, room
        )
        for t in range(3):
            theta[t] = grid[best, t]
        _search(y, steps, m, phi, cython.address(start[0]), s, cython.address(theta[0]), room)
        k = theta[0] * theta[1]
        gamma = (1 - theta[0]) * theta[2]
        phase: cython.Py_ssize_t = 0
        for t in range(steps):
            error = _follow(
                y[t], theta[0], k, gamma if m > 1 else 0.0, phi, cython.address(start[0]), s + phase
            )
            phase = phase + 1 if phase + 1 < m else 0
            if keep:
                residuals[i, t] = error * unit[1]
        fitted[i, 0], fitted[i, 1], fitted[i, 2] = theta[0], theta[1], gamma
        fitted[i, 3] = start[0] * unit[1] + unit[0]
        fitted[i, 4] = start[1] * unit[1]
        for t in range(m):
            s[t] *= unit[1]


def start(
    values: cython.double[::1],
    season: cython.Py_ssize_t,
    level: cython.double[::1],
    offsets: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """The starting level and trend (2,) and offsets (season,) of values (steps,), as `fit` has them."""
    _start(
        cython.address(values[0]),
        values.shape[0],
        season,
        cython.address(level[0]),
        cython.address(offsets[0]),
        cython.address(work[0]),
    )


def run(
    values: cython.double[:, ::1],
    phase: cython.Py_ssize_t,
    phi: cython.double,
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
) -> None:
    """Take the filters of `fit` on through values (n, steps), the first of which has this phase."""
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    m: cython.Py_ssize_t = offsets.shape[1]
    state = cython.declare(cython.double[2])
    for i in range(values.shape[0]):
        state[0], state[1] = fitted[i, 3], fitted[i, 4]
        for t in range(values.shape[1]):
            _follow(
                values[i, t],
                fitted[i, 0],
                fitted[i, 0] * fitted[i, 1],
                fitted[i, 2] if m > 1 else 0.0,
                phi,
                cython.address(state[0]),
                cython.address(offsets[i, (phase + t) % m]),
            )
        fitted[i, 3], fitted[i, 4] = state[0], state[1]


def step(
    values: cython.double[:],
    alpha: cython.double[::1],
    beta: cython.double[::1],
    gamma: cython.double[::1],
    phi: cython.double[::1],
    level: cython.double[::1],
    trend: cython.double[::1],
    season: cython.double[::1],
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
            season[i] += gamma[i] * known


def ahead(
    steps: cython.double,
    phi: cython.double[::1],
    level: cython.double[::1],
    trend: cython.double[::1],
    season: cython.double[::1],
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
    """Numbers that `fit` needs room for."""
    return max(steps + season, (6 + season) * starts, 4 * season)
