"""The series of a resource that are ready, and what readers need of each: decided here, once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.config.bounds import Bounds
    from forecaster.config.resource import Resource
    from forecaster.engine.engine import Outlook
    from forecaster.series.labels import Labels


@dataclass(frozen=True)
class Figures:
    """Why a series is unusual, in its own unit (`unit`: as Resource.unit names it); NaN = not known.

    trend: change per hour; season: what time of day and week add; usual: median of this hour over the last
    week; origin: what was normal when the anomaly began; signs: in the order of the engine's SIGNS, 1 = alarm
    limit.
    """

    value: float
    expected: float
    usual: float
    origin: float
    trend: float
    season: float
    signs: tuple[float, ...]
    unit: str = ""


@dataclass(frozen=True)
class Rows:
    """The ready series of one resource; row k of every part is the same series.

    at: the grid instant of the outlook, Unix seconds. values: (n,), the latest, NaN = missing.
    bounds: what is in force for each series.
    """

    resource: Resource
    at: int
    labels: tuple[Labels, ...]
    values: NDArray[np.float64]
    outlook: Outlook
    bounds: tuple[Bounds, ...]

    @classmethod
    def ready(cls, rows: Rows, states: Mapping[Labels, State]) -> Rows:
        """Those of `rows` whose state is READY."""
        chosen = [at for at, labels in enumerate(rows.labels) if states.get(labels) is State.READY]
        return rows if len(chosen) == len(rows.labels) else rows.take(chosen)

    def take(self, chosen: Sequence[int]) -> Rows:
        """The series at these places."""
        index = np.asarray(chosen, dtype=np.intp)
        return Rows(
            self.resource,
            self.at,
            tuple(self.labels[at] for at in chosen),
            self.values[index],
            self.outlook.take(index),
            tuple(self.bounds[at] for at in chosen),
        )

    @property
    def score(self) -> NDArray[np.float64]:
        """The anomaly score, (n,); NaN where the latest value is missing."""
        return np.where(np.isfinite(self.values), self.outlook.anomaly_score, np.nan)

    @property
    def anomalous(self) -> list[int]:
        """The rows with an anomaly that goes on, or began within the last hour."""
        return [int(row) for row in np.flatnonzero(np.isfinite(self.outlook.reasons.onset))]

    def figures(self, row: int) -> Figures:
        """The figures of one series."""
        outlook, reasons = self.outlook, self.outlook.reasons
        return Figures(
            value=float(self.values[row]),
            expected=float(outlook.expected[row]),
            usual=float(reasons.usual[row]),
            origin=float(reasons.origin[row]),
            trend=float(reasons.trend[row]),
            season=float(reasons.season[row]),
            signs=tuple(float(sign) for sign in reasons.signs[:, row]),
            unit=self.resource.unit,
        )


def counts(states: Iterable[State]) -> dict[State, int]:
    """How many series are in each state, all states listed."""
    found = Counter(states)
    return {state: found[state] for state in State}
