"""The loops over one series' steps, compiled: starting values, the search of parameters, the filter.

Python as Cython compiles it (its pure Python mode: deploy/packaging/kernels.py).
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

_NAN = cython.declare(cython.double, float("nan"))
_SEASONS = cython.declare(cython.Py_ssize_t, 5)  # at most so many make the starting season
_LINE = cython.declare(cython.Py_ssize_t, 10)  # values of the moving average that give level and trend
_PASSES = cython.declare(cython.int, 12)
_GAIN = cython.declare(cython.double, 1e-5)  # relative; below it a search is done
_LEAST = cython.declare(cython.double, 1e-4)  # alpha, and its distance from 1
# Rows of small numbers of one fit, and how many of them there are.
_STATE = cython.declare(cython.Py_ssize_t, 0)  # level and trend
_THETA = cython.declare(cython.Py_ssize_t, 1)  # alpha, β, q
_TRIAL = cython.declare(cython.Py_ssize_t, 2)
_GRAM = cython.declare(cython.Py_ssize_t, 3)
_NEW = cython.declare(cython.Py_ssize_t, 4)
_CHAIN = cython.declare(cython.Py_ssize_t, 5)
_HALF = cython.declare(cython.Py_ssize_t, 6)
_MATRIX = cython.declare(cython.Py_ssize_t, 7)
_STEP = cython.declare(cython.Py_ssize_t, 8)
SMALL = (9, 16)
_HOPELESS = cython.declare(cython.double, 1e6)  # damping, beyond which no step helps
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
    small: cython.double[:, ::1],
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
        level[k] = small[_STATE, 0]
        carried[k] = small[_STATE, 1] * phi
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
def _products(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    gamma: cython.double,
    small: cython.double[:, ::1],
    parameters: cython.Py_ssize_t,
    into: cython.Py_ssize_t,
    work: cython.double[::1],
    seasonal: cython.bint,
) -> cython.void:
    """The upper half of `_gram`'s products. Each number has its own name, and is in a register: pairs in
    arrays would wait for memory. The last derivative, by gamma, is 0 where nothing is `seasonal`.
    """
    alpha: cython.double = small[parameters, 0]
    k: cython.double = alpha * small[parameters, 1]
    l0: cython.double = small[_STATE, 0]
    c0: cython.double = small[_STATE, 1] * phi
    l1: cython.double = 0.0
    l2: cython.double = 0.0
    l3: cython.double = 0.0
    c1: cython.double = 0.0
    c2: cython.double = 0.0
    c3: cython.double = 0.0
    e0: cython.double
    e1: cython.double
    e2: cython.double
    e3: cython.double = 0.0
    t00: cython.double = 0.0
    t01: cython.double = 0.0
    t02: cython.double = 0.0
    t03: cython.double = 0.0
    t11: cython.double = 0.0
    t12: cython.double = 0.0
    t13: cython.double = 0.0
    t22: cython.double = 0.0
    t23: cython.double = 0.0
    t33: cython.double = 0.0
    at: cython.Py_ssize_t = 0
    t: cython.Py_ssize_t
    for t in range(steps):
        l0, l1, l2 = l0 + c0, l1 + c1, l2 + c2
        e0, e1, e2 = -l0 - work[at], -l1 - work[at + 1], -l2 - work[at + 2]
        if seasonal:
            l3 += c3
            e3 = -l3 - work[at + 3]
        if y[t] == y[t]:
            e0 += y[t]
        else:
            e0 = e1 = e2 = e3 = 0.0
        l0, l1, l2 = l0 + alpha * e0, l1 + alpha * e1 + e0, l2 + alpha * e2
        c0, c1, c2 = (c0 + k * e0) * phi, (c1 + k * e1) * phi, (c2 + k * e2 + e0) * phi
        if seasonal:
            l3 += alpha * e3
            c3 = (c3 + k * e3) * phi
            work[at] += gamma * e0
            work[at + 1] += gamma * e1
            work[at + 2] += gamma * e2
            work[at + 3] = work[at + 3] + gamma * e3 + e0
            at = at + 4 if at + 4 < 4 * m else 0
        if t >= m:
            t00 += e0 * e0
            t01 += e0 * e1
            t02 += e0 * e2
            t11 += e1 * e1
            t12 += e1 * e2
            t22 += e2 * e2
            if seasonal:
                t03 += e0 * e3
                t13 += e1 * e3
                t23 += e2 * e3
                t33 += e3 * e3
    small[into, 0], small[into, 1], small[into, 2], small[into, 3] = t00, t01, t02, t03
    small[into, 5], small[into, 6], small[into, 7] = t11, t12, t13
    small[into, 10], small[into, 11], small[into, 15] = t22, t23, t33


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _gram(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    small: cython.double[:, ::1],
    parameters: cython.Py_ssize_t,
    into: cython.Py_ssize_t,
    season: cython.double[::1],
    work: cython.double[::1],
) -> cython.void:
    """The products (4, 4) of the error and its derivatives by alpha, alpha·β and gamma, summed after the
    first season, with the `parameters` of one row of `small` `into` another one; `work` (m, 4).
    """
    gamma: cython.double = (1 - small[parameters, 0]) * small[parameters, 2]
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    t: cython.Py_ssize_t
    for t in range(m):
        work[4 * t] = season[t]
        work[4 * t + 1] = work[4 * t + 2] = work[4 * t + 3] = 0.0
    if m > 1:
        _products(y, steps, m, phi, gamma, small, parameters, into, work, True)
    else:
        _products(y, steps, m, phi, 0.0, small, parameters, into, work, False)
    for i in range(4):
        for j in range(i):
            small[into, 4 * i + j] = small[into, 4 * j + i]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _solve(small: cython.double[:, ::1]) -> cython.void:
    """The solution of three equations matrix·x = step, in its place; Gaussian elimination with pivots."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    c: cython.Py_ssize_t
    pivot: cython.Py_ssize_t
    factor: cython.double
    for c in range(3):
        pivot = c
        for i in range(c + 1, 3):
            if abs(small[_MATRIX, 3 * i + c]) > abs(small[_MATRIX, 3 * pivot + c]):
                pivot = i
        for j in range(3):
            small[_MATRIX, 3 * c + j], small[_MATRIX, 3 * pivot + j] = (
                small[_MATRIX, 3 * pivot + j],
                small[_MATRIX, 3 * c + j],
            )
        small[_STEP, c], small[_STEP, pivot] = small[_STEP, pivot], small[_STEP, c]
        for i in range(3):
            if i != c:
                factor = small[_MATRIX, 3 * i + c] / small[_MATRIX, 3 * c + c]
                for j in range(c, 3):
                    small[_MATRIX, 3 * i + j] -= factor * small[_MATRIX, 3 * c + j]
                small[_STEP, i] -= factor * small[_STEP, c]
    for c in range(3):
        small[_STEP, c] /= small[_MATRIX, 3 * c + c]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _move(small: cython.double[:, ::1], gram: cython.Py_ssize_t, damping: cython.double) -> cython.void:
    """One damped Gauss-Newton step to a trial; parameters that a bound holds are left where they are.

    `gram` is the row of the products. A row of the chain for each of alpha, β, q: d(alpha, alpha·β, gamma) by
    it.
    """
    free = cython.declare(cython.bint[3])
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(9):
        small[_CHAIN, i] = small[_HALF, i] = small[_MATRIX, i] = 0.0
    small[_CHAIN, 0], small[_CHAIN, 1], small[_CHAIN, 2] = 1.0, small[_THETA, 1], -small[_THETA, 2]
    small[_CHAIN, 4], small[_CHAIN, 8] = small[_THETA, 0], 1 - small[_THETA, 0]
    for i in range(3):
        small[_STEP, i] = 0.0
        for j in range(3):
            small[_STEP, i] -= small[_CHAIN, 3 * i + j] * small[gram, j + 1]
            for k in range(3):
                small[_HALF, 3 * i + j] += small[_CHAIN, 3 * i + k] * small[gram, 4 * (k + 1) + j + 1]
    for i in range(3):
        for j in range(3):
            for k in range(3):
                small[_MATRIX, 3 * i + j] += small[_HALF, 3 * i + k] * small[_CHAIN, 3 * j + k]
    for i in range(3):
        low: cython.double = _LEAST if i == 0 else 0.0
        high: cython.double = 1 - _LEAST if i == 0 else 1.0
        free[i] = not (
            (small[_THETA, i] <= low and small[_STEP, i] < 0)
            or (small[_THETA, i] >= high and small[_STEP, i] > 0)
        )
    for i in range(3):
        for j in range(3):
            if i != j and not (free[i] and free[j]):
                small[_MATRIX, 3 * i + j] = 0.0
        if free[i]:
            small[_MATRIX, 4 * i] = small[_MATRIX, 4 * i] * (1 + damping) + 1e-12
        else:
            small[_MATRIX, 4 * i] = 1.0
            small[_STEP, i] = 0.0
    _solve(small)
    for i in range(3):
        low = _LEAST if i == 0 else 0.0
        high = 1 - _LEAST if i == 0 else 1.0
        small[_TRIAL, i] = min(max(small[_THETA, i] + small[_STEP, i], low), high)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _search(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    small: cython.double[:, ::1],
    season: cython.double[::1],
    work: cython.double[::1],
) -> cython.void:
    """The parameters alpha, β, q of least squared error from theta on, in its place."""
    damping: cython.double = 1e-3
    better: cython.bint
    done: cython.bint
    i: cython.Py_ssize_t
    gram: cython.Py_ssize_t = _GRAM
    new: cython.Py_ssize_t = _NEW
    _gram(y, steps, m, phi, small, _THETA, gram, season, work)
    for _ in range(_PASSES):
        _move(small, gram, damping)
        done = True
        for i in range(3):
            done = done and small[_TRIAL, i] == small[_THETA, i]
        if done or damping > _HOPELESS:
            return
        _gram(y, steps, m, phi, small, _TRIAL, new, season, work)
        better = small[new, 0] < small[gram, 0]
        done = better and small[gram, 0] - small[new, 0] < _GAIN * small[gram, 0]
        damping *= 0.2 if better else 8.0
        if better:
            for i in range(3):
                small[_THETA, i] = small[_TRIAL, i]
            gram, new = new, gram
        if done:
            return


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _follow(
    value: cython.double,
    alpha: cython.double,
    k: cython.double,
    gamma: cython.double,
    phi: cython.double,
    small: cython.double[:, ::1],
    season: cython.double[::1],
    phase: cython.Py_ssize_t,
) -> cython.double:
    """Move level and trend and the offset of a phase through a step; the error, NaN = missing."""
    carried: cython.double = phi * small[_STATE, 1]
    error: cython.double = value - (small[_STATE, 0] + carried + season[phase])
    known: cython.double = error if isfinite(error) else 0.0
    small[_STATE, 0] += carried + alpha * known
    small[_STATE, 1] = carried + k * known
    season[phase] += gamma * known
    return error


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _single(value: cython.double) -> cython.double:
    """What single precision can hold of a value."""
    if value > _LARGEST:
        return _LARGEST
    return -_LARGEST if value < -_LARGEST else value


