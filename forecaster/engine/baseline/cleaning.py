"""What happened once is no habit: values for a fit, held to what other days have. Compiled, as the kernel of
Holt-Winters is.

A window is the steps from `begin` to the one before `end`, a `day` is so many. `ring` (rows, n) holds the
value of step t in row t % rows, as code: `scale` (2, n) is the value of code 0, and of code 1 less it. `week`
(hours of a week, n) is what these add, and `hours` the row of each step from three before the window on.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import log

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_MISSING = cython.declare(cython.short, -32768)  # code of a step without a value …
_BEYOND = cython.declare(cython.int, 32767)  # … of a slip that no code tells …
_WILD = cython.declare(cython.double, 16.0)  # … which is taken for so many times the farthest that one tells
_ABOUT = cython.declare(cython.Py_ssize_t, 2)  # steps: what another day has so near to the same time is alike
_FAR = cython.declare(cython.double, 2.0)  # ranges of what is alike, beyond which a value is like none of it
_BURST = cython.declare(cython.Py_ssize_t, 3)  # steps that a burst lasts at most; what goes on is a new level


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _row(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _decoded(code: cython.int, origin: cython.double, unit: cython.double) -> cython.double:
    """The value that a code of the window tells, as the kernel has it."""
    code = cython.cast(cython.int, code)
    off = unit * (code * (code if code > 0 else -code))
    if code == _BEYOND or code == -_BEYOND:
        off *= _WILD
    return origin + off if code != _MISSING else _NAN


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _lower(value: cython.double, than: cython.double) -> cython.double:
    """The lower of two numbers, or that which is no NaN."""
    return value if value < than or than != than else than


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _higher(value: cython.double, than: cython.double) -> cython.double:
    """The higher of two numbers, or that which is no NaN."""
    return value if value > than or than != than else than


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _out_of(value: cython.double, low: cython.double, high: cython.double) -> cython.bint:
    """Whether a value is far from a range."""
    reach = _FAR * (high - low)
    return value < low - reach or value > high + reach


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _about(time: cython.Py_ssize_t, day: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """A time of the day that may lie somewhat before or after it."""
    return time if 0 <= time < day else (time % day + day) % day


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _compare(days: cython.Py_ssize_t, day: cython.Py_ssize_t, work: cython.double[:, ::1]) -> cython.void:
    """The lowest and the highest value of each day about each time of it, into rows 2 and 3 of `work`, rows 4
    and 5 of which are room; infinite where there is none.
    """
    d: cython.Py_ssize_t
    t: cython.Py_ssize_t
    k: cython.Py_ssize_t
    for d in range(days):
        first: cython.Py_ssize_t = _BURST + d * day
        for t in range(day + 2 * _ABOUT):
            value = work[1, first + _about(t - _ABOUT, day)]
            work[4, t] = value if value == value else _INF
            work[5, t] = value if value == value else -_INF
        for t in range(day):
            work[2, first + t] = work[4, t]
            work[3, first + t] = work[5, t]
        for k in range(1, 2 * _ABOUT + 1):  # inside are the times: these loops become vectors
            for t in range(day):
                work[2, first + t] = min(work[2, first + t], work[4, t + k])
                work[3, first + t] = max(work[3, first + t], work[5, t + k])


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _held(
    days: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    own: cython.Py_ssize_t,
    time: cython.Py_ssize_t,
    at: cython.Py_ssize_t,
    work: cython.double[:, ::1],
) -> cython.double:
    """What is kept of a value of the day `own` at a `time` of it; the value stands at `at` of row 0 of
    `work`, less what the week adds in row 1.
    """
    d: cython.Py_ssize_t
    low = _INF
    high = -_INF
    for d in range(days):
        if d != own:
            low = min(low, work[2, _BURST + d * day + time])
            high = max(high, work[3, _BURST + d * day + time])
    value = work[1, at]
    if low <= high and _out_of(value, low, high):
        for d in range(1, _BURST + 1):
            if not _out_of(work[1, at - d], low, high):
                return min(max(value, low), high) + (work[0, at] - value)
    return work[0, at]


def cleaned(
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
    week: cython.float[:, ::1],
    hours: cython.Py_ssize_t[::1],
    begin: cython.Py_ssize_t,
    days: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    first: cython.Py_ssize_t,
    columns: cython.Py_ssize_t[::1],
    out: cython.double[:, ::1],
    work: cython.double[:, ::1],
) -> None:
    """The values from step `first` on of the series at `columns` into `out` (len(columns), steps).

    `work` (6, steps) has room for the window with what is before and after it.
    """
    j: cython.Py_ssize_t
    t: cython.Py_ssize_t
    base: cython.Py_ssize_t = begin - _BURST
    skipped: cython.Py_ssize_t = first - base
    last: cython.Py_ssize_t = skipped + out.shape[1]
    start: cython.Py_ssize_t = _row(base, ring.shape[0])
    with cython.nogil:
        for j in range(columns.shape[0]):
            row: cython.Py_ssize_t = start
            origin = scale[0, columns[j]]
            unit = scale[1, columns[j]]
            for t in range(max(last, _BURST + days * day)):
                work[0, t] = _decoded(ring[row, columns[j]], origin, unit)
                work[1, t] = work[0, t] - week[hours[t], columns[j]]
                row = row + 1 if row + 1 < ring.shape[0] else 0
            _compare(days, day, work)
            own: cython.Py_ssize_t = (skipped - _BURST) // day
            time: cython.Py_ssize_t = (skipped - _BURST) % day
            for t in range(skipped, last):
                out[j, t - skipped] = _held(days, day, own, time, t, work)
                time += 1
                if time == day:
                    time = 0
                    own += 1


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _value(
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
    row: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.double:
    """The value of series i in a row of the ring."""
    return _decoded(ring[row, i], scale[0, i], scale[1, i])


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _less(
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
    week: cython.float[:, ::1],
    rows: cython.Py_ssize_t[:, ::1],
    k: cython.Py_ssize_t,
    i: cython.Py_ssize_t,
) -> cython.double:
    """The value of series i in the row number k of the ring, less what the week adds then."""
    return _value(ring, scale, rows[0, k], i) - cython.cast(cython.double, week[rows[1, k], i])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _newest(
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
    week: cython.float[:, ::1],
    rows: cython.Py_ssize_t[:, ::1],
    i: cython.Py_ssize_t,
) -> cython.double:
    """The value of series i in the last of some rows of the ring, as `cleaned` has it: the rows before are
    what it is compared with, and the steps that it may be in a burst with.
    """
    k: cython.Py_ssize_t
    last: cython.Py_ssize_t = rows.shape[1] - 1
    low = _NAN
    high = _NAN
    for k in range(last - _BURST):
        value = _less(ring, scale, week, rows, k, i)
        if value == value:
            low = _lower(value, low)
            high = _higher(value, high)
    value = _value(ring, scale, rows[0, last], i)
    own = _less(ring, scale, week, rows, last, i)
    if _out_of(own, low, high):
        for k in range(last - _BURST, last):
            if not _out_of(_less(ring, scale, week, rows, k, i), low, high):
                return min(max(own, low), high) + (value - own)
    return value


def newest(
    ring: cython.short[:, :],
    scale: cython.double[:, ::1],
    week: cython.float[:, ::1],
    rows: cython.Py_ssize_t[:, ::1],
    wanted: cython.uchar[:, ::1],
    logarithmic: cython.uchar[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """The newest value for each of some filters (filters, n) that it is `wanted` for, or its logarithm; NaN
    for the others, and where it has none.

    `rows` (2, k) are those of `alike`.
    """
    f: cython.Py_ssize_t
    i: cython.Py_ssize_t
    for i in range(out.shape[1]):
        value = _NAN
        for f in range(out.shape[0]):
            if wanted[f, i]:
                value = _newest(ring, scale, week, rows, i)
                break
        for f in range(out.shape[0]):
            out[f, i] = value if wanted[f, i] else _NAN
            if wanted[f, i] and logarithmic[f, i]:
                out[f, i] = log(value) if value > 0 else _NAN


def alike(
    begin: cython.Py_ssize_t,
    days: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    tick: cython.Py_ssize_t,
    hours: cython.Py_ssize_t[::1],
    ring: cython.Py_ssize_t,
    rows: cython.Py_ssize_t[:, ::1],
) -> None:
    """The rows of a ring of so many, and of the week, that tell what a step after the window is alike: those
    about the same time of each day, then the steps before it, then its own. `rows` (2, 5 days + 4).
    """
    d: cython.Py_ssize_t
    k: cython.Py_ssize_t
    at: cython.Py_ssize_t = 0
    for d in range(days):
        for k in range(-_ABOUT, _ABOUT + 1):
            rows[0, at] = begin + d * day + _about((tick - begin) % day + k, day)
            at += 1
    for k in range(tick - _BURST, tick + 1):
        rows[0, at] = k
        at += 1
    for k in range(at):
        rows[1, k] = hours[rows[0, k] - begin + _BURST]
        rows[0, k] = _row(rows[0, k], ring)
