"""How often a series has reached its limit so far: what nothing but noise may be expected to do again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import foresight_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_MEMORY_DAYS = 14.0


@dataclass
class Record(SeriesState):
    """Passages over the limit, each after an hour below it, and the days observed; both fade over two
    weeks.

    >>> from forecaster.engine.settings import Settings
    >>> record = Record.fresh(1, Settings(step=3600))
    >>> for hour in range(3 * 24):
    ...     record.observe(np.array([95.0 if hour % 24 == 12 else 40.0]), np.array([90.0]))
    >>> record.passages.round(1).tolist(), record.days.round(1).tolist()
    ([2.7], [2.7])
    """

    settings: Settings
    passages: Floats
    days: Floats
    below: Floats  # (n,) steps since the limit was last reached

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        return cls(settings, np.zeros(n), np.zeros(n), np.zeros(n))

    def observe(self, values: Floats, limit: Floats) -> None:
        """Take in the values (n,) of a step and the limits in force; NaN = missing, none."""
        step, day = self.settings.step, self.settings.day
        fade = math.exp(-step / (_MEMORY_DAYS * day))
        hour = day / 24 / step
        foresight_kernel.record(values, limit, fade, step / day, hour, self.passages, self.days, self.below)
