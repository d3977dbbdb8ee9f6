"""Roughness: the logarithm of the mean step size of the last hours over that of the last week."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, log

_NAN = cython.declare(cython.double, float("nan"))
_STILL = cython.declare(
    cython.double, 0.001
)  # smallest step size that counts, of the largest magnitude of late

# Columns of `state`
_LAST = cython.declare(cython.Py_ssize_t, 0)
_FAST = cython.declare(cython.Py_ssize_t, 1)  # mean step size of the last hours …
_SLOW = cython.declare(cython.Py_ssize_t, 2)  # … and the last week
_SEEN_FAST = cython.declare(cython.Py_ssize_t, 3)  # weights of what these hold
_SEEN_SLOW = cython.declare(cython.Py_ssize_t, 4)
_UP = cython.declare(cython.Py_ssize_t, 5)  # sixth powers of swings of the running hour
_DOWN = cython.declare(cython.Py_ssize_t, 6)
_COUNT = cython.declare(cython.Py_ssize_t, 7)
_AGE = cython.declare(cython.Py_ssize_t, 8)  # hours


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _sixth(size: cython.double) -> cython.double:
    square: cython.double = size * size
    return square * square * square


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _mean(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    column: cython.Py_ssize_t,
    change: cython.double,
    rate: cython.double,
) -> cython.double:
    """The mean step size in a column, with the newest one."""
    state[i, column] += rate * (change - state[i, column])
    state[i, column + 2] += rate * (1 - state[i, column + 2])
    return state[i, column] / state[i, column + 2]


def observe(
    values: cython.double[:, ::1],
    largest: cython.double[:, ::1],
    fast: cython.double,
    slow: cython.double,
    state: cython.double[:, ::1],
    sizes: cython.double[:, :, ::1],
) -> None:
    """The swings (steps, n, 2) of the values (steps, n), up and down: how much rougher or smoother than usual
    they are.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            for t in range(values.shape[0]):
                value: cython.double = values[t, i]
                if value != value:
                    sizes[t, i, 0] = _NAN
                    continue
                swing: cython.double = 0.0
                if state[i, _LAST] == state[i, _LAST]:
                    change: cython.double = fabs(value - state[i, _LAST])
                    still: cython.double = _STILL * largest[t, i]
                    lately: cython.double = _mean(state, i, _FAST, change, fast)
                    swing = log((lately + still) / (_mean(state, i, _SLOW, change, slow) + still))
                state[i, _LAST] = value
                sizes[t, i, 0], sizes[t, i, 1] = max(swing, 0.0), max(-swing, 0.0)
                state[i, _UP] += _sixth(sizes[t, i, 0])
                state[i, _DOWN] += _sixth(sizes[t, i, 1])
                state[i, _COUNT] += 1


def turn(
    hour: cython.longlong,
    state: cython.double[:, ::1],
    queue: cython.float[:, :, ::1],
    newest: cython.double[:, ::1],
    waited: cython.double[:, ::1],
) -> None:
    """Close the hour. Powers (n, 2) that have `waited` in the queue (n, hours, 3) for half a day become
    memory: a swing grows over hours, and must not become usual at once. Of a young series the `newest` do,
    too. NaN where there are none.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    wait: cython.Py_ssize_t = queue.shape[1]
    row: cython.Py_ssize_t = (hour % wait + wait) % wait
    for i in range(state.shape[0]):
        count: cython.double = state[i, _COUNT]
        state[i, _AGE] += 1.0 if count > 0 else 0.0
        young: cython.bint = count > 0 and state[i, _AGE] <= 2 * wait
        for k in range(2):
            power: cython.double = state[i, _UP + k] / max(count, 1.0)
            newest[i, k] = power if young else _NAN
            waited[i, k] = queue[i, row, k] if queue[i, row, 2] > 0 else _NAN
            queue[i, row, k] = power
            state[i, _UP + k] = 0.0
        queue[i, row, 2] = count
        state[i, _COUNT] = 0.0
