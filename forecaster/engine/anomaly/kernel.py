# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The anomaly score of one step, all series at a call, compiled as the kernel of Holt-Winters is.

Each series is a row of doubles (`Series`), one of singles for its tails and one for its rings, so that one
after the other stays in the processor's first cache. Values are in units of the series' first magnitude above
zero; an hour is day / 24, however long the day is. Members first, the decision after them.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import INFINITY, NAN, cbrt, exp, fabs, floor, isfinite, log, sqrt

# The tails of rarity, which -ln P(as large): their far end decides.
_BINS = cython.declare(cython.Py_ssize_t, 41)  # of a tail, the first one for what is small
_TAILS = cython.declare(cython.Py_ssize_t, 8)  # four streams, signs apart
_SMALLEST = cython.declare(cython.double, -0.916290731874155)  # ln 0.4: upper edge of the first bin
_RATIO = cython.declare(cython.double, 0.19885085874516517)  # ln 1.22, of a bin's edges: the last is at 1,100
_PRIOR = cython.declare(cython.double, 75.0)  # samples in the first bin, and as many in an exponential tail
_TOP = cython.declare(cython.double, 8.0)  # samples beyond the highest point that is still believed
_BODY = cython.declare(cython.double, 0.1)  # share of samples beyond the lowest point …
_SHOULDER = cython.declare(cython.double, 0.005)  # … and beyond the middle one; they give the tail's shape
_LEAST = cython.declare(cython.double, 4.5)  # samples beyond the middle point at least
_HEAVY = cython.declare(cython.double, 0.3)  # shape of -ln p = (z / scale)^shape at least; 1 is exponential …
_LIGHT = cython.declare(cython.double, 1.5)  # … 2 normal; at most
_MEMORY = cython.declare(cython.double, 14.0)  # days
_SAMPLES = cython.declare(cython.double, 500.0)  # at least
_MINUTES = cython.declare(cython.double, 20160.0)  # samples of one a minute in that memory
_FALSE = cython.declare(cython.double, 0.4)  # a week: how often independent noise has a rarity of 1
_COUNTED = cython.declare(cython.double, 0.5)  # rarity from which an episode counts once …
_FIRST = cython.declare(cython.double, 0.1)  # … its first sample so much in the tails of means …
_AGAIN = cython.declare(cython.double, 0.01)  # … its others so much
# The streams of rarity, in scales of the residual
_FEW = cython.declare(cython.double, 0.35)  # weight of the newest residual in a mean of about three …
_SOME = cython.declare(cython.double, 0.2)  # … and of about five
_QUICK = cython.declare(cython.double, 0.5)  # of the newest sample in the quick level
_WILD = cython.declare(cython.double, 20.0)  # scales at which a residual is held in a mean
_SINGLE = cython.declare(cython.double, 0.8)  # weight of a single sample's rarity against that of means
# The levels and scales of rarity
_CLIP = cython.declare(cython.double, 3.0)  # scales by which a residual may move a level …
_CLIP_ALARM = cython.declare(cython.double, 0.5)  # … at an alarm's begin, and e-fold …
_OPENS = cython.declare(cython.double, 3.0)  # … in so many hours: what stays becomes normal
_ALARM = cython.declare(cython.double, 0.7)  # rarity that is an alarm for the level
_SURPRISE = cython.declare(cython.double, 4.0)  # scales by which a residual may count for the scale
_LEVEL_HOURS = cython.declare(cython.double, 2.0)
_SCALE_DAYS = cython.declare(cython.double, 7.0)
_HOUR_DAYS = cython.declare(cython.double, 9.0)  # memory of the factor of an hour of the day
_YOUNG = cython.declare(cython.double, 12.0)  # first samples of which rarity says nothing
_PROFILE = cython.declare(cython.double, 0.2)  # weight of the newest day in the profile
_EARNED = cython.declare(cython.double, 0.95)  # share of the distance that a profile in use leaves at most
# Sizes against the extremes of their own past
_LONG_SHARE = cython.declare(cython.double, 0.1)  # of the long memory's mean power, below which none falls
_SHORT_DAYS = cython.declare(cython.double, 3.0)  # memories of jumps and swings
_LONG_DAYS = cython.declare(cython.double, 14.0)
_SHAPE_DAYS = cython.declare(cython.double, 7.0)  # short memory of distances between hours
_FLOOR = cython.declare(cython.double, 0.001)  # smallest size that counts, of the largest magnitude of late
_SWING = cython.declare(cython.double, 0.05)  # smallest change of the logarithm of roughness that counts
_FASTS = cython.declare(cython.double, 3.0)  # hours: memory of the present roughness
_SLOWS = cython.declare(cython.double, 7.0)  # days: of the usual one
_NEIGHBOURS = cython.declare(cython.Py_ssize_t, 6)  # of the hours before
_ALONE = cython.declare(cython.double, 1.5)  # how much nearer one of whole weeks must be to count alone
_FORGET = cython.declare(cython.double, 28.0)  # days: memory of the long-run level and the largest magnitude
# The decision
_UNJUDGED = cython.declare(cython.double, 3.0)  # first samples that say nothing at all
_REST = cython.declare(cython.double, 12.0)  # hours without another alarm of jump, shape or roughness …
_TOLD = cython.declare(cython.double, 6.0)  # … and of shape or roughness after one of rarity
_APART = cython.declare(cython.double, 60.0)  # quiet steps between two alarms of rarity, an hour at least
_QUIET = cython.declare(cython.double, 0.7)  # share of the bar below which it is quiet
_GROWTH = cython.declare(cython.double, 3.0)  # times the last alarm's rarity that make another one
_WEARY = cython.declare(cython.double, 0.08)  # rise of the bar for each alarm of the last week
_HABIT = cython.declare(cython.double, 3.0)  # times the rarity at this hour of past weeks that make an alarm
_HIGHEST = cython.declare(cython.double, 100.0)  # strength that is remembered at most
_LASTS = cython.declare(cython.double, 1.0)  # hours that an alarm goes on at most
_BRIEFLY = cython.declare(cython.double, 1 / 3)  # and one of shape or roughness, which move by the hour
_RETURNED = cython.declare(cython.double, 0.5)  # share of a jump from which the value counts as still away
_DISPLACED = cython.declare(cython.double, 0.7)  # weight of displacement in the order of what is no new alarm
_PRESENT = cython.declare(cython.double, 0.9)  # score from which an anomaly is present; above 1 it is new

