"""Displacement: how far the last hours stand off the long-run level, in long-run mean absolute deviations.

No squares: the rates of bursty services have no variance to speak of.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs

_FLOOR = cython.declare(cython.double, 0.001)  # smallest deviation, of the largest magnitude of late

# Columns of `state`
_RECENT = cython.declare(cython.Py_ssize_t, 0)  # means of the last hours …
_LONG = cython.declare(cython.Py_ssize_t, 1)  # … and in the long run
_AWAY = cython.declare(cython.Py_ssize_t, 2)  # mean deviation
_SEEN = cython.declare(cython.Py_ssize_t, 3)  # weights of what these hold, three columns


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _take_in(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    column: cython.Py_ssize_t,
    value: cython.double,
    rate: cython.double,
) -> cython.void:
    state[i, column] += rate * (value - state[i, column])
    state[i, _SEEN + column] += rate * (1 - state[i, _SEEN + column])


def observe(
    values: cython.double[:, ::1],
    largest: cython.double[:, ::1],
    recent: cython.double,
    long: cython.double,
    state: cython.double[:, ::1],
    ratio: cython.double[:, ::1],
) -> None:
    """The `ratio` (steps, n) of the values (steps, n); a missing one leaves what stands there."""
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            for t in range(values.shape[0]):
                value: cython.double = values[t, i]
                if value != value:
                    continue
                away: cython.double = 0.0
                known: cython.bint = state[i, _SEEN + _LONG] > 0
                _take_in(state, i, _RECENT, value, recent)
                if known:
                    lately: cython.double = state[i, _RECENT] / state[i, _SEEN]
                    away = fabs(lately - state[i, _LONG] / state[i, _SEEN + _LONG])
                usual: cython.double = state[i, _AWAY] / max(state[i, _SEEN + _AWAY], 1e-12)
                ratio[t, i] = away / max(usual, _FLOOR * largest[t, i])
                if known:
                    _take_in(state, i, _AWAY, away, long)
                _take_in(state, i, _LONG, value, long)
