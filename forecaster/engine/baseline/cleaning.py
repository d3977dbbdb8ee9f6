"""What happened once is no habit: values for a fit, held to what other days have. Compiled, as the kernel of
Holt-Winters is.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import log

_NAN = cython.declare(cython.double, float("nan"))
_ABOUT = cython.declare(cython.Py_ssize_t, 2)  # steps: what another day has so near to the same time is alike
_FAR = cython.declare(cython.double, 2.0)  # ranges of what is alike, beyond which a value is like none of it
_BURST = cython.declare(cython.Py_ssize_t, 3)  # steps that a burst lasts at most; what goes on is a new level


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _row(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
@cython.exceptval(check=False)
def _cleaned(
    ring: cython.double[:, ::1],
    week: cython.double[:, ::1],
    hours: cython.Py_ssize_t[::1],
    begin: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    tick: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
) -> cython.double:
    """The value of step `tick` of series k, as `cleaned` has it."""
    rows = ring.shape[0]
    base = begin - _BURST
    low = _NAN
    high = low
    other = begin
    shift: cython.Py_ssize_t
    age: cython.Py_ssize_t
    while other < end:
        if not other <= tick < other + day:
            for shift in range(-_ABOUT, _ABOUT + 1):
                age = other + (tick - begin + shift + day) % day
                value = ring[_row(age, rows), k] - week[hours[age - base], k]
                if value == value:
                    low = value if not low <= value else low
                    high = value if not high >= value else high
        other += day
    own = ring[_row(tick, rows), k]
    reach = _FAR * (high - low)
    held = own - week[hours[tick - base], k]
    if not (held < low - reach or held > high + reach):
        return own
    for age in range(1, _BURST + 1):
        value = ring[_row(tick - age, rows), k] - week[hours[tick - age - base], k]
        if not (value < low - reach or value > high + reach):
            return min(max(held, low), high) + week[hours[tick - base], k]
    return own


def cleaned(
    ring: cython.double[:, ::1],
    week: cython.double[:, ::1],
    hours: cython.Py_ssize_t[::1],
    begin: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    first: cython.Py_ssize_t,
    columns: cython.Py_ssize_t[::1],
    out: cython.double[:, ::1],
) -> None:
    """The values from step `first` on of the series at `columns` into `out` (len(columns), steps).

    `ring` (rows, n) holds the value of step t in row t % rows; the window goes from step `begin` to the
    one before `end`, a `day` is so many steps; `week` (hours, n) is what hours of the week add, and `hours`
    the row of each step from three before the window on.
    """
    tick: cython.Py_ssize_t
    j: cython.Py_ssize_t
    for tick in range(first, first + out.shape[1]):
        for j in range(columns.shape[0]):
            out[j, tick - first] = _cleaned(ring, week, hours, begin, end, day, tick, columns[j])


def newest(
    ring: cython.double[:, ::1],
    week: cython.double[:, ::1],
    hours: cython.Py_ssize_t[::1],
    begin: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    tick: cython.Py_ssize_t,
    wanted: cython.uchar[:, ::1],
    logarithmic: cython.uchar[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """The value of step `tick` for each of some filters (filters, n) that it is `wanted` for, or its
    logarithm; NaN for the others, and where it has none.
    """
    f: cython.Py_ssize_t
    i: cython.Py_ssize_t
    for i in range(out.shape[1]):
        value = _NAN
        asked = False
        for f in range(out.shape[0]):
            if wanted[f, i] and not asked:
                value = _cleaned(ring, week, hours, begin, end, day, tick, i)
                asked = True
            out[f, i] = value if wanted[f, i] else _NAN
            if wanted[f, i] and logarithmic[f, i]:
                out[f, i] = log(value) if value > 0 else _NAN
