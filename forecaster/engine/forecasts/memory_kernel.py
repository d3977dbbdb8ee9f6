"""The codes of the last seven days, compiled as the kernel of Holt-Winters is."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, floor, isfinite, ldexp, log2

_MISSING = cython.declare(cython.short, -32768)
_HIGHEST = cython.declare(cython.double, 32767.0)
_USUAL = cython.declare(cython.double, 8192.0)  # code of the first value seen, at least
_PLACES = cython.declare(cython.double, 1e6)  # of a value that tell its turn: backends round beyond
_DAYS_OF_TREND = cython.declare(cython.Py_ssize_t, 14)  # known, at least
_LASTS = cython.declare(
    cython.double, 0.85
)  # share by which pairs of days that rise outnumber those that fall, or the other way round


def remember(
    ring: cython.short[:, ::1],
    unit: cython.double[::1],
    last: cython.double[::1],
    turn: cython.int[::1],
    values: cython.double[::1],
    slot: cython.longlong,
    begins: cython.bint,
    turns: cython.Py_ssize_t,
    beyond: cython.uchar[::1],
) -> int:
    """Take in the values (n,) of a step in `slot`, NaN = missing, which `begins` it or not; into `beyond`
    whether one was beyond the codes, where it is cut off; how many were. `turn` (n,) is -1 before the first
    value.
    """
    cut: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t = slot % ring.shape[1]
    v: cython.double
    exponent: cython.int
    for i in range(values.shape[0]):
        v = values[i]
        beyond[i] = 0
        if begins:
            ring[i, at] = _MISSING
        if not isfinite(v):
            continue
        if turn[i] < 0:
            turn[i] = 0
            if v != 0:
                exponent = cython.cast(cython.int, floor(log2(fabs(v)))) + 1
                turn[i] = cython.cast(cython.int, floor(ldexp(fabs(v), -exponent) * _PLACES + 0.5)) % turns
        if unit[i] == 0 and v != 0:
            exponent = cython.cast(cython.int, floor(log2(fabs(v) / _USUAL)))
            unit[i] = ldexp(1.0, exponent)
        beyond[i] = fabs(v) > _HIGHEST * unit[i]
        cut += beyond[i]
        last[i] = v
        ring[i, at] = cython.cast(cython.short, _code(v, unit[i]))
    return cut


def due(
    turn: cython.int[::1], slot: cython.longlong, every: cython.Py_ssize_t, rows: cython.Py_ssize_t[::1]
) -> int:
    """The series (n,) whose turn, one in `every` slots, is in `slot`: into the first `rows`, how many."""
    i: cython.Py_ssize_t
    found: cython.Py_ssize_t = 0
    place: cython.Py_ssize_t = slot % every
    for i in range(turn.shape[0]):
        if turn[i] >= 0 and (place + turn[i]) % every == 0:
            rows[found] = i
            found += 1
    return found


def encode(values: cython.double[::1], unit: cython.double[::1], codes: cython.double[::1]) -> None:
    """Values (n,) as codes, NaN = none."""
    i: cython.Py_ssize_t
    for i in range(values.shape[0]):
        codes[i] = _code(values[i], unit[i]) if isfinite(values[i]) else float("nan")


@cython.cfunc
@cython.exceptval(check=False)
def _code(value: cython.double, unit: cython.double) -> cython.double:
    """The code of a value, cut off at the ends; 0 while there is no unit."""
    return 0.0 if unit == 0 else min(max(floor(value / unit + 0.5), -_HIGHEST), _HIGHEST)


@cython.cfunc
@cython.exceptval(check=False)
def _sort_codes(a: cython.int[::1], n: cython.Py_ssize_t) -> cython.void:
    """Ascending, in place (Shell, A high-speed sorting procedure, 1959)."""
    gap: cython.Py_ssize_t = n // 2
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    while gap > 0:
        for i in range(gap, n):
            one: cython.int = a[i]
            j = i
            while j >= gap and a[j - gap] > one:
                a[j] = a[j - gap]
                j -= gap
            a[j] = one
        gap = 1 if gap == 2 else gap * 5 // 11


@cython.cfunc
@cython.exceptval(check=False)
def _sort(a: cython.double[::1], first: cython.Py_ssize_t, n: cython.Py_ssize_t) -> cython.void:
    """The same of `n` numbers from the `first` on."""
    gap: cython.Py_ssize_t = n // 2
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    while gap > 0:
        for i in range(gap, n):
            one: cython.double = a[first + i]
            j = i
            while j >= gap and a[first + j - gap] > one:
                a[first + j] = a[first + j - gap]
                j -= gap
            a[first + j] = one
        gap = 1 if gap == 2 else gap * 5 // 11


@cython.cfunc
@cython.exceptval(check=False)
def _trend(work: cython.double[::1], kept: cython.Py_ssize_t) -> cython.double:
    """Codes a day, by the medians of days, the latest last, NaN = missing, in the first of `work`: the median
    slope between days (Theil, 1950; Sen, 1968) where nearly all pairs of days agree on its direction
    (Kendall, 1938); else 0.
    """
    early: cython.Py_ssize_t
    late: cython.Py_ssize_t
    pairs: cython.Py_ssize_t = 0
    rising: cython.Py_ssize_t = 0
    for early in range(kept):
        for late in range(early + 1, kept):
            rise: cython.double = work[late] - work[early]
            if isfinite(rise):
                rising += 1 if rise > 0 else (-1 if rise < 0 else 0)
                work[kept + pairs] = rise / (late - early)
                pairs += 1
    rising = rising if rising > 0 else -rising
    if rising < _LASTS * max(pairs, _DAYS_OF_TREND * (_DAYS_OF_TREND - 1) // 2):
        return 0.0
    _sort(work, kept, pairs)
    return (work[kept + (pairs - 1) // 2] + work[kept + pairs // 2]) / 2


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _nearest(value: cython.double) -> cython.double:
    """The nearest whole number, of two the even one."""
    low: cython.double = floor(value)
    rest: cython.double = value - low
    return low + 1 if rest > 0.5 or (rest == 0.5 and 2 * floor(low / 2) != low) else low


def end_day(
    ring: cython.short[:, ::1],
    days: cython.short[:, ::1],
    trend: cython.double[::1],
    turn: cython.int[::1],
    rows: cython.Py_ssize_t[::1],
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    points: cython.Py_ssize_t,
    past: cython.int[::1],
    work: cython.double[::1],
    most: cython.int[::1],
) -> None:
    """Of the series at `rows`, whose day of so many slots ends before `slot`: quantiles of that day into
    `days` (n, days kept x points), missing where less than a quarter of it was seen; the `trend` (n,) in
    codes a slot; the largest code of the ring into `most` (rows,). `past` (day,) and `work` are room.
    """
    r: cython.Py_ssize_t
    j: cython.Py_ssize_t
    slots: cython.Py_ssize_t = ring.shape[1]
    kept: cython.Py_ssize_t = days.shape[1] // points
    for r in range(rows.shape[0]):
        i: cython.Py_ssize_t = rows[r]
        at: cython.Py_ssize_t = slot % slots
        seen: cython.Py_ssize_t = 0
        for _ in range(day):
            at = at - 1 if at > 0 else slots - 1
            if ring[i, at] != _MISSING:
                past[seen] = ring[i, at]
                seen += 1
        _sort_codes(past, seen)
        number: cython.Py_ssize_t = (slot + cython.cast(cython.longlong, turn[i])) // day % kept
        for j in range(points):
            days[i, number * points + j] = _MISSING
            if 4 * seen >= max(day, 4):
                place: cython.double = (seen - 1) * (j + 0.5) / points
                low: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, place)
                lower: cython.double = past[low]
                upper: cython.double = past[min(low + 1, seen - 1)]
                days[i, number * points + j] = cython.cast(
                    cython.short, _nearest(lower + (place - low) * (upper - lower))
                )
        for j in range(kept):
            first: cython.Py_ssize_t = (number + 1 + j) % kept * points
            middle: cython.double = days[i, first + (points - 1) // 2]
            middle = (middle + days[i, first + points // 2]) / 2
            work[j] = middle if days[i, first] != _MISSING else float("nan")
        trend[i] = _trend(work, kept) / day
        most[r] = 0
        for j in range(slots):
            if ring[i, j] != _MISSING:
                code: cython.int = ring[i, j]
                most[r] = max(most[r], code if code > 0 else -code)
