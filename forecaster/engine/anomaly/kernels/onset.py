"""The decision: what is a new anomaly, what goes on, and since when."""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, isfinite, sqrt

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_SIGNS = cython.declare(cython.Py_ssize_t, 4)
_REST = cython.declare(cython.double, 12.0)  # hours without another alarm of jump, shape or roughness …
_TOLD = cython.declare(cython.double, 6.0)  # … and of shape or roughness after one of rarity
_QUIET = cython.declare(cython.double, 0.7)  # share of the bar below which it is quiet
_GROWTH = cython.declare(cython.double, 3.0)  # times the last alarm's rarity that make another one
_WEARY = cython.declare(cython.double, 0.08)  # rise of the bar for each alarm of the last week
_HABIT = cython.declare(cython.double, 3.0)  # times the rarity at this hour of past weeks that make an alarm
_HIGHEST = cython.declare(cython.double, 100.0)  # strength that is remembered at most
_STRENGTHS = cython.declare(cython.double, 600.0)  # codes for 1: 16 bits hold the highest
_LASTS = cython.declare(cython.double, 1.0)  # hours that an alarm goes on at most
_BRIEFLY = cython.declare(cython.double, 1 / 3)  # and one of shape or roughness, which move by the hour
_RETURNED = cython.declare(cython.double, 0.5)  # share of a jump from which the value counts as still away
_DISPLACED = cython.declare(cython.double, 0.7)  # weight of displacement in the order of what is no new alarm
_FAR = cython.declare(cython.double, 5.0)  # displacement that is as unusual as a sign at its limit
_PRESENT = cython.declare(cython.double, 0.9)  # score from which an anomaly is present; above 1 it is new

# Columns of `state`; times are steps
_AGE = cython.declare(cython.Py_ssize_t, 0)  # since the last alarm of jump, shape or roughness
_COUNT = cython.declare(cython.Py_ssize_t, 1)  # of these alarms, fading
_JUMP = cython.declare(cython.Py_ssize_t, 2)  # of the value at the last one, 0 where it was none of the value
_ORIGIN = cython.declare(cython.Py_ssize_t, 3)  # the level it left
_CALM = cython.declare(cython.Py_ssize_t, 4)  # since rarity was near its bar
_HEIGHT = cython.declare(cython.Py_ssize_t, 5)  # of rarity at its last alarm, 0 after quiet
_RARE = cython.declare(cython.Py_ssize_t, 6)  # since rarity was above its bar …
_ALARM = cython.declare(cython.Py_ssize_t, 7)  # … and since its last alarm
_RUNNING = cython.declare(cython.Py_ssize_t, 8)  # greatest strength of the running hour
_USUAL = cython.declare(cython.Py_ssize_t, 9)  # and about this hour of the last two weeks
_SAME = cython.declare(cython.Py_ssize_t, 10)  # at this hour of them
_GOING = cython.declare(cython.Py_ssize_t, 11)  # 1 while an anomaly goes on

# Columns of `said`
_SCORE = cython.declare(cython.Py_ssize_t, 0)
_SIGN = cython.declare(cython.Py_ssize_t, 1)  # four, 1 = at the limit; of an anomaly its strongest ones
_BEGAN = cython.declare(cython.Py_ssize_t, 5)  # Unix seconds, NaN = none
_NORMAL = cython.declare(cython.Py_ssize_t, 6)  # what it was then, in the values' unit

# Entries of `clock`
_HOUR = cython.declare(cython.Py_ssize_t, 0)  # steps
_APART = cython.declare(cython.Py_ssize_t, 1)  # quiet steps between two alarms of rarity
_FADING = cython.declare(cython.Py_ssize_t, 2)  # of the count of alarms, a step
_SECONDS = cython.declare(cython.Py_ssize_t, 3)  # of an hour


def start(state: cython.double[:, ::1], said: cython.double[:, ::1]) -> None:
    """Nothing has been seen, so nothing has been said."""
    i: cython.Py_ssize_t
    for i in range(state.shape[0]):
        state[i, _AGE] = state[i, _CALM] = state[i, _RARE] = state[i, _ALARM] = _INF
        said[i, _SCORE] = said[i, _BEGAN] = said[i, _NORMAL] = _NAN


