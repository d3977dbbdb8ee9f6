"""The straight views of some series, side by side: probabilities that they reach a limit, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.exhaustion import passage_kernel
from forecaster.engine.exhaustion.line import Line
from forecaster.engine.exhaustion.passage import TABLE_LOSS, TABLE_Z

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.record import Record
    from forecaster.engine.exhaustion.time_scale import TimeScale

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
    spoken_of: NDArray[np.uint8]  # (n,) by the days before, which these views leave it to

    @classmethod
    def room(cls, rows: Rows, ages: Floats, spoken_of: NDArray[np.uint8]) -> Self:
        """As many lines, to be filled in."""
        lines, m = len(ages) + 1, len(rows)
        return cls(rows, np.empty((lines, _PARTS, m)), np.empty((lines, m), np.uint8), ages, spoken_of)

    def line(self, number: int) -> Line:
        """The level is number 0, the trends follow, that of all trends is the last."""
        level, slope, noise, jitter, scatter, slope_error = self.parts[number]
        usable = self.usable[number].view(np.bool_)
        return Line(level, slope, noise, jitter, scatter, slope_error, usable)

    @property
    def trend(self) -> Line:
        """What all trends make together."""
        return self.line(-1)

    def log_survival(self, limit: Floats, ends: Floats, record: Record, scale: TimeScale) -> Floats:
        """Log P(still below `limit` (n,)) at the ascending times `ends`, by the most alarmed line:
        (len(ends), len(rows)), 0 without a limit, and where they are silent. A level is reached no oftener
        than the `record` says.
        """
        out = np.empty((len(ends), len(self.rows)))
        known = self.spoken_of, record.passages, record.days, record.settings.day
        passage_kernel.log_survival(
            self.parts, self.usable, self.ages, self.rows, limit, *known, ends, scale.grain, out
        )
        return out

    def seconds(
        self, limit: Floats, quantiles: tuple[float, ...], scale: TimeScale, told: Floats | None = None
    ) -> Floats:
        """When a share of its kind has reached `limit` (n,), by the trend: (n_quantiles, len(rows)); inf
        where there is no rise, or no limit. Where the first one may not be `told` (2, len(rows)), which is
        above the one and up to the other, the others are inf, too.
        """
        out = np.empty((len(quantiles), len(self.rows)))
        shares = np.array(quantiles)
        tables = TABLE_Z, TABLE_LOSS
        given = self.parts, self.usable, self.rows, limit
        bounds = np.array([[-np.inf], [np.inf]]).repeat(len(self.rows), axis=1) if told is None else told
        passage_kernel.seconds(*given, shares, scale.hour, scale.grain, *tables, bounds, out)
        return out

    def credible(self, limit: Floats, ends: Floats, scale: TimeScale) -> NDArray[np.bool_]:
        """Whether a trend that has lasted long enough has `limit` (n,) reached likelier than not in `ends`
        seconds (len(rows),), of each series its own.
        """
        out = np.empty(len(self.rows), np.uint8)
        given = self.parts, self.usable, self.ages, self.rows, limit
        passage_kernel.credible(*given, np.ascontiguousarray(ends), scale.grain, out)
        return out.view(np.bool_)

    def carry(self, lines: Sequence[int], ahead: float, toward: float, out: Floats) -> None:
        """The values in `ahead` seconds along some lines, times `toward`, into `out` (n,) where these are
        usable; the last of them counts.
        """
        for number in lines:
            passage_kernel.carry(self.parts, self.usable, number, self.rows, ahead, toward, out)

    def silent(self) -> Rows:
        """Which of the rows the days before speak of instead."""
        return self.spoken_of[self.rows].nonzero()[0]
