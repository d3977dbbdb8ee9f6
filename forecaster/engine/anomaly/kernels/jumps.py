"""Jumps: residuals against three levels of different speed, signs apart."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_LEVELS = cython.declare(cython.Py_ssize_t, 3)
_CLIP = cython.declare(cython.double, 3.0)  # scales by which an error may move a level
_SURPRISE = cython.declare(cython.double, 8.0)  # scales by which it may count for the scale
_YOUNG = cython.declare(cython.double, 8.0)  # first samples, which move them freely


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _sixth(size: cython.double) -> cython.double:
    square: cython.double = size * size
    return square * square * square


def observe(
    scaled: cython.double[:, ::1],
    seen: cython.double[::1],
    rate: cython.double,
    levels: cython.double[:, ::1],
    scales: cython.double[:, ::1],
    sizes: cython.double[:, ::1],
    powers: cython.double[:, ::1],
    jump: cython.double[::1],
) -> None:
    """Of the values `scaled` (2, n): the sizes (n, 6), up and down from each level; the sixth powers of as
    much of them as may be learnt; the jump (n,) from the slowest level. NaN of a missing value.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(levels.shape[0]):
        value: cython.double = scaled[0, i]
        if value != value:
            sizes[i, 0] = powers[i, 0] = _NAN
            continue
        learning: cython.double = max(rate, 1 / seen[i])
        for k in range(_LEVELS):
            speed: cython.double = 0.5 if k == 0 else (0.15 if k == 1 else 0.02)
            if seen[i] == 1:
                levels[i, k] = scaled[1, i]
            whole: cython.double = value - levels[i, k]
            error: cython.double = scaled[1, i] - levels[i, k]
            sizes[i, 2 * k], sizes[i, 2 * k + 1] = max(whole, 0.0), max(-whole, 0.0)
            powers[i, 2 * k], powers[i, 2 * k + 1] = _sixth(max(error, 0.0)), _sixth(max(-error, 0.0))
            _follow(levels, scales, i, k, error, speed, learning, seen[i] <= _YOUNG)
            jump[i] = whole


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _follow(
    levels: cython.double[:, ::1],
    scales: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
    error: cython.double,
    speed: cython.double,
    rate: cython.double,
    young: cython.bint,
) -> cython.void:
    reach: cython.double = _INF if young else _CLIP * scales[i, k]
    levels[i, k] += speed * min(max(error, -reach), reach)
    most: cython.double = _INF if young else _SURPRISE * scales[i, k]
    scales[i, k] += rate * (min(fabs(error), most) - scales[i, k])