def turn(
    before: cython.longlong,
    now: cython.longlong,
    a_week: cython.Py_ssize_t,
    state: cython.double[:, ::1],
    habits: cython.ushort[:, ::1],
) -> None:
    """Close the hour `before` at the hour `now`. What comes again, if weaker because expected, keeps the
    habit: the geometric mean of what was and what is goes on.
    """
    i: cython.Py_ssize_t
    weeks: cython.Py_ssize_t
    rows: cython.Py_ssize_t = habits.shape[1]
    skipped: cython.longlong
    last: cython.longlong = min(now, before + 1 + rows)
    for i in range(state.shape[0]):
        running: cython.double = state[i, _RUNNING]
        strength: cython.double = max(running, sqrt(running * state[i, _USUAL]))
        habits[i, _row(before, rows)] = cython.cast(cython.ushort, strength * _STRENGTHS + 0.5)
        for skipped in range(before + 1, last):
            habits[i, _row(skipped, rows)] = 0
        state[i, _RUNNING] = state[i, _USUAL] = state[i, _SAME] = 0.0
        for weeks in range(1, 3):
            _recall(state, habits, i, now - weeks * a_week)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _row(hour: cython.longlong, rows: cython.Py_ssize_t) -> cython.Py_ssize_t:
    return (hour % rows + rows) % rows


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _recall(
    state: cython.double[:, ::1], habits: cython.ushort[:, ::1], i: cython.Py_ssize_t, hour: cython.longlong
) -> cython.void:
    """What was usual at an hour of the past, and about it."""
    rows: cython.Py_ssize_t = habits.shape[1]
    stray: cython.Py_ssize_t
    for stray in range(-1, 2):
        strength: cython.double = habits[i, _row(hour + stray, rows)] / _STRENGTHS
        state[i, _USUAL] = max(state[i, _USUAL], strength)
        if stray == 0:
            state[i, _SAME] = max(state[i, _SAME], strength)


