"""Seeded fills with a season: what climbs to its limit by days and weeks of a known shape.

Four weeks of five-minute samples in percent, with noise (white or correlated) and a few gaps:

- wave: a daily swing on a trend, smaller at weekends, whose peaks reach the limit
- office: grows in the office hours of workdays only
- cleaned: grows all day, and each night a part of that is removed
- growing: a daily swing that grows with the level
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rng = np.random.Generator

STEP = 300
DAY = 288
STEPS = 28 * DAY
START = 1_700_438_400
"""A Monday, 00:00."""
LIMIT = 90.0
KINDS = ("wave", "office", "cleaned", "growing")
_HIGHEST = 98.0


def _swing(rng: Rng) -> Floats:
    """A daily shape of two harmonics, between about -1 and 1."""
    clock = np.arange(STEPS) / DAY
    second = rng.uniform(0, 0.4)
    shape: Floats = np.sin(2 * np.pi * (clock - rng.random()))
    shape += second * np.sin(4 * np.pi * (clock - rng.random()))
    return shape / (1 + second)


def _noise(rng: Rng, deviation: float) -> Floats:
    """Normal noise, in half of the series correlated from one sample to the next."""
    fresh = rng.normal(0, deviation, STEPS)
    kept = rng.choice((0.0, 0.9))
    noise = fresh.copy()
    for step in range(1, STEPS):
        noise[step] = kept * noise[step - 1] + np.sqrt(1 - kept**2) * fresh[step]
    return noise


def _fill(kind: str, rng: Rng) -> Floats:
    """Percent (STEPS,), before noise and beyond what there can be."""
    clock = np.arange(STEPS) / DAY
    weekend = clock.astype(int) % 7 >= 5
    full, base = rng.uniform(12, 27), rng.uniform(20, 45)
    climb = (LIMIT - base) * clock / full
    if kind == "wave":
        size, calm = rng.uniform(8, 20), np.where(weekend, rng.uniform(0.2, 1.0), 1.0)
        filled: Floats = base + climb * (1 - size / (LIMIT - base)) + size * _swing(rng) * calm
        return filled
    if kind == "growing":
        share = rng.uniform(0.1, 0.3)
        filled = base + climb * (LIMIT / (1 + share) - base) / (LIMIT - base)
        return filled * (1 + share * _swing(rng))
    if kind == "office":
        begins = rng.uniform(6, 10)
        open_hours = (clock % 1 * 24 >= begins) & (clock % 1 * 24 < begins + 9) & ~weekend
        rate = open_hours * rng.gamma(2.0, 0.5, STEPS) + 0.02
    else:
        night = rng.uniform(0, 4)
        removed = (clock % 1 * 24 >= night) & (clock % 1 * 24 < night + 1)
        rate = np.where(removed, -rng.uniform(0.5, 0.8) * 23, 1.0) * rng.gamma(2.0, 0.5, STEPS)
    grown: Floats = np.cumsum(rate)
    grown *= (LIMIT - base) / grown[int(full * DAY)]
    return base + grown


def suite(per_kind: int, seed: int) -> tuple[Floats, NDArray[np.str_], NDArray[np.int64]]:
    """Values (n, steps), NaN = missing, the kind of each, and the time of each step."""
    kinds = [kind for kind in KINDS for _ in range(per_kind)]
    rows = []
    for number, kind in enumerate(kinds):
        rng = np.random.default_rng((seed, number))
        values = np.clip(_fill(kind, rng), 0, _HIGHEST) + _noise(rng, rng.uniform(0.1, 1.5))
        for first in rng.integers(0, STEPS, rng.poisson(1.0)):
            values[first : first + rng.integers(1, 24)] = np.nan
        rows.append(np.minimum(values, 100.0))
    return np.stack(rows), np.array(kinds), START + STEP * np.arange(STEPS, dtype=np.int64)
