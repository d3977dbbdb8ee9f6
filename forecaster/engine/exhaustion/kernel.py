# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops over single series of the straight views, compiled as the kernel of Holt-Winters is: robust
slopes, lines through the last hour, first passages.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, expm1, fabs, isfinite, log1p

_NORMAL_CONSISTENT = cython.declare(cython.double, 1.4826)  # median absolute → standard deviation
_JUMP = cython.declare(cython.double, 5.0)  # deviations between the latest values and the hour's
_FARTHEST = cython.declare(cython.double, 8.0)  # deviations; beyond, a tail (6e-16) is rounding noise
_FLAT = cython.declare(cython.double, 1e-3)  # deviations moved over a stretch, under which it is level
_ROOT = cython.declare(cython.double, 2.5066282746310002)  # √(2π)


@cython.cfunc
@cython.exceptval(check=False)
def _nth(a: cython.p_double, n: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.double:
    """The value of rank k of n; smaller ones before it, larger ones after it (Hoare's quickselect)."""
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = n - 1
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    pivot: cython.double
    while low < high:
        pivot = a[(low + high) // 2]
        i, j = low, high
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
def _median(a: cython.p_double, n: cython.Py_ssize_t) -> cython.double:
    """The median of n numbers, which are put in another order; NaN of none."""
    if n == 0:
        return float("nan")
    middle: cython.double = _nth(a, n, (n - 1) // 2)
    if n % 2 == 1:
        return middle
    other: cython.double = a[n // 2]
    i: cython.Py_ssize_t
    for i in range(n // 2 + 1, n):
        other = min(other, a[i])
    return middle / 2 + other / 2


def theil_sen(
    sums: cython.double[:, ::1],
    times: cython.double[:, ::1],
    counts: cython.double[:, ::1],
    order: cython.Py_ssize_t[::1],
    filled: cython.double,
    least: cython.double,
    slope: cython.double[::1],
    tau: cython.double[::1],
    work: cython.double[::1],
) -> None:
    """Median slope and Kendall's tau (n,) of block means, given sums of values and times (blocks, n), which
    are in `order`.

    tau is 0 where less than a share `filled` of the blocks holds a value, the slope NaN where tau is below
    `least`. `work` has room for every pair of blocks and two numbers for each.
    """
    blocks: cython.Py_ssize_t = order.shape[0]
    means: cython.p_double = cython.address(work[0])
    at: cython.p_double = means + blocks
    slopes: cython.p_double = means + 2 * blocks
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    known: cython.Py_ssize_t
    net: cython.Py_ssize_t
    for i in range(slope.shape[0]):
        known = 0
        for j in range(blocks):
            k = order[j]
            if counts[k, i] > 0:
                means[known] = sums[k, i] / counts[k, i]
                at[known] = times[k, i] / counts[k, i]
                known += 1
        net = 0
        for j in range(known):
            for k in range(j):
                net += (means[j] > means[k]) - (means[j] < means[k])
        tau[i] = (
            (net / cython.cast(cython.double, max(known * (known - 1) // 2, 1)))
            if known >= filled * blocks
            else 0.0
        )
        slope[i] = float("nan")
        if tau[i] >= least:
            net = 0
            for j in range(known):
                for k in range(j):
                    slopes[net] = (means[j] - means[k]) / (at[j] - at[k])
                    net += 1
            slope[i] = _median(slopes, net)


@cython.cfunc
@cython.exceptval(check=False)
def _near(
    hour: cython.p_double,
    ages: cython.Py_ssize_t[::1],
    within: cython.Py_ssize_t,
    centre: cython.double,
    work: cython.p_double,
) -> cython.double:
    """The median of the values younger than `within`, or of their distances from a centre that is no NaN."""
    n: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    for k in range(ages.shape[0]):
        if ages[k] < within and isfinite(hour[k]):
            work[n] = hour[k] if centre != centre else fabs(hour[k] - centre)
            n += 1
    return _median(work, n)


def straight(
    values: cython.double[:, ::1],
    rows: cython.Py_ssize_t[::1],
    ages: cython.Py_ssize_t[::1],
    slope: cython.double[::1],
    floor: cython.double[::1],
    wanders: cython.uchar[::1],
    out: cython.double[:, ::1],
    usable: cython.uchar[::1],
    work: cython.double[::1],
) -> None:
    """Lines with given slopes per step through an hour of `values` (k, n), `ages` (k,) steps old, of the
    series at `rows`: level, noise, jitter, scatter into `out` (4, len(rows)).

    Where the slope is NaN there is no line. `work` has room for two hours.
    """
    k: cython.Py_ssize_t
    j: cython.Py_ssize_t
    steps: cython.Py_ssize_t = values.shape[0]
    third: cython.Py_ssize_t = max(3, steps // 3)
    hour: cython.p_double = cython.address(work[0])
    room: cython.p_double = hour + steps
    none: cython.double = float("nan")
    level: cython.double
    latest: cython.double
    least: cython.double
    noise: cython.double
    scatter: cython.double
    spread: cython.double
    jumped: cython.bint
    for j in range(rows.shape[0]):
        usable[j] = 0
        for k in range(4):
            out[k, j] = 0.0
        if slope[j] != slope[j]:
            continue
        for k in range(steps):
            hour[k] = values[k, rows[j]] + slope[j] * ages[k]
        level = _near(hour, ages, steps, none, room)
        latest = _near(hour, ages, third, none, room)
        least = max(floor[j], 1e-12 * (fabs(level) if isfinite(level) else 0.0) + 1e-300)
        if not isfinite(level):
            continue
        scatter = max(_NORMAL_CONSISTENT * _near(hour, ages, steps, level, room), least)
        noise = scatter
        if isfinite(latest):
            spread = _NORMAL_CONSISTENT * _near(hour, ages, third, latest, room)
            noise = min(scatter, max(2 * spread, least))
        jumped = fabs(latest - level) > _JUMP * noise  # a restart, a step: what was before it counts no more
        level = latest if jumped else level
        if wanders[j]:
            latest = _near(hour, ages, max(3, steps // 12), none, room)
            level = latest if isfinite(latest) else level
        out[0, j], out[1, j], out[3, j] = level, noise, scatter
        out[2, j] = 1e-12 * fabs(level) + 1e-300 if wanders[j] else noise
        usable[j] = isfinite(level) and isfinite(noise) and not (jumped and slope[j] > 0)


@cython.cfunc
@cython.exceptval(check=False)
def _tail_and_loss(z: cython.double, loss: cython.p_double) -> cython.double:
    """Q(z), and G(z) = ∫ Q, to 7.5e-8 (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17)"""
    size: cython.double = min(fabs(z), _FARTHEST)
    t: cython.double = 1.0 / (1.0 + 0.2316419 * size)
    poly: cython.double = t * (
        0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    density: cython.double = exp(-0.5 * size * size) / _ROOT
    tail: cython.double = density * poly
    loss[0] = max(density - size * tail, 0.0)
    if z < 0:
        loss[0] -= z
        tail = 1.0 - tail
    return tail


@cython.cfunc
@cython.exceptval(check=False)
def _hazard(
    start: cython.double,
    moved: cython.double,
    draws: cython.double,
) -> cython.double:
    """Cumulated hazard of so many draws from `start` deviations below the limit on, as they come `moved`
    nearer.

    The integral of the upper tail over the draws; along a straight line it has a closed form by the loss.
    """
    loss_first: cython.double = 0.0
    loss_last: cython.double = 0.0
    first: cython.double = _tail_and_loss(start, cython.address(loss_first))
    last: cython.double = _tail_and_loss(start - moved, cython.address(loss_last))
    mean: cython.double = (last + first) / 2
    if fabs(moved) >= _FLAT:
        mean = (loss_last - loss_first) / moved
    return draws * max(mean, 0.0)


def tail_and_loss(z: cython.double[::1], tail: cython.double[::1], loss: cython.double[::1]) -> None:
    """Q(z) and G(z), (n,) each."""
    i: cython.Py_ssize_t
    for i in range(z.shape[0]):
        tail[i] = _tail_and_loss(z[i], cython.address(loss[i]))


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
            out[k, i] = _hazard(
                distance[i] / deviation[i], slope[i] / deviation[i] * ends[k], ends[k] / grain
            )


def log_survival(
    gap: cython.double[::1],
    slope: cython.double[::1],
    noise: cython.double[::1],
    usable: cython.uchar[::1],
    ends: cython.double[::1],
    grain: cython.double,
    wider: cython.double,
    age: cython.double,
    out: cython.double[:, ::1],
) -> None:
    """Log P(still below a limit) (len(ends), n) of lines a `gap` below it, at ascending times; noise counts
    `wider` times. A trend seen for `age` seconds lasts the less likely, the longer it takes to the limit.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    most: cython.double
    lasting: cython.double
    ages: cython.double
    deviation: cython.double
    for i in range(gap.shape[0]):
        most = 0.0
        lasting = 1.0
        if usable[i] and isfinite(age):
            ages = min(max((gap[i] - 2 * noise[i]) / slope[i] / age, 0.0), 1e6)
            lasting = 1.0 / (1.0 + ages * ages * ages * ages)
        for k in range(ends.shape[0]):
            out[k, i] = 0.0
            if usable[i]:
                deviation = wider * noise[i]
                most = max(most, _hazard(gap[i] / deviation, slope[i] / deviation * ends[k], ends[k] / grain))
                out[k, i] = log1p(-min(-expm1(-most) * lasting, 1 - 1e-12))