Tail = cython.struct(  # three points: logarithm of the size, -ln of the share of samples as large
    body=cython.double,
    body_rare=cython.double,
    shoulder=cython.double,
    shoulder_rare=cython.double,
    top=cython.double,
    top_rare=cython.double,
    shape=cython.double,  # beyond the top
)
Extremes = cython.struct(  # mean powers of sizes, over a short and a long memory
    short=cython.double[6],
    long=cython.double[6],
    seen_short=cython.double,
    seen_long=cython.double,
    learned=cython.double,
)
Profile = cython.struct(  # what the hour of the day adds to the day's level
    spread=cython.double,
    level=cython.double,
    total=cython.double,  # of the running slot
    samples=cython.double,
    slot=cython.double,  # the running one, -1 before any
    with_it=cython.double,  # mean distances from the day's level
    without=cython.double,
    used=cython.double,
    offset=cython.double[48],
    count=cython.double[48],
)
Alarm = cython.struct(
    age=cython.double,  # steps since the last one of jump, shape or roughness
    count=cython.double,  # fading
    jump=cython.double,  # of the value, 0 where it was none of the value
    origin=cython.double,  # the level it left
    quiet=cython.double,  # steps since rarity was near its bar
    height=cython.double,  # of rarity at its last alarm, 0 after quiet
    since=cython.double,  # steps since rarity was above its bar
    since_rare=cython.double,  # and since its last alarm
    running=cython.double,  # greatest strength of the running hour
    habit=cython.double,  # and about this hour of the last two weeks
    same=cython.double,  # at this hour of them
    began=cython.double,  # Unix seconds, NaN = none
    normal=cython.double,  # what it was then, in the values' unit
    signs=cython.double[4],  # strongest since the last alarm while it goes on
    going=cython.double,
)
Series = cython.struct(
    size=cython.double,  # the unit; 0 before any
    largest=cython.double,
    seen=cython.double,
    level=cython.double,
    quick=cython.double,
    scale=cython.double,
    means=cython.double[4],
    usual=cython.double[4],  # sizes of the means
    tails=Tail[8],
    unit=cython.double,  # of the tails' masses: it grows, so that the past fades untouched
    rarity=cython.double,
    lasting=cython.double,  # steps
    since_alarm=cython.double,
    since_counted=cython.double,
    levels=cython.double[3],
    scales=cython.double[3],
    jumps=Extremes,
    jump=cython.double,
    block=cython.double,  # number of the running hour, -1 before any
    total=cython.double,
    count=cython.double,
    shape=cython.double,
    usual_hour=cython.double,
    distances=Extremes,
    last=cython.double,
    swing_fast=cython.double,
    swing_slow=cython.double,
    seen_fast=cython.double,
    seen_slow=cython.double,
    swing_total=cython.double[2],
    swing_count=cython.double,
    swing_age=cython.double,
    swings=Extremes,
    recent=cython.double,
    long=cython.double,
    away=cython.double,
    seen_recent=cython.double,
    seen_long=cython.double,
    seen_away=cython.double,
    alarm=Alarm,
    profile=Profile,  # what a step reads little of comes last
    hour_counts=cython.double[24],
    hours=cython.double[24],  # factors of the scale
)
Clock = cython.struct(  # what all series of a batch have in common; rates are weights of the newest
    step=cython.double,  # seconds
    day=cython.double,
    timestamp=cython.double,
    second=cython.double,  # of the day
    tick=cython.longlong,
    block=cython.double,  # number of the present hour
    hour=cython.double,  # steps
    steps_a_day=cython.double,
    slots=cython.int,
    hours=cython.int,
    blocks_a_day=cython.int,
    lags=cython.int,
    ring=cython.int,  # lengths
    wait=cython.int,
    fading=cython.double,
    cut=cython.double,  # nats
    bar=cython.double,  # rarity of an alarm
    gap=cython.double,  # steps
    apart=cython.double,
    warm=cython.double,
    sure=cython.double,
    day_rate=cython.double,
    level_rate=cython.double,
    scale_rate=cython.double,
    hour_rate=cython.double,
    jump_scale=cython.double,
    jump_short=cython.double,
    jump_long=cython.double,
    shape_rate=cython.double,
    shape_short=cython.double,
    block_long=cython.double,
    swing_short=cython.double,
    swing_fast=cython.double,
    swing_slow=cython.double,
    recent_rate=cython.double,
    long_rate=cython.double,
    alarm_fading=cython.double,
)
Limits = cython.struct(  # see limits.py
    rarity=cython.double,
    fewer=cython.double,
    residual=cython.double,
    shape=cython.double,
    roughness=cython.double,
)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _max(a: cython.double, b: cython.double) -> cython.double:
    """The larger one, of numbers; unlike fmax, which minds NaN, it is one instruction."""
    return a if a > b else b


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _min(a: cython.double, b: cython.double) -> cython.double:
    return a if a < b else b


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _held(value: cython.double, reach: cython.double) -> cython.double:
    return _min(_max(value, -reach), reach)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _rate(steps: cython.double, at_least: cython.double) -> cython.double:
    """Weight of the newest in a mean that remembers so many."""
    return 1 - exp(-1 / _max(steps, at_least))


@cython.cfunc
@cython.exceptval(check=False)
def _clock(
    c: cython.pointer(Clock), step: cython.double, day: cython.double, timestamp: cython.double
) -> cython.void:
    """What follows from the step and the day, in seconds, and from the time."""
    block: cython.double = _max(day / 24, step)
    c.step, c.day, c.timestamp = step, day, timestamp
    c.second = timestamp - day * floor(timestamp / day)
    c.tick = cython.cast(cython.longlong, floor(timestamp / step))
    c.block = floor(timestamp / block)
    c.hour, c.steps_a_day = day / 24 / step, day / step
    c.slots = cython.cast(cython.int, _min(_max(floor(c.steps_a_day + 0.5), 1.0), 48.0))
    c.hours = min(c.slots, 24)
    c.blocks_a_day = cython.cast(cython.int, _max(floor(day / block + 0.5), 1.0))
    c.wait = cython.cast(cython.int, _max(floor(c.blocks_a_day / 2.0 + 0.5), 1.0))
    c.fading = exp(1 / _max(_MEMORY * c.steps_a_day, _SAMPLES))
    c.cut = log(_max(7 * c.steps_a_day * _TAILS / _FALSE, 20.0))
    c.gap = _max(c.hour / 2, 1.0)
    c.apart = _min(_max(c.hour, _APART), _max(_REST * c.hour, 1.0))
    c.warm, c.sure = _max(6 * c.hour, 24.0), _max(6 * c.hour, 12.0)
    c.day_rate = _rate(c.steps_a_day, 1.0)
    c.level_rate = _rate(_LEVEL_HOURS * c.hour, 20.0)
    c.scale_rate = _rate(_SCALE_DAYS * c.steps_a_day, 30.0)
    c.hour_rate = _rate(_HOUR_DAYS * c.hour, 20.0)
    c.jump_scale = c.day_rate
    c.jump_short = _rate(_SHORT_DAYS * c.steps_a_day, 1.0)
    c.jump_long = _rate(_LONG_DAYS * c.steps_a_day, 1.0)
    c.shape_rate = 1 / _max(4 * c.blocks_a_day / 24.0, 1.0)
    c.shape_short = _rate(_SHAPE_DAYS * c.blocks_a_day, 1.0)
    c.block_long = _rate(_LONG_DAYS * c.blocks_a_day, 1.0)
    c.swing_short = _rate(_SHORT_DAYS * c.blocks_a_day, 1.0)
    c.swing_fast = _rate(_FASTS * c.hour, 12.0)
    c.swing_slow = _rate(_SLOWS * c.steps_a_day, 12.0)
    c.recent_rate = _rate(2 * c.hour, 1.0)
    c.long_rate = _rate(_FORGET * c.steps_a_day, 1.0)
    c.alarm_fading = 1 - _rate(7 * c.steps_a_day, 1.0)


