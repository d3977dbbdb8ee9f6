"""The search of Holt-Winters' parameters, compiled as the filter's kernel is.

Each derivative of a filter's error obeys the filter's recursion on zero data, with the error added to its
own state. Levenberg-Marquardt with bounds goes on from the best of a grid. To evaluate a trial is one pass
through a series' values, whose steps wait for one another; so two series are passed through at once, each
number of one beside that of the other (`Pair`). A series that is done makes place for the next one; none
depends on its neighbour.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from forecaster.engine.holt_winters.pairs import Pair, pair_at, put_pair, twice, where_seen

_LANES = cython.declare(cython.Py_ssize_t, 2)
_PASSES = cython.declare(cython.int, 12)
_GAIN = cython.declare(cython.double, 1e-5)  # relative; below it a search is done
_LEAST = cython.declare(cython.double, 1e-4)  # alpha, and its distance from 1
_HOPELESS = cython.declare(cython.double, 1e6)  # damping, beyond which no step helps
# Rows of small numbers of one search, and how many of them there are.
_STATE = cython.declare(cython.Py_ssize_t, 0)  # level, trend, damping
_THETA = cython.declare(cython.Py_ssize_t, 1)  # alpha, β, q
_TRIAL = cython.declare(cython.Py_ssize_t, 2)
_GRAM = cython.declare(cython.Py_ssize_t, 3)
_NEW = cython.declare(cython.Py_ssize_t, 4)
_CHAIN = cython.declare(cython.Py_ssize_t, 5)
_HALF = cython.declare(cython.Py_ssize_t, 6)
_MATRIX = cython.declare(cython.Py_ssize_t, 7)
_STEP = cython.declare(cython.Py_ssize_t, 8)
SMALL = (2, 9, 16)
# Where a search is.
_ROW = cython.declare(cython.Py_ssize_t, 0)  # of the series, -1 = none
_AT = cython.declare(cython.Py_ssize_t, 1)  # the row of the parameters that are evaluated
_BEST = cython.declare(cython.Py_ssize_t, 2)  # the row of the best products
_NEXT = cython.declare(cython.Py_ssize_t, 3)  # the row of the products to come
_TRIED = cython.declare(cython.Py_ssize_t, 4)
COURSE = (2, 5)
# Places of pairs that a pass begins with.
_BEGIN = cython.declare(cython.Py_ssize_t, 5)
_SUMS = cython.declare(cython.Py_ssize_t, 10)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _products(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    few: cython.double[::1],
    work: cython.double[::1],
    seasonal: cython.bint,
) -> cython.void:
    """The upper half of `_gram`'s products of two series, in the order of its rows, after what they begin
    with in `few`: alpha, alpha·β, gamma, level, trend. The last derivative, by gamma, is 0 where nothing is
    `seasonal`. `work` (4, m) are the season's pairs.
    """
    damped: Pair = twice(phi)
    alpha: Pair = pair_at(few, 0)
    k: Pair = pair_at(few, 2)
    gamma: Pair = pair_at(few, 4)
    l0: Pair = pair_at(few, 6)
    c0: Pair = pair_at(few, 8) * damped
    none: Pair = twice(0.0)
    l1: Pair = none
    l2: Pair = none
    l3: Pair = none
    c1: Pair = none
    c2: Pair = none
    c3: Pair = none
    e0: Pair
    e1: Pair
    e2: Pair
    e3: Pair = none
    t00: Pair = none
    t01: Pair = none
    t02: Pair = none
    t03: Pair = none
    t11: Pair = none
    t12: Pair = none
    t13: Pair = none
    t22: Pair = none
    t23: Pair = none
    t33: Pair = none
    value: Pair
    at: cython.Py_ssize_t = 0
    t: cython.Py_ssize_t
    for t in range(steps):
        value = pair_at(y, 2 * t)
        l0, l1, l2 = l0 + c0, l1 + c1, l2 + c2
        e0 = where_seen(value, -l0 - pair_at(work, at) + value)
        e1 = where_seen(value, -l1 - pair_at(work, at + 2))
        e2 = where_seen(value, -l2 - pair_at(work, at + 4))
        if seasonal:
            l3 = l3 + c3
            e3 = where_seen(value, -l3 - pair_at(work, at + 6))
        l0, l1, l2 = l0 + alpha * e0, l1 + alpha * e1 + e0, l2 + alpha * e2
        c0, c1, c2 = (c0 + k * e0) * damped, (c1 + k * e1) * damped, (c2 + k * e2 + e0) * damped
        if seasonal:
            l3 = l3 + alpha * e3
            c3 = (c3 + k * e3) * damped
            put_pair(work, at, pair_at(work, at) + gamma * e0)
            put_pair(work, at + 2, pair_at(work, at + 2) + gamma * e1)
            put_pair(work, at + 4, pair_at(work, at + 4) + gamma * e2)
            put_pair(work, at + 6, pair_at(work, at + 6) + gamma * e3 + e0)
            at = at + 8 if at + 8 < 8 * m else 0
        if t >= m:
            t00, t01, t02 = t00 + e0 * e0, t01 + e0 * e1, t02 + e0 * e2
            t11, t12, t22 = t11 + e1 * e1, t12 + e1 * e2, t22 + e2 * e2
            if seasonal:
                t03, t13, t23, t33 = t03 + e0 * e3, t13 + e1 * e3, t23 + e2 * e3, t33 + e3 * e3
    at = 2 * _BEGIN
    put_pair(few, at, t00)
    put_pair(few, at + 2, t01)
    put_pair(few, at + 4, t02)
    put_pair(few, at + 6, t03)
    put_pair(few, at + 8, t11)
    put_pair(few, at + 10, t12)
    put_pair(few, at + 12, t13)
    put_pair(few, at + 14, t22)
    put_pair(few, at + 16, t23)
    put_pair(few, at + 18, t33)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _gram(
    y: cython.double[::1],
    steps: cython.Py_ssize_t,
    m: cython.Py_ssize_t,
    phi: cython.double,
    small: cython.double[:, :, ::1],
    course: cython.Py_ssize_t[:, ::1],
    season: cython.double[::1],
    few: cython.double[::1],
    work: cython.double[::1],
) -> cython.void:
    """The products (4, 4) of the error and its derivatives by alpha, alpha·β and gamma, summed after the
    first season, of two series, with the parameters and into the row of `small` that their courses say.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    n: cython.Py_ssize_t
    t: cython.Py_ssize_t
    lane: cython.Py_ssize_t
    at: cython.Py_ssize_t
    for lane in range(_LANES):
        at = course[lane, _AT]
        few[lane] = small[lane, at, 0]
        few[2 + lane] = small[lane, at, 0] * small[lane, at, 1]
        few[4 + lane] = (1 - small[lane, at, 0]) * small[lane, at, 2] if m > 1 else 0.0
        few[6 + lane] = small[lane, _STATE, 0]
        few[8 + lane] = small[lane, _STATE, 1]
    for t in range(m):
        put_pair(work, 8 * t, pair_at(season, 2 * t))
        put_pair(work, 8 * t + 2, twice(0.0))
        put_pair(work, 8 * t + 4, twice(0.0))
        put_pair(work, 8 * t + 6, twice(0.0))
    if m > 1:
        _products(y, steps, m, phi, few, work, True)
    else:
        _products(y, steps, m, phi, few, work, False)
    for lane in range(_LANES):
        at = course[lane, _NEXT]
        n = 2 * _BEGIN + lane
        for i in range(4):
            for j in range(i, 4):
                small[lane, at, 4 * i + j] = small[lane, at, 4 * j + i] = few[n]
                n += 2


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
def _goes_on(small: cython.double[:, ::1], course: cython.Py_ssize_t[::1]) -> cython.bint:
    """Whether there is another trial, after the products of the last one; theta is the best of them all."""
    best: cython.Py_ssize_t = course[_BEST]
    new: cython.Py_ssize_t = course[_NEXT]
    done: cython.bint = False
    better: cython.bint = True
    i: cython.Py_ssize_t
    if course[_AT] == _TRIAL:
        better = small[new, 0] < small[best, 0]
        done = better and small[best, 0] - small[new, 0] < _GAIN * small[best, 0]
        small[_STATE, 2] *= 0.2 if better else 8.0
    if better:
        for i in range(3):
            small[_THETA, i] = small[course[_AT], i]
        course[_BEST], course[_NEXT] = new, best
    if done or course[_TRIED] == _PASSES:
        return False
    course[_TRIED] += 1
    course[_AT] = _TRIAL
    _move(small, course[_BEST], small[_STATE, 2])
    done = True
    for i in range(3):
        done = done and small[_TRIAL, i] == small[_THETA, i]
    return not (done or small[_STATE, 2] > _HOPELESS)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _begin(
    row: cython.Py_ssize_t,
    lane: cython.Py_ssize_t,
    values: cython.double[:, ::1],
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
    small: cython.double[:, ::1],
    course: cython.Py_ssize_t[::1],
    y: cython.double[::1],
    season: cython.double[::1],
) -> cython.void:
    """Have the series of a row in one of the two places."""
    t: cython.Py_ssize_t
    for t in range(values.shape[1]):
        y[2 * t + lane] = values[row, t]
    for t in range(offsets.shape[1]):
        season[2 * t + lane] = offsets[row, t]
    for t in range(3):
        small[_THETA, t] = fitted[row, t]
    small[_STATE, 0], small[_STATE, 1], small[_STATE, 2] = fitted[row, 3], fitted[row, 4], 1e-3
    course[_ROW], course[_AT], course[_BEST], course[_NEXT] = row, _THETA, _NEW, _GRAM
    course[_TRIED] = 0


