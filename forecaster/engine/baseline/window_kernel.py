"""The loops over single series of the window that parameters are fitted on, compiled as the kernel of
Holt-Winters is: values as codes of 16 bits.

A value is `scale[0]` and so many times `scale[1]` as the square of its code says, so that small ones have
logarithms, too. The ring of codes is (rows, n), in any strides; the value of step t is in row t % rows.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, ldexp, log2, sqrt
from cython.cimports.libc.math import floor as round_down

_MISSING = cython.declare(cython.short, -32768)
_BEYOND = cython.declare(cython.double, 32767.0)  # of a slip that no code tells
_HIGHEST_CODE = cython.declare(cython.double, 32766.0)
_FAR_FROM_0 = cython.declare(cython.double, 8.0)  # ranges: what is farther from 0 is told from its middle
_COARSE = cython.declare(cython.double, 4096.0)  # codes in the usual range, under which finer ones may do
_LEAST_REACH = cython.declare(cython.double, 1e-290)  # difference that is one: its unit is a number, too
_ORIGIN = cython.declare(cython.Py_ssize_t, 0)  # the value of code 0
_UNIT = cython.declare(cython.Py_ssize_t, 1)  # that of code 1 less it; 0 = all values are the same


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _row(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _coded(value: cython.double, origin: cython.double, unit: cython.double) -> cython.double:
    """The nearest code of a value, the square root of its distance."""
    off = value - origin
    if unit == 0:
        return 0.0
    code = round_down(sqrt(fabs(off) / unit) + 0.5)
    code = code if code <= _HIGHEST_CODE else _BEYOND
    return code if off > 0 else -code


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _decoded(code: cython.int, origin: cython.double, unit: cython.double) -> cython.double:
    code = cython.cast(cython.int, code)
    return origin + unit * (code * (code if code > 0 else -code))


@cython.cfunc
@cython.exceptval(check=False)
def _rescale(
    i: cython.Py_ssize_t,
    lowest: cython.double,
    highest: cython.double,
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
) -> cython.void:
    """A scale for values from the lowest to the highest one of a series, for those that it has, too."""
    k: cython.Py_ssize_t
    origin = scale[_ORIGIN, i]
    unit = scale[_UNIT, i]
    width = highest - lowest
    reach = max(fabs(lowest), fabs(highest))
    scale[_ORIGIN, i] = 0.0
    if reach > _FAR_FROM_0 * width:
        scale[_ORIGIN, i] = lowest + width / 2
        reach = width
    most = _HIGHEST_CODE * _HIGHEST_CODE
    if unit == 0:
        scale[_UNIT, i] = reach / most
    else:  # by whole factors of 4: codes are halved or doubled, and no unit of measurement makes a difference
        twice: cython.int = cython.cast(cython.int, -round_down(-log2(reach / most / unit) / 2))
        scale[_UNIT, i] = ldexp(unit, 2 * twice)
    for k in range(ring.shape[0]):
        code: cython.int = ring[k, i]
        if code != _MISSING and -_BEYOND < code < _BEYOND:
            value = _decoded(code, origin, unit)
            ring[k, i] = cython.cast(cython.short, _coded(value, scale[_ORIGIN, i], scale[_UNIT, i]))


@cython.cfunc
@cython.exceptval(check=False)
def _code(
    value: cython.double,
    slip: cython.bint,
    i: cython.Py_ssize_t,
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
) -> cython.double:
    """The code of a value of a series. What is beyond the codes makes them coarser, unless it is a `slip`."""
    if value != value:
        return _MISSING
    if scale[_ORIGIN, i] != scale[_ORIGIN, i]:
        scale[_ORIGIN, i] = value
    origin = scale[_ORIGIN, i]
    reach = scale[_UNIT, i] * _HIGHEST_CODE * _HIGHEST_CODE
    if fabs(value - origin) > max(reach, _LEAST_REACH) and not slip:
        _rescale(i, min(origin - reach, value), max(origin + reach, value), ring, scale)
    return _coded(value, scale[_ORIGIN, i], scale[_UNIT, i])


def keep(
    values: cython.double[:, :],
    held: cython.double[:, :],
    tick: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
    seen: cython.double[:, ::1],
) -> None:
    """Put as much of the values (steps, n) of the steps from `tick` on as is `held` (steps, n) into the ring,
    NaN = missing; count those `seen` in one day and in two, a `day` in steps.

    A slip, of which less is held, makes no other scale.
    """
    t: cython.Py_ssize_t
    i: cython.Py_ssize_t
    rows: cython.Py_ssize_t = ring.shape[0]
    for t in range(held.shape[0]):
        row: cython.Py_ssize_t = _row(tick + t, rows)
        day_ago: cython.Py_ssize_t = _row(tick + t - day, rows)
        two_days_ago: cython.Py_ssize_t = _row(tick + t - 2 * day, rows)
        for i in range(held.shape[1]):
            value = held[t, i]
            known = 1.0 if value == value else 0.0
            slip: cython.bint = value == value and value != values[t, i]
            seen[0, i] += known - (1.0 if ring[day_ago, i] != _MISSING else 0.0)
            seen[1, i] += known - (1.0 if ring[two_days_ago, i] != _MISSING else 0.0)
            ring[row, i] = cython.cast(cython.short, _code(value, slip, i, ring, scale))


def refine(
    low: cython.double[::1],
    high: cython.double[::1],
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
) -> None:
    """Another scale for the codes of a ring (rows, n) where they have become coarse for the usual range from
    `low` to `high` (n,).
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(low.shape[0]):
        origin = scale[_ORIGIN, i]
        unit = scale[_UNIT, i]
        reach = max(fabs(low[i] - origin), fabs(high[i] - origin))
        if not _COARSE * 2 * sqrt(reach * unit) > high[i] - low[i]:
            continue
        lowest = low[i]
        highest = high[i]
        for k in range(ring.shape[0]):
            code: cython.int = ring[k, i]
            if -_BEYOND < code < _BEYOND:
                lowest = min(lowest, _decoded(code, origin, unit))
                highest = max(highest, _decoded(code, origin, unit))
        reach = max(fabs(lowest), fabs(highest))
        if (
            highest - lowest > _LEAST_REACH
            and 4 * min(reach, _FAR_FROM_0 * (highest - lowest)) < unit * _HIGHEST_CODE * _HIGHEST_CODE
        ):
            _rescale(i, lowest, highest, ring, scale)