# The profile of the day, of rarity


@cython.cfunc
@cython.exceptval(check=False)
def _learn_slot(p: cython.pointer(Profile), slot: cython.Py_ssize_t, offset: cython.double) -> cython.void:
    off: cython.double = offset - p.offset[slot]
    reach: cython.double = 3 * p.spread if p.spread > 0 else INFINITY
    if p.count[slot] == 0:
        p.offset[slot], p.count[slot] = 0.9 * offset, 1.0
        return
    p.spread = p.spread + 0.02 * (_min(fabs(off), 8 * p.spread) - p.spread) if p.spread > 0 else fabs(off)
    p.offset[slot] += _max(_PROFILE, 1 / (p.count[slot] + 1)) * _held(off, reach)
    p.count[slot] += 1


@cython.cfunc
@cython.exceptval(check=False)
def _turn_slot(s: cython.pointer(Series), c: cython.pointer(Clock)) -> cython.void:
    """Close the running slot where the clock is in another one; is the profile worth its place?"""
    p: cython.pointer(Profile) = cython.address(s.profile)
    slot: cython.double = _min(floor(c.second / c.day * c.slots), c.slots - 1.0)
    if slot == p.slot:
        return
    if p.slot >= 0 and p.samples > 0:
        _learn_slot(p, cython.cast(cython.Py_ssize_t, p.slot), p.total / p.samples - p.level)
    p.slot, p.total, p.samples = slot, 0.0, 0.0
    p.used = 1.0 if p.with_it < _EARNED * p.without and s.seen > c.steps_a_day else 0.0


@cython.cfunc
@cython.exceptval(check=False)
def _at(table: cython.p_double, n: cython.int, c: cython.pointer(Clock)) -> cython.double:
    """A table (n,) over the day at the present time, straight lines between the middles of its entries."""
    place: cython.double = c.second / c.day * n
    if n >= c.steps_a_day - 0.5:
        return table[cython.cast(cython.Py_ssize_t, _min(floor(place), n - 1.0))]
    at: cython.double = floor(place - 0.5)
    share: cython.double = place - 0.5 - at
    here: cython.int = (cython.cast(cython.int, at) + n) % n
    return table[here] * (1 - share) + table[(here + 1) % n] * share


@cython.cfunc
@cython.exceptval(check=False)
def _observe_profile(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    value: cython.double,
    believed: cython.double,
    offset: cython.double,
) -> cython.void:
    p: cython.pointer(Profile) = cython.address(s.profile)
    reach: cython.double = 60 * s.scale if s.seen > _YOUNG else INFINITY
    away: cython.double
    p.total += believed
    p.samples += 1
    p.level += _max(1 / s.seen, c.day_rate) * _held(value - p.level, reach)
    if p.count[cython.cast(cython.Py_ssize_t, p.slot)] > 0:
        away = value - p.level
        p.with_it += 0.5 * c.day_rate * (_min(fabs(away - offset), reach) - p.with_it)
        p.without += 0.5 * c.day_rate * (_min(fabs(away), reach) - p.without)


# The tails of rarity


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _between(
    at: cython.double,
    low: cython.double,
    low_rare: cython.double,
    high: cython.double,
    high_rare: cython.double,
) -> cython.double:
    return low_rare + (high_rare - low_rare) * (at - low) / _max(high - low, 1e-9)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _rare(t: cython.pointer(Tail), size: cython.double) -> cython.double:
    """-ln P(as large), from the logarithm of a size."""
    if size >= t.top:
        return t.top_rare * exp(_min(t.shape * (size - t.top), 30.0))
    if size >= t.shoulder:
        return _between(size, t.shoulder, t.shoulder_rare, t.top, t.top_rare)
    if size >= t.body:
        return _between(size, t.body, t.body_rare, t.shoulder, t.shoulder_rare)
    return t.body_rare * exp(1.5 * (size - t.body))


@cython.cfunc
@cython.exceptval(check=False)
def _points(
    mass: cython.p_float, wanted: cython.p_double, total: cython.double, at: cython.p_double
) -> cython.Py_ssize_t:
    """The logarithms of the sizes beyond which three masses lie, ascending; how many lie within the bins."""
    found: cython.Py_ssize_t = 0
    beyond: cython.double = 0.0
    before: cython.double
    low: cython.double
    share: cython.double
    b: cython.Py_ssize_t
    for b in range(_BINS - 1, 0, -1):
        before, beyond = beyond, beyond + mass[b]
        while found < 3 and beyond >= wanted[found]:
            share = 1 - wanted[found] / beyond
            if before > 0:
                low = log(beyond / total)
                share = (low - log(wanted[found] / total)) / _max(low - log(before / total), 1e-9)
            at[found] = _SMALLEST + (b - 1 + share) * _RATIO
            found += 1
        if found == 3:
            break
    return found