def search(
    values: cython.double[:, ::1],
    phi: cython.double,
    fitted: cython.double[:, ::1],
    offsets: cython.double[:, ::1],
    work: cython.double[::1],
    small: cython.double[:, :, ::1],
    course: cython.Py_ssize_t[:, ::1],
) -> None:
    """The parameters of least squared error for each row of `values` (n, steps), NaN = missing.

    `fitted` (n, 5) are alpha, β, q to go on from, in whose place they are written, and the level and trend
    before the first step; `offsets` (n, season) those of the season. `work` is room for `room(steps, season)`
    numbers, `small` for SMALL, `course` for COURSE.
    """
    n: cython.Py_ssize_t = values.shape[0]
    steps: cython.Py_ssize_t = values.shape[1]
    m: cython.Py_ssize_t = offsets.shape[1]
    y: cython.double[::1] = work[: 2 * steps]
    season: cython.double[::1] = work[2 * steps : 2 * (steps + m)]
    few: cython.double[::1] = work[2 * (steps + m) : 2 * (steps + m + _BEGIN + _SUMS)]
    pairs: cython.double[::1] = work[2 * (steps + m + _BEGIN + _SUMS) :]
    lane: cython.Py_ssize_t
    i: cython.Py_ssize_t
    row: cython.Py_ssize_t
    following: cython.Py_ssize_t = _LANES
    if n == 0:
        return
    with cython.nogil:
        for lane in range(_LANES):
            _begin(min(lane, n - 1), lane, values, fitted, offsets, small[lane], course[lane], y, season)
        if n == 1:
            course[1, _ROW] = -1
        while course[0, _ROW] >= 0 or course[1, _ROW] >= 0:
            _gram(y, steps, m, phi, small, course, season, few, pairs)
            for lane in range(_LANES):
                row = course[lane, _ROW]
                if row < 0 or _goes_on(small[lane], course[lane]):
                    continue
                for i in range(3):
                    fitted[row, i] = small[lane, _THETA, i]
                if following < n:
                    _begin(following, lane, values, fitted, offsets, small[lane], course[lane], y, season)
                    following += 1
                else:
                    course[lane, _ROW] = -1


def room(steps: int, season: int) -> int:
    """Numbers that `search` needs room for."""
    return 2 * (steps + 5 * season + _BEGIN + _SUMS)
