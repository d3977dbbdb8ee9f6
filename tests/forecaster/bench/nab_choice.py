"""What the choice of the anomaly score's constants is worth on files it was not made on.

Cross-validation over the files of score_nab.py: on all groups but one, the members' limits are chosen
from a small grid by the NAB score at the shipped cut, and the group left out is scored with them; nothing is
fitted to it. The same over random fifths of the files. Only the score runs, files of one step
side by side.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from shared_bench import imported, parser

from forecaster.engine.anomaly import LIMITS, AnomalyScore
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Table = NDArray[np.float64]

FACTORS = (0.85, 1.0, 1.2)  # of each member's limit
SHIPPED = (1.0, 1.0, 1.0, 1.0)
PARTS, REPEATS = 5, 20
HOUR = 3600
MEMBERS = ("rarity", "residual", "shape", "roughness")


class File(NamedTuple):
    """A file of the benchmark on its even grid; the slot of each row, and the rows' weights."""

    group: str
    step: int
    values: Table
    slots: NDArray[np.intp]
    weights: tuple[NDArray[Any], ...]


def read(scorer: Any, data: Path) -> list[File]:
    """The files, each after as many gaps as its first row is steps into an hour."""
    found = []
    for one in scorer.load(str(data / "nab" / "data"), str(data / "nab" / "combined_windows.json")):
        slots, grid, step = scorer.even_grid(one["time"])
        lead = int(grid[0] % HOUR) // step
        values = np.full(lead + len(grid), np.nan)
        values[lead + slots] = one["values"]
        weights = scorer.row_weights(len(slots), one["windows"])
        found.append(File(one["key"].split("/")[0], step, values, lead + slots, weights))
    return found


def alarms(values: Table, step: int, factors: Table) -> NDArray[np.bool_]:
    """Scores above 1 of `values` (n, t) with each row of `factors` (k, 4) of the limits: (k, n, t)."""
    return np.stack([_alarms(values, step, row) for row in factors])


def _alarms(values: Table, step: int, factors: Table) -> NDArray[np.bool_]:
    limits = {name: getattr(LIMITS, name) * by for name, by in zip(MEMBERS, factors, strict=True)}
    model = AnomalyScore.fresh(len(values), Settings(step=step), replace(LIMITS, **limits))
    unknown = np.full(len(values), np.nan)
    columns = [
        model.observe(column, column, unknown, HOUR + i * step) > 1 for i, column in enumerate(values.T)
    ]
    return np.stack(columns, axis=1)


def gains(weights: tuple[NDArray[Any], ...], on: NDArray[np.bool_], prices: tuple[float, ...]) -> Table:
    """What the alarms `on` (k, rows) of a file add to the score of the silent detector, and in the last place
    what the perfect one does: (k + 1,).
    """
    hit, false, window, use = weights
    found, missed = prices[0], prices[2]
    on = on & use
    total = np.append(prices[1] * (on & (window < 0)) @ false, 0.0)
    for k in np.unique(window[window >= 0]):
        rows = use & (window == k)
        worth = np.where(on[:, rows], found * hit[rows] + missed, 0.0).max(axis=1, initial=0.0)
        total += np.append(worth, found + missed * bool(rows.any()))
    return total


def table(files: list[File], choices: Table, prices: tuple[float, ...]) -> Table:
    """Gains of the files with each of the `choices` (k, 4) and of the perfect detector: (files, k + 1)."""
    found = np.zeros((len(files), len(choices) + 1))
    for step in sorted({each.step for each in files}):
        some = [i for i, each in enumerate(files) if each.step == step]
        values = np.full((len(some), max(len(files[i].values) for i in some)), np.nan)
        for row, i in enumerate(some):
            values[row, : len(files[i].values)] = files[i].values
        on = alarms(values, step, choices)
        for row, i in enumerate(some):
            told = gains(files[i].weights, on[:, row, files[i].slots], prices)
            found[i] = told
    return found


def pooled(found: Table, folds: list[NDArray[np.intp]]) -> tuple[float, list[int]]:
    """The score of all folds, each with the choice that is best on the others; and the choices."""
    total, chosen = 0.0, []
    for left_out in folds:
        others = np.delete(found, left_out, axis=0)
        chosen.append(int(others[:, :-1].sum(axis=0).argmax()))
        total += float(found[left_out, chosen[-1]].sum())
    return 100 * total / float(found[:, -1].sum()), chosen


def cross_validated(files: list[File], found: Table, choices: Table) -> dict[str, Any]:
    """The shipped choice, the best in hindsight, and the cross-validated ones."""
    groups = sorted({each.group for each in files})
    of = np.array([groups.index(each.group) for each in files])
    by_group, chosen = pooled(found, [np.flatnonzero(of == g) for g in range(len(groups))])
    rng = np.random.default_rng(0)
    by_fifth = [pooled(found, np.array_split(rng.permutation(len(files)), PARTS))[0] for _ in range(REPEATS)]
    scores = 100 * found[:, :-1].sum(axis=0) / found[:, -1].sum()
    return {
        "files": len(files),
        "choices": len(choices),
        "repeats": REPEATS,
        "shipped": float(scores[np.flatnonzero((choices == SHIPPED).all(axis=1))[0]]),
        "best_in_hindsight": float(scores.max()),
        "by_group": by_group,
        "by_fifth": float(np.mean(by_fifth)),
        "by_fifth_range": [float(min(by_fifth)), float(max(by_fifth))],
        "chosen": {name: choices[k].tolist() for name, k in zip(groups, chosen, strict=True)},
    }


def main() -> None:
    """The figures as JSON."""
    flags = parser(__doc__).parse_args()
    scorer = imported(flags.data, "score_nab")
    choices = np.array(list(itertools.product(FACTORS, repeat=len(MEMBERS))))
    files = read(scorer, flags.data)
    found = table(files, choices, scorer.PROFILES["standard"])
    flags.json.write_text(json.dumps(cross_validated(files, found, choices), indent=1))


if __name__ == "__main__":
    main()
