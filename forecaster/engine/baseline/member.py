"""A filter of the baseline and how far off it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.baseline.error_scale import ErrorScale
from forecaster.engine.baseline.logarithm import exponentials, logarithms
from forecaster.engine.holt_winters import HoltWinters
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.baseline.refit import Fitted
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_CLIP = 4.0  # an error moves the filter by at most so many standard deviations …
_SHIFTED = 3  # … unless it is at least the third such one in a row: the level has shifted


@dataclass
class Member(SeriesState):
    """One filter, of the values or of their logarithms, with the errors it makes in the values' unit.

    `logarithmic` (n,) says which; `run` (n,) counts clipped errors in a row.
    """

    model: HoltWinters
    logarithmic: NDArray[np.bool_]
    errors: ErrorScale
    run: Floats

    @classmethod
    def fresh(cls, n: int, season: int, settings: Settings) -> Self:
        none = np.zeros(n, dtype=bool)
        return cls(HoltWinters.fresh(n, season), none, ErrorScale.fresh(n, settings), np.zeros(n))

    def expected(self, phase: int) -> Floats:
        """The next step's values (n,), NaN where the filter has no level; `phase` is that step's."""
        return self._values(self.model.expected(phase))

    def along(self, phase: int) -> Floats:
        """The values (n,) of a later step, whose phase is `phase`, if the level stays."""
        return self._values(self.model.level + self.model.season[phase % len(self.model.season)])

    def level(self) -> Floats:
        """The level (n,) in the values' unit."""
        return self._values(self.model.level)

    def season(self, phase: int) -> Floats:
        """What the season adds (n,) to the level at a phase."""
        offsets: Floats = self.model.season[phase % len(self.model.season)]
        some = np.flatnonzero(self.logarithmic)
        if not len(some):
            return offsets
        level = self.model.level[some]
        both = np.stack((level + offsets[some], level))
        with_it, without = exponentials(both, np.ones(len(some), dtype=bool))
        added = offsets.copy()
        added[some] = with_it - without
        return added

    def observe(self, values: Floats, phase: int, floor: Floats, slip: NDArray[np.bool_]) -> None:
        """Take in the values (n,) of the step whose phase is `phase`, NaN = missing; `floor` (n,) is the
        least standard deviation of errors, a `slip` (n,) never a new level.

        A level that has shifted is followed at once; of a wild value a season learns as of a usual error, as
        long as no fit has seen it again.
        """
        self.model.start(logarithms(values, self.logarithmic), phase)
        expected = self.expected(phase)
        error = values - expected
        seen = np.isfinite(error)
        reach = _CLIP * self.errors.deviation(floor) * self.errors.widening()
        wild = seen & (np.abs(error) > reach) & (self.errors.count >= self.errors.warm)
        self.run = np.where(wild, self.run + 1, np.where(seen, 0.0, self.run))
        self.errors.observe(error)
        clipped = np.clip(error, -reach, reach)
        believed = np.where(wild & ((self.run < _SHIFTED) | slip), expected + clipped, values)
        of_season = np.where(wild, expected + clipped / _CLIP, values)
        believed, of_season = (logarithms(each, self.logarithmic) for each in (believed, of_season))
        self.model.follow(believed, phase, of_season)

    def renew(self, fitted: Fitted) -> None:
        """Go on with other filters."""
        self.model.put(fitted.rows, fitted.model)
        self.logarithmic[fitted.rows] = fitted.logarithmic

    def _values(self, own: Floats) -> Floats:
        return exponentials(own, self.logarithmic)
