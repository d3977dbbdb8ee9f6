"""How unlikely sizes are in their own tails: -ln P(as large), the largest of four streams, each sign apart.

A tail is a histogram of the logarithm of the size, its masses in bins; three points are read from it from
time to time, and beyond the last one it goes on as -ln p = (z / scale)^shape. Their far end decides.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, fabs, log

_INF = cython.declare(cython.double, float("inf"))
_STREAMS = cython.declare(cython.Py_ssize_t, 4)
_TAILS = cython.declare(cython.Py_ssize_t, 8)  # four streams, signs apart
_BINS = cython.declare(cython.Py_ssize_t, 41)  # of a tail, the first one for what is small
_SMALLEST = cython.declare(cython.double, -0.916290731874155)  # ln 0.4: upper edge of the first bin
_RATIO = cython.declare(cython.double, 0.19885085874516517)  # ln 1.22, of a bin's edges: the last is at 1,100
_PRIOR = cython.declare(cython.double, 75.0)  # samples in the first bin, and as many in an exponential tail …
_PRIOR_RATE = cython.declare(cython.double, 1.1)  # … of this rate
_TOP = cython.declare(cython.double, 8.0)  # samples beyond the highest point that is still believed
_BODY = cython.declare(cython.double, 0.1)  # share of samples beyond the lowest point …
_SHOULDER = cython.declare(cython.double, 0.005)  # … and beyond the middle one; they give the tail's shape
_LEAST = cython.declare(cython.double, 4.5)  # samples beyond the middle point at least
_BEND = cython.declare(cython.double, 0.6)  # of a shape's distance from 1: it rests on few samples
_HEAVY = cython.declare(cython.double, 0.3)  # shape at least; 1 is exponential …
_LIGHT = cython.declare(cython.double, 1.5)  # … 2 normal; at most, and below the lowest point
_SINGLE = cython.declare(cython.double, 0.8)  # weight of a single sample's rarity against that of means
_COUNTED = cython.declare(cython.double, 0.5)  # rarity from which an episode counts once …
_FIRST = cython.declare(cython.double, 0.1)  # … its first sample so much in the tails of means …
_AGAIN = cython.declare(cython.double, 0.01)  # … its others so much
_YOUNG = cython.declare(cython.double, 3.0)  # first samples that say nothing at all
_FRESH = cython.declare(cython.double, 50.0)  # samples while which points are read at each step
_EVERY = cython.declare(cython.longlong, 4)  # steps, then, in which one tail is read
_FULL = cython.declare(cython.double, 1e6)  # unit of the masses at which they are divided by it

# Columns of `state`
_UNIT = cython.declare(cython.Py_ssize_t, 0)  # of masses: it grows, so that the past fades untouched
_ALARM = cython.declare(cython.Py_ssize_t, 1)  # steps since the rarity was above 1 …
_COUNT = cython.declare(cython.Py_ssize_t, 2)  # … and samples since it was above _COUNTED

# Columns of the points of a tail: logarithm of the size, -ln of the share of samples as large
_POINTS = cython.declare(cython.Py_ssize_t, 7)
_SHAPE = cython.declare(cython.Py_ssize_t, 6)  # beyond the top


def start(state: cython.double[:, ::1], masses: cython.float[:, ::1]) -> None:
    """Nothing has been seen: every tail is the prior one."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    b: cython.Py_ssize_t
    for i in range(state.shape[0]):
        state[i, _UNIT] = 1.0
        state[i, _ALARM] = state[i, _COUNT] = _INF
        for k in range(_TAILS):
            low: cython.double = 1.0
            for b in range(_BINS):
                high: cython.double = 0.0
                if b < _BINS - 1:
                    high = exp(-_PRIOR_RATE * exp(_SMALLEST + b * _RATIO))
                masses[i, k * _BINS + b] = _PRIOR * (low - high) + (_PRIOR if b == 0 else 0.0)
                low = high


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _point(points: cython.float[:, ::1], i: cython.Py_ssize_t, at: cython.Py_ssize_t) -> cython.double:
    return cython.cast(cython.double, points[i, at])


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _between(
    size: cython.double, points: cython.float[:, ::1], i: cython.Py_ssize_t, at: cython.Py_ssize_t
) -> cython.double:
    """On the straight line between two points, the lower one at the column `at`."""
    share: cython.double = (_point(points, i, at + 3) - _point(points, i, at + 1)) * (
        size - _point(points, i, at)
    )
    return _point(points, i, at + 1) + share / max(_point(points, i, at + 2) - _point(points, i, at), 1e-9)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _rare(
    size: cython.double, points: cython.float[:, ::1], i: cython.Py_ssize_t, tail: cython.Py_ssize_t
) -> cython.double:
    """-ln P(as large), from the logarithm of a size."""
    p: cython.Py_ssize_t = tail * _POINTS
    if size >= _point(points, i, p + 4):
        return _point(points, i, p + 5) * exp(
            min(_point(points, i, p + _SHAPE) * (size - _point(points, i, p + 4)), 30.0)
        )
    if size >= _point(points, i, p + 2):
        return _between(size, points, i, p + 2)
    if size >= _point(points, i, p):
        return _between(size, points, i, p)
    return _point(points, i, p + 1) * exp(_LIGHT * (size - _point(points, i, p)))


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _logarithm(size: cython.double) -> cython.double:
    return log(max(fabs(size), 2e-9))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _rarest(
    streams: cython.double[:, ::1],
    sizes: cython.double[::1],
    points: cython.float[:, ::1],
    i: cython.Py_ssize_t,
) -> cython.double:
    """The largest -ln P over the streams of a series; the logarithms of their sizes are put into `sizes`."""
    rare: cython.double = 0.0
    k: cython.Py_ssize_t
    for k in range(_STREAMS):
        sizes[k] = _logarithm(streams[i, k])
        if streams[i, k] == 0:
            continue
        tail: cython.Py_ssize_t = 2 * k + (1 if streams[i, k] > 0 else 0)
        size: cython.double = sizes[k]
        weight: cython.double = _SINGLE if k == 0 or k == 3 else 1.0
        p: cython.Py_ssize_t = tail * _POINTS
        if size > _point(points, i, p) or weight * _point(points, i, p + 1) > rare:
            rare = max(rare, weight * _rare(size, points, i, tail))
    return rare


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _weight(
    rarity: cython.double, state: cython.double[:, ::1], i: cython.Py_ssize_t, gap: cython.double
) -> cython.double:
    """What the sample counts for in the tails, negative where it is the first of an episode.

    An episode counts once, whatever it lasts: else one incident would hide the next.
    """
    state[i, _COUNT] += 1
    if rarity > _COUNTED:
        first: cython.bint = state[i, _COUNT] > gap
        state[i, _COUNT] = 0.0
        if first:
            return -1.0
    return min(max(1 - (1 - _AGAIN) * (rarity - _COUNTED) / (1 - _COUNTED), _AGAIN), 1.0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn(
    streams: cython.double[:, ::1],
    sizes: cython.double[::1],
    masses: cython.float[:, ::1],
    i: cython.Py_ssize_t,
    weight: cython.double,
    rarity: cython.double,
    unit: cython.double,
) -> cython.void:
    """Count the streams by the logarithms of their `sizes`, each in the tail of its sign, a 0 in the other.

    The first sample of an episode counts in full for single samples: what spikes by itself is restless. It
    counts for little in the means: a repeated incident must be found as the first one was.
    """
    k: cython.Py_ssize_t
    for k in range(_STREAMS):
        b: cython.Py_ssize_t = 0
        size: cython.double = sizes[k]
        if size > _SMALLEST:
            b = min(cython.cast(cython.Py_ssize_t, (size - _SMALLEST) / _RATIO) + 1, _BINS - 1)
        more: cython.double = weight
        if weight < 0:
            more = _FIRST if rarity > 1 and (k == 1 or k == 2) else 1.0
        tail: cython.Py_ssize_t = 2 * k + (1 if streams[i, k] > 0 else 0)
        masses[i, tail * _BINS + b] = cython.cast(cython.double, masses[i, tail * _BINS + b]) + more * unit
        tail ^= 1
        masses[i, tail * _BINS] = cython.cast(cython.double, masses[i, tail * _BINS]) + more * unit


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _place(
    b: cython.Py_ssize_t,
    before: cython.double,
    beyond: cython.double,
    wanted: cython.double,
    total: cython.double,
) -> cython.double:
    """The logarithm of the size beyond which a mass lies, in the bin where `before` becomes `beyond`."""
    share: cython.double = 1 - wanted / beyond
    if before > 0:
        low: cython.double = log(beyond / total)
        share = (low - log(wanted / total)) / max(low - log(before / total), 1e-9)
    return _SMALLEST + (b - 1 + share) * _RATIO


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _measure(
    masses: cython.float[:, ::1],
    points: cython.float[:, ::1],
    i: cython.Py_ssize_t,
    tail: cython.Py_ssize_t,
    unit: cython.double,
) -> cython.void:
    """Renew the three points of a tail and its shape beyond them; dear, so each tail once in 32 steps.

    A mass is looked for where at least as much lies as beyond the points above it; -inf is below all sizes
    that are told apart.
    """
    total: cython.double = 0.0
    b: cython.Py_ssize_t
    p: cython.Py_ssize_t = tail * _POINTS
    for b in range(_BINS):
        total += cython.cast(cython.double, masses[i, tail * _BINS + b])
    top: cython.double = _TOP * unit
    shoulder: cython.double = max(_SHOULDER * total, _LEAST * unit)
    body: cython.double = max(_BODY * total, 4 * _LEAST * unit)
    points[i, p] = points[i, p + 2] = points[i, p + 4] = -_INF
    beyond: cython.double = 0.0
    found: cython.int = 0
    for b in range(_BINS - 1, 0, -1):
        before: cython.double = beyond
        beyond = beyond + cython.cast(cython.double, masses[i, tail * _BINS + b])
        if found == 0 and beyond >= top:
            points[i, p + 4] = _place(b, before, beyond, top, total)
            found = 1
        if found == 1 and beyond >= max(shoulder, top):
            points[i, p + 2] = _place(b, before, beyond, shoulder, total)
            found = 2
        if found == 2 and beyond >= max(body, max(shoulder, top)):
            points[i, p] = _place(b, before, beyond, body, total)
            break
    points[i, p + 1] = -log(body / total)
    if _point(points, i, p) < _SMALLEST:
        first: cython.double = masses[i, tail * _BINS]
        points[i, p] = _SMALLEST
        points[i, p + 1] = max(-log(max(total - first, 1e-9) / total), 0.05)
    points[i, p + 3] = -log(shoulder / total)
    if _point(points, i, p + 2) < _SMALLEST:
        points[i, p + 2], points[i, p + 3] = _point(points, i, p) + 1e-3, _point(points, i, p + 1) + 1e-3
    points[i, p + 5] = -log(top / total)
    if _point(points, i, p + 4) < _point(points, i, p + 2) or _point(points, i, p + 5) < _point(
        points, i, p + 3
    ):
        points[i, p + 4], points[i, p + 5] = _point(points, i, p + 2), _point(points, i, p + 3)
    _shape(points, i, p)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _shape(points: cython.float[:, ::1], i: cython.Py_ssize_t, p: cython.Py_ssize_t) -> cython.void:
    shape: cython.double = _LIGHT
    if _point(points, i, p + 3) > _point(points, i, p + 1):
        shape = log(_point(points, i, p + 3) / _point(points, i, p + 1)) / max(
            _point(points, i, p + 2) - _point(points, i, p), 1e-6
        )
    points[i, p + _SHAPE] = min(max(1 + _BEND * (shape - 1), _HEAVY), _LIGHT)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _renew(
    masses: cython.float[:, ::1],
    points: cython.float[:, ::1],
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    seen: cython.double,
    tick: cython.longlong,
) -> cython.void:
    k: cython.Py_ssize_t
    if seen < _FRESH:
        for k in range(_TAILS):
            _measure(masses, points, i, k, state[i, _UNIT])
    elif tick % _EVERY == 0:
        k = (tick // _EVERY) % _TAILS
        _measure(masses, points, i, k + _TAILS if k < 0 else k, state[i, _UNIT])  # before 1970, too
    if state[i, _UNIT] > _FULL:
        for k in range(_TAILS * _BINS):
            masses[i, k] = cython.cast(cython.double, masses[i, k]) / state[i, _UNIT]
        state[i, _UNIT] = 1.0


def observe(
    t: cython.Py_ssize_t,
    values: cython.double[:, ::1],
    streams: cython.double[:, ::1],
    seen: cython.double[:, ::1],
    tick: cython.longlong,
    cut: cython.double,
    warm: cython.double,
    gap: cython.double,
    fading: cython.double,
    masses: cython.float[:, ::1],
    points: cython.float[:, ::1],
    state: cython.double[:, ::1],
    rarity: cython.double[:, ::1],
    lasting: cython.double[::1],
    sizes: cython.double[::1],
) -> None:
    """The `rarity` of sizes `streams` (n, 4) of step `t`, of (steps, n), in units of `cut` nats, then count
    them; 0 of series too young to have any. The values are looked at only to see whether they are there.

    It is damped while the first `warm` samples come; masses grow by `fading`; after more than `gap` quiet
    steps an episode is a new one; `lasting` (n,) is how many steps the present one has gone on.
    `sizes` (4,) is room.
    """
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(values.shape[1]):
            state[i, _ALARM] += 1
            if values[t, i] != values[t, i]:
                continue
            young: cython.bint = streams[i, 0] != streams[i, 0]
            rare: cython.double = 0.0
            if not young:
                rare = _rarest(streams, sizes, points, i) * min(1.0, (seen[t, i] - _YOUNG) / warm) / cut
            rarity[t, i] = rare
            state[i, _UNIT] *= fading
            weight: cython.double = _weight(rare, state, i, gap)
            if rare > 1:
                lasting[i] = 0.0 if state[i, _ALARM] > gap else lasting[i]
                state[i, _ALARM] = 0.0
            lasting[i] = lasting[i] + 1 if state[i, _ALARM] <= gap else 0.0
            if not young:
                _learn(streams, sizes, masses, i, weight, rare, state[i, _UNIT])
            _renew(masses, points, state, i, seen[t, i], tick)
