"""The loops over single series of the state tables, compiled as the kernel of Holt-Winters is: what a series
did of late, the cells it is in, what followed.

Arrays have the series last, n of them. Counts of 16 bits have 12 binary digits: a code below 8192 is
so many 1024ths, with each 4096 codes more the steps are twice as wide, up to 131,000. What lies between two
codes becomes one of both; a `dither` in [0, 1) that takes all values alike says which: sums stay right.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import exp, floor, isfinite, log, sqrt

_NAN = cython.declare(cython.double, float("nan"))
_AT_LIMIT = cython.declare(cython.double, 90.0)  # the level of a value at its limit
_LARGEST = cython.declare(cython.double, 200.0)  # percent of the limit: beyond, nothing is told apart
_HOURS = cython.declare(cython.Py_ssize_t, 24)
_DAYS = cython.declare(cython.Py_ssize_t, 7)
_WEEKEND = cython.declare(cython.Py_ssize_t, 5)  # the first of its days
_THURSDAY = cython.declare(cython.Py_ssize_t, 3)  # day 0 of Unix time
_GOLDEN = cython.declare(cython.double, (5**0.5 - 1) / 2)
_REACH = cython.declare(cython.double, 512.0)  # whole numbers whose intervals are known; no edge is beyond
_LEAST_PACE = cython.declare(cython.double, 0.03)  # onsets a day, added before the logarithm
_OBSERVED = cython.declare(cython.double, 0.8)  # share of a horizon observed that says that nothing happened
_LEAST = cython.declare(cython.double, 0.0005)  # added to every rate: nothing is impossible
_ALARM = cython.declare(cython.double, 0.5)  # probability from which on another view's word is an alarm
_TRUSTED = cython.declare(cython.double, 0.3)  # shipped trust in an alarm …
_TRUST = cython.declare(cython.double, 3.0)  # … and how many alarms until a series' own count as much
_STEADY = cython.declare(
    cython.double, 0.015
)  # share of the limit by which views err that are trusted anyway

# Counts of 16 bits
_TOGETHER = cython.declare(cython.Py_ssize_t, 64)  # series whose counts are fetched at once
_DIGITS = cython.declare(cython.int, 4096)
_UNIT = cython.declare(cython.double, 1024.0)
_LAST = cython.declare(cython.int, 65535)
_CLAIMS = cython.declare(cython.double, 65535.0)  # code of a probability of 1

# The circumstances, in this order: `circumstances.NAMES`.
_LEVEL = cython.declare(cython.Py_ssize_t, 0)
_MOVE = cython.declare(cython.Py_ssize_t, 1)
_MOVE_BEFORE = cython.declare(cython.Py_ssize_t, 2)
_USUAL = cython.declare(cython.Py_ssize_t, 3)
_AGE = cython.declare(cython.Py_ssize_t, 4)
_HOUR = cython.declare(cython.Py_ssize_t, 5)
_WEEK = cython.declare(cython.Py_ssize_t, 6)
_ONSETS_1 = cython.declare(cython.Py_ssize_t, 7)
_ONSETS_3 = cython.declare(cython.Py_ssize_t, 8)
_PACE_HALF = cython.declare(cython.Py_ssize_t, 9)
_PACE_3 = cython.declare(cython.Py_ssize_t, 10)


@cython.cclass
class Past:
    """The arrays of `Circumstances`; an `hour` and a `grain` are in steps, a `step` and a `day` in seconds;
    `fades` are what a step leaves of the usual level and of each pace.
    """

    step: cython.Py_ssize_t
    day: cython.Py_ssize_t
    hour: cython.Py_ssize_t
    grain: cython.Py_ssize_t
    fades: cython.double[::1]
    recent: cython.double[:, ::1]
    filled: cython.double[::1]
    seen: cython.double[::1]
    latest: cython.double[::1]
    lowest: cython.double[::1]
    highest: cython.double[::1]
    above: cython.double[::1]
    onset: cython.double[::1]
    onsets: cython.uchar[:, ::1]
    usual: cython.double[:, ::1]
    pace: cython.double[:, :, ::1]

    def __init__(self, clock: tuple, fades: cython.double[::1], values: tuple, limits: tuple) -> None:
        self.step, self.day, self.hour, self.grain = clock
        self.fades = fades
        self.recent, self.filled, self.seen, self.latest, self.lowest, self.highest = values
        self.above, self.onset, self.onsets, self.usual, self.pace = limits


@cython.cclass
class Ledger:
    """The arrays of a ledger: what waits by the number of its entry, counts and sums; how many steps `ahead`
    its horizon is, the steps between two entries, which are worth a `weight`, and the row of its horizon
    among the views.

    `rates` are those shipped of every row; the `reference` is the table that says what they expect. `common`
    (hours x 2, tables) are the rows of the cells that all series are in, -1 where each is in its own, which
    `axes` and `intervals` tell as `cells` has them. A day leaves the shares `kept` of the counts of every
    row.
    """

    view: cython.Py_ssize_t
    ahead: cython.Py_ssize_t
    stride: cython.Py_ssize_t
    weight: cython.double
    reference: cython.Py_ssize_t
    rates: cython.double[::1]
    common: cython.Py_ssize_t[:, ::1]
    axes: cython.Py_ssize_t[:, ::1]
    intervals: cython.uchar[:, ::1]
    kept: cython.double[::1]
    waiting: cython.ushort[:, :, ::1]
    marks: cython.float[:, ::1]
    claims: cython.ushort[:, ::1]
    hits: cython.ushort[:, :]
    count: cython.ushort[:, :]
    claimed: cython.double[:, ::1]
    frailty: cython.double[:, ::1]
    codes: cython.int[::1]

    def __init__(self, clock: tuple, tables: tuple, waiting: tuple, counts: tuple) -> None:
        self.view, self.ahead, self.stride, self.weight = clock
        self.reference, self.rates, self.common, self.axes, self.intervals, self.kept = tables
        self.waiting, self.marks, self.claims = waiting
        self.hits, self.count, self.claimed, self.frailty, self.codes = counts


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _slot(tick: cython.Py_ssize_t, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The row of a step in a ring; Python's remainder, where C's may be negative."""
    return (tick % rows + rows) % rows


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _part(number: cython.Py_ssize_t, of: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Which part of so many a number lies in; Python's division."""
    return (number - _slot(number, of)) // of


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _dither(number: cython.Py_ssize_t) -> cython.double:
    """Values in [0, 1) of which any run is spread evenly, and so is each run of every so manieth: what the
    golden ratio leaves of numbers (Weyl, Über die Gleichverteilung von Zahlen mod. Eins, 1916).
    """
    turns: cython.double = number * _GOLDEN
    return turns - floor(turns)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _of_day(second: cython.Py_ssize_t, day: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The hour of the day."""
    return _slot(second, day) * _HOURS // day


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _weekend(second: cython.Py_ssize_t, day: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """1 at the weekend, 0 on workdays."""
    return 1 if _slot(_part(second, day) + _THURSDAY, _DAYS) >= _WEEKEND else 0


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _quiet(
    tick: cython.Py_ssize_t, hour: cython.Py_ssize_t, above: cython.double, filled: cython.double
) -> cython.bint:
    """Whether the hour up to a step stayed below the limit, half observed."""
    return tick - above >= hour and filled >= max(1, hour // 2)


@cython.cfunc
@cython.exceptval(check=False)
def _observe(
    values: cython.double[:], limit: cython.double[:], tick: cython.Py_ssize_t, its: Past
) -> cython.void:
    """Take in the values and limits (n,) of a step."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    rows: cython.Py_ssize_t = its.recent.shape[0]
    hour: cython.Py_ssize_t = its.hour
    now: cython.Py_ssize_t = _slot(tick, rows)
    leaving: cython.Py_ssize_t = _slot(tick - hour, rows)
    newest: cython.Py_ssize_t = _slot(_part(tick, hour), its.onsets.shape[0])
    turned: cython.bint = _part(tick, hour) != _part(tick - 1, hour)
    fades = its.fades
    recent = its.recent
    filled = its.filled
    seen = its.seen
    latest = its.latest
    lowest = its.lowest
    highest = its.highest
    above = its.above
    onset = its.onset
    onsets = its.onsets
    usual = its.usual
    pace = its.pace
    with cython.nogil:
        for i in range(values.shape[0]):
            level = _NAN
            if isfinite(limit[i]) and limit[i] > 0:
                level = min(max(90.0 * (values[i] / limit[i]), -_LARGEST), _LARGEST)
            known = 1.0 if level == level else 0.0
            high: cython.bint = level >= _AT_LIMIT
            began = 1.0 if high and _quiet(tick - 1, hour, above[i], filled[i]) else 0.0
            filled[i] += known - (1.0 if recent[leaving, i] == recent[leaving, i] else 0.0)
            recent[now, i] = level
            seen[i] += known
            if high:
                above[i] = tick
            if began > 0:
                onset[i] = tick
            onsets[newest, i] = (0 if turned else onsets[newest, i]) + (1 if began > 0 else 0)
            usual[0, i] = usual[0, i] * fades[0] + (level if known > 0 else 0.0)
            usual[1, i] = usual[1, i] * fades[0] + known
            for k in range(pace.shape[0]):
                pace[k, 0, i] = pace[k, 0, i] * fades[k + 1] + began
                pace[k, 1, i] = pace[k, 1, i] * fades[k + 1] + known
            if known > 0:
                latest[i] = level
                lowest[i] = min(lowest[i], level)
                highest[i] = max(highest[i], level)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _known(value: cython.double) -> cython.double:
    """The value, 0 where it is NaN."""
    return value if value == value else 0.0


def now(
    tick: cython.Py_ssize_t,
    its: Past,
    paces: cython.bint,
    counted: cython.ushort[:, ::1],
    out: cython.double[:, ::1],
) -> None:
    """The circumstances (all of them, n) of a step, the last one seen; the `paces`, which are dear and no
    table's, only where they are wanted. `counted` (2, n) is worked in.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    recent = its.recent
    latest = its.latest
    onset = its.onset
    onsets = its.onsets
    usual = its.usual
    pace = its.pace
    hour: cython.Py_ssize_t = its.hour
    rows: cython.Py_ssize_t = recent.shape[0]
    hours: cython.Py_ssize_t = onsets.shape[0]
    one: cython.Py_ssize_t = _slot(tick, rows)
    two: cython.Py_ssize_t = _slot(tick - its.grain, rows)
    three: cython.Py_ssize_t = _slot(tick - 2 * its.grain, rows)
    newest: cython.Py_ssize_t = _slot(_part(tick, hour), hours)
    second: cython.Py_ssize_t = tick * its.step
    season = cython.cast(cython.double, its.day) / its.step
    of_day: cython.double = _of_day(second, its.day)
    of_week: cython.double = _of_day(second, its.day) // 2 + _HOURS // 2 * _weekend(second, its.day)
    with cython.nogil:
        for i in range(latest.shape[0]):
            out[_LEVEL, i] = _known(latest[i])
            out[_MOVE, i] = _known(recent[one, i] - recent[two, i])
            out[_MOVE_BEFORE, i] = _known(recent[two, i] - recent[three, i])
            out[_USUAL, i] = usual[0, i] / max(usual[1, i], 1e-9)
            out[_AGE, i] = (tick - onset[i]) / hour
            out[_HOUR, i] = of_day
            out[_WEEK, i] = of_week
            for k in range(pace.shape[0] if paces else 0):
                rate = season * pace[k, 0, i] / max(pace[k, 1, i], season / 4)
                out[_PACE_HALF + k, i] = log(rate + _LEAST_PACE)
            counted[0, i] = counted[1, i] = 0
        for k in range(hours):  # whole numbers of 16 bits: these loops become vectors of eight
            row = _slot(newest - k, hours)
            before: cython.Py_ssize_t = 0 if k < _HOURS else 1
            for i in range(latest.shape[0]):
                counted[before, i] += onsets[row, i]
        for i in range(latest.shape[0]):
            out[_ONSETS_1, i] = counted[0, i]
            out[_ONSETS_3, i] = counted[0, i] + counted[1, i]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _whole(value: cython.double) -> cython.Py_ssize_t:
    """The whole number at or below a value, from 0 for what is at or below -_REACH on."""
    held = min(max(value, -_REACH), _REACH)
    whole: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, held)
    return whole - (1 if held < whole else 0) + cython.cast(cython.Py_ssize_t, _REACH)


def cells(
    circumstances: cython.double[:, ::1],
    axes: cython.Py_ssize_t[:, ::1],
    intervals: cython.uchar[:, ::1],
    out: cython.ushort[:, ::1],
) -> None:
    """The rows of the cells (tables, n) that the series are in.

    `axes` has a row for each axis of each table, in their order: table, circumstance, how many intervals it
    has, and the table's first row; `intervals` of each whole number from -_REACH to _REACH in which it lies.
    """
    a: cython.Py_ssize_t
    i: cython.Py_ssize_t
    with cython.nogil:
        for a in range(axes.shape[0]):
            table = axes[a, 0]
            begins: cython.bint = a == 0 or axes[a - 1, 0] != table
            ends: cython.bint = a == axes.shape[0] - 1 or axes[a + 1, 0] != table
            first: cython.Py_ssize_t = axes[a, 3] if ends else 0
            times: cython.Py_ssize_t = 0 if begins else axes[a, 2]
            common: cython.bint = axes[a, 1] in (_HOUR, _WEEK)  # to all series
            interval: cython.Py_ssize_t = 0
            for i in range(circumstances.shape[1]):
                if i == 0 or not common:
                    interval = intervals[a, _whole(circumstances[axes[a, 1], i])]
                before: cython.Py_ssize_t = 0 if begins else out[table, i]
                out[table, i] = before * times + interval + first


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _usable(limit: cython.double, lowest: cython.double, highest: cython.double) -> cython.bint:
    """Whether the tables have something to say: there is a limit to be near, and the level has moved."""
    return isfinite(limit) and limit > 0 and highest > lowest


@cython.cfunc
@cython.exceptval(check=False)
def _enter(
    tick: cython.Py_ssize_t,
    limit: cython.double[:],
    views: cython.double[:],
    circumstances: cython.double[:, ::1],
    past: Past,
    its: Ledger,
) -> cython.void:
    """Note the cells of a step, the last one observed, and how much was seen until then, NaN where its
    outcome does not count; and the alarms of other views (n,).
    """
    i: cython.Py_ssize_t
    hour: cython.Py_ssize_t = past.hour
    slot: cython.Py_ssize_t = _slot(_part(tick, its.stride), its.marks.shape[0])
    cells(circumstances, its.axes, its.intervals, its.waiting[slot])
    newest = past.recent[_slot(tick, past.recent.shape[0])]
    filled = past.filled
    seen = past.seen
    lowest = past.lowest
    highest = past.highest
    above = past.above
    marks = its.marks[slot]
    claims = its.claims[slot]
    with cython.nogil:
        for i in range(marks.shape[0]):
            counts: cython.bint = newest[i] == newest[i] and _quiet(tick, hour, above[i], filled[i])
            marks[i] = seen[i] if counts else _NAN
            alarm: cython.bint = views[i] >= _ALARM and _usable(limit[i], lowest[i], highest[i])
            claims[i] = cython.cast(cython.ushort, views[i] * _CLAIMS + 0.5) if alarm else 0


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _unpacked(code: cython.int) -> cython.double:
    """The number that a code of 16 bits tells."""
    code = cython.cast(cython.int, code)
    if code < 2 * _DIGITS:
        return code / _UNIT
    wide: cython.int = 1 << (code // _DIGITS - 1)
    return (_DIGITS + code % _DIGITS) * wide / _UNIT


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _packed(number: cython.double, dither: cython.double) -> cython.int:
    """The code of a number from 0 to 131,000."""
    number *= _UNIT
    code: cython.int = 0
    while number >= 2 * _DIGITS:
        number *= 0.5
        code += _DIGITS
    return min(code + cython.cast(cython.int, number + dither), _LAST)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _more(
    code: cython.int, weight: cython.double, dither: cython.double, codes: cython.int[::1]
) -> cython.int:
    """The code of a number and a weight more: so many `codes`, by the first digits of the number's."""
    code = cython.cast(cython.int, code)
    more: cython.int = code + codes[code // _DIGITS]
    if more < 2 * _DIGITS or more // _DIGITS == code // _DIGITS:  # as wide as before
        return more
    return _packed(_unpacked(code) + weight, dither)


@cython.cfunc
@cython.exceptval(check=False)
def _settle(then: cython.Py_ssize_t, past: Past, its: Ledger) -> cython.void:
    """Enter what followed the cells that were current at the step `then`, a horizon ago."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    own: cython.Py_ssize_t
    wide: cython.double = 1.0
    ahead: cython.double = its.ahead
    weight: cython.double = its.weight
    reference: cython.Py_ssize_t = its.reference
    dither: cython.double = _dither(_part(then, its.stride))
    slot: cython.Py_ssize_t = _slot(_part(then, its.stride), its.marks.shape[0])
    second: cython.Py_ssize_t = then * past.step
    above = past.above
    seen = past.seen
    rates = its.rates
    common = its.common[2 * _of_day(second, past.day) + _weekend(second, past.day)]
    waiting = its.waiting[slot]
    marks = its.marks[slot]
    claims = its.claims[slot]
    hits = its.hits
    count = its.count
    claimed = its.claimed
    frailty = its.frailty
    codes = its.codes
    with cython.nogil:
        for k in range(codes.shape[0]):
            codes[k] = cython.cast(cython.int, weight * _UNIT / wide + dither)
            wide *= 2.0 if k > 0 else 1.0
        for i in range(marks.shape[0]):
            mark = marks[i]
            marks[i] = _NAN
            hit: cython.bint = above[i] > then
            if mark != mark or not (hit or seen[i] - mark >= _OBSERVED * ahead):
                continue
            own = 0
            expected = 0.0
            for k in range(common.shape[0]):
                row = common[k]
                if row < 0:
                    row = waiting[own, i]
                    own += 1
                if k == reference:
                    expected = rates[row]
                count[row, i] = _more(count[row, i], weight, dither, codes)
                if hit:
                    hits[row, i] = _more(hits[row, i], weight, dither, codes)
            promised = weight * (claims[i] / _CLAIMS)
            claimed[1, i] += promised
            frailty[1, i] += weight * expected
            if hit:
                frailty[0, i] += weight
                if promised > 0:
                    claimed[0, i] += weight


@cython.cfunc
@cython.exceptval(check=False)
def _fade(hour: cython.Py_ssize_t, fading: cython.double, its: Ledger) -> cython.void:
    """Forget, as an hour ends: each row of the counts a day's share once a day, with the last hour the sums,
    of which a day leaves `fading`, too. What is zero is not written: memory that was never used stays so.
    """
    row: cython.Py_ssize_t
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    kept = its.kept
    hits = its.hits
    count = its.count
    of_day: cython.Py_ssize_t = _slot(hour, _HOURS)
    dither: cython.double = _dither(hour)
    first: cython.Py_ssize_t = kept.shape[0] * of_day // _HOURS
    end: cython.Py_ssize_t = kept.shape[0] * (of_day + 1) // _HOURS
    with cython.nogil:
        for row in range(first, end):
            for i in range(count.shape[1]):
                if count[row, i] != 0:
                    count[row, i] = _packed(kept[row] * _unpacked(count[row, i]), dither)
                if hits[row, i] != 0:
                    hits[row, i] = _packed(kept[row] * _unpacked(hits[row, i]), dither)
    if of_day == _HOURS - 1:
        for k in range(2):
            for i in range(count.shape[1]):
                its.claimed[k, i] *= fading
                its.frailty[k, i] *= fading


def observe(
    values: cython.double[:, :],
    limit: cython.double[:],
    tick: cython.Py_ssize_t,
    past: Past,
    ledgers: tuple,
    fading: cython.double,
    views: cython.double[:, :, :],
    counted: cython.ushort[:, ::1],
    circumstances: cython.double[:, ::1],
) -> None:
    """Take in the values (steps, n) of the steps from `tick` on and their limit (n,): what a series did of
    late, what followed the cells of a horizon ago; note the cells of the first of the steps that `views`
    (steps, horizons, n) are given of, with the alarms among these.

    `counted` (2, n) and `circumstances` (all of them, n) are room.
    """
    t: cython.Py_ssize_t
    hour: cython.Py_ssize_t
    for t in range(values.shape[0]):
        at: cython.Py_ssize_t = tick + t
        known: cython.bint = False
        _observe(values[t], limit, at, past)
        first: cython.Py_ssize_t = _part(at * past.step * _HOURS, past.day)
        end: cython.Py_ssize_t = _part((at + 1) * past.step * _HOURS, past.day)
        for each in ledgers:
            its: Ledger = each
            if _slot(at - its.ahead, its.stride) == 0:
                _settle(at - its.ahead, past, its)
            for hour in range(first, end):
                _fade(hour, fading, its)
            if t < views.shape[0] and _slot(at, its.stride) == 0:
                if not known:
                    now(at, past, False, counted, circumstances)
                    known = True
                _enter(at, limit, views[t, its.view], circumstances, past, its)


def outlook(
    circumstances: cython.double[:, ::1],
    rows: cython.ushort[:, ::1],
    tables: cython.double[:, ::1],
    plain: cython.double[::1],
    constant: cython.double,
    rates: cython.double[::1],
    hits: cython.ushort[:, :],
    count: cython.ushort[:, :],
    columns: cython.Py_ssize_t[::1],
    claimed: cython.double[:, ::1],
    frailty: cython.double[:, ::1],
    lowest: cython.double[::1],
    highest: cython.double[::1],
    limit: cython.double[:],
    error: cython.double[:],
    views: cython.double[:],
    out: cython.double[:],
    work: cython.double[::1],
) -> None:
    """P(limit reached) (n,) of some series by what followed the cells they are in (tables, n), and by what
    other `views` say as far as they are believed. `hits` and `count` are those of all series, of which these
    have the `columns` (n,).

    `tables` (tables, 3) gives the prior's observations, the parent's number or -1, the weight; `plain` the
    weight of each circumstance; `rates` are those shipped of every row. `error` (n,) is how far the views are
    usually off an hour ahead, inf = not known. `work` has room for a number of each table.
    """
    its = cython.declare(cython.ushort[2 * 16 * 64])  # counts of a block, of more tables than there are
    i: cython.Py_ssize_t
    for i in range(out.shape[0]):
        if i % _TOGETHER == 0:
            _fetch(rows, hits, count, columns, i, its)
        out[i] = views[i]
        if not _usable(limit[i], lowest[i], highest[i]):
            continue
        odds = constant + _log_odds(rows, tables, rates, its, frailty, work, i)
        odds += _plainly(circumstances, plain, i)
        off = error[i] / max(_STEADY * limit[i], 1e-300)
        steady = 1.0 / (1.0 + off * off * off * off)
        claim = views[i] if views[i] >= _ALARM else 0.0
        borne_out = min((claimed[0, i] + _TRUST * _TRUSTED) / (claimed[1, i] + _TRUST), 1.0)
        trusted = steady * views[i] + (1.0 - steady) * borne_out * claim
        out[i] = max(1.0 / (1.0 + exp(-odds)), trusted)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _plainly(
    circumstances: cython.double[:, ::1], plain: cython.double[::1], i: cython.Py_ssize_t
) -> cython.double:
    """What the circumstances themselves add to the log odds."""
    total = 0.0
    k: cython.Py_ssize_t
    for k in range(plain.shape[0]):
        if plain[k] != 0:
            total += plain[k] * circumstances[k, i]
    return total


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _fetch(
    rows: cython.ushort[:, ::1],
    hits: cython.ushort[:, :],
    count: cython.ushort[:, :],
    columns: cython.Py_ssize_t[::1],
    first: cython.Py_ssize_t,
    its: cython.p_ushort,
) -> cython.void:
    """The counts of the cells of a block of series: each lies elsewhere, and nothing but the waiting for
    memory goes on at once here.
    """
    k: cython.Py_ssize_t
    i: cython.Py_ssize_t
    last: cython.Py_ssize_t = min(first + _TOGETHER, columns.shape[0])
    for k in range(rows.shape[0]):
        for i in range(first, last):
            at: cython.Py_ssize_t = 2 * (k * _TOGETHER + i - first)
            its[at] = hits[rows[k, i], columns[i]]
            its[at + 1] = count[rows[k, i], columns[i]]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _log_odds(
    rows: cython.ushort[:, ::1],
    tables: cython.double[:, ::1],
    rates: cython.double[::1],
    its: cython.p_ushort,
    frailty: cython.double[:, ::1],
    work: cython.double[::1],
    i: cython.Py_ssize_t,
) -> cython.double:
    """The sum of the tables' log odds, weighted.

    The rate of a cell before any observation of it has the shipped odds, times the root of how much oftener
    the series has reached its limit than those expect; or it is that of its parent.
    """
    k: cython.Py_ssize_t
    total = 0.0
    root = sqrt((frailty[0, i] + 1.0) / (frailty[1, i] + 1.0))
    for k in range(rows.shape[0]):
        row = rows[k, i]
        parent = cython.cast(cython.Py_ssize_t, tables[k, 1])
        if parent >= 0:
            before = work[parent]
        else:
            odds = rates[row] / (1.0 - rates[row]) * root
            before = odds / (1.0 + odds)
        at: cython.Py_ssize_t = 2 * (k * _TOGETHER + i % _TOGETHER)
        hit = _unpacked(its[at])
        work[k] = (hit + tables[k, 0] * before) / (_unpacked(its[at + 1]) + tables[k, 0])
        if tables[k, 2] != 0:
            rate = min(work[k] + _LEAST, 1.0 - _LEAST)
            total += tables[k, 2] * log(rate / (1.0 - rate))
    return total
