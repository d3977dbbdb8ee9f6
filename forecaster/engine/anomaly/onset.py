"""Since when, from where and why: what is kept of an anomaly.

It is kept while the anomaly goes on, and for an hour from its begin at least: of what happens on one machine,
the cause is often over when its effects are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.anomaly.habituation import LASTING_HOURS
from forecaster.engine.anomaly.verdict import SIGNS
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


class Present(NamedTuple):
    """A step: its signs (4, n), and what an anomaly would start from (n,)."""

    signs: Floats
    normal: Floats


@dataclass
class Onset(SeriesState):
    """Attributes: began (n,) Unix seconds, NaN = none; origin (n,) what was normal then, in the values' unit;
    signs (4, n) the strongest each sign has been since the last alarm, while it goes on, and the present ones
    otherwise; going (n,), whether it goes on. `kept` is in seconds.
    """

    kept: float
    began: Floats
    origin: Floats
    signs: Floats
    going: Flags

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        none = np.full(n, np.nan)
        kept = LASTING_HOURS * timing.day / 24
        return cls(kept, none, none.copy(), np.zeros((len(SIGNS), n)), np.zeros(n, dtype=bool))

    def observe(self, seen: Flags, alarms: tuple[Flags, Flags], now: Present, timestamp: int) -> None:
        """Take in a step of the series that are `seen` (n,); `alarms`, (n,) each: the new ones, and those
        that go on.
        """
        new, still = alarms[0], alarms[1] & seen
        young = timestamp - self.began < self.kept
        begins = new & ~(self.going & (young | still))
        self.going = np.where(seen, new | still, self.going & young)
        kept = self.going | young
        self.began = np.where(begins, float(timestamp), np.where(kept, self.began, np.nan))
        self.origin = np.where(begins, now.normal, np.where(kept, self.origin, np.nan))
        strongest = np.where(still, np.maximum(self.signs, now.signs), now.signs)
        self.signs = np.where(seen, strongest, self.signs)
