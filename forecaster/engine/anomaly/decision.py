"""From score to alert: which anomalies somebody should hear of.

The score says what is unusual, the gates what is worth a call: the value must be off by an amount that
matters, and the anomaly must last. One alert, then rest. The same gates stand in the alert rules as PromQL
(`score >= 0.9` and a deviation, `for` a while); here they are a pure function, for measurements and for the
report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.limits import PRESENT
from forecaster.engine.anomaly.timing import Sampling, Timing
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gates:
    """What an anomaly needs to become an alert.

    minimum_deviation: least |value - what was normal when the anomaly began|, in the values' unit;
    persistence_hours: how long score and deviation must last; rest_hours: how long nothing more is told of
    the series.
    """

    minimum_deviation: float = 0.0
    persistence_hours: float = 1 / 6
    rest_hours: float = 12.0


@dataclass
class Decision(SeriesState):
    """Which of the anomalies become alerts.

    >>> from forecaster.engine.settings import Settings
    >>> decision = Decision.fresh(1, Settings(step=300), Gates(minimum_deviation=0.1))
    >>> score, off = np.array([1.5]), np.array([0.3])
    >>> [bool(decision.observe(score, off)[0]) for _ in range(5)]  # once, after ten minutes
    [False, False, True, False, False]

    Attributes, (n,): lasting, steps in a row with score and deviation; since, steps since the alert.
    """

    gates: Gates
    timing: Timing
    lasting: Floats
    since: Floats

    @classmethod
    def fresh(cls, n: int, settings: Sampling, gates: Gates) -> Self:
        return cls(gates, Timing.of(settings), np.zeros(n), np.full(n, np.inf))

    def observe(self, score: Floats, deviation: Floats) -> NDArray[np.bool_]:
        """Whether an alert starts now, (n,), from `score` (n,) and `deviation` (n,), the value less what was
        normal when the anomaly began.

        NaN in either, a missing sample or nothing to expect yet, neither ends nor lengthens an anomaly.
        """
        known = np.isfinite(score) & np.isfinite(deviation)
        wanted = (score >= PRESENT) & (np.abs(deviation) >= self.gates.minimum_deviation)
        self.lasting = np.where(known, np.where(wanted, self.lasting + 1, 0.0), self.lasting)
        self.since += 1
        needed = self.timing.steps(self.gates.persistence_hours) + 1
        rested = self.since > self.timing.steps(self.gates.rest_hours)
        alert = known & wanted & (self.lasting >= needed) & rested
        self.since = np.where(alert, 0.0, self.since)
        return alert
