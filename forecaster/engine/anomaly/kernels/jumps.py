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
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _sixth(size: cython.double) -> cython.double:
    square: cython.double = size * size
    return square * square * square


def observe(
    values: cython.double[:, ::1],
    learnt: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    rate: cython.double,
    levels: cython.double[:, ::1],
    scales: cython.double[:, ::1],
    sizes: cython.double[:, :, ::1],
    powers: cython.double[:, :, ::1],
    jump: cython.double[:, ::1],
) -> None:
    """Of the values (steps, n): the sizes (steps, n, 6), up and down from each level; the sixth powers of as
    much of them as may be `learnt`; the jump (steps, n) from the slowest level. NaN of a missing value.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(levels.shape[0]):
            for t in range(values.shape[0]):
                value: cython.double = values[t, i]
                if value != value:
                    sizes[t, i, 0] = powers[t, i, 0] = _NAN
                    continue
                learning: cython.double = max(rate, 1 / seen[t, i])
                for k in range(_LEVELS):
                    speed: cython.double = 0.5 if k == 0 else (0.15 if k == 1 else 0.02)
                    if seen[t, i] == 1:
                        levels[i, k] = learnt[t, i]
                    whole: cython.double = value - levels[i, k]
                    error: cython.double = learnt[t, i] - levels[i, k]
                    sizes[t, i, 2 * k], sizes[t, i, 2 * k + 1] = max(whole, 0.0), max(-whole, 0.0)
                    powers[t, i, 2 * k] = _sixth(max(error, 0.0))
                    powers[t, i, 2 * k + 1] = _sixth(max(-error, 0.0))
                    _follow(levels, scales, i, k, error, speed, learning, seen[t, i] <= _YOUNG)
                    jump[t, i] = whole


@cython.cfunc
@cython.nogil
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
