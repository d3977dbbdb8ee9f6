# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops over single series, compiled as the kernel of Holt-Winters is: codes of the last seven days,
what the members say, how wrong they were, and the pool.

A row of the ring is the past of one series, one 16-bit code a slot. A code is a value over the series'
unit, a power of two. Whoever looks at it gets `past`: past[j] is the code j slots ago, NaN = missing.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, fabs, frexp, isfinite, ldexp, rint

_MISSING = cython.declare(cython.short, -32768)
_HIGHEST = cython.declare(cython.double, 32767.0)
_USUAL = cython.declare(cython.double, 8192.0)  # code of the first value seen, at least
_MEMBERS = cython.declare(cython.Py_ssize_t, 9)
_LAST = cython.declare(cython.Py_ssize_t, 0)
_ANALOG = cython.declare(cython.Py_ssize_t, 1)
_RECENT = cython.declare(cython.Py_ssize_t, 2)
_HOURS = cython.declare(cython.Py_ssize_t, 3)
_DAY = cython.declare(cython.Py_ssize_t, 4)
_DAYS = cython.declare(cython.Py_ssize_t, 5)
_WEEK = cython.declare(cython.Py_ssize_t, 6)
_MONTH = cython.declare(cython.Py_ssize_t, 7)
_CLOCK = cython.declare(cython.Py_ssize_t, 8)
_MOST = cython.declare(cython.Py_ssize_t, 2048)  # slots of a ring, and some

_LEAST = cython.declare(cython.Py_ssize_t, 5)  # values, before quantiles are taken of them
_FAR = cython.declare(cython.Py_ssize_t, 2)  # days ahead, up to which the month says nothing
_SAMPLES = cython.declare(cython.Py_ssize_t, 150)  # of a window, at most
_NEIGHBOURS = cython.declare(cython.Py_ssize_t, 60)
_CANDIDATES = cython.declare(cython.Py_ssize_t, 57)  # moments of a day that are compared
_BUCKETS = cython.declare(cython.Py_ssize_t, 512)  # of distances; in a bucket the newer moment first
_FARTHEST = cython.declare(cython.double, 2.56)  # half widths of the week's range, or what counts as much
_HOUR_COUNTS = cython.declare(cython.double, 0.1)  # an hour of clock distance, in half widths
_DAY_COUNTS = cython.declare(cython.double, 0.1)  # a day of age, in half widths
_AGREE = cython.declare(cython.double, 0.8)  # of the same clock's values lie beyond the week's: a job
_DAYS_OF_JOB = cython.declare(cython.Py_ssize_t, 4)  # on which it was seen, at least
_ETA = cython.declare(cython.double, 2.0)  # of the mean loss relative to the best member's
_SURE = cython.declare(cython.double, 5.0)  # judgements after which a series' own losses count in full
_WILD = cython.declare(cython.double, 8.0)  # times the largest mean loss: more is not taken in at once
_TRIM = cython.declare(cython.double, 0.35)  # of the weight, left out at each end
_PACE = cython.declare(cython.double, 0.03)  # of a width, for each judgement