def observe(
    given: cython.double[:, :, ::1],
    values: cython.double[:, ::1],
    unit: cython.double[:, ::1],
    sure: cython.double[:, ::1],
    ratios: cython.double[:, :, ::1],
    jump: cython.double[:, ::1],
    usual: cython.double[::1],
    limits: cython.double[::1],
    clock: cython.double[::1],
    timestamp: cython.double,
    seconds: cython.double,
    state: cython.double[:, ::1],
    said: cython.double[:, ::1],
    scores: cython.double[:, ::1],
) -> None:
    """Write what is `said` after the steps from `timestamp` on, so many `seconds` each, and the `scores`
    (steps, n) on the way; the score of a missing value is NaN.

    `given` (4, steps, n) are the values, what was expected of them, the least deviation and the sensitivity;
    `ratios` (5, steps, n) what the members say: rarity, jumps, shape, roughness, displacement; `jump`
    (steps, n) and `usual` (n,) what the value came from and what is usual at this hour, in units; `limits`
    (4,) those of the first four.
    """
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    with cython.nogil:
        for i in range(state.shape[0]):
            for t in range(values.shape[0]):
                now: cython.double = timestamp + t * seconds
                _pass(state, i, clock[_FADING])
                said[i, _SCORE] = scores[t, i] = _NAN
                if values[t, i] != values[t, i]:
                    _wait(state, said, i, now, clock[_SECONDS])
                    continue
                wanted: cython.double = given[3, t, i]
                rare: cython.double = ratios[0, t, i] / (limits[0] * wanted)
                strength: cython.double = sure[t, i] / (limits[1] * wanted) * ratios[1, t, i]
                shape: cython.double = sure[t, i] / (limits[2] * wanted) * ratios[2, t, i]
                rough: cython.double = sure[t, i] / (limits[3] * wanted) * ratios[3, t, i]
                placed: cython.double = sure[t, i] * ratios[4, t, i] / _FAR
                expected: cython.double = given[1, t, i] / unit[t, i] if unit[t, i] > 0 else given[1, t, i]
                origin: cython.double = values[t, i] - jump[t, i]
                if isfinite(given[1, t, i]):
                    origin = min(max(expected, -1e18), 1e18)
                _decide(
                    state, said, i, clock, now, given[0, t, i], given[1, t, i], given[2, t, i], origin,
                    unit[t, i], usual[i] * unit[t, i], values[t, i], rare, strength, shape, rough, placed,
                )  # fmt: skip
                scores[t, i] = said[i, _SCORE]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _pass(state: cython.double[:, ::1], i: cython.Py_ssize_t, fading: cython.double) -> cython.void:
    """A step goes by."""
    state[i, _AGE] += 1
    state[i, _CALM] += 1
    state[i, _RARE] += 1
    state[i, _ALARM] += 1
    state[i, _COUNT] *= fading


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _wait(
    state: cython.double[:, ::1],
    said: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    timestamp: cython.double,
    an_hour: cython.double,
) -> cython.void:
    """A missing sample ends what is an hour old."""
    if not timestamp - said[i, _BEGAN] < _LASTS * an_hour:
        said[i, _BEGAN] = said[i, _NORMAL] = _NAN
        state[i, _GOING] = 0.0


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _off(value: cython.double, expected: cython.double, least: cython.double) -> cython.double:
    """|value - expected| in units of the least that matters, infinite where all does or nothing is known."""
    off: cython.double = fabs(value - expected)
    return off / least if isfinite(off) and least > 0 else _INF


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _decide(
    state: cython.double[:, ::1],
    said: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    clock: cython.double[::1],
    timestamp: cython.double,
    given: cython.double,
    expected: cython.double,
    least: cython.double,
    origin: cython.double,
    unit: cython.double,
    usual: cython.double,
    value: cython.double,
    rare: cython.double,
    jump: cython.double,
    shape: cython.double,
    rough: cython.double,
    placed: cython.double,
) -> cython.void:
    """The score of a value and its reasons; all that the members say is 1 at their limits."""
    normal: cython.double = origin * unit
    far: cython.double = _off(given, expected, least)
    residual: cython.double = max(rare, jump)
    strength: cython.double = max(jump, max(shape, rough))
    if residual <= 1:
        far = max(far, _off(given, usual, least))
        normal = usual if isfinite(usual) else normal
    found: cython.int = 0
    if far >= 1:
        found = _new(state, i, clock, rare, jump, max(shape, rough))
    state[i, _RUNNING] = max(state[i, _RUNNING], min(max(strength, rare), _HIGHEST))
    still: cython.bint = found == 0 and _lasts(state, i, clock[_HOUR], value, strength, rare)
    if found % 2 == 1:
        state[i, _AGE], state[i, _COUNT] = 0.0, state[i, _COUNT] + 1
        state[i, _JUMP] = value - origin if jump > 1 else 0.0
        state[i, _ORIGIN] = origin
    if found >= 2:
        state[i, _ALARM] = 0.0
    if rare > 1:
        state[i, _RARE] = 0.0
    _keep(state, said, i, timestamp, clock[_SECONDS], found > 0, still, normal)
    _sign(said, i, 0, residual, still)
    _sign(said, i, 1, shape, still)
    _sign(said, i, 2, rough, still)
    _sign(said, i, 3, placed, still)
    said[i, _SCORE] = max(strength, rare) if found > 0 else _present(rare, placed, far, still)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _present(
    rare: cython.double, placed: cython.double, far: cython.double, still: cython.bint
) -> cython.double:
    """The score of what is no new anomaly: from 0.9 on while one goes on, below otherwise."""
    order: cython.double = sqrt(rare * rare + _DISPLACED * _DISPLACED * placed * placed)
    order /= 1 + order
    return _PRESENT + (1 - _PRESENT) * order if still else min(_PRESENT * order, far)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _sign(
    said: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
    sign: cython.double,
    still: cython.bint,
) -> cython.void:
    said[i, _SIGN + k] = max(said[i, _SIGN + k], sign) if still else sign


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _new(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    clock: cython.double[::1],
    rare: cython.double,
    jump: cython.double,
    slow: cython.double,
) -> cython.int:
    """Whether there is an alarm, 1 by jump, shape or roughness, 2 by rarity, 3 by both.

    The first ones rest for half a day, and their bar rises with every alarm of the last week. Rarity rests an
    hour, for repeated incidents; shape and roughness (`slow`) do not repeat what it has said. All are
    measured by what was usual at this hour of the last weeks.
    """
    found: cython.int = 0
    hour: cython.double = clock[_HOUR]
    other: cython.double = max(jump, slow if state[i, _RARE] > _TOLD * hour else 0.0)
    bar: cython.double = max(1 + _WEARY * state[i, _COUNT], state[i, _USUAL])
    if other > bar and state[i, _AGE] > max(_REST * hour, 1.0):
        found = 1
    if state[i, _CALM] > clock[_APART]:
        state[i, _HEIGHT] = 0.0
    bar = _HABIT * state[i, _SAME] if state[i, _SAME] > 1 else 1.0
    if rare > bar and (state[i, _HEIGHT] == 0 or rare > _GROWTH * state[i, _HEIGHT]):
        state[i, _HEIGHT] = rare
        found += 2
    if rare > _QUIET:
        state[i, _CALM] = 0.0
    return found


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _lasts(
    state: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    hour: cython.double,
    value: cython.double,
    strength: cython.double,
    rare: cython.double,
) -> cython.bint:
    """Whether an alarm goes on, for an hour at most: its reason is there, or the value has not come half the
    way back.
    """
    if state[i, _ALARM] < _LASTS * hour and rare > _QUIET:
        return True
    jump: cython.double = state[i, _JUMP]
    if jump == 0:
        return state[i, _AGE] < _BRIEFLY * hour and strength > 1
    if state[i, _AGE] >= _LASTS * hour:
        return False
    away: cython.double = value - state[i, _ORIGIN] if jump > 0 else state[i, _ORIGIN] - value
    return away >= _RETURNED * fabs(jump)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _keep(
    state: cython.double[:, ::1],
    said: cython.double[:, ::1],
    i: cython.Py_ssize_t,
    timestamp: cython.double,
    an_hour: cython.double,
    new: cython.bint,
    still: cython.bint,
    normal: cython.double,
) -> cython.void:
    """Since when and from where: kept while it goes on and an hour from its begin. Of what happens on one
    machine, the cause is often over when its effects are seen.
    """
    young: cython.bint = timestamp - said[i, _BEGAN] < _LASTS * an_hour
    begins: cython.bint = new and not (state[i, _GOING] > 0 and (young or still))
    state[i, _GOING] = 1.0 if new or still else 0.0
    if begins:
        said[i, _BEGAN], said[i, _NORMAL] = timestamp, normal
    elif not (state[i, _GOING] > 0 or young):
        said[i, _BEGAN] = said[i, _NORMAL] = _NAN
