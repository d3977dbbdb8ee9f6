"""Seeded series of three kinds (ratios with a daily wave, latencies, flat rates), with outliers on day 6, and
a shift of three hours on day 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Table = NDArray[np.float64]

STEP, DAY, DAYS = 300, 288, 12
START = 1_794_960_000 // 86_400 * 86_400
NONE = ("none", 0.0)
CASES = (
    *(("one", factor) for factor in (5.0, -5.0, 100.0, -100.0, 1e6)),
    ("two within a day", 100.0),
    ("a burst of three", 100.0),
    ("a burst of three", 1e6),
)
NOISE = (0.02, 0.0002, 2e4)  # standard deviations of the three kinds
SHIFT, SHIFTED = 12.0, 36  # noises, steps


@dataclass(frozen=True)
class Told:
    """What was said of series (n,)."""

    found: NDArray[np.bool_]  # the shift, until six hours after it
    noticed: NDArray[np.bool_]  # the outlier
    band: Table  # half its width a day after the outlier
    expected: Table  # (n, 2 · 7) about the same clock time of the next two days
    false: float  # alarms per series-week from the outlier's day on, but for both
    noise: Table


def series(n: int, seed: int) -> tuple[Table, Table]:
    """Values (n, steps), and the noise of each (n,)."""
    rng, t = np.random.default_rng(seed), np.arange(DAY * DAYS)
    kinds = (
        lambda wave: 0.35 + 0.15 * wave + rng.normal(0, 0.02, len(t)),
        lambda wave: 0.002 + 0.0005 * wave + np.abs(rng.normal(0, 0.0002, len(t))),
        lambda _: 5e5 + rng.normal(0, 2e4, len(t)),
    )
    rows = [kinds[k % 3](np.sin(2 * np.pi * t / DAY + rng.uniform(0, 6))) for k in range(n)]
    return np.array(rows), np.array([NOISE[k % 3] for k in range(n)])


def told(replay: Callable[..., Any], n: int, seed: int) -> dict[tuple[str, float], Told]:
    """What an engine says of the series without outliers and with those of each case."""
    values, noise = series(n, seed)
    rng = np.random.default_rng(seed + 1)
    shift, at = 9 * DAY + rng.integers(0, DAY - 60, n), 6 * DAY + rng.integers(0, DAY, n)
    again, rows = at + DAY - rng.integers(5, 100, n), np.arange(n)
    for row in rows:
        values[row, shift[row] : shift[row] + SHIFTED] += SHIFT * noise[row]
    size = np.ptp(values[:, : 5 * DAY], axis=1)
    cases, tables = (NONE, *CASES), []
    for kind, factor in cases:
        table = values.copy()
        for step in {"two within a day": (at, again), "a burst of three": (at, at + 1, at + 2)}.get(
            kind, (at,)
        ):
            table[rows, step] = np.median(values, axis=1) + factor * size
        tables.append(values if kind == "none" else table)
    said = replay(np.concatenate(tables), START + STEP * np.arange(values.shape[1]), horizons=(900, 86_400))
    parts = (np.split(each, len(cases)) for each in (said.anomaly_score > 1, said.expected, said.upper))
    return {
        case: _told(alarms, expected, upper - expected, (shift, at, again), noise)
        for case, alarms, expected, upper in zip(cases, *parts, strict=True)
    }


def _told(
    alarms: NDArray[np.bool_],
    expected: Table,
    half: Table,
    steps: tuple[NDArray[np.signedinteger], ...],
    noise: Table,
) -> Told:
    shift, at, again = steps
    of_shift, of_outlier, other = alarms.copy(), alarms.copy(), alarms.copy()
    t = np.arange(alarms.shape[1])
    near_shift = (t >= shift[:, None]) & (t < shift[:, None] + SHIFTED + 72)
    near = ((t >= at[:, None]) & (t < at[:, None] + 8)) | ((t >= again[:, None]) & (t < again[:, None] + 8))
    of_shift &= near_shift
    of_outlier &= (t >= at[:, None]) & (t < at[:, None] + 3)
    other &= ~near_shift & ~near & (t >= 6 * DAY)
    clock = at[:, None] + np.concatenate([day * DAY + np.arange(-3, 4) for day in (1, 2)])
    rows = np.arange(len(alarms))
    return Told(
        np.asarray(of_shift.any(axis=1)),
        np.asarray(of_outlier.any(axis=1)),
        half[rows, at + DAY],
        expected[rows[:, None], clock],
        float(other.sum() / (len(alarms) * 6 / 7)),
        noise,
    )
