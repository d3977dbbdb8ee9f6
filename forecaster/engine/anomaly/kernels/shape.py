"""Hours against those of past days, at the end of each hour: its distance, and what is usual of the next."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_NEIGHBOURS = cython.declare(cython.Py_ssize_t, 6)  # of the hours before
_ALONE = cython.declare(cython.double, 1.5)  # how much nearer one of whole weeks must be to count alone
_KNOWN = cython.declare(cython.double, 0.5)  # weight of a distance from which it is known
_DAYS = cython.declare(cython.Py_ssize_t, 7)  # whose hour makes what is usual


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _row(hour: cython.longlong, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The place of an hour in a ring; Python's remainder, where C's may be negative."""
    return (hour % rows + rows) % rows


def add(
    values: cython.double[:, ::1],
    total: cython.double[::1],
    count: cython.double[::1],
) -> None:
    """Add the values (steps, n) to the running hour."""
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(values.shape[1]):
            for t in range(values.shape[0]):
                if values[t, i] == values[t, i]:
                    total[i] += values[t, i]
                    count[i] += 1


def turn(
    before: cython.longlong,
    now: cython.longlong,
    a_day: cython.Py_ssize_t,
    rate: cython.double,
    lags: cython.Py_ssize_t[::1],
    weekly: cython.uchar[::1],
    total: cython.double[::1],
    count: cython.double[::1],
    means: cython.float[:, ::1],
    distances: cython.float[:, :, ::1],
    nearest: cython.double[:, ::1],
    powers: cython.double[:, ::1],
    usual: cython.double[::1],
) -> None:
    """Close the hour `before`, which had the samples `count` and `total`, at the hour `now`; those left out
    in between count as missing. `means` (n, hours) is the ring of hours, `distances` (n, 2, lags) those of
    late and the weights of what they hold.

    `nearest` (n, 1) is the distance from the few nearest hours, infinite where too few are known; `powers`
    its fourth power, NaN where there is nothing to learn; `usual` (n,) the median of this hour over the last
    week.
    """
    i: cython.Py_ssize_t
    rows: cython.Py_ssize_t = means.shape[1]
    skipped: cython.longlong
    last: cython.longlong = min(now, before + 1 + rows)
    with cython.nogil:
        for i in range(means.shape[0]):
            mean: cython.double = total[i] / count[i] if count[i] > 0 else _NAN
            means[i, _row(before, rows)] = mean
            for skipped in range(before + 1, last):
                means[i, _row(skipped, rows)] = _NAN
            _compare(means, distances, i, lags, before, mean, rate)
            gap: cython.double = _nearest(distances, i, weekly)
            nearest[i, 0] = gap
            powers[i, 0] = gap * gap * (gap * gap) if gap < _INF and count[i] > 0 else _NAN
            usual[i] = _median(means, i, now, a_day)
            total[i] = count[i] = 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _compare(
    means: cython.float[:, ::1],
    distances: cython.float[:, :, ::1],
    i: cython.Py_ssize_t,
    lags: cython.Py_ssize_t[::1],
    hour: cython.longlong,
    mean: cython.double,
    rate: cython.double,
) -> cython.void:
    """Take the distance of an hour from those a lag ago into the distances of late."""
    k: cython.Py_ssize_t
    for k in range(lags.shape[0]):
        gap: cython.double = fabs(
            mean - cython.cast(cython.double, means[i, _row(hour - lags[k], means.shape[1])])
        )
        if gap != gap:
            continue
        late: cython.double = distances[i, 0, k]
        known: cython.double = distances[i, 1, k]
        distances[i, 0, k] = late + rate * (gap - late)
        distances[i, 1, k] = known + rate * (1 - known)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _nearest(
    distances: cython.float[:, :, ::1], i: cython.Py_ssize_t, weekly: cython.uchar[::1]
) -> cython.double:
    """Mean of the few smallest distances, of which one of whole weeks may stand alone."""
    least = cython.declare(cython.double[6])
    n: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    lags: cython.Py_ssize_t = distances.shape[2]
    few: cython.Py_ssize_t = min(_NEIGHBOURS, lags)
    alone: cython.double = _INF
    total: cython.double = 0.0
    for k in range(lags):
        known: cython.double = distances[i, 1, k]
        if known < _KNOWN:
            continue
        gap: cython.double = cython.cast(cython.double, distances[i, 0, k]) / known
        if weekly[k]:
            alone = min(alone, gap)
        if n == few and gap >= least[few - 1]:
            continue
        n = min(n + 1, few)
        at: cython.Py_ssize_t = n - 1
        while at > 0 and least[at - 1] > gap:
            least[at] = least[at - 1]
            at -= 1
        least[at] = gap
    if n < few:
        return _INF
    for k in range(few):
        total += least[k]
    return min(total / few, _ALONE * alone)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _median(
    means: cython.float[:, ::1], i: cython.Py_ssize_t, hour: cython.longlong, a_day: cython.Py_ssize_t
) -> cython.double:
    """Of the hours whole days before, a week back, that hold a value; NaN of none."""
    found = cython.declare(cython.double[7])
    n: cython.Py_ssize_t = 0
    d: cython.Py_ssize_t
    for d in range(1, _DAYS + 1):
        value: cython.double = means[i, _row(hour - d * a_day, means.shape[1])]
        if value != value:
            continue
        at: cython.Py_ssize_t = n
        while at > 0 and found[at - 1] > value:
            found[at] = found[at - 1]
            at -= 1
        found[at] = value
        n += 1
    return found[(n - 1) // 2] / 2 + found[n // 2] / 2 if n > 0 else _NAN
