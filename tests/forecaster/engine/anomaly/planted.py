"""Seeded series with one planted anomaly each: the ten kinds, and series to plant them in.

Four weeks of five-minute samples: a daily shape with noise (white or correlated, light or heavy tails,
weekends lower or not); the anomaly begins in the third or fourth week. Sizes are such that a person would
mark most of them on a plot: a few noise deviations, or a good part of the daily swing.
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
    Plant = Callable[[Rng, "Shape", int], tuple[Floats, int]]

STEP = 300
HOUR = 12
DAY = 288
WEEK = 7 * DAY
STEPS = 4 * WEEK
START = 1_700_438_400
"""A Monday, 00:00."""


@dataclass(frozen=True)
class Shape:
    """What a series is made of: (t,) arrays of the daily swing and of the noise, and the size of each."""

    season: Floats
    noise: Floats
    swing: float
    deviation: float

    @property
    def clean(self) -> Floats:
        return self.season + self.noise


@dataclass(frozen=True)
class Planted:
    """One series (t,) and the rows [first, last] of its anomaly."""

    kind: str
    values: Floats
    first: int
    last: int


def _harmonics(rng: Rng) -> Floats:
    clock = np.arange(DAY) / DAY
    weights = rng.normal(size=3) / np.arange(1, 4)
    phases = rng.random(3)
    waves = [w * np.cos(2 * np.pi * ((k + 1) * clock - phases[k])) for k, w in enumerate(weights)]
    return np.sum(waves, axis=0)


def _office(rng: Rng) -> Floats:
    clock = np.arange(DAY) / DAY
    begin, length, edge = rng.uniform(0, 1), rng.uniform(0.25, 0.5), rng.uniform(0.01, 0.05)
    away = np.abs((clock - begin + 0.5) % 1 - 0.5)
    return 1 / (1 + np.exp((away - length / 2) / edge))


def _profile(rng: Rng) -> Floats:
    """A day between 0 and 1: smooth harmonics, or office hours with soft edges."""
    day = _harmonics(rng) if rng.random() < 0.5 else _office(rng)
    return (day - day.min()) / np.ptp(day)


def _noise(rng: Rng) -> Floats:
    """Unit noise: normal or Student t with 3 degrees of freedom, correlated or not."""
    raw = rng.standard_normal(STEPS) if rng.random() < 0.6 else rng.standard_t(3, STEPS) / np.sqrt(3)
    memory = rng.choice([0.0, 0.5, 0.9])
    out = np.empty(STEPS)
    last = 0.0
    for i, x in enumerate(raw):
        last = memory * last + np.sqrt(1 - memory**2) * x
        out[i] = last
    return out


def shape(rng: Rng) -> Shape:
    """A clean series: daily profile, unequal days, perhaps quiet weekends, noise of 4-20 % of the swing."""
    swing, deviation = 1.0, rng.uniform(0.04, 0.2)
    heights = 1 + 0.05 * rng.standard_normal(STEPS // DAY)
    if rng.random() < 0.5:
        heights[np.arange(len(heights)) % 7 >= 5] *= rng.uniform(0.3, 0.9)
    season = swing * (np.outer(heights, _profile(rng))).ravel()
    return Shape(season, deviation * _noise(rng), swing, deviation)


def _spike(rng: Rng, s: Shape, a: int, sign: float = 1.0) -> tuple[Floats, int]:
    n = int(rng.integers(1, 4))
    values = s.clean
    values[a : a + n] += sign * (0.2 * s.swing + rng.uniform(5, 10) * s.deviation)
    return values, n


def _dip(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    return _spike(rng, s, a, -1.0)


def _level(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    n = int(rng.integers(12, 48)) * HOUR
    values = s.clean
    values[a : a + n] += rng.choice([-1, 1]) * (0.2 * s.swing + rng.uniform(2, 5) * s.deviation)
    return values, n


def _drift(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    n = int(rng.integers(24, 72)) * HOUR
    values = s.clean
    end = rng.choice([-1, 1]) * (0.4 * s.swing + rng.uniform(4, 8) * s.deviation)
    values[a : a + n] += np.linspace(0, end, n)
    return values, n


def _burst(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    n = int(rng.integers(6, 24)) * HOUR
    values = s.clean
    values[a : a + n] += (rng.uniform(3, 6) - 1) * s.noise[a : a + n]
    return values, n


def _collapse(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    """Noise vanishes; in half of the cases the season stands still as well (a flat line)."""
    n = int(rng.integers(6, 24)) * HOUR
    values = s.clean
    still = s.season[a] if rng.random() < 0.5 else s.season[a : a + n]
    values[a : a + n] = still + 0.02 * s.noise[a : a + n]
    return values, n


def _lost_season(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    n = int(rng.integers(36, 72)) * HOUR
    values = s.clean
    values[a : a + n] = s.season[a - WEEK : a].mean() + s.noise[a : a + n]
    return values, n


def _with_season(s: Shape, a: int, n: int, rows: NDArray[np.intp]) -> Floats:
    values = s.clean
    values[a : a + n] = s.season[rows] + s.noise[a : a + n]
    return values


def _changed_period(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    """The daily shape runs faster or slower."""
    n = int(rng.integers(36, 72)) * HOUR
    pace = rng.choice([0.5, 0.66, 1.5, 2.0])
    return _with_season(s, a, n, a - WEEK + (np.arange(n) * pace).astype(np.intp) % DAY), n


def _changed_shape(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    """Other hours are busy, at the same range of values: the profile of another series."""
    n = int(rng.integers(36, 72)) * HOUR
    values = s.clean
    height = np.ptp(s.season[a - DAY : a])
    day = s.season[a - DAY : a].min() + height * np.roll(_profile(rng), int(rng.integers(DAY)))
    values[a : a + n] = np.resize(np.roll(day, -(a % DAY)), n) + s.noise[a : a + n]
    return values, n


def _wrong_hour(rng: Rng, s: Shape, a: int) -> tuple[Floats, int]:
    """Three to six hours of the day's other half: values that are ordinary, but not now."""
    n = int(rng.integers(3, 7)) * HOUR
    return _with_season(s, a, n, a - DAY + DAY // 2 + np.arange(n)), n


KINDS: dict[str, Plant] = {
    "spike": _spike,
    "dip": _dip,
    "level": _level,
    "drift": _drift,
    "variance burst": _burst,
    "variance collapse": _collapse,
    "lost season": _lost_season,
    "changed period": _changed_period,
    "changed daily shape": _changed_shape,
    "wrong hour": _wrong_hour,
}


def plant(kind: str, seed: int) -> Planted:
    """The series of `kind` number `seed`, scaled and shifted at random."""
    rng = np.random.default_rng((seed, sorted(KINDS).index(kind)))
    s = shape(rng)
    first = int(rng.integers(2 * WEEK, STEPS - 4 * DAY))
    values, n = KINDS[kind](rng, s, first)
    values = 10 ** rng.uniform(-2, 6) * (values + rng.uniform(0, 3))
    return Planted(kind, values, first, first + n - 1)


def suite(per_kind: int, seed: int = 0) -> list[Planted]:
    """`per_kind` series of each of the ten kinds, kinds in turn."""
    return [plant(kind, seed + i) for i in range(per_kind) for kind in KINDS]


def clean(n: int, seed: int) -> dict[str, Floats]:
    """Kinds of five weeks without any anomaly, (n, t) ratios each."""
    rng = np.random.default_rng(seed)
    steps = 5 * WEEK
    time = np.arange(steps)
    day = np.sin(2 * np.pi * time / DAY)
    weekday = (time // DAY % 7 < 5).astype(float)
    noise = 0.02 * rng.standard_normal((n, steps))
    job = np.isin(time % WEEK, np.arange(500, 530)).astype(float)
    return {
        "noise": 0.3 + noise,
        "heavy tails": 0.3 + 0.01 * rng.standard_t(3, (n, steps)),
        "daily": 0.4 + 0.2 * day + noise,
        "weekly": 0.4 + 0.2 * day * weekday + noise,
        "weekly job": 0.2 + 0.4 * job + noise,
    }