@cython.cfunc
@cython.exceptval(check=False)
def _measure(mass: cython.p_float, unit: cython.double, t: cython.pointer(Tail)) -> cython.void:
    """Renew the three points of a tail and its shape beyond them; dear, so each tail once in 32 steps."""
    total: cython.double = 0.0
    wanted = cython.declare(cython.double[3])
    at = cython.declare(cython.double[3])
    found: cython.Py_ssize_t
    b: cython.Py_ssize_t
    for b in range(_BINS):
        total += mass[b]
    wanted[0] = _TOP * unit
    wanted[1] = _max(_SHOULDER * total, _LEAST * unit)
    wanted[2] = _max(_BODY * total, 4 * _LEAST * unit)
    found = _points(mass, cython.address(wanted[0]), total, cython.address(at[0]))
    t.body, t.body_rare = at[2], -log(wanted[2] / total)
    t.shoulder, t.shoulder_rare = at[1], -log(wanted[1] / total)
    t.top, t.top_rare = at[0], -log(wanted[0] / total)
    if found < 3:
        t.body, t.body_rare = _SMALLEST, _max(-log(_max(total - mass[0], 1e-9) / total), 0.05)
    if found < 2:
        t.shoulder, t.shoulder_rare = t.body + 1e-3, t.body_rare + 1e-3
    if found < 1 or t.top < t.shoulder or t.top_rare < t.shoulder_rare:
        t.top, t.top_rare = t.shoulder, t.shoulder_rare
    t.shape = _LIGHT
    if t.shoulder_rare > t.body_rare:
        t.shape = log(t.shoulder_rare / t.body_rare) / _max(t.shoulder - t.body, 1e-6)
    t.shape = _min(_max(t.shape, _HEAVY), _LIGHT)


@cython.cfunc
@cython.exceptval(check=False)
def _prior(mass: cython.p_float) -> cython.void:
    b: cython.Py_ssize_t
    low: cython.double = 1.0
    high: cython.double
    for b in range(_BINS):
        high = exp(-1.1 * exp(_SMALLEST + b * _RATIO)) if b < _BINS - 1 else 0.0
        mass[b] = _PRIOR * (low - high) + (_PRIOR if b == 0 else 0.0)
        low = high


@cython.cfunc
@cython.exceptval(check=False)
def _weight(s: cython.pointer(Series), c: cython.pointer(Clock)) -> cython.double:
    """What the sample counts for in the tails, negative where it is the first of an episode.

    An episode counts once, whatever it lasts: else one incident would hide the next.
    """
    first: cython.bint = False
    s.since_counted += 1
    if s.rarity > _COUNTED:
        first, s.since_counted = s.since_counted > c.gap, 0.0
    if s.rarity > 1:
        if s.since_alarm > c.gap:
            s.lasting = 0.0
        s.since_alarm = 0.0
    s.lasting = s.lasting + 1 if s.since_alarm <= c.gap else 0.0
    if first:
        return -1.0
    return _min(_max(1 - (1 - _AGAIN) * (s.rarity - _COUNTED) / (1 - _COUNTED), _AGAIN), 1.0)


@cython.cfunc
@cython.exceptval(check=False)
def _learn_tails(
    s: cython.pointer(Series),
    mass: cython.p_float,
    sizes: cython.p_double,
    place: cython.pointer(cython.Py_ssize_t),
    weight: cython.double,
) -> cython.void:
    """Count the sizes (logarithms) of the streams, each in the tail of its sign, and a 0 in the other one.

    The first sample of an episode counts in full for single samples: what spikes by itself is restless. It
    counts for little in the means: a repeated incident must be found as the first one was.
    """
    b: cython.Py_ssize_t
    k: cython.Py_ssize_t
    more: cython.double
    for k in range(4):
        b = 0
        if sizes[k] > _SMALLEST:
            b = min(cython.cast(cython.Py_ssize_t, (sizes[k] - _SMALLEST) / _RATIO) + 1, _BINS - 1)
        more = weight
        if weight < 0:
            more = 1.0 if k in (0, 3) else (_FIRST if s.rarity > 1 else 1.0)
        mass[place[k] * _BINS + b] += more * s.unit
        mass[(place[k] ^ 1) * _BINS] += more * s.unit


