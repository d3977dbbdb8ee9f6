"""The tables: which circumstances make a cell, what a young cell keeps of the shipped rate, how they add up.

A table cuts a few circumstances into intervals; a cell is one combination of them. Levels and their
differences are percent of the limit times 0.9 (the edges were found for a limit of 90 percent), ages are
hours (a day has 24). Weights were fitted by logistic regression on half of a fleet of VMs and judged on the
other half.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Axis = tuple[str, tuple[float, ...]]  # name of a circumstance, ascending edges of its intervals

_AGES = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 22, 23, 24, 25, 26, 30, 36, 44, 47, 48, 50, 60, 72, 96, 168)
_LEVEL: Axis = ("level", (5, 15, 25, 35, 45, 55, 65, 75, 82))
_THIRDS: Axis = ("level", (20, 50))
_MOVE: Axis = ("move", (-5, -1, 1, 5, 12, 20, 28))
_HOUR: Axis = ("hour", tuple(range(1, 24)))
_ONSETS: tuple[Axis, ...] = (("onsets_1", (1, 2, 3, 4)), ("onsets_3", (1, 2, 4, 7, 11)))


@dataclass(frozen=True)
class Table:
    """`prior`: observations that the rate before any is worth; `half_life`: days, of what was observed."""

    axes: tuple[Axis, ...]
    prior: float = 3.0
    half_life: float = 90.0
    parent: str = ""  # the table whose rate comes before any observation; none: the shipped rate of the cell

    @cached_property
    def size(self) -> int:
        """Number of cells."""
        return int(np.prod([len(edges) + 1 for _, edges in self.axes], dtype=int))


TABLES = {
    "one": Table((), prior=20, half_life=14),
    "state": Table((_LEVEL, _MOVE)),
    "state_of_late": Table((_LEVEL, _MOVE), prior=4, half_life=20),
    "state_and_before": Table((_LEVEL, _MOVE, ("move_before", (-2, 3, 12, 25)))),
    "age": Table((("age", _AGES),)),
    "age_and_level": Table((("age", _AGES), _THIRDS)),
    "usual_and_level": Table((("usual", (3, 8, 15, 25, 35, 45, 55, 65, 75)), ("level", (10, 30, 50, 70)))),
    "hour": Table((_HOUR,), prior=6, parent="one"),
    "hour_and_level": Table((_HOUR, _THIRDS)),
    "week": Table((("week", tuple(range(1, 24))),)),
    "onsets": Table(_ONSETS),
}


@dataclass(frozen=True)
class Mixture:
    """log odds = `constant` + Σ weight · log odds of a table + Σ weight · a circumstance."""

    horizon: float  # days it was fitted for
    constant: float
    tables: Mapping[str, float]
    plain: Mapping[str, float]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Its tables, parents first."""
        parents = {TABLES[name].parent for name in self.tables} - {"", *self.tables}
        return tuple(sorted({*parents, *self.tables}, key=list(TABLES).index))


MIXTURES = (
    Mixture(
        1 / 96,
        1.487,
        {"state_of_late": 0.666, "state_and_before": 0.161, "age_and_level": 0.257, "usual_and_level": 0.229},
        {},
    ),
    Mixture(
        1 / 24,
        1.103,
        {
            "state_of_late": 0.471,
            "age": 0.151,
            "age_and_level": 0.075,
            "usual_and_level": 0.319,
            "hour_and_level": 0.117,
            "one": 0.088,
        },
        {},
    ),
    Mixture(
        1.0,
        0.769,
        {
            "one": -0.369,
            "usual_and_level": 0.262,
            "age": 0.026,
            "week": 0.174,
            "state": 0.172,
            "hour": 0.169,
            "onsets": 0.047,
        },
        {"pace_half": 0.198, "pace_3": 0.680},
    ),
)
LONGEST = 2.0  # days; further ahead than that the tables have nothing to say


def mixture(days: float) -> Mixture:
    """The one fitted for the horizon nearest in the logarithm of time."""
    return min(MIXTURES, key=lambda each: abs(np.log(each.horizon / days)))


@cache
def shipped_rates(horizon: float) -> Floats:
    """Rates of all cells of the mixture for a horizon (days), table after table, before any observation.

    `rates.json` holds their log odds by horizon, table and cell, as found on a fleet of VMs.
    """
    text = files("forecaster.engine.exhaustion.state_tables").joinpath("rates.json").read_text("utf-8")
    of_table = json.loads(text)[f"{horizon:.4f}"]
    names = mixture(horizon).names
    odds = [
        of_table.get(name, np.zeros(TABLES[name].size)) for name in names
    ]  # those with a parent need none
    rates: Floats = 1.0 / (1.0 + np.exp(-np.concatenate(odds)))
    return rates
