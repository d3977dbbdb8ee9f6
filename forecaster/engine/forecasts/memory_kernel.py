"""The codes of the last seven days, compiled as the kernel of Holt-Winters is."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, floor, isfinite, ldexp, log2

_MISSING = cython.declare(cython.short, -32768)
_HIGHEST = cython.declare(cython.double, 32767.0)
_USUAL = cython.declare(cython.double, 8192.0)  # code of the first value seen, at least


def remember(
    ring: cython.short[:, ::1],
    unit: cython.double[::1],
    last: cython.double[::1],
    turn: cython.int[::1],
    values: cython.double[::1],
    slot: cython.longlong,
    begins: cython.bint,
    turns: cython.Py_ssize_t,
    beyond: cython.uchar[::1],
) -> None:
    """Take in the values (n,) of a step in `slot`, NaN = missing, which `begins` it or not; into `beyond`
    whether one was beyond the codes, where it is cut off. `turn` (n,) is -1 before the first value.
    """
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t = slot % ring.shape[1]
    v: cython.double
    exponent: cython.int
    for i in range(values.shape[0]):
        v = values[i]
        beyond[i] = 0
        if begins:
            ring[i, at] = _MISSING
        if not isfinite(v):
            continue
        if turn[i] < 0:
            turn[i] = 0
            if v != 0:
                exponent = cython.cast(cython.int, floor(log2(fabs(v)))) + 1
                turn[i] = cython.cast(cython.int, floor(ldexp(fabs(v), -exponent) * 1e9)) % turns
        if unit[i] == 0 and v != 0:
            exponent = cython.cast(cython.int, floor(log2(fabs(v) / _USUAL)))
            unit[i] = ldexp(1.0, exponent)
        beyond[i] = fabs(v) > _HIGHEST * unit[i]
        last[i] = v
        ring[i, at] = cython.cast(cython.short, _code(v, unit[i]))


def encode(values: cython.double[::1], unit: cython.double[::1], codes: cython.double[::1]) -> None:
    """Values (n,) as codes, NaN = none."""
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        codes[i] = _code(values[i], unit[i]) if isfinite(values[i]) else float("nan")


@cython.cfunc
@cython.exceptval(check=False)
def _code(value: cython.double, unit: cython.double) -> cython.double:
    """The code of a value, cut off at the ends; 0 while there is no unit."""
    return 0.0 if unit == 0 else min(max(floor(value / unit + 0.5), -_HIGHEST), _HIGHEST)