@cython.cfunc
@cython.exceptval(check=False)
def _measure_some(s: cython.pointer(Series), c: cython.pointer(Clock), mass: cython.p_float) -> cython.void:
    k: cython.Py_ssize_t
    if s.seen < 50:
        for k in range(_TAILS):
            _measure(mass + k * _BINS, s.unit, cython.address(s.tails[k]))
    elif c.tick % 4 == 0:
        k = (c.tick // 4) % _TAILS
        _measure(mass + k * _BINS, s.unit, cython.address(s.tails[k]))
    if s.unit > 1e6:
        for k in range(_TAILS * _BINS):
            mass[k] /= s.unit
        s.unit = 1.0


# Rarity, from its levels, scales and streams


@cython.cfunc
@cython.exceptval(check=False)
def _follow(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    own: cython.double,
    scale: cython.double,
    factor: cython.double,
) -> cython.void:
    """Let levels and scales follow; in an alarm the level stays where it is at first."""
    first: cython.double = 1 / s.seen
    residual: cython.double = own - s.level
    clip: cython.double = _CLIP
    plain: cython.double = fabs(residual) / _max(factor, 1e-9)
    hour: cython.int = cython.cast(cython.int, _min(floor(c.second / c.day * c.hours), c.hours - 1.0))
    k: cython.Py_ssize_t
    if s.seen <= _YOUNG:
        s.scale += first * (fabs(residual) - s.scale)
        s.level += _max(c.level_rate, first) * residual
        s.quick += _max(_QUICK, first) * (own - s.quick)
        return
    if s.rarity > _ALARM:
        clip = _min(_CLIP_ALARM * exp(_min(s.lasting / (_OPENS * c.hour), 20.0)), _CLIP)
    s.level += _max(c.level_rate, first) * _held(residual, clip * scale)
    s.quick += _QUICK * _held(own - s.quick, _CLIP * scale)
    rate: cython.double = _max(c.scale_rate, first)
    s.scale += rate * ((_min(plain, _SURPRISE * s.scale) if s.scale > 0 else plain) - s.scale)
    for k in range(4):
        s.usual[k] += rate * (_min(fabs(s.means[k]), _SURPRISE * s.usual[k]) - s.usual[k])
    plain = _min(fabs(residual) / _max(s.scale, 1e-300), _SURPRISE * factor)
    s.hours[hour] += _max(1 / (s.hour_counts[hour] + 50), c.hour_rate) * (plain - s.hours[hour])
    s.hours[hour] = _min(_max(s.hours[hour], 0.2), 5.0)
    s.hour_counts[hour] += 1


@cython.cfunc
@cython.exceptval(check=False)
def _rarest(
    s: cython.pointer(Series),
    means: cython.p_double,
    sizes: cython.p_double,
    place: cython.pointer(cython.Py_ssize_t),
) -> cython.double:
    """The largest -ln P over the streams; their sizes in usual ones (logarithms), and the tail of each."""
    rare: cython.double = 0.0
    weight: cython.double
    tail: cython.pointer(Tail)
    k: cython.Py_ssize_t
    for k in range(4):
        sizes[k] = log(_max(fabs(means[k]) / _max(s.usual[k], 0.1), 2e-9))
        place[k] = 2 * k + (means[k] > 0)
        if means[k] == 0:
            continue
        weight = _SINGLE if k in (0, 3) else 1.0
        tail = cython.address(s.tails[place[k]])
        if sizes[k] > tail.body or weight * tail.body_rare > rare:
            rare = _max(rare, weight * _rare(tail, sizes[k]))
    return rare


@cython.cfunc
@cython.exceptval(check=False)
def _rarity(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    mass: cython.p_float,
    value: cython.double,
    held: cython.double,
) -> cython.void:
    """How unlikely a value's residual is: 1 = so unlikely that noise is as far off some four times in ten
    weeks. The streams are the residual, two means of it, and the distance from a quick level.
    """
    offset: cython.double = _at(s.profile.offset, c.slots, c)
    used: cython.double = offset if s.profile.used > 0 else 0.0
    factor: cython.double = _at(s.hours, c.hours, c)
    own: cython.double = held - used
    young: cython.bint = s.seen <= _YOUNG
    means = cython.declare(cython.double[4])
    sizes = cython.declare(cython.double[4])
    place = cython.declare(cython.Py_ssize_t[4])
    if s.seen == 1:
        s.level = s.quick = s.profile.level = own
    scale: cython.double = _max(_max(s.scale * factor, _FLOOR * s.largest), 1e-300)
    believed: cython.double = _held(own - s.level, 10 * scale if s.seen > 24 else INFINITY) + s.level + used
    unit: cython.double = _held((own - s.level) / scale, _WILD)
    s.rarity = 0.0
    if not young:
        means[0] = (value - used - s.level) / scale
        means[1] = s.means[1] + _FEW * (_held(means[0], _WILD) - s.means[1])
        means[2] = s.means[2] + _SOME * (_held(means[0], _WILD) - s.means[2])
        means[3] = (value - used - s.quick) / scale
        s.rarity = _rarest(s, cython.address(means[0]), cython.address(sizes[0]), cython.address(place[0]))
        s.rarity *= _min(1.0, (s.seen - _UNJUDGED) / c.warm) / c.cut
        s.means[1] += _FEW * (unit - s.means[1])
        s.means[2] += _SOME * (unit - s.means[2])
        s.means[0], s.means[3] = unit, (own - s.quick) / scale
    s.unit *= c.fading
    weight: cython.double = _weight(s, c)
    _follow(s, c, own, scale, factor)
    if not young:
        _learn_tails(s, mass, cython.address(sizes[0]), cython.address(place[0]), weight)
    _measure_some(s, c, mass)
    _observe_profile(s, c, held, believed, offset)


# Jumps, shape and roughness: sizes against the extremes of their own past


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _norm(e: cython.pointer(Extremes), k: cython.Py_ssize_t) -> cython.double:
    return _max(e.short[k] / _max(e.seen_short, 1e-12), _LONG_SHARE * e.long[k] / _max(e.seen_long, 1e-12))


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _power(size: cython.double, power: cython.int) -> cython.double:
    square: cython.double = size * size
    return square * square if power == 4 else square * square * square


@cython.cfunc
@cython.exceptval(check=False)
def _ratio(
    e: cython.pointer(Extremes),
    sizes: cython.p_double,
    n: cython.Py_ssize_t,
    power: cython.int,
    least: cython.double,
    youth: cython.double,
    caution: cython.double,
) -> cython.double:
    """The largest of the sizes (n,), each in units of its own past's power mean, `least` at least.

    A series in its youth (1 falling to 0) has not met its own extremes: it is held against those of the other
    sizes as well. `caution` is how many it takes to halve the doubt of a short past.
    """
    largest: cython.double = 0.0
    most: cython.double = 0.0
    bottom: cython.double = _max(_power(least, power), 1e-300)
    k: cython.Py_ssize_t
    for k in range(n):
        most = _max(most, _norm(e, k))
    for k in range(n):
        if sizes[k] > 0:
            largest = _max(largest, _power(sizes[k], power) / _max(_max(_norm(e, k), youth * most), bottom))
    largest = sqrt(sqrt(largest) if power == 4 else cbrt(largest))
    return largest * e.learned / _max(e.learned + caution, 1.0)


@cython.cfunc
@cython.exceptval(check=False)
def _remember(
    e: cython.pointer(Extremes),
    powers: cython.p_double,
    n: cython.Py_ssize_t,
    short: cython.double,
    long: cython.double,
) -> cython.void:
    k: cython.Py_ssize_t
    e.learned += 1
    for k in range(n):
        e.short[k] += short * (powers[k] - e.short[k])
        e.long[k] += long * (powers[k] - e.long[k])
    e.seen_short += short * (1 - e.seen_short)
    e.seen_long += long * (1 - e.seen_long)


@cython.cfunc
@cython.exceptval(check=False)
def _jumps(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    value: cython.double,
    held: cython.double,
    youth: cython.double,
) -> cython.double:
    """The largest residual against three levels of different speed, signs apart."""
    sizes = cython.declare(cython.double[6])
    powers = cython.declare(cython.double[6])
    speed: cython.double
    error: cython.double
    whole: cython.double = 0.0
    young: cython.bint = s.seen <= 8
    k: cython.Py_ssize_t
    for k in range(3):
        speed = 0.5 if k == 0 else (0.15 if k == 1 else 0.02)
        if s.seen == 1:
            s.levels[k] = held
        error, whole = held - s.levels[k], value - s.levels[k]
        sizes[2 * k], sizes[2 * k + 1] = _max(whole, 0.0), _max(-whole, 0.0)
        powers[2 * k], powers[2 * k + 1] = _power(_max(error, 0.0), 6), _power(_max(-error, 0.0), 6)
        s.levels[k] += speed * _held(error, INFINITY if young else 3 * s.scales[k])
        s.scales[k] += _max(c.jump_scale, 1 / s.seen) * (
            _min(fabs(error), INFINITY if young else 8 * s.scales[k]) - s.scales[k]
        )
    s.jump = whole
    ratio: cython.double = _ratio(
        cython.address(s.jumps), cython.address(sizes[0]), 6, 6, _FLOOR * s.largest, youth, 0.0
    )
    _remember(cython.address(s.jumps), cython.address(powers[0]), 6, c.jump_short, c.jump_long)
    return ratio


@cython.cfunc
@cython.exceptval(check=False)
def _median(ring: cython.p_float, block: cython.longlong, c: cython.pointer(Clock)) -> cython.double:
    """Of the hours whole days before `block`, a week back, that hold a value; NaN of none."""
    found = cython.declare(cython.double[7])
    n: cython.Py_ssize_t = 0
    d: cython.int
    j: cython.Py_ssize_t
    value: cython.double
    for d in range(1, 8):
        value = ring[_row(block - d * c.blocks_a_day, c.ring)]
        if value == value:
            j = n
            while j > 0 and found[j - 1] > value:
                found[j] = found[j - 1]
                j -= 1
            found[j] = value
            n += 1
    if n == 0:
        return NAN
    return found[(n - 1) // 2] / 2 + found[n // 2] / 2


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _row(block: cython.longlong, rows: cython.int) -> cython.Py_ssize_t:
    """The row of an hour in a ring; Python's remainder, where C's may be negative."""
    return (block % rows + rows) % rows


@cython.cfunc
@cython.exceptval(check=False)
def _nearest(
    c: cython.pointer(Clock),
    ring: cython.p_float,
    lags: cython.pointer(cython.Py_ssize_t),
    weekly: cython.pointer(cython.uchar),
    block: cython.longlong,
    mean: cython.double,
) -> cython.double:
    """Mean of the few smallest distances of the last hours to those a lag ago, of which one of whole weeks
    may stand alone; infinite where there are too few.
    """
    distance: cython.p_float = ring + c.ring
    known: cython.p_float = distance + c.lags
    least = cython.declare(cython.double[6])
    few: cython.Py_ssize_t = min(_NEIGHBOURS, c.lags)
    n: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    alone: cython.double = INFINITY
    gap: cython.double
    total: cython.double = 0.0
    for i in range(c.lags):
        gap = fabs(mean - ring[_row(block - lags[i], c.ring)])
        if gap == gap:
            distance[i] += c.shape_rate * (gap - distance[i])
            known[i] += c.shape_rate * (1 - known[i])
        if known[i] < 0.5:
            continue
        gap = distance[i] / known[i]
        if weekly[i] and gap < alone:
            alone = gap
        if n == few and gap >= least[few - 1]:
            continue
        n = min(n + 1, few)
        j = n - 1
        while j > 0 and least[j - 1] > gap:
            least[j] = least[j - 1]
            j -= 1
        least[j] = gap
    if n < few:
        return INFINITY
    for i in range(few):
        total += least[i]
    return _min(total / few, _ALONE * alone)


@cython.cfunc
@cython.exceptval(check=False)
def _turn_shape(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    ring: cython.p_float,
    lags: cython.pointer(cython.Py_ssize_t),
    weekly: cython.pointer(cython.uchar),
    youth: cython.double,
) -> cython.void:
    """Close the running hour; those left out in between count as missing."""
    before: cython.longlong = cython.cast(cython.longlong, s.block)
    now: cython.longlong = cython.cast(cython.longlong, c.block)
    skipped: cython.longlong
    mean: cython.double = s.total / s.count if s.count > 0 else NAN
    ring[_row(before, c.ring)] = mean
    for skipped in range(before + 1, min(now, before + 1 + c.ring)):
        ring[_row(skipped, c.ring)] = NAN
    nearest: cython.double = _nearest(c, ring, lags, weekly, before, mean)
    s.shape = 0.0
    if isfinite(nearest):
        s.shape = _ratio(
            cython.address(s.distances), cython.address(nearest), 1, 4, _FLOOR * s.largest, youth, 6.0
        )
        if s.count > 0:
            nearest = _power(nearest, 4)
            _remember(cython.address(s.distances), cython.address(nearest), 1, c.shape_short, c.block_long)
    s.usual_hour = _median(ring, now, c)
    s.total = s.count = 0.0


@cython.cfunc
@cython.exceptval(check=False)
def _turn_swings(s: cython.pointer(Series), c: cython.pointer(Clock), queue: cython.p_float) -> cython.void:
    """What has waited for half a day becomes memory: a swing grows over hours, and must not become usual at
    once. Of a young series, the newest becomes memory, too.
    """
    powers = cython.declare(cython.double[2])
    place: cython.p_float = queue + 3 * _row(cython.cast(cython.longlong, s.block), c.wait)
    samples: cython.double = _max(s.swing_count, 1.0)
    if s.swing_count > 0:
        s.swing_age += 1
        if s.swing_age <= 2 * c.wait:
            powers[0], powers[1] = s.swing_total[0] / samples, s.swing_total[1] / samples
            _remember(cython.address(s.swings), cython.address(powers[0]), 2, c.swing_short, c.block_long)
    if place[2] > 0:
        powers[0], powers[1] = place[0], place[1]
        _remember(cython.address(s.swings), cython.address(powers[0]), 2, c.swing_short, c.block_long)
    place[0], place[1], place[2] = s.swing_total[0] / samples, s.swing_total[1] / samples, s.swing_count
    s.swing_total[0] = s.swing_total[1] = s.swing_count = 0.0


@cython.cfunc
@cython.exceptval(check=False)
def _roughness(
    s: cython.pointer(Series), c: cython.pointer(Clock), value: cython.double, youth: cython.double
) -> cython.double:
    """The logarithm of the mean step size of the last hours over that of the last week."""
    sizes = cython.declare(cython.double[2])
    still: cython.double = _FLOOR * s.largest
    change: cython.double
    swing: cython.double = 0.0
    if isfinite(s.last):
        change = fabs(value - s.last)
        s.swing_fast += c.swing_fast * (change - s.swing_fast)
        s.seen_fast += c.swing_fast * (1 - s.seen_fast)
        s.swing_slow += c.swing_slow * (change - s.swing_slow)
        s.seen_slow += c.swing_slow * (1 - s.seen_slow)
        swing = log((s.swing_fast / s.seen_fast + still) / (s.swing_slow / s.seen_slow + still))
    s.last = value
    sizes[0], sizes[1] = _max(swing, 0.0), _max(-swing, 0.0)
    s.swing_total[0] += _power(sizes[0], 6)
    s.swing_total[1] += _power(sizes[1], 6)
    s.swing_count += 1
    return _ratio(cython.address(s.swings), cython.address(sizes[0]), 2, 6, _SWING, youth, 24.0)


@cython.cfunc
@cython.exceptval(check=False)
def _displacement(s: cython.pointer(Series), c: cython.pointer(Clock), value: cython.double) -> cython.double:
    """|mean of the last hours - long-run level| in long-run mean absolute deviations. No squares: the rates
    of bursty services have no variance to speak of.
    """
    away: cython.double = 0.0
    known: cython.bint = s.seen_long > 0
    s.recent += c.recent_rate * (value - s.recent)
    s.seen_recent += c.recent_rate * (1 - s.seen_recent)
    if known:
        away = fabs(s.recent / s.seen_recent - s.long / s.seen_long)
    ratio: cython.double = away / _max(s.away / _max(s.seen_away, 1e-12), _FLOOR * s.largest)
    if known:
        s.away += c.long_rate * (away - s.away)
        s.seen_away += c.long_rate * (1 - s.seen_away)
    s.long += c.long_rate * (value - s.long)
    s.seen_long += c.long_rate * (1 - s.seen_long)
    return ratio


# The decision: what is a new anomaly, what goes on, since when


@cython.cfunc
@cython.exceptval(check=False)
def _turn_habit(s: cython.pointer(Series), c: cython.pointer(Clock), ring: cython.p_float) -> cython.void:
    """Close the running hour of strengths. What comes again, if weaker because expected, keeps the habit: the
    geometric mean of what was and what is goes on.
    """
    a: cython.pointer(Alarm) = cython.address(s.alarm)
    week: cython.int = 7 * c.blocks_a_day
    rows: cython.int = 2 * week + 2
    before: cython.longlong = cython.cast(cython.longlong, s.block)
    now: cython.longlong = cython.cast(cython.longlong, c.block)
    skipped: cython.longlong
    stray: cython.int
    weeks: cython.int
    ring[_row(before, rows)] = _max(a.running, sqrt(a.running * a.habit))
    for skipped in range(before + 1, min(now, before + 1 + rows)):
        ring[_row(skipped, rows)] = 0
    a.running = a.habit = a.same = 0.0
    for weeks in range(1, 3):
        a.same = _max(a.same, ring[_row(now - weeks * week, rows)])
        for stray in range(-1, 2):
            a.habit = _max(a.habit, ring[_row(now - weeks * week + stray, rows)])


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _off(value: cython.double, expected: cython.double, least: cython.double) -> cython.double:
    """|value - expected| in units of the least that matters, infinite where all does or nothing is known."""
    off: cython.double = fabs(value - expected)
    return off / least if isfinite(off) and least > 0 else INFINITY


@cython.cfunc
@cython.exceptval(check=False)
def _new(
    a: cython.pointer(Alarm),
    c: cython.pointer(Clock),
    signs: cython.p_double,
    rare: cython.double,
    jump: cython.double,
) -> cython.int:
    """Whether there is an alarm, 1 by jump, shape or roughness, 2 by rarity, 3 by both.

    The first ones rest for half a day, and their bar rises with every alarm of the last week. Rarity rests an
    hour, for repeated incidents; shape and roughness do not repeat what it has said. All are measured by what
    was usual at this hour of the last weeks.
    """
    slow: cython.double = _max(signs[1], signs[2]) if a.since > _TOLD * c.hour else 0.0
    found: cython.int = 0
    if _max(jump, slow) > _max(1 + _WEARY * a.count, a.habit) and a.age > _max(_REST * c.hour, 1.0):
        found = 1
    if a.quiet > c.apart:
        a.height = 0.0
    if rare > (_HABIT * a.same if a.same > 1 else 1.0) and (a.height == 0 or rare > _GROWTH * a.height):
        a.height = rare
        found += 2
    if rare > _QUIET:
        a.quiet = 0.0
    return found


@cython.cfunc
@cython.exceptval(check=False)
def _lasts(
    a: cython.pointer(Alarm),
    c: cython.pointer(Clock),
    value: cython.double,
    strength: cython.double,
    rare: cython.double,
) -> cython.bint:
    """Whether an alarm goes on, for an hour at most: its reason is there, or the value has not come half the
    way back.
    """
    if a.since_rare < _LASTS * c.hour and rare > _QUIET:
        return True
    if a.jump == 0:
        return a.age < _BRIEFLY * c.hour and strength > 1
    if a.age >= _LASTS * c.hour:
        return False
    away: cython.double = value - a.origin if a.jump > 0 else a.origin - value
    return away >= _RETURNED * fabs(a.jump)


@cython.cfunc
@cython.exceptval(check=False)
def _keep(
    a: cython.pointer(Alarm),
    c: cython.pointer(Clock),
    signs: cython.p_double,
    new: cython.bint,
    still: cython.bint,
    normal: cython.double,
) -> cython.void:
    """Since when, from where and why: kept while it goes on and an hour from its begin. Of what happens on
    one machine, the cause is often over when its effects are seen.
    """
    k: cython.Py_ssize_t
    young: cython.bint = c.timestamp - a.began < _LASTS * c.day / 24
    begins: cython.bint = new and not (a.going > 0 and (young or still))
    a.going = 1.0 if new or still else 0.0
    if begins:
        a.began, a.normal = c.timestamp, normal
    elif not (a.going > 0 or young):
        a.began = a.normal = NAN
    for k in range(4):
        a.signs[k] = _max(a.signs[k], signs[k]) if still else signs[k]


@cython.cfunc
@cython.exceptval(check=False)
def _decide(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    jump: cython.double,
    signs: cython.p_double,
    value: cython.double,
    expected: cython.double,
    least: cython.double,
) -> cython.double:
    """The score of a value; `signs` and `jump` are 1 at their limits, `least` in the values' unit."""
    a: cython.pointer(Alarm) = cython.address(s.alarm)
    rare: cython.double = signs[0]
    strength: cython.double = _max(jump, _max(signs[1], signs[2]))
    scaled: cython.double = _scaled(s, value)
    origin: cython.double = _scaled(s, expected) if isfinite(expected) else scaled - s.jump
    usual: cython.double = s.usual_hour * s.size
    normal: cython.double = origin * s.size
    far: cython.double = _off(value, expected, least)
    order: cython.double
    found: cython.int = 0
    still: cython.bint
    signs[0] = _max(rare, jump)
    if signs[0] <= 1:
        far = _max(far, _off(value, usual, least))
        normal = usual if isfinite(usual) else normal
    if far >= 1:
        found = _new(a, c, signs, rare, jump)
    a.running = _max(a.running, _min(_max(strength, rare), _HIGHEST))
    still = found == 0 and _lasts(a, c, scaled, strength, rare)
    if found % 2 == 1:
        a.age, a.count = 0.0, a.count + 1
        a.jump = scaled - origin if jump > 1 else 0.0
        a.origin = origin
    if found >= 2:
        a.since_rare = 0.0
    if rare > 1:
        a.since = 0.0
    _keep(a, c, signs, found > 0, still, normal)
    if found > 0:
        return _max(strength, rare)
    order = sqrt(rare * rare + _DISPLACED * _DISPLACED * signs[3] * signs[3])
    order /= 1 + order
    return _PRESENT + (1 - _PRESENT) * order if still else _min(_PRESENT * order, far)


# One step


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _scaled(s: cython.pointer(Series), value: cython.double) -> cython.double:
    """A value in the series' unit; held where its powers would leave the range of numbers."""
    return _held(value / s.size if s.size > 0 else value, 1e18)


@cython.cfunc
@cython.exceptval(check=False)
def _turn(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    rings: cython.p_float,
    lags: cython.pointer(cython.Py_ssize_t),
    weekly: cython.pointer(cython.uchar),
) -> cython.void:
    """What happens at the begin of an hour, and at each step whether there is a sample or not."""
    queue: cython.p_float = rings + c.ring + 2 * c.lags
    youth: cython.double = 1 - _min(_max((s.seen - _UNJUDGED) / c.sure, 0.0), 1.0)
    _turn_slot(s, c)
    if s.block != c.block:
        if s.block >= 0:
            _turn_shape(s, c, rings, lags, weekly, youth)
            _turn_swings(s, c, queue)
            _turn_habit(s, c, queue + 3 * c.wait)
        s.block = c.block
    s.since_alarm += 1
    s.alarm.age += 1
    s.alarm.quiet += 1
    s.alarm.since += 1
    s.alarm.since_rare += 1
    s.alarm.count *= c.alarm_fading


@cython.cfunc
@cython.exceptval(check=False)
def _judge(
    s: cython.pointer(Series),
    c: cython.pointer(Clock),
    limits: cython.pointer(Limits),
    tails: cython.p_float,
    value: cython.double,
    held: cython.double,
    expected: cython.double,
    least: cython.double,
    sensitivity: cython.double,
) -> cython.double:
    """The score of a sample; every member takes in as much of it as may be learnt (`held`)."""
    signs = cython.declare(cython.double[4])
    jump: cython.double
    if s.size == 0:
        s.size = fabs(held)
    scaled: cython.double = _scaled(s, value)
    held = _scaled(s, held)
    s.largest = _max((1 - c.long_rate) * s.largest, fabs(held))
    if s.largest == 0:
        s.largest = 1.0
    s.seen += 1
    sure: cython.double = _min(_max((s.seen - _UNJUDGED) / c.sure, 0.0), 1.0)
    _rarity(s, c, tails, scaled, held)
    signs[0] = s.rarity / (c.bar * sensitivity)
    jump = sure / (limits.residual * sensitivity) * _jumps(s, c, scaled, held, 1 - sure)
    signs[1] = sure / (limits.shape * sensitivity) * s.shape
    signs[2] = sure / (limits.roughness * sensitivity) * _roughness(s, c, held, 1 - sure)
    signs[3] = sure * _displacement(s, c, held) / 5
    s.total += held
    s.count += 1
    return _decide(s, c, jump, cython.address(signs[0]), value, expected, least)


def observe(
    numbers: cython.double[:, ::1],
    tails: cython.float[:, ::1],
    rings: cython.float[:, ::1],
    said: cython.double[:, ::1],
    lags: cython.Py_ssize_t[::1],
    weekly: cython.uchar[::1],
    limits: cython.double[::1],
    step: cython.double,
    day: cython.double,
    timestamp: cython.double,
    given: cython.double[:, ::1],
) -> None:
    """Judge a step, let every member take it in, and write what is `said` (n, 8): score (NaN for a missing
    sample), four signs, when the anomaly began, what was normal then, what is usual now.

    `numbers`, `tails` and `rings` (n, …) are the state. `lags` and `weekly` are those of shape.py, `limits`
    those of limits.py; `step`, `day` and `timestamp` are seconds. `given` (5, n) are the values, as much of
    them as may be learnt, what was expected, the least deviation and the sensitivity.
    """
    c = cython.declare(Clock)
    part = cython.declare(
        cython.pointer(Limits), cython.cast(cython.pointer(Limits), cython.address(limits[0]))
    )
    s: cython.pointer(Series)
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    _clock(cython.address(c), step, day, timestamp)
    c.lags = cython.cast(cython.int, lags.shape[0])
    c.ring = cython.cast(cython.int, lags[c.lags - 1] + 1)
    c.bar = part.rarity + part.fewer / c.cut * _max(
        log(_MINUTES / _max(_MEMORY * c.steps_a_day, _SAMPLES)), 0.0
    )
    for i in range(numbers.shape[0]):
        s = cython.cast(cython.pointer(Series), cython.address(numbers[i, 0]))
        _turn(
            s,
            cython.address(c),
            cython.address(rings[i, 0]),
            cython.address(lags[0]),
            cython.address(weekly[0]),
        )
        said[i, 0] = NAN
        if isfinite(given[0, i]):
            said[i, 0] = _judge(
                s,
                cython.address(c),
                part,
                cython.address(tails[i, 0]),
                given[0, i],
                given[1, i],
                given[2, i],
                given[3, i],
                given[4, i],
            )
        else:
            _wait(cython.address(s.alarm), cython.address(c))
        for k in range(4):
            said[i, 1 + k] = s.alarm.signs[k]
        said[i, 5], said[i, 6] = s.alarm.began, s.alarm.normal
        said[i, 7] = s.usual_hour * s.size


@cython.cfunc
@cython.exceptval(check=False)
def _wait(a: cython.pointer(Alarm), c: cython.pointer(Clock)) -> cython.void:
    """A missing sample ends what is an hour old."""
    if not c.timestamp - a.began < _LASTS * c.day / 24:
        a.began = a.normal = NAN
        a.going = 0.0


def doubles() -> int:
    """Numbers of a series."""
    return cython.cast(cython.int, cython.sizeof(Series) // cython.sizeof(cython.double))


def singles(lags: int, longest: int, blocks_a_day: int) -> int:
    """Numbers of its rings: means of hours, distances, waiting swings, strengths of two weeks."""
    wait = max(1, (blocks_a_day + 1) // 2)
    return int(longest + 1 + 2 * lags + 3 * wait + 14 * blocks_a_day + 2)


def masses() -> int:
    """Numbers of its tails."""
    return int(_TAILS * _BINS)


def start(
    numbers: cython.double[:, ::1],
    tails: cython.float[:, ::1],
    rings: cython.float[:, ::1],
    longest: cython.Py_ssize_t,
) -> None:
    """Rows of zeros become series of which nothing has been seen; `longest` is the longest lag."""
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    s: cython.pointer(Series)
    for i in range(numbers.shape[0]):
        s = cython.cast(cython.pointer(Series), cython.address(numbers[i, 0]))
        s.profile.slot = s.block = -1
        s.since_alarm = s.since_counted = INFINITY
        s.alarm.age = s.alarm.quiet = s.alarm.since = s.alarm.since_rare = INFINITY
        s.alarm.began = s.alarm.normal = s.last = s.usual_hour = NAN
        s.unit = 1.0
        for k in range(4):
            s.usual[k] = 1.0 if k == 0 else 0.7
        for k in range(24):
            s.hours[k] = 1.0
        for k in range(_TAILS):
            _prior(cython.address(tails[i, k * _BINS]))
        for k in range(longest + 1):
            rings[i, k] = NAN
