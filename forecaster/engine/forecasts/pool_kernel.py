"""The members' quantiles made one, and how right members and pool were, compiled as the kernel of
Holt-Winters is.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, fabs

_INF = cython.declare(cython.double, float("inf"))
_NAN = cython.declare(cython.double, float("nan"))
_MISSING = cython.declare(cython.short, -32768)
_MEMBERS = cython.declare(cython.Py_ssize_t, 9)
_WEEK = cython.declare(cython.Py_ssize_t, 6)
_MONTH = cython.declare(cython.Py_ssize_t, 7)
_ETA = cython.declare(cython.double, 2.0)  # of the mean loss relative to the best member's
_SURE = cython.declare(cython.double, 5.0)  # judgements after which a series' own losses count in full
_WILD = cython.declare(cython.double, 8.0)  # times the largest mean loss: more is not taken in at once
_TRIM = cython.declare(cython.double, 0.35)  # of the weight, left out at each end
_CLOCK = cython.declare(cython.Py_ssize_t, 8)
_LEAST_SHARE = cython.declare(cython.double, 0.3)  # of the weight, below which a member hardly moves the pool
_PACE = cython.declare(cython.double, 0.03)  # of a width, for each judgement


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _pooled(
    said: cython.double[:, :, :, :, ::1],
    r: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
    h: cython.Py_ssize_t,
    q: cython.Py_ssize_t,
    work: cython.double[:, ::1],
) -> cython.double:
    """The mean of the members' quantiles with the weights work[1], without the outer parts of the weight;
    NaN left out.
    """
    n: cython.Py_ssize_t = 0
    m: cython.Py_ssize_t
    i: cython.Py_ssize_t
    value: cython.double
    total: cython.double = 0.0
    for m in range(_MEMBERS):
        value = said[r, k, h, m, q]
        if value == value:
            i = n
            while i > 0 and work[2, i - 1] > value:
                work[2, i], work[3, i] = work[2, i - 1], work[3, i - 1]
                i -= 1
            work[2, i], work[3, i] = value, work[1, m]
            total += work[1, m]
            n += 1
    if n == 0:
        return _NAN
    first: cython.Py_ssize_t = -1
    last: cython.Py_ssize_t = 0
    below: cython.double = 0.0
    mean: cython.double = 0.0
    taken: cython.double = 0.0
    share: cython.double
    for i in range(n):
        share = min(below + work[3, i], (1 - _TRIM) * total) - max(below, _TRIM * total)
        below += work[3, i]
        if share > 0:
            first = i if first < 0 else first
            last = i
            mean += share * work[2, i]
            taken += share
    return work[2, first] if work[2, first] == work[2, last] else mean / taken


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _trusted(
    loss: cython.float[:, :, ::1],
    i: cython.Py_ssize_t,
    j: cython.Py_ssize_t,
    judged: cython.double,
    work: cython.double[:, ::1],
) -> cython.void:
    """What a series' own losses say of the members, 1 of the best, into work[0]."""
    m: cython.Py_ssize_t
    least: cython.double = fabs(loss[i, j, 0])
    sure: cython.double = min(judged, _SURE) / _SURE
    for m in range(_MEMBERS):
        least = min(least, fabs(loss[i, j, m]))
    for m in range(_MEMBERS):
        work[0, m] = exp(-_ETA * sure * min((fabs(loss[i, j, m]) - least) / (least + 1.0), 15.0))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _joined(
    said: cython.double[:, :, :, :, ::1],
    r: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
    h: cython.Py_ssize_t,
    job: cython.int,
    edge: cython.double,
    prior: cython.double[:, :, ::1],
    below: cython.double,
    above: cython.double,
    middle: cython.Py_ssize_t,
    work: cython.double[:, ::1],
    out: cython.double[:, :, :, ::1],
) -> cython.void:
    """The pool's quantiles of one horizon, ascending; `below` and `above` are times the distance from the
    median.
    """
    q: cython.Py_ssize_t
    m: cython.Py_ssize_t
    nq: cython.Py_ssize_t = out.shape[3]
    for q in range(nq):
        for m in range(_MEMBERS):
            work[1, m] = work[0, m] * prior[h, q, m]
        out[r, k, h, q] = _pooled(said, r, k, h, q, work)
    if (job > 0 and out[r, k, h, middle] < edge) or (job < 0 and out[r, k, h, middle] > edge):
        for q in range(nq):
            out[r, k, h, q] = said[r, k, h, _MEMBERS, q]
        below = above = 1.0  # as where forecasts are looked up
    for q in range(nq):
        if q != middle:
            out[r, k, h, q] = out[r, k, h, middle] + (above if q > middle else below) * (
                out[r, k, h, q] - out[r, k, h, middle]
            )
    for q in range(1, nq):
        out[r, k, h, q] = max(out[r, k, h, q], out[r, k, h, q - 1])