@cython.cfunc
@cython.exceptval(check=False)
def _nth(
    a: cython.p_double, low: cython.Py_ssize_t, high: cython.Py_ssize_t, k: cython.Py_ssize_t
) -> cython.double:
    """The value of rank k, which lies between low and high as all ranks from there do; smaller ones before
    it, larger ones after it (Hoare's quickselect).
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    pivot: cython.double
    while low < high:
        pivot = a[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while a[i] < pivot:
                i += 1
            while a[j] > pivot:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return a[k]


@cython.cfunc
@cython.exceptval(check=False)
def _quantile(
    a: cython.p_double, low: cython.Py_ssize_t, n: cython.Py_ssize_t, q: cython.double
) -> cython.double:
    """One quantile of n values, linear in between (type 7); the ranks below `low` lie before it already."""
    place: cython.double = (n - 1) * q
    k: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, place)
    j: cython.Py_ssize_t
    first: cython.double = _nth(a, low, n - 1, k)
    if place == k:
        return first
    second: cython.double = a[k + 1]
    for j in range(k + 2, n):
        second = min(second, a[j])
    return first + (place - k) * (second - first)


@cython.cfunc
@cython.exceptval(check=False)
def _take(
    a: cython.p_double, n: cython.Py_ssize_t, levels: cython.double[::1], out: cython.p_double
) -> cython.void:
    """Ascending quantiles of n values, which are put in another order; NaN of fewer than _LEAST."""
    i: cython.Py_ssize_t
    low: cython.Py_ssize_t = 0
    for i in range(levels.shape[0]):
        out[i] = _quantile(a, low, n, levels[i]) if n >= _LEAST else float("nan")
        low = cython.cast(cython.Py_ssize_t, (n - 1) * levels[i]) if n >= _LEAST else 0


@cython.cfunc
@cython.exceptval(check=False)
def _unroll(
    ring: cython.p_short, slots: cython.Py_ssize_t, slot: cython.longlong, past: cython.p_double
) -> cython.void:
    """The codes of a ring by their age."""
    j: cython.Py_ssize_t
    none: cython.double = float("nan")
    at: cython.Py_ssize_t = slot % slots
    for j in range(at + 1):
        past[j] = none if ring[at - j] == _MISSING else ring[at - j]
    for j in range(at + 1, slots):
        past[j] = none if ring[slots + at - j] == _MISSING else ring[slots + at - j]


@cython.cfunc
@cython.exceptval(check=False)
def _newest(past: cython.p_double, length: cython.Py_ssize_t) -> cython.double:
    """The last code seen, NaN = none."""
    j: cython.Py_ssize_t = 0
    while j < length - 1 and past[j] != past[j]:
        j += 1
    return past[j]


@cython.cfunc
@cython.exceptval(check=False)
def _window(past: cython.p_double, length: cython.Py_ssize_t, out: cython.p_double) -> cython.Py_ssize_t:
    """Some values of the last `length` slots, evenly spaced: how many."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = 0
    stride: cython.Py_ssize_t = 1 + length // _SAMPLES
    while j < length:
        out[n] = past[j]
        n += past[j] == past[j]
        j += stride
    return n


