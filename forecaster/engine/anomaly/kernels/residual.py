"""The residual of a value, as streams of sizes: alone, in two means, and from a quick level.

What is expected is a level that follows, and the profile of the day; the scale has a factor for each hour.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, fabs

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_STREAMS = cython.declare(cython.Py_ssize_t, 4)
_FEW = cython.declare(cython.double, 0.35)  # weight of the newest residual in a mean of about three …
_SOME = cython.declare(cython.double, 0.2)  # … and of about five
_QUICK = cython.declare(cython.double, 0.5)  # of the newest sample in the quick level
_WILD = cython.declare(cython.double, 8.0)  # scales at which a residual is held in a mean
_LEAST = cython.declare(cython.double, 0.1)  # scales: usual size of a stream at least
_BELIEVED = cython.declare(cython.double, 10.0)  # scales from the level that the profile believes
_FLOOR = cython.declare(cython.double, 0.001)  # smallest scale that counts, of the largest magnitude of late
_TINY = cython.declare(cython.double, 1e-300)
_CLIP = cython.declare(cython.double, 3.0)  # scales by which a residual may move a level …
_CLIP_ALARM = cython.declare(cython.double, 0.5)  # … at an alarm's begin, and e-fold …
_OPENS = cython.declare(cython.double, 3.0)  # … in so many hours: what stays becomes normal
_ALARM = cython.declare(cython.double, 0.7)  # rarity that is an alarm for the level
_SURPRISE = cython.declare(cython.double, 4.0)  # scales by which a residual may count for the scale
_NARROW = cython.declare(cython.double, 0.2)  # factor of an hour at least …
_WIDE = cython.declare(cython.double, 5.0)  # … and at most
_DOUBT = cython.declare(cython.double, 50.0)  # samples of an hour to which its first factor amounts
_YOUNG = cython.declare(cython.double, 12.0)  # first samples, which make level and scale
_SURE = cython.declare(cython.double, 24.0)  # … and those that the profile takes as they are

# Columns of `state`
_LEVEL = cython.declare(cython.Py_ssize_t, 0)
_NEAR = cython.declare(cython.Py_ssize_t, 1)  # the quick level
_SCALE = cython.declare(cython.Py_ssize_t, 2)
_MEANS = cython.declare(cython.Py_ssize_t, 3)  # of the streams, four columns
_USUAL = cython.declare(cython.Py_ssize_t, 7)  # their usual sizes


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _held(value: cython.double, reach: cython.double) -> cython.double:
    return min(max(value, -reach), reach)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _scale(scale: cython.double, factor: cython.double, largest: cython.double) -> cython.double:
    return max(max(scale * factor, _FLOOR * largest), _TINY)


def start(state: cython.double[:, ::1], hours: cython.float[:, ::1]) -> None:
    """Nothing has been seen: the usual sizes of the streams, relative to the scale, and factors of 1."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for i in range(state.shape[0]):
        for k in range(_STREAMS):
            state[i, _USUAL + k] = 1.0 if k == 0 else 0.7
        for k in range(hours.shape[1]):
            hours[i, k] = 1.0


