"""The profile of the day: what each slot of it adds to the day's level."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs

_INF = cython.declare(cython.double, float("inf"))
_LARGEST = cython.declare(cython.double, 3.0e38)  # that single precision holds
_NEWEST = cython.declare(cython.double, 0.2)  # weight of the newest day in an offset at least
_FIRST = cython.declare(cython.double, 0.9)  # share of the first day's offset that is believed
_REACH = cython.declare(cython.double, 3.0)  # spreads by which a day may move an offset
_SURPRISE = cython.declare(cython.double, 8.0)  # spreads by which a day may count for the spread
_SPREAD_RATE = cython.declare(cython.double, 0.02)  # of the spread, a slot: a day's memory
_EARNED = cython.declare(cython.double, 0.95)  # share of the distance that a profile in use leaves at most
_FAR = cython.declare(cython.double, 60.0)  # scales of the residual at which a value is held
_YOUNG = cython.declare(cython.double, 12.0)  # first samples, which are not held

# Columns of `state`
_SPREAD = cython.declare(cython.Py_ssize_t, 0)  # of days about their offsets
_LEVEL = cython.declare(cython.Py_ssize_t, 1)  # of the last day
_TOTAL = cython.declare(cython.Py_ssize_t, 2)  # of the running slot
_SAMPLES = cython.declare(cython.Py_ssize_t, 3)
_WITH = cython.declare(cython.Py_ssize_t, 4)  # mean distances from the day's level
_WITHOUT = cython.declare(cython.Py_ssize_t, 5)
_USED = cython.declare(cython.Py_ssize_t, 6)  # 1 where the profile is worth its place


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _held(value: cython.double, reach: cython.double) -> cython.double:
    return min(max(value, -reach), reach)


@cython.cfunc
@cython.exceptval(check=False)
def _learn(
    state: cython.double[:, ::1],
    offsets: cython.float[:, ::1],
    counts: cython.float[:, ::1],
    i: cython.Py_ssize_t,
    slot: cython.Py_ssize_t,
) -> cython.void:
    offset: cython.double = state[i, _TOTAL] / state[i, _SAMPLES] - state[i, _LEVEL]
    known: cython.double = cython.cast(cython.double, offsets[i, slot])
    off: cython.double = offset - known
    spread: cython.double = state[i, _SPREAD]
    if counts[i, slot] == 0:
        offsets[i, slot], counts[i, slot] = _held(_FIRST * offset, _LARGEST), 1.0
        return
    new: cython.double = fabs(off)
    if spread > 0:
        new = spread + _SPREAD_RATE * (min(new, _SURPRISE * spread) - spread)
    state[i, _SPREAD] = new
    reach: cython.double = _REACH * spread if spread > 0 else _INF
    moved: cython.double = max(_NEWEST, 1 / (cython.cast(cython.double, counts[i, slot]) + 1)) * _held(
        off, reach
    )
    offsets[i, slot] = _held(known + moved, _LARGEST)
    counts[i, slot] += 1


def turn(
    slot: cython.Py_ssize_t,
    day: cython.double,
    seen: cython.double[::1],
    state: cython.double[:, ::1],
    offsets: cython.float[:, ::1],
    counts: cython.float[:, ::1],
) -> None:
    """Close the running slot. A profile is in use that brings values nearer, after a `day` of samples."""
    i: cython.Py_ssize_t
    for i in range(state.shape[0]):
        if state[i, _SAMPLES] > 0:
            _learn(state, offsets, counts, i, slot)
        state[i, _TOTAL] = state[i, _SAMPLES] = 0.0
        better: cython.bint = state[i, _WITH] < _EARNED * state[i, _WITHOUT]
        state[i, _USED] = 1.0 if better and seen[i] > day else 0.0


def offset(
    t: cython.Py_ssize_t,
    here: cython.Py_ssize_t,
    there: cython.Py_ssize_t,
    share: cython.double,
    state: cython.double[:, ::1],
    offsets: cython.float[:, ::1],
    told: cython.double[:, :, ::1],
) -> None:
    """The offset between two slots of step `t`, `told` (2, steps, n): as learnt, and as used."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            told[0, t, i] = cython.cast(cython.double, offsets[i, here]) * (1 - share)
            told[0, t, i] += cython.cast(cython.double, offsets[i, there]) * share
            told[1, t, i] = told[0, t, i] if state[i, _USED] > 0 else 0.0


def observe(
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    values: cython.double[:, ::1],
    believed: cython.double[:, ::1],
    scales: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    told: cython.double[:, :, ::1],
    slot: cython.Py_ssize_t,
    rate: cython.double,
    state: cython.double[:, ::1],
    counts: cython.float[:, ::1],
) -> None:
    """Take in the steps from `first` to before `last` of the values (steps, n), as far as they are
    `believed`; `scales` are those of their residuals.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            for t in range(first, last):
                value: cython.double = values[t, i]
                if value != value:
                    continue
                if seen[t, i] == 1:
                    state[i, _LEVEL] = value - told[1, t, i]
                reach: cython.double = _FAR * scales[t, i] if seen[t, i] > _YOUNG else _INF
                state[i, _TOTAL] += believed[t, i]
                state[i, _SAMPLES] += 1
                state[i, _LEVEL] += max(1 / seen[t, i], rate) * _held(value - state[i, _LEVEL], reach)
                if counts[i, slot] > 0:
                    away: cython.double = value - state[i, _LEVEL]
                    off: cython.double = min(fabs(away - told[0, t, i]), reach)
                    state[i, _WITH] += 0.5 * rate * (off - state[i, _WITH])
                    state[i, _WITHOUT] += 0.5 * rate * (min(fabs(away), reach) - state[i, _WITHOUT])
