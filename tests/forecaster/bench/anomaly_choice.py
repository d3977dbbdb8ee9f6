"""The choice of the anomaly score's limits: by mean rank over four sets, each left out once.

Sets are NAB (its score at the shipped cut), microsoft (average precision), planted anomalies at five minutes
and at one minute (share found, less the false ones above the bound). A choice is a factor for each limit.
With a set left out, the choice of the best mean rank on the others is judged on it; nothing is fitted to it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import minutes
import nab_choice
import numpy as np
import segments
from shared_bench import imported

import planted
from forecaster.backtest.accuracy import alarm_episodes
from forecaster.engine.anomaly import LIMITS, AnomalyScore, Limits
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Table = NDArray[np.float64]

FACTORS = {"rarity": (0.92, 1.0, 1.08), "residual": (0.9, 1.0, 1.1), "shape": (0.9, 1.0, 1.1)}
PER_FAMILY, PER_KIND = 4, 6
PLANTED_SEED = 1000
FALSE_MINUTES, FALSE_PLANTED = 0.5, 0.4  # a series-week, at most
HOUR = 3600


@dataclass(frozen=True)
class Case:
    """Series of one step side by side, (n, t), the first sample at `start` (Unix seconds)."""

    values: Table
    start: int
    step: int

    def scores(self, limits: Limits) -> Table:
        """What the score says of them, 0 for missing samples: (n, t)."""
        model = AnomalyScore.fresh(len(self.values), Settings(step=self.step), limits)
        unknown = np.full(len(self.values), np.nan)
        columns = np.ascontiguousarray(self.values.T)
        told = [model.observe(v, v, unknown, self.start + i * self.step) for i, v in enumerate(columns)]
        return np.nan_to_num(np.stack(told, axis=1))


def of_minutes() -> Callable[[Limits], float]:
    """Share of the segments found within seven steps, less the false episodes above the bound."""
    series = minutes.suite(PER_FAMILY)
    case = Case(np.stack([each.values for each in series]), minutes.START, minutes.STEP)
    options = {"late": 10, "apart": minutes.HOUR, "repeat": 3 * minutes.DAY}

    def judge(limits: Limits) -> float:
        told = [
            segments.found(each.segments, score > 1, minutes.WARM_UP, **options)
            for each, score in zip(series, case.scores(limits), strict=True)
        ]
        weeks = sum(each.clear_steps for each in told) / minutes.WEEK
        false = sum(each.false_episodes for each in told) / weeks
        found = np.concatenate([each.in_time for each in told]).mean()
        return float(found) - max(0.0, false - FALSE_MINUTES)

    return judge


def of_planted() -> Callable[[Limits], float]:
    """Share of the anomalies found, less the false episodes above the bound."""
    series = planted.suite(PER_KIND, PLANTED_SEED)
    case = Case(np.stack([each.values for each in series]), planted.START, planted.STEP)
    clear = np.ones(case.values.shape, bool)
    clear[:, : planted.WEEK] = False
    for row, each in enumerate(series):
        clear[row, each.first : each.last + planted.WEEK] = False

    def judge(limits: Limits) -> float:
        on = case.scores(limits) > 1
        found = [on[k, each.first : each.last + 6 * planted.HOUR].any() for k, each in enumerate(series)]
        false = alarm_episodes(on & clear, planted.HOUR) / (clear.sum() / planted.WEEK)
        return float(np.mean(found)) - max(0.0, float(false) - FALSE_PLANTED)

    return judge


def of_nab(data: Path) -> Callable[[Limits], float]:
    """The NAB score at the shipped cut, of 1."""
    scorer = imported(data, "score_nab")
    files = nab_choice.read(scorer, data)

    def judge(limits: Limits) -> float:
        total = np.zeros(2)
        for each in files:
            on = Case(each.values[None], HOUR, each.step).scores(limits)[:, each.slots] > 1
            total += nab_choice.gains(each.weights, on, scorer.PROFILES["standard"])
        return float(total[0] / total[1])

    return judge


def of_microsoft(data: Path) -> Callable[[Limits], float]:
    """Mean average precision."""
    scorer = imported(data, "score_points")
    parts = scorer.load()

    def judge(limits: Limits) -> float:
        cases = [Case(v[None].astype(float), int(t[0]), int(t[1] - t[0])) for _, t, v, _ in parts]
        return float(scorer.report(parts, [case.scores(limits)[0] for case in cases])["AP_mean"])

    return judge


def choices() -> list[Limits]:
    """The grid about the shipped limits."""
    found = []
    for factors in itertools.product(*FACTORS.values()):
        scaled = {name: getattr(LIMITS, name) * by for name, by in zip(FACTORS, factors, strict=True)}
        found.append(replace(LIMITS, **scaled))
    return found


def ranks(figures: Table) -> Table:
    """Of figures (choices, sets) the place of each choice in each set, 0 = best; equals share their mean."""
    better = (figures[None] > figures[:, None]).sum(axis=1)
    equal = (figures[None] == figures[:, None]).sum(axis=1) - 1
    return np.asarray(better + equal / 2)


def left_out(figures: Table, names: list[str]) -> dict[str, Any]:
    """By set: what the choice by the others gives on it, and the least and the best of all choices."""
    place = ranks(figures)
    found = {}
    for k, name in enumerate(names):
        chosen = int(np.delete(place, k, axis=1).mean(axis=1).argmin())
        own = figures[:, k]
        found[name] = {
            "chosen": chosen,
            "figure": float(own[chosen]),
            "least": float(own.min()),
            "best": float(own.max()),
        }
    return found


def judges(data: Path, sets: Sequence[str]) -> dict[str, Callable[[Limits], float]]:
    """Those of the sets wanted."""
    makers: dict[str, Callable[[], Callable[[Limits], float]]] = {
        "minutes": of_minutes,
        "planted": of_planted,
        "nab": lambda: of_nab(data),
        "microsoft": lambda: of_microsoft(data),
    }
    return {name: makers[name]() for name in sets or makers}


def choose(data: Path) -> dict[str, Any]:
    """Figures of every choice, the one of the best mean rank, and those by sets left out."""
    each = judges(data, ())
    grid = choices()
    figures = np.array([[judge(limits) for judge in each.values()] for limits in grid])
    names = list(each)
    shipped = grid.index(LIMITS)
    return {
        "sets": names,
        "shipped": dict(zip(names, figures[shipped].tolist(), strict=True)),
        "rank_of_shipped": float(ranks(figures).mean(axis=1)[shipped]),
        "best_by_mean_rank": repr(grid[int(ranks(figures).mean(axis=1).argmin())]),
        "left_out": left_out(figures, names),
        "choices": [repr(limits) for limits in grid],
        "figures": figures.tolist(),
    }


def main() -> None:
    """The choice as JSON; or the shipped limits on some sets, to standard output."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--data", type=Path, required=True, help="the shared bench")
    reader.add_argument("--json", type=Path)
    reader.add_argument("--only", nargs="+", help="sets on which only the shipped limits are judged")
    flags = reader.parse_args()
    if flags.only:
        told = {name: judge(LIMITS) for name, judge in judges(flags.data, flags.only).items()}
        sys.stdout.write(json.dumps(told))
    else:
        flags.json.write_text(json.dumps(choose(flags.data), indent=1))


if __name__ == "__main__":
    main()