def join(
    rows: cython.Py_ssize_t[::1],
    said: cython.double[:, :, :, :, ::1],
    jobs: cython.int[:, ::1],
    edges: cython.double[:, ::1],
    loss: cython.float[:, :, ::1],
    judged: cython.float[:, ::1],
    width: cython.float[:, :, ::1],
    learnt: cython.Py_ssize_t[::1],
    own: cython.uchar[::1],
    middle: cython.Py_ssize_t,
    prior: cython.double[:, :, ::1],
    widths: cython.double[:, ::1],
    work: cython.double[:, ::1],
    out: cython.double[:, :, :, ::1],
) -> None:
    """What was `said` (rows, knots, n_ahead, members and job, n_levels) as one: `out` (rows, knots, n_ahead,
    n_levels), codes.

    `learnt` (n_ahead,) is the judged horizon whose losses count, and whose widths where they are a series'
    `own`; `prior` (n_ahead, n_levels, members) and `widths` (n_ahead, 2) are the fleet's. `work` is (4,
    members).
    """
    r: cython.Py_ssize_t
    i: cython.Py_ssize_t
    h: cython.Py_ssize_t
    k: cython.Py_ssize_t
    below: cython.double
    above: cython.double
    with cython.nogil:
        for r in range(rows.shape[0]):
            i = rows[r]
            for h in range(out.shape[2]):
                below, above = widths[h, 0], widths[h, 1]
                if own[h]:
                    below *= width[i, learnt[h], 0]
                    above *= width[i, learnt[h], 1]
                _trusted(loss, i, learnt[h], cython.cast(cython.double, judged[i, learnt[h]]), work)
                for k in range(out.shape[1]):
                    _joined(said, r, k, h, jobs[r, h], edges[r, h], prior, below, above, middle, work, out)


def clock_shares(
    loss: cython.float[:, :, ::1],
    judged: cython.float[:, ::1],
    learnt: cython.Py_ssize_t[::1],
    prior: cython.double[:, :, ::1],
    middle: cython.Py_ssize_t,
    rows: cython.Py_ssize_t[::1],
    work: cython.double[:, ::1],
    out: cython.double[:, :, ::1],
) -> None:
    """The share that the values of the same clock time have in the weight of the members that series judge,
    in each quantile (n, n_ahead, n_levels), of some `rows`: 0 where in the median it is small.
    """
    r: cython.Py_ssize_t
    i: cython.Py_ssize_t
    h: cython.Py_ssize_t
    q: cython.Py_ssize_t
    m: cython.Py_ssize_t
    total: cython.double
    for r in range(rows.shape[0]):
        i = rows[r]
        for h in range(out.shape[1]):
            for q in range(out.shape[2]):
                out[i, h, q] = 0.0
            if not _may_lead(loss, judged, i, learnt[h], prior, h, middle):
                continue
            _trusted(loss, i, learnt[h], cython.cast(cython.double, judged[i, learnt[h]]), work)
            for q in range(out.shape[2]):
                total = 0.0
                for m in range(_MEMBERS):
                    total += work[0, m] * prior[h, q, m] if m != _MONTH else 0.0
                out[i, h, q] = work[0, _CLOCK] * prior[h, q, _CLOCK] / total
            if out[i, h, middle] < _LEAST_SHARE:
                for q in range(out.shape[2]):
                    out[i, h, q] = 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _may_lead(
    loss: cython.float[:, :, ::1],
    judged: cython.float[:, ::1],
    i: cython.Py_ssize_t,
    j: cython.Py_ssize_t,
    prior: cython.double[:, :, ::1],
    h: cython.Py_ssize_t,
    q: cython.Py_ssize_t,
) -> cython.bint:
    """Whether the clock time's share may be large beside that of the member that errs least."""
    best: cython.Py_ssize_t = 0
    m: cython.Py_ssize_t
    for m in range(1, _MEMBERS):
        best = m if m != _MONTH and fabs(loss[i, j, m]) < fabs(loss[i, j, best]) else best
    if best == _CLOCK:
        return True
    least: cython.double = fabs(loss[i, j, best])
    off: cython.double = (fabs(loss[i, j, _CLOCK]) - least) / (least + 1.0)
    sure: cython.double = min(cython.cast(cython.double, judged[i, j]), _SURE) / _SURE
    clock: cython.double = prior[h, q, _CLOCK] * exp(-_ETA * sure * min(off, 15.0))
    return clock >= _LEAST_SHARE * (clock + prior[h, q, best])