def streams(
    t: cython.Py_ssize_t,
    values: cython.double[:, ::1],
    learnt: cython.double[:, ::1],
    used: cython.double[:, ::1],
    largest: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    here: cython.Py_ssize_t,
    there: cython.Py_ssize_t,
    share: cython.double,
    state: cython.double[:, ::1],
    hours: cython.float[:, ::1],
    told: cython.double[:, ::1],
    believed: cython.double[:, ::1],
    factors: cython.double[::1],
) -> None:
    """Sizes of the streams `told` (n, 4) of step `t` of the values (steps, n), in their usual ones, with
    their signs; NaN of a missing value, and while the series is young. `used` is what the profile adds.

    `here`, `there` and `share` are the place between two hours of the day. `believed` is what the profile may
    learn, `factors` are those of the scale.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            for k in range(_STREAMS):
                told[i, k] = _NAN
            own: cython.double = learnt[t, i] - used[t, i]
            if own != own:
                continue
            if seen[t, i] == 1:
                state[i, _LEVEL] = state[i, _NEAR] = own
            factors[i] = cython.cast(cython.double, hours[i, here]) * (1 - share)
            factors[i] += cython.cast(cython.double, hours[i, there]) * share
            scale: cython.double = _scale(state[i, _SCALE], factors[i], largest[t, i])
            off: cython.double = own - state[i, _LEVEL]
            reach: cython.double = _BELIEVED * scale if seen[t, i] > _SURE else _INF
            believed[t, i] = _held(off, reach) + state[i, _LEVEL] + used[t, i]
            if seen[t, i] > _YOUNG:
                _stream(state, i, told, values[t, i] - used[t, i], own, scale)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _stream(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    told: cython.double[:, ::1],
    whole: cython.double,
    own: cython.double,
    scale: cython.double,
) -> cython.void:
    """The streams of a `whole` value; their means take in as much as may be learnt, `own`."""
    k: cython.Py_ssize_t
    single: cython.double = (whole - state[i, _LEVEL]) / scale
    wild: cython.double = _held(single, _WILD)
    unit: cython.double = _held((own - state[i, _LEVEL]) / scale, _WILD)
    few: cython.double = state[i, _MEANS + 1]
    some: cython.double = state[i, _MEANS + 2]
    told[i, 0] = single
    told[i, 1] = few + _FEW * (wild - few)
    told[i, 2] = some + _SOME * (wild - some)
    told[i, 3] = (whole - state[i, _NEAR]) / scale
    for k in range(_STREAMS):
        told[i, k] /= max(state[i, _USUAL + k], _LEAST)
    state[i, _MEANS + 1] += _FEW * (unit - few)
    state[i, _MEANS + 2] += _SOME * (unit - some)
    state[i, _MEANS], state[i, _MEANS + 3] = unit, (own - state[i, _NEAR]) / scale


def observe(
    t: cython.Py_ssize_t,
    learnt: cython.double[:, ::1],
    used: cython.double[:, ::1],
    largest: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    factors: cython.double[::1],
    rarity: cython.double[:, ::1],
    lasting: cython.double[::1],
    hour: cython.Py_ssize_t,
    an_hour: cython.double,
    rates: cython.double[::1],
    state: cython.double[:, ::1],
    hours: cython.float[:, ::1],
    counts: cython.float[:, ::1],
    scales: cython.double[:, ::1],
) -> None:
    """Let levels and scales follow step `t` of the values (steps, n); in an alarm, `lasting` so many steps,
    the level stays where it is at first.

    `an_hour` is steps, `rates` are those of level, scale and factors of hours; `scales` (steps, n) are the
    new ones.
    """
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            own: cython.double = learnt[t, i] - used[t, i]
            if own != own:
                continue
            scale: cython.double = _scale(state[i, _SCALE], factors[i], largest[t, i])
            clip: cython.double = _CLIP
            if rarity[t, i] > _ALARM:
                clip = min(_CLIP_ALARM * exp(min(lasting[i] / (_OPENS * an_hour), 20.0)), _CLIP)
            residual: cython.double = own - state[i, _LEVEL]
            first: cython.double = 1 / seen[t, i]
            if seen[t, i] <= _YOUNG:
                _begin(state, i, own, residual, first, rates[0])
            else:
                _follow(state, i, own, residual, clip * scale, _CLIP * scale, max(rates[0], first))
                _widen(state, i, fabs(residual) / max(factors[i], 1e-9), max(rates[1], first))
                _learn_hour(state, hours, counts, i, hour, fabs(residual), factors[i], rates[2])
            scales[t, i] = state[i, _SCALE]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _begin(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    own: cython.double,
    residual: cython.double,
    first: cython.double,
    rate: cython.double,
) -> cython.void:
    state[i, _SCALE] += first * (fabs(residual) - state[i, _SCALE])
    state[i, _LEVEL] += max(rate, first) * residual
    state[i, _NEAR] += max(_QUICK, first) * (own - state[i, _NEAR])


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _follow(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    own: cython.double,
    residual: cython.double,
    reach: cython.double,
    quick_reach: cython.double,
    rate: cython.double,
) -> cython.void:
    state[i, _LEVEL] += rate * _held(residual, reach)
    state[i, _NEAR] += _QUICK * _held(own - state[i, _NEAR], quick_reach)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _widen(
    state: cython.double[:, ::1], i: cython.Py_ssize_t, plain: cython.double, rate: cython.double
) -> cython.void:
    """Learn the scale from a residual without the factor of its hour, and the usual sizes of the streams."""
    k: cython.Py_ssize_t
    scale: cython.double = state[i, _SCALE]
    state[i, _SCALE] += rate * ((min(plain, _SURPRISE * scale) if scale > 0 else plain) - scale)
    for k in range(_STREAMS):
        usual: cython.double = state[i, _USUAL + k]
        state[i, _USUAL + k] += rate * (min(fabs(state[i, _MEANS + k]), _SURPRISE * usual) - usual)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _learn_hour(
    state: cython.double[:, ::1],
    hours: cython.float[:, ::1],
    counts: cython.float[:, ::1],
    i: cython.Py_ssize_t,
    hour: cython.Py_ssize_t,
    size: cython.double,
    factor: cython.double,
    rate: cython.double,
) -> cython.void:
    plain: cython.double = min(size / max(state[i, _SCALE], _TINY), _SURPRISE * factor)
    known: cython.double = cython.cast(cython.double, hours[i, hour])
    new: cython.double = max(1 / (cython.cast(cython.double, counts[i, hour]) + _DOUBT), rate)
    now: cython.double = known + new * (plain - known)
    hours[i, hour] = min(max(now, _NARROW), _WIDE)
    counts[i, hour] += 1
