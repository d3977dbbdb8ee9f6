"""What happened once is no habit: values for a fit, held to what other days have. Compiled, as the kernel of
Holt-Winters is.
"""

from __future__ import annotations

import cython

_ABOUT = cython.declare(cython.Py_ssize_t, 2)  # steps: what another day has so near to the same time is alike
_FAR = cython.declare(cython.double, 2.0)  # ranges of what is alike, beyond which a value is like none of it
_BURST = cython.declare(cython.Py_ssize_t, 3)  # steps that a burst lasts at most; what goes on is a new level


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _row(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


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
    rows: cython.Py_ssize_t = ring.shape[0]
    base: cython.Py_ssize_t = begin - _BURST
    tick: cython.Py_ssize_t
    other: cython.Py_ssize_t
    shift: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    age: cython.Py_ssize_t
    low: cython.double
    high: cython.double
    value: cython.double
    reach: cython.double
    held: cython.double
    for tick in range(first, first + out.shape[1]):
        for j in range(columns.shape[0]):
            k = columns[j]
            low = high = float("nan")
            other = begin
            while other < end:
                if not other <= tick < other + day:
                    for shift in range(-_ABOUT, _ABOUT + 1):
                        age = other + (tick - begin + shift + day) % day
                        value = ring[_row(age, rows), k] - week[hours[age - base], k]
                        if value == value:
                            low = value if not low <= value else low
                            high = value if not high >= value else high
                other += day
            value = ring[_row(tick, rows), k]
            out[j, tick - first] = value
            reach = _FAR * (high - low)
            held = value - week[hours[tick - base], k]
            if not (held < low - reach or held > high + reach):
                continue
            for age in range(1, _BURST + 1):
                value = ring[_row(tick - age, rows), k] - week[hours[tick - age - base], k]
                if not (value < low - reach or value > high + reach):
                    out[j, tick - first] = min(max(held, low), high) + week[hours[tick - base], k]
                    break