def judge(
    rows: cython.Py_ssize_t[::1],
    came: cython.short[:, ::1],
    said: cython.double[:, :, :, :, ::1],
    pool: cython.double[:, :, :, ::1],
    memory: cython.double,
    levels: cython.double[::1],
    loss: cython.float[:, :, ::1],
    judged: cython.float[:, ::1],
    width: cython.float[:, :, ::1],
) -> None:
    """Learn from codes that `came` (rows, 1 + n_ahead), the first one when they were asked, how right were
    what members `said` and the `pool` of some `rows`. Who has said nothing yet counts as the best one, marked
    by its sign: the fleet's weights stand until it is heard, and half of what it says first is believed.
    """
    r: cython.Py_ssize_t
    i: cython.Py_ssize_t
    h: cython.Py_ssize_t
    m: cython.Py_ssize_t
    q: cython.Py_ssize_t
    nq: cython.Py_ssize_t = levels.shape[0]
    y: cython.double
    off: cython.double
    error: cython.double
    most: cython.double
    rate: cython.double
    old: cython.double
    least: cython.double
    with cython.nogil:
        for r in range(rows.shape[0]):
            i = rows[r]
            for h in range(came.shape[1] - 1):
                if came[r, h + 1] == _MISSING:
                    continue
                y = came[r, h + 1]
                width[i, h, 0] = _wider(width[i, h, 0], y < pool[r, 0, h, 0], levels[0])
                width[i, h, 1] = _wider(width[i, h, 1], y > pool[r, 0, h, nq - 1], levels[0])
                most = 1.0
                for m in range(_MEMBERS):
                    most = max(most, fabs(loss[i, h, m]))
                most = _WILD * most if judged[i, h] > _SURE / 2 else _INF
                judged[i, h] += 1
                rate = max(1.0 / cython.cast(cython.double, judged[i, h]), 1.0 / memory)
                least = _INF
                for m in range(_MEMBERS):
                    off = 0
                    for q in range(nq):
                        error = y - said[r, 0, h, m, q]
                        off += max(levels[q] * error, (levels[q] - 1) * error)
                    if off == off:
                        old = fabs(loss[i, h, m])
                        off = (0.5 if loss[i, h, m] < 0 else rate) * (min(off, most) - old)
                        loss[i, h, m] = old + off
                        least = min(least, old + off)
                for m in range(_MEMBERS):
                    off = said[r, 0, h, m, 0]
                    if off != off and loss[i, h, m] <= 0 and least < _INF:
                        loss[i, h, m] = 0.0 - least
                loss[i, h, _MONTH] = loss[
                    i, h, _WEEK
                ]  # the month is not judged: its outcomes would be too few


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _wider(width: cython.double, beyond: cython.bint, outside: cython.double) -> cython.double:
    """The width moved to where a share `outside` of the outcomes lies beyond it."""
    times: cython.double = exp(_PACE * ((1.0 if beyond else 0.0) - outside))
    return min(max(cython.cast(cython.double, width) * times, 0.5), 2.5)


def in_units(
    codes: cython.double[:, :, ::1],
    last: cython.double[::1],
    newest: cython.double[::1],
    unit: cython.double[::1],
    highest: cython.double,
    shares: cython.double[::1],
    picked: cython.Py_ssize_t[::1],
    out: cython.double[:, :, ::1],
) -> None:
    """Quantiles as values, ascending: of the `codes` (rows, n_horizons, n_levels), which are spent on it,
    those of the `picked` levels into `out`. The code of the `newest` value is the `last` one itself, unless
    it is cut off at the `highest` code; what is nearer than a slot, by its `shares` of one (n_horizons,),
    leaves from there.
    """
    r: cython.Py_ssize_t
    h: cython.Py_ssize_t
    q: cython.Py_ssize_t
    value: cython.double
    before: cython.double
    exact: cython.bint
    with cython.nogil:
        for r in range(codes.shape[0]):
            exact = fabs(newest[r]) < highest
            for h in range(codes.shape[1]):
                before = -_INF
                for q in range(codes.shape[2]):
                    value = last[r] if exact and codes[r, h, q] == newest[r] else codes[r, h, q] * unit[r]
                    if value < before or before != before:  # rounding to codes may have changed the order
                        value = before
                    before = value
                    codes[r, h, q] = value
                for q in range(picked.shape[0]):
                    value = codes[r, h, picked[q]]
                    out[r, h, q] = last[r] + shares[h] * (value - last[r]) if shares[h] < 1 else value
