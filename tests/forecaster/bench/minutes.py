"""Seeded one-minute operations series with many short planted anomalies.

Requests, response times, error counts, resource figures. Three weeks of one-minute samples with a strong
daily shape and noise that grows with the level. After the first week several segments of 3 to 60 minutes a
week: dips, spikes, plateaus, partial outages; of every five some two come again within three days, much the
same. Sizes are such that a person would mark most of them on a plot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rng = np.random.Generator

STEP = 60
HOUR = 60
DAY = 1440
WEEK = 7 * DAY
STEPS = 3 * WEEK
WARM_UP = WEEK
START = 1_700_438_400
"""A Monday, 00:00."""
SEGMENTS_A_WEEK = (2.0, 7.0)
LENGTH = (3, 60)
REPEATED = 0.6
"""Share of the segments that come again; a second time they may again."""
REPEAT_HOURS = (1.0, 72.0)
APART = 45
"""Steps between segments at least."""
SIZE = (3.5, 12.0)
"""Of a segment, in local deviations of single samples; log-uniform."""
RELATIVE = 0.15
"""Smallest size, as a share of the local level: slow changes of a day are not anomalies."""
PRESENT = 0.995
"""Share of samples that are not missing."""


@dataclass(frozen=True)
class Minutes:
    """One series: values (t,), NaN = missing; the rows [first, last] and kinds of its segments, by time."""

    family: str
    values: Floats
    segments: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether a row (t,) is in a segment."""
        on = np.zeros(len(self.values), bool)
        for first, last in self.segments:
            on[first : last + 1] = True
        return on


@dataclass(frozen=True)
class Normal:
    """Expected level (t,), local deviation of single samples (t,), and the values (t,) without anomalies."""

    level: Floats
    deviation: Floats
    values: Floats


def _correlated(rng: Rng, memory: float) -> Floats:
    """Unit normal noise (t,) with a lag-one correlation of `memory`."""
    raw = rng.standard_normal(STEPS) * np.sqrt(1 - memory * memory)
    out, last = np.empty(STEPS), float(rng.standard_normal())
    for i, x in enumerate(raw.tolist()):
        last = memory * last + x
        out[i] = last
    return out


