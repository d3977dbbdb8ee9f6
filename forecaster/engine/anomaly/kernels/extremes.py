"""Sizes in units of the extremes of their own past: a power mean over a short and a long memory."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import cbrt, isfinite, sqrt

_LONG_SHARE = cython.declare(cython.double, 0.1)  # of the long memory's mean, below which none falls
_TINY = cython.declare(cython.double, 1e-300)

# Columns of `seen`
_SHORT = cython.declare(cython.Py_ssize_t, 0)  # weights of what the memories hold
_LONG = cython.declare(cython.Py_ssize_t, 1)
_LEARNT = cython.declare(cython.Py_ssize_t, 2)  # how often


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _power(size: cython.double, power: cython.int) -> cython.double:
    square: cython.double = size * size
    return square * square if power == 4 else square * square * square


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _norm(
    short: cython.double[:, ::1],
    long: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
) -> cython.double:
    lately: cython.double = short[i, k] / max(seen[i, _SHORT], 1e-12)
    return max(lately, _LONG_SHARE * long[i, k] / max(seen[i, _LONG], 1e-12))


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _ratio(
    sizes: cython.double[:, :, ::1],
    t: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
    power: cython.int,
    bottom: cython.double,
    sure: cython.double,
    caution: cython.double,
    short: cython.double[:, ::1],
    long: cython.double[:, ::1],
    seen: cython.double[:, ::1],
) -> cython.double:
    k: cython.Py_ssize_t
    if not isfinite(sizes[t, i, 0]):
        return 0.0
    largest: cython.double = 0.0
    most: cython.double = 0.0
    for k in range(sizes.shape[2]):
        most = max(most, _norm(short, long, seen, i, k))
    most *= 1 - sure
    bottom = max(_power(bottom, power), _TINY)
    for k in range(sizes.shape[2]):
        if sizes[t, i, k] > 0:
            norm: cython.double = max(max(_norm(short, long, seen, i, k), most), bottom)
            largest = max(largest, _power(sizes[t, i, k], power) / norm)
    largest = sqrt(sqrt(largest) if power == 4 else cbrt(largest))
    return largest * seen[i, _LEARNT] / max(seen[i, _LEARNT] + caution, 1.0)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _remember(
    powers: cython.double[:, :, ::1],
    t: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
    short_rate: cython.double,
    long_rate: cython.double,
    short: cython.double[:, ::1],
    long: cython.double[:, ::1],
    seen: cython.double[:, ::1],
) -> cython.void:
    k: cython.Py_ssize_t
    if powers[t, i, 0] != powers[t, i, 0]:
        return
    for k in range(powers.shape[2]):
        short[i, k] += short_rate * (powers[t, i, k] - short[i, k])
        long[i, k] += long_rate * (powers[t, i, k] - long[i, k])
    seen[i, _SHORT] += short_rate * (1 - seen[i, _SHORT])
    seen[i, _LONG] += long_rate * (1 - seen[i, _LONG])
    seen[i, _LEARNT] += 1


def observe(
    sizes: cython.double[:, :, ::1],
    powers: cython.double[:, :, ::1],
    power: cython.int,
    share: cython.double,
    of: cython.double[:, :],
    sure: cython.double[:, ::1],
    caution: cython.double,
    short_rate: cython.double,
    long_rate: cython.double,
    short: cython.double[:, ::1],
    long: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    ratio: cython.double[:, ::1],
) -> None:
    """The `ratio` (steps, n): the largest of the sizes (steps, n, k) above 0, each in units of its own past's
    mean of the power 4 or 6, at least a `share` `of` (steps, n) something; 0 where the first size is not
    finite. After each step its `powers` of sizes (steps, n, k) are taken in, none of a series whose first one
    is NaN; those of no steps where there is nothing to learn.

    A series in its youth (`sure` rises from 0 to 1) has not met its own extremes: it is held against those of
    the other sizes as well. `caution` is how many it takes to halve the doubt of a short past.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    learns: cython.bint = powers.shape[0] > 0
    with cython.nogil:
        for i in range(short.shape[0]):
            for t in range(sizes.shape[0]):
                ratio[t, i] = _ratio(
                    sizes, t, i, power, share * of[t, i], sure[t, i], caution, short, long, seen
                )
                if learns:
                    _remember(powers, t, i, short_rate, long_rate, short, long, seen)


def remember(
    powers: cython.double[:, :, ::1],
    short_rate: cython.double,
    long_rate: cython.double,
    short: cython.double[:, ::1],
    long: cython.double[:, ::1],
    seen: cython.double[:, ::1],
) -> None:
    """Take in powers of sizes (steps, n, k); none of a series whose first one is NaN."""
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(short.shape[0]):
            for t in range(powers.shape[0]):
                _remember(powers, t, i, short_rate, long_rate, short, long, seen)