def fit(
    values: cython.double[:, ::1],
    season: cython.Py_ssize_t,
    phi: cython.double,
    grid: cython.double[:, ::1],
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
    residuals: cython.double[:, ::1],
    work: cython.double[::1],
    small: cython.double[:, ::1],
) -> None:
    """Fit each row of `values` (n, steps), which are spent on it, NaN = missing; `season` is 1 or fits in
    twice.

    `grid` (starts, 3) are the triples alpha, β, q that the search may start from. Written are `fitted` (n,
    5): alpha, β, gamma, and the level and the trend after the last step; `offsets` (n, season) by phase from
    the first step on; one-step-ahead errors into `residuals` (n, steps), unless it has no rows. `work` is
    room for `room(steps, season, starts)` numbers, `small` for SMALL.
    """
    steps: cython.Py_ssize_t = values.shape[1]
    keep: cython.bint = residuals.shape[0] > 0
    m: cython.Py_ssize_t = season
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    best: cython.Py_ssize_t
    k: cython.double
    gamma: cython.double
    error: cython.double
    unit: cython.double
    middle: cython.double
    y: cython.double[::1]
    s: cython.double[::1]
    with cython.nogil:
        for i in range(values.shape[0]):
            y = values[i]
            s = offsets[i]
            _units(y, steps, small[_STATE])
            middle, unit = small[_STATE, 0], small[_STATE, 1]
            for t in range(steps):
                y[t] = y[t] / unit - middle / unit
            _start(y, steps, m, small[_STATE], s, work)
            best = _best_start(y, steps, m, phi, small, s, grid, work)
            for t in range(3):
                small[_THETA, t] = grid[best, t]
            _search(y, steps, m, phi, small, s, work)
            k = small[_THETA, 0] * small[_THETA, 1]
            gamma = (1 - small[_THETA, 0]) * small[_THETA, 2]
            phase: cython.Py_ssize_t = 0
            for t in range(steps):
                error = _follow(y[t], small[_THETA, 0], k, gamma if m > 1 else 0.0, phi, small, s, phase)
                phase = phase + 1 if phase + 1 < m else 0
                if keep:
                    residuals[i, t] = error * unit
            fitted[i, 0], fitted[i, 1], fitted[i, 2] = small[_THETA, 0], small[_THETA, 1], gamma
            fitted[i, 3] = small[_STATE, 0] * unit + middle
            fitted[i, 4] = small[_STATE, 1] * unit
            for t in range(m):
                s[t] *= unit


def start(
    values: cython.double[::1],
    season: cython.Py_ssize_t,
    level: cython.double[::1],
    offsets: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """The starting level and trend (2,) and offsets (season,) of values (steps,), as `fit` has them."""
    _start(values, values.shape[0], season, level, offsets, work)


def run(
    values: cython.double[:, ::1],
    phase: cython.Py_ssize_t,
    phi: cython.double,
    fitted: cython.double[:, ::1],
    offsets: cython.float[:, ::1],
) -> None:
    """Take the filters of `fit` on through values (n, steps), the first of which has this phase.

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
    """Numbers that `fit` needs room for."""
    return max(steps + season, season * starts, 4 * season)