def _daily(rng: Rng, depth: tuple[float, float]) -> Floats:
    """Daily shape (t,) of mean about 1: two harmonics; weekends lower; days unequal; slow wander."""
    clock = np.arange(DAY) / DAY
    wave = np.cos(2 * np.pi * (clock - rng.random())) + rng.uniform(0, 0.5) * np.cos(
        4 * np.pi * (clock - rng.random())
    )
    if rng.random() < 0.4:
        wave = np.tanh(2 * wave)
    day = np.exp(rng.uniform(*depth) * wave / np.abs(wave).max())
    heights = 1 + 0.04 * rng.standard_normal(STEPS // DAY + 1)
    if rng.random() < 0.5:
        heights[np.arange(len(heights)) % 7 >= 5] *= rng.uniform(0.5, 0.9)
    at = np.arange(STEPS) / DAY
    smooth = np.interp(at, np.arange(len(heights)) + 0.5, heights)
    wander = np.exp(rng.uniform(0.0, 0.05) * _correlated(rng, 0.998))
    return np.asarray(np.tile(day, STEPS // DAY) * smooth * wander)


def _requests(rng: Rng) -> Normal:
    level = 10 ** rng.uniform(1.3, 4.5) * _daily(rng, (0.4, 1.3))
    spread = rng.uniform(0.02, 0.12)
    values = rng.poisson(level * np.exp(spread * _correlated(rng, rng.choice([0.0, 0.5, 0.8]))))
    return Normal(level, np.sqrt(level + (spread * level) ** 2), values.astype(float))


def _response_times(rng: Rng) -> Normal:
    load = _daily(rng, (0.4, 1.2))
    level = 10 ** rng.uniform(-2.5, 0) * (1 + rng.uniform(0.2, 1.0) * load)
    spread = rng.uniform(0.05, 0.25) * np.sqrt(load)
    noise = (
        _correlated(rng, rng.choice([0.0, 0.4]))
        if rng.random() < 0.5
        else rng.standard_t(4, STEPS) / np.sqrt(2)
    )
    return Normal(level, level * spread, level * np.exp(spread * np.clip(noise, -6, 6)))


def _errors(rng: Rng) -> Normal:
    level = 10 ** rng.uniform(-0.5, 1.7) * _daily(rng, (0.4, 1.2))
    shape = rng.uniform(2, 20)
    values = rng.poisson(level * rng.gamma(shape, 1 / shape, STEPS))
    return Normal(level, np.sqrt(level + level**2 / shape), values.astype(float))


def _resources(rng: Rng) -> Normal:
    load = _daily(rng, (0.3, 1.0))
    level = np.minimum(rng.uniform(0.1, 0.35) * load, 0.9)
    spread = rng.uniform(0.03, 0.15)
    values = level * np.exp(spread * _correlated(rng, rng.choice([0.3, 0.7, 0.9])))
    if rng.random() < 0.4:  # a job each hour
        job = np.arange(STEPS) % HOUR < rng.integers(1, 4)
        values = values * (1 + rng.uniform(0.2, 0.6) * job)
        spread = float(np.hypot(spread, 0.1))
    return Normal(level, spread * level, np.clip(values, 0, 1))


FAMILIES: dict[str, Callable[[Rng], Normal]] = {
    "requests": _requests,
    "response times": _response_times,
    "errors": _errors,
    "resources": _resources,
}
KINDS = {
    "requests": ("dip", "outage", "spike", "plateau"),
    "response times": ("spike", "spike", "plateau", "dip"),
    "errors": ("spike", "spike", "plateau"),
    "resources": ("spike", "dip", "plateau", "outage"),
}


def _places(rng: Rng) -> list[tuple[int, int, int]]:
    """Segments (first, length, number of the one it repeats or its own), apart from each other, by time."""
    weeks = (STEPS - WARM_UP) / WEEK
    wanted = max(1, round(rng.uniform(*SEGMENTS_A_WEEK) * weeks))
    found: list[tuple[int, int, int]] = []
    waiting: list[tuple[int, int, int]] = []
    for number in range(4 * wanted):
        if len(found) >= wanted:
            break
        if waiting:
            first, length, of = waiting.pop()
        else:
            length = int(np.exp(rng.uniform(np.log(LENGTH[0]), np.log(LENGTH[1] + 1))))
            first, of = int(rng.integers(WARM_UP, STEPS - 2 * HOUR)), number
        clear = all(first + length + APART < a or a + n + APART < first for a, n, _ in found)
        if not clear or first + length + HOUR > STEPS:
            continue
        found.append((first, length, of))
        if rng.random() < REPEATED:
            waiting.append((first + round(HOUR * rng.uniform(*REPEAT_HOURS)), length, of))
    return sorted(found)


def _planted(rng: Rng, kind: str, normal: Normal, rows: slice, size: float) -> Floats:
    """The values of a segment, `size` local deviations off."""
    level, values = normal.level[rows], normal.values[rows]
    off = np.maximum(size * normal.deviation[rows], RELATIVE * level)
    if kind == "spike":
        hump = 0.6 + 0.4 * np.sin(np.pi * (np.arange(len(level)) + 0.5) / len(level))
        return np.asarray(values + off * hump)
    if kind == "dip":
        return np.asarray(np.maximum(values - np.minimum(off, 0.9 * level), 0.1 * values))
    if kind == "plateau":  # stands still, above or below
        sign = 1.0 if rng.random() < 0.7 else -1.0
        held = level.mean() + sign * (off.mean() if sign > 0 else min(off.mean(), 0.9 * float(level.mean())))
        return np.asarray(held + 0.1 * (values - level))
    share = rng.uniform(0.0, 0.4)  # an outage of some of the servers, not of every sample to the same degree
    return np.asarray(values * np.clip(share + 0.1 * rng.standard_normal(len(level)), 0, 0.6))


def minutes(family: str, seed: int) -> Minutes:
    """The series of `family` number `seed`."""
    rng = np.random.default_rng((seed, sorted(FAMILIES).index(family), 60))
    normal = FAMILIES[family](rng)
    values, segments, kinds = normal.values.copy(), [], []
    chosen: dict[int, tuple[str, float]] = {}
    for first, length, of in _places(rng):
        size = float(np.exp(rng.uniform(np.log(SIZE[0]), np.log(SIZE[1]))))
        kind, size = chosen.setdefault(of, (str(rng.choice(KINDS[family])), size))
        rows = slice(first, first + length)
        part = _planted(rng, kind, normal, rows, size * rng.uniform(0.85, 1.15))
        values[rows] = np.round(part) if family in ("requests", "errors") else part
        segments.append((first, first + length - 1))
        kinds.append(kind)
    if family == "resources":
        values = np.clip(values, 0, 1)
    values[rng.random(STEPS) > PRESENT] = np.nan
    gap = int(rng.integers(0, STEPS - HOUR))
    if not any(a - HOUR < gap < b + HOUR for a, b in segments):
        values[gap : gap + int(rng.integers(5, HOUR))] = np.nan
    return Minutes(family, values, tuple(segments), tuple(kinds))


def suite(per_family: int, seed: int = 0) -> list[Minutes]:
    """`per_family` series of each family, families in turn."""
    return [minutes(family, seed + i) for i in range(per_family) for family in FAMILIES]