@cython.cfunc
@cython.exceptval(check=False)
def _days_before(days: cython.p_short, count: cython.Py_ssize_t, out: cython.p_double) -> cython.Py_ssize_t:
    """The codes kept of whole days: how many."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    for j in range(count):
        if days[j] != _MISSING:
            out[n] = days[j]
            n += 1
    return n


@cython.cfunc
@cython.exceptval(check=False)
def _changes(
    past: cython.p_double, length: cython.Py_ssize_t, ahead: cython.Py_ssize_t, out: cython.p_double
) -> cython.Py_ssize_t:
    """The last value plus its changes over `ahead` slots; over more than half of the past, in proportion."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = 0
    stride: cython.Py_ssize_t = 1 + length // _SAMPLES
    known: cython.Py_ssize_t = max(1, min(ahead, length // 2))
    times: cython.double = ahead / cython.cast(cython.double, known)
    last: cython.double = _newest(past, length)
    while j + known < length:
        out[n] = last + (past[j] - past[j + known]) * times
        n += out[n] == out[n]
        j += stride
    return n


@cython.cfunc
@cython.exceptval(check=False)
def _same_clock(
    past: cython.p_double,
    length: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t,
    reach: cython.Py_ssize_t,
    out: cython.p_double,
) -> cython.Py_ssize_t:
    """Values of the target's clock time, and so many slots before and after it."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    at: cython.Py_ssize_t = day * ((ahead + day - 1) // day) - ahead
    while at < length:
        for j in range(max(at - reach, 0), min(at + reach + 1, length)):
            out[n] = past[j]
            n += past[j] == past[j]
        at += day
    return n


@cython.cfunc
@cython.exceptval(check=False)
def _level(past: cython.p_double, j: cython.Py_ssize_t) -> cython.double:
    """Mean code of three slots, the one j slots ago and those before it; NaN = none of them was seen."""
    total: cython.double = 0.0
    count: cython.double = 0.0
    k: cython.Py_ssize_t
    for k in range(j, j + 3):
        if past[k] == past[k]:
            total += past[k]
            count += 1
    return total / count if count > 0 else float("nan")


@cython.cfunc
@cython.exceptval(check=False)
def _ranked(
    far: cython.p_double, found: cython.p_int, n: cython.Py_ssize_t, order: cython.p_int
) -> cython.void:
    """Put the moments `found` in order of their distances, roughly: by buckets, in each as they come."""
    starts = cython.declare(cython.int[514])
    i: cython.Py_ssize_t
    bucket: cython.Py_ssize_t
    per: cython.double = (_BUCKETS - 1) / _FARTHEST
    for bucket in range(_BUCKETS + 1):
        starts[bucket] = 0
    for i in range(n):
        starts[cython.cast(cython.Py_ssize_t, min(far[i], _FARTHEST) * per) + 1] += 1
    for bucket in range(_BUCKETS):
        starts[bucket + 1] += starts[bucket]
    for i in range(n):
        bucket = cython.cast(cython.Py_ssize_t, min(far[i], _FARTHEST) * per)
        order[starts[bucket]] = found[i]
        starts[bucket] += 1


@cython.cfunc
@cython.exceptval(check=False)
def _alike(
    past: cython.p_double,
    length: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    scale: cython.double,
    room: cython.p_double,
    ranks: cython.p_int,
) -> cython.Py_ssize_t:
    """Past moments in order of their likeness to now, by level in ranks[0:], by level, clock and age in
    ranks[_MOST:]: how many.
    """
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = max(1, day // _CANDIDATES)
    stride: cython.Py_ssize_t = j
    clock: cython.Py_ssize_t = j % day  # slots since the same clock time
    now: cython.double = _level(past, 0)
    per_level: cython.double = 1.0 / scale
    per_clock: cython.double = _HOUR_COUNTS * 24.0 / day
    per_age: cython.double = _DAY_COUNTS / day
    found: cython.p_int = ranks + 2 * _MOST
    while now == now and j + 2 < length:
        if past[j] == past[j]:
            found[n] = j
            room[n] = fabs(_level(past, j) - now) * per_level
            room[_MOST + n] = room[n] + per_clock * min(clock, day - clock) + per_age * j
            n += 1
        j += stride
        clock += stride
        while clock >= day:
            clock -= day
    _ranked(room, found, n, ranks)
    _ranked(room + _MOST, found, n, ranks + _MOST)
    return n


@cython.cfunc
@cython.exceptval(check=False)
def _followed(
    past: cython.p_double,
    ahead: cython.Py_ssize_t,
    near: cython.p_int,
    n: cython.Py_ssize_t,
    out: cython.p_double,
) -> cython.Py_ssize_t:
    """What came `ahead` slots after the nearest moments for which it is known by now."""
    taken: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    while i < n and taken < _NEIGHBOURS:
        j = near[i] - ahead
        if j >= 0 and past[j] == past[j]:
            out[taken] = past[j]
            taken += 1
        i += 1
    return taken


@cython.cfunc
@cython.exceptval(check=False)
def _job(
    past: cython.p_double,
    length: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t,
    low: cython.double,
    high: cython.double,
    levels: cython.double[::1],
    room: cython.p_double,
    out: cython.p_double,
    edge: cython.p_double,
) -> cython.int:
    """1 or -1 where the target's clock time lies above or below the week's 80 % on nearly every day; its
    values' quantiles into `out`, the one next to the week into `edge`.
    """
    n: cython.Py_ssize_t = _same_clock(past, length, day, ahead, 0, room)
    j: cython.Py_ssize_t
    above: cython.Py_ssize_t = 0
    below: cython.Py_ssize_t = 0
    if n < _DAYS_OF_JOB:
        return 0
    for j in range(n):
        above += room[j] > high
        below += room[j] < low
    if max(above, below) < _AGREE * n:
        return 0
    for j in range(levels.shape[0]):
        out[j] = _quantile(room, 0, n, levels[j])
    edge[0] = _quantile(room, 0, n, 0.1 if above > below else 0.9)
    return 1 if above > below else -1


@cython.cfunc
@cython.exceptval(check=False)
def _speak(
    past: cython.p_double,
    length: cython.Py_ssize_t,
    days: cython.p_short,
    kept: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    levels: cython.double[::1],
    room: cython.p_double,
    ranks: cython.p_int,
    jobs: cython.p_int,
    edges: cython.p_double,
    out: cython.p_double,
) -> cython.void:
    """What the members say: `out` (n_ahead, _MEMBERS + 1, n_levels), the last row being that of a job, where
    `jobs` (n_ahead,) is not 0, `edges` being its end next to the week.
    """
    nq: cython.Py_ssize_t = levels.shape[0]
    a: cython.Py_ssize_t
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    said: cython.p_double
    low: cython.double = float("nan")
    high: cython.double = float("nan")
    scale: cython.double = 1.0
    n: cython.Py_ssize_t = _window(past, length, room)
    if n >= _LEAST:
        scale = _quantile(room, 0, n, 0.05)
        low = _quantile(room, 0, n, 0.1)
        high = _quantile(room, 0, n, 0.9)
        scale = max((_quantile(room, 0, n, 0.95) - scale) / 2, 1.0)
    _take(room, n, levels, out + _WEEK * nq)
    _take(room, _window(past, min(max(2 * _LEAST, day // 8), length), room), levels, out + _HOURS * nq)
    _take(room, _window(past, min(day, length), room), levels, out + _DAY * nq)
    _take(room, _window(past, min(3 * day, length), room), levels, out + _DAYS * nq)
    n = _alike(past, length, day, scale, room, ranks)
    for a in range(ahead.shape[0]):
        said = out + a * (_MEMBERS + 1) * nq
        if a > 0:
            for i in range(_HOURS * nq, (_WEEK + 1) * nq):
                said[i] = out[i]
        k = ahead[a]
        _take(room, _days_before(days, kept if k > _FAR * day else 0, room), levels, said + _MONTH * nq)
        _take(room, _changes(past, length, k, room), levels, said + _LAST * nq)
        _take(room, _same_clock(past, length, day, k, day > 24, room), levels, said + _CLOCK * nq)
        jobs[a] = _job(past, length, day, k, low, high, levels, room, said + _MEMBERS * nq, edges + a)
        if k > 2 * day:  # nothing followed for so long: what followed at the same clock, of two days
            k -= day * ((k - day - 1) // day)
        _take(room, _followed(past, k, ranks, n, room), levels, said + _ANALOG * nq)
        _take(room, _followed(past, k, ranks + _MOST, n, room), levels, said + _RECENT * nq)


@cython.cfunc
@cython.exceptval(check=False)
def _pooled(said: cython.p_double, stride: cython.Py_ssize_t, weights: cython.p_double) -> cython.double:
    """The weighted mean of the members' quantiles without the outer quarters of the weight; NaN left out."""
    values = cython.declare(cython.double[9])
    shares = cython.declare(cython.double[9])
    n: cython.Py_ssize_t = 0
    m: cython.Py_ssize_t
    i: cython.Py_ssize_t
    total: cython.double = 0.0
    for m in range(_MEMBERS):
        if said[m * stride] == said[m * stride]:
            i = n
            while i > 0 and values[i - 1] > said[m * stride]:
                values[i], shares[i] = values[i - 1], shares[i - 1]
                i -= 1
            values[i], shares[i] = said[m * stride], weights[m]
            total += weights[m]
            n += 1
    if n == 0:
        return float("nan")
    first: cython.Py_ssize_t = -1
    last: cython.Py_ssize_t = 0
    below: cython.double = 0.0
    mean: cython.double = 0.0
    taken: cython.double = 0.0
    share: cython.double
    for i in range(n):
        share = min(below + shares[i], (1 - _TRIM) * total) - max(below, _TRIM * total)
        below += shares[i]
        if share > 0:
            first = i if first < 0 else first
            last = i
            mean += share * values[i]
            taken += share
    return values[first] if values[first] == values[last] else mean / taken


@cython.cfunc
@cython.exceptval(check=False)
def _trusted(loss: cython.p_float, judged: cython.double, out: cython.p_double) -> cython.void:
    """What a series' own losses say of the members: 1 of the best."""
    m: cython.Py_ssize_t
    least: cython.double = loss[0]
    sure: cython.double = min(judged, _SURE) / _SURE
    for m in range(_MEMBERS):
        least = min(least, loss[m])
    for m in range(_MEMBERS):
        out[m] = exp(-_ETA * sure * min((loss[m] - least) / (least + 1.0), 15.0))


@cython.cfunc
@cython.exceptval(check=False)
def _joined(
    said: cython.p_double,
    job: cython.int,
    edge: cython.double,
    own: cython.p_double,
    prior: cython.p_double,
    width: cython.p_double,
    narrower: cython.p_float,
    middle: cython.Py_ssize_t,
    nq: cython.Py_ssize_t,
    out: cython.p_double,
) -> cython.void:
    """The pool's quantiles (n_levels,) of one horizon, ascending. `prior` is (n_levels, _MEMBERS); `width`,
    of the fleet, and `narrower`, of the series, are times the distance below and above the median.
    """
    weights = cython.declare(cython.double[9])
    q: cython.Py_ssize_t
    m: cython.Py_ssize_t
    side: cython.Py_ssize_t
    for q in range(nq):
        for m in range(_MEMBERS):
            weights[m] = own[m] * prior[q * _MEMBERS + m]
        out[q] = _pooled(said + q, nq, weights)
    if (job > 0 and out[middle] < edge) or (job < 0 and out[middle] > edge):
        for q in range(nq):
            out[q] = said[_MEMBERS * nq + q]
    for q in range(nq):
        side = q > middle
        if q != middle:
            out[q] = out[middle] + width[side] * narrower[side] * (out[q] - out[middle])
    for q in range(1, nq):
        out[q] = max(out[q], out[q - 1])


@cython.cfunc
@cython.exceptval(check=False)
def _keep(
    ring: cython.short[::1],
    kept: cython.short[::1],
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    room: cython.p_double,
) -> cython.void:
    """Quantiles of the day before `slot`, evenly spaced; missing where less than a quarter of it was seen."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    points: cython.Py_ssize_t = kept.shape[0]
    for j in range(1, day + 1):
        room[n] = ring[(slot - j) % ring.shape[0]]
        n += room[n] != _MISSING
    for j in range(points):
        if 4 * n < max(day, 4):
            kept[j] = _MISSING
        else:
            kept[j] = cython.cast(cython.short, rint(_quantile(room, 0, n, (j + 0.5) / points)))


def remember(
    ring: cython.short[:, ::1],
    days: cython.short[:, :, ::1],
    unit: cython.double[::1],
    last: cython.double[::1],
    turn: cython.int[::1],
    loss: cython.float[:, :, ::1],
    values: cython.double[::1],
    slot: cython.longlong,
    begins: cython.bint,
    day: cython.Py_ssize_t,
    turns: cython.Py_ssize_t,
    room: cython.double[::1],
) -> None:
    """Take in the values (n,) of a step in `slot`, NaN = missing, which `begins` it or not.

    A sample beyond the codes is cut off there and doubles the unit once, so that a new range is taken on
    within some samples; a week of little halves it again, once a day, when a day is put to those kept.
    `turn` (n,) is -1 before the first value.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    at: cython.Py_ssize_t = slot % ring.shape[1]
    times: cython.double
    v: cython.double
    exponent: cython.int = 0
    most: cython.double
    for i in range(values.shape[0]):
        v = values[i]
        times = 1.0
        if begins:
            ring[i, at] = _MISSING
            if turn[i] >= 0 and (slot + turn[i]) % day == 0:
                _keep(
                    ring[i],
                    days[i, (slot + turn[i]) // day % days.shape[1]],
                    slot,
                    day,
                    cython.address(room[0]),
                )
                most = 0
                for j in range(ring.shape[1]):
                    if ring[i, j] != _MISSING:
                        most = max(most, fabs(ring[i, j]))
                if 0 < most <= _USUAL / 2:
                    times = 0.5
        if isfinite(v):
            if turn[i] < 0:
                turn[i] = cython.cast(cython.longlong, fabs(frexp(v, cython.address(exponent))) * 1e9) % turns
            if unit[i] == 0 and v != 0:
                frexp(v / _USUAL, cython.address(exponent))
                unit[i] = ldexp(1.0, exponent - 1)
            if fabs(v) > _HIGHEST * unit[i] * times:
                times *= 2.0
            last[i] = v
        if times != 1.0:
            for j in range(ring.shape[1]):
                if ring[i, j] != _MISSING:
                    ring[i, j] = cython.cast(cython.short, rint(ring[i, j] / times))
            for j in range(days.shape[1]):
                for k in range(days.shape[2]):
                    if days[i, j, k] != _MISSING:
                        days[i, j, k] = cython.cast(cython.short, rint(days[i, j, k] / times))
            for j in range(loss.shape[1]):
                for k in range(loss.shape[2]):
                    loss[i, j, k] /= times
            unit[i] *= times
        if isfinite(v):
            ring[i, at] = cython.cast(cython.short, _code(v, unit[i]))


@cython.cfunc
@cython.exceptval(check=False)
def _code(value: cython.double, unit: cython.double) -> cython.double:
    """The code of a value, cut off at the ends; 0 while there is no unit."""
    return 0.0 if unit == 0 else min(max(rint(value / unit), -_HIGHEST), _HIGHEST)


def judge(
    ring: cython.short[:, ::1],
    days: cython.short[:, :, ::1],
    turn: cython.int[::1],
    loss: cython.float[:, :, ::1],
    judged: cython.float[:, ::1],
    width: cython.float[:, :, ::1],
    slot: cython.longlong,
    turns: cython.Py_ssize_t,
    memory: cython.double,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    levels: cython.double[::1],
    prior: cython.double[:, :, ::1],
    widths: cython.double[:, ::1],
    room: cython.double[::1],
    ranks: cython.int[::1],
) -> None:
    """Judge the members and the pool on the series whose turn it is, one in `turns` slots: what they say of
    the slots `ahead` of a moment whose last one is `slot`. The ring has lost what they would have known of
    its oldest slots.
    """
    i: cython.Py_ssize_t
    a: cython.Py_ssize_t
    m: cython.Py_ssize_t
    q: cython.Py_ssize_t
    rows: cython.Py_ssize_t = _MEMBERS + 1
    nq: cython.Py_ssize_t = levels.shape[0]
    back: cython.Py_ssize_t = ahead[ahead.shape[0] - 1]
    past: cython.p_double = cython.address(room[0])
    work: cython.p_double = past + _MOST
    said: cython.p_double = work + 2 * _MOST
    edges: cython.p_double = said + ahead.shape[0] * rows * nq
    pool: cython.p_double = edges + ahead.shape[0]
    own = cython.declare(cython.double[9])
    jobs: cython.p_int = cython.address(ranks[0]) + 3 * _MOST
    y: cython.double
    off: cython.double
    error: cython.double
    most: cython.double
    rate: cython.double
    for i in range(ring.shape[0]):
        if turn[i] < 0 or (slot + turn[i]) % turns != 0:
            continue
        _unroll(cython.address(ring[i, 0]), ring.shape[1], slot, past)
        if past[back] != past[back]:
            continue
        _speak(
            past + back,
            ring.shape[1] - back,
            cython.address(days[i, 0, 0]),
            days.shape[1] * days.shape[2],
            day,
            ahead,
            levels,
            work,
            cython.address(ranks[0]),
            jobs,
            edges,
            said,
        )
        for a in range(ahead.shape[0]):
            y = past[back - ahead[a]]
            if y != y:
                continue
            _trusted(cython.address(loss[i, a, 0]), judged[i, a], own)
            _joined(
                said + a * rows * nq,
                jobs[a],
                edges[a],
                own,
                cython.address(prior[a, 0, 0]),
                cython.address(widths[a, 0]),
                cython.address(width[i, a, 0]),
                nq // 2,
                nq,
                pool,
            )
            _widen(cython.address(width[i, a, 0]), y, pool[0], pool[nq - 1], levels[0])
            most = 1.0
            for m in range(_MEMBERS):
                most = max(most, loss[i, a, m])
            most = _WILD * most if judged[i, a] > _SURE / 2 else float("inf")
            judged[i, a] += 1
            rate = max(1.0 / judged[i, a], 1.0 / memory)
            for m in range(_MEMBERS):
                off = 0
                for q in range(nq):
                    error = y - said[(a * rows + m) * nq + q]
                    off += max(levels[q] * error, (levels[q] - 1) * error)
                if off == off:
                    loss[i, a, m] += rate * (min(off, most) - loss[i, a, m])
            loss[i, a, _MONTH] = loss[i, a, _WEEK]  # the month is not judged: its outcomes would be too few


@cython.cfunc
@cython.exceptval(check=False)
def _widen(
    width: cython.p_float, y: cython.double, low: cython.double, high: cython.double, outside: cython.double
) -> cython.void:
    """Move the widths below and above the median to where a share `outside` of the outcomes lies beyond
    each.
    """
    width[0] = min(max(width[0] * exp(_PACE * ((y < low) - outside)), 0.5), 2.5)
    width[1] = min(max(width[1] * exp(_PACE * ((y > high) - outside)), 0.5), 2.5)


def ask(
    ring: cython.short[:, ::1],
    days: cython.short[:, :, ::1],
    unit: cython.double[::1],
    last: cython.double[::1],
    loss: cython.float[:, :, ::1],
    judged: cython.float[:, ::1],
    width: cython.float[:, :, ::1],
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    learnt: cython.Py_ssize_t[::1],
    levels: cython.double[::1],
    middle: cython.Py_ssize_t,
    prior: cython.double[:, :, ::1],
    widths: cython.double[:, ::1],
    room: cython.double[::1],
    ranks: cython.int[::1],
    out: cython.double[:, :, ::1],
) -> None:
    """Quantiles of the slots `ahead` into `out` (n, n_ahead, n_levels), in the series' own units, NaN =
    nothing seen; `learnt` (n_ahead,) is the judged horizon that speaks for each.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    a: cython.Py_ssize_t
    q: cython.Py_ssize_t
    rows: cython.Py_ssize_t = _MEMBERS + 1
    nq: cython.Py_ssize_t = levels.shape[0]
    slots: cython.Py_ssize_t = ring.shape[1]
    kept: cython.Py_ssize_t = days.shape[1] * days.shape[2]
    past: cython.p_double = cython.address(room[0])
    work: cython.p_double = past + _MOST
    said: cython.p_double = work + 2 * _MOST
    edges: cython.p_double = said + ahead.shape[0] * rows * nq
    own = cython.declare(cython.double[9])
    usual = cython.declare(cython.float[2])  # widths far ahead, where no series learns its own
    usual[0] = usual[1] = 1.0
    jobs: cython.p_int = cython.address(ranks[0]) + 3 * _MOST
    newest: cython.double
    value: cython.double
    exact: cython.bint
    for i in range(ring.shape[0]):
        _unroll(cython.address(ring[i, 0]), slots, slot, past)
        newest = _newest(past, slots)
        exact = newest == _code(last[i], unit[i]) and fabs(newest) < _HIGHEST
        _speak(
            past,
            slots,
            cython.address(days[i, 0, 0]),
            kept,
            day,
            ahead,
            levels,
            work,
            cython.address(ranks[0]),
            jobs,
            edges,
            said,
        )
        for a in range(ahead.shape[0]):
            j = learnt[a]
            _trusted(cython.address(loss[i, j, 0]), judged[i, j], own)
            _joined(
                said + a * rows * nq,
                jobs[a],
                edges[a],
                own,
                cython.address(prior[a, 0, 0]),
                cython.address(widths[a, 0]),
                cython.address(width[i, j, 0]) if ahead[a] <= _FAR * day else usual,
                middle,
                nq,
                cython.address(out[i, a, 0]),
            )
            for q in range(nq):
                value = out[i, a, q]
                if value != value:  # nobody can say: the value stays
                    value = newest
                out[i, a, q] = last[i] if exact and value == newest else value * unit[i]


def speak(
    ring: cython.short[:, ::1],
    days: cython.short[:, :, ::1],
    unit: cython.double[::1],
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    levels: cython.double[::1],
    room: cython.double[::1],
    ranks: cython.int[::1],
    jobs: cython.int[:, ::1],
    edges: cython.double[:, ::1],
    out: cython.double[:, :, :, ::1],
) -> None:
    """What the members say, in the series' own units: `out` (n, n_ahead, members and job, n_levels), `jobs`
    and `edges` (n, n_ahead). The weights are chosen by it.
    """
    i: cython.Py_ssize_t
    a: cython.Py_ssize_t
    m: cython.Py_ssize_t
    past: cython.p_double = cython.address(room[0])
    for i in range(ring.shape[0]):
        _unroll(cython.address(ring[i, 0]), ring.shape[1], slot, past)
        _speak(
            past,
            ring.shape[1],
            cython.address(days[i, 0, 0]),
            days.shape[1] * days.shape[2],
            day,
            ahead,
            levels,
            past + _MOST,
            cython.address(ranks[0]),
            cython.address(jobs[i, 0]),
            cython.address(edges[i, 0]),
            cython.address(out[i, 0, 0, 0]),
        )
        for a in range(ahead.shape[0]):
            edges[i, a] *= unit[i]
        for m in range(ahead.shape[0] * (_MEMBERS + 1) * levels.shape[0]):
            cython.address(out[i, 0, 0, 0])[m] *= unit[i]
