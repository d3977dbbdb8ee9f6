"""The straight views of some series, side by side: probabilities that they reach a limit, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.exhaustion import kernel
from forecaster.engine.exhaustion.line import Line
from forecaster.engine.exhaustion.passage import TABLE_LOSS, TABLE_Z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.record import Record
    from forecaster.engine.exhaustion.time_scale import TimeScale
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

LONG = 7.0
"""Days, from which on a window's slope is known better than an hour's rise tells."""
_PARTS = len(Line._fields) - 1


class Straight(NamedTuple):
    """The straight views of the series at `rows`: the level, a line for each window, and one of all those."""

    rows: Rows
    parts: Floats  # (windows + 2, parts of a line, len(rows))
    usable: NDArray[np.uint8]  # (windows + 2, len(rows))
    ages: Floats  # (windows + 1,) seconds that the level (inf) and each trend were seen for

    @classmethod
    def room(cls, rows: Rows, ages: Floats) -> Self:
        """As many lines, to be filled in."""
        lines, m = len(ages) + 1, len(rows)
        return cls(rows, np.empty((lines, _PARTS, m)), np.empty((lines, m), np.uint8), ages)

    def line(self, number: int) -> Line:
        """The level is number 0, the trends follow, that of all trends is the last."""
        level, slope, noise, jitter, scatter, slope_error = self.parts[number]
        usable = self.usable[number].view(np.bool_)
        return Line(level, slope, noise, jitter, scatter, slope_error, usable)

    @property
    def trend(self) -> Line:
        """What all trends make together."""
        return self.line(-1)

    def log_survival(
        self, limit: Floats, ends: Floats, silent: NDArray[np.uint8], record: Record, scale: TimeScale
    ) -> Floats:
        """Log P(still below `limit` (n,)) at the ascending times `ends`, by the most alarmed line:
        (len(ends), len(rows)), 0 without a limit, and where they are `silent` (n,). A level is reached no
        oftener than the `record` says.
        """
        out = np.empty((len(ends), len(self.rows)))
        known = silent, record.passages, record.days, record.settings.day
        kernel.log_survival(
            self.parts, self.usable, self.ages, self.rows, limit, *known, ends, scale.grain, out
        )
        return out

    def seconds(self, limit: Floats, quantiles: tuple[float, ...], scale: TimeScale) -> Floats:
        """When a share of its kind has reached `limit` (n,), by the trend: (n_quantiles, len(rows)); inf
        where there is no rise, or no limit.
        """
        out = np.empty((len(quantiles), len(self.rows)))
        shares = np.array(quantiles)
        tables = TABLE_Z, TABLE_LOSS
        given = self.parts, self.usable, self.rows, limit
        kernel.seconds(*given, shares, scale.hour, scale.grain, *tables, out)
        return out

    def carry(self, ahead: float, settings: Settings, out: Floats) -> None:
        """The values in `ahead` seconds if the trend goes on, in the settings' direction, into `out` (n,)
        where there is one.

        Within a day that is the trend that all lines make; later the longest of those that were seen for
        days, because what rose today may rest tonight.
        """
        long = [number for number, age in enumerate(self.ages) if number and age >= LONG * settings.day]
        for number in [len(self.ages)] if ahead <= settings.day else long:
            kernel.carry(self.parts, self.usable, number, self.rows, ahead, settings.toward, out)
