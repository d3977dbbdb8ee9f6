"""How well anomalies of some minutes are found in one-minute series, beside plain detectors.

The series are those of minutes.py, seeds on which nothing was chosen. Average precision and VUS-PR tell the
order of all samples; segments found, in time and in vain are told at a score of 1, of the plain detectors at
the cut with the same number of false episodes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import minutes
import numpy as np
import segments
from anomalies_alone import replay

from forecaster.backtest.accuracy import average_precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

SEED, PER_FAMILY = 100, 40
ALPHA, GAMMA = 0.05, 0.2  # of the plain Holt-Winters filter
MEMORY = 7 * minutes.DAY  # of the deviation of its errors
CUTS = 12  # halvings in the search of a cut
RARE = 0.995  # quantile of the scores to begin with: at lower cuts episodes grow into one
OPTIONS = {"late": 10, "apart": minutes.HOUR, "repeat": 3 * minutes.DAY}


def holt_winters(values: Table) -> Table:
    """|one-step-ahead error| of a filter without parameters to fit, in running deviations: (n, t)."""
    n, steps = values.shape
    level, season, power = values[:, 0].copy(), np.zeros((minutes.DAY, n)), np.zeros(n)
    out = np.zeros((n, steps))
    for i, column in enumerate(values.T):
        known = np.isfinite(column)
        level = np.where(np.isnan(level) & known, column, level)
        error = np.where(known, column - level - season[i % minutes.DAY], 0.0)
        weight = -np.expm1((i + 1) * np.log1p(-1 / MEMORY))
        out[:, i] = np.abs(error) / np.maximum(np.sqrt(power / weight), 1e-12)
        level = level + ALPHA * error
        season[i % minutes.DAY] += GAMMA * (1 - ALPHA) * error
        power += known * (error * error - power) / MEMORY
    return out


def figures(series: list[minutes.Minutes], scores: Table, cut: float) -> dict[str, float]:
    """What the scores (n, t) find of the series' segments at a cut."""
    told = [
        segments.found(each.segments, score > cut, minutes.WARM_UP, **OPTIONS)
        for each, score in zip(series, scores, strict=True)
    ]
    repeated = np.concatenate([each.repeated for each in told])
    found = np.concatenate([each.at_all for each in told])
    weeks = sum(each.clear_steps for each in told) / minutes.WEEK
    return {
        "found": float(found.mean()),
        "in_time": float(np.concatenate([each.in_time for each in told]).mean()),
        "first": float(found[~repeated].mean()),
        "repeats": float(found[repeated].mean()),
        "false_per_series_week": sum(each.false_episodes for each in told) / weeks,
    }


def order(series: list[minutes.Minutes], scores: Table) -> dict[str, float]:
    """Mean average precision and VUS-PR of the scores (n, t), after the first week."""
    precision, volume = [], []
    for each, score in zip(series, scores, strict=True):
        known = np.isfinite(each.values)
        known[: minutes.WARM_UP] = False
        precision.append(average_precision(each.labels[known], score[known]))
        volume.append(segments.vus_pr(each.labels[minutes.WARM_UP :], score[minutes.WARM_UP :]))
    return {"average_precision": float(np.mean(precision)), "vus_pr": float(np.mean(volume))}


def same_false(series: list[minutes.Minutes], scores: Table, false: float) -> float:
    """The least cut with at most so many false episodes."""
    low, high = float(np.quantile(scores, RARE)), float(scores.max())
    for _ in range(CUTS):
        cut = (low + high) / 2
        more = figures(series, scores, cut)["false_per_series_week"] > false
        low, high = (cut, high) if more else (low, cut)
    return high


def main() -> None:
    """The engine and the plain detectors, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    flags = parser.parse_args()
    series = minutes.suite(PER_FAMILY, SEED)
    values = np.stack([each.values for each in series])
    times = minutes.START + minutes.STEP * np.arange(values.shape[1])
    said = replay(values, times)
    width = np.maximum(said.upper - said.expected, 1e-12)
    plain = {
        "own band": np.nan_to_num(np.abs(values - said.expected) / width),
        "Holt-Winters residual": holt_winters(values),
    }
    score = np.nan_to_num(said.anomaly_score)
    engine = {**order(series, score), **figures(series, score, 1.0)}
    found = {"engine": engine}
    for name, scores in plain.items():
        cut = same_false(series, scores, engine["false_per_series_week"])
        found[name] = {**order(series, scores), **figures(series, scores, cut)}
    flags.json.write_text(json.dumps({"series": len(series), "detectors": found}, indent=1))


if __name__ == "__main__":
    main()
