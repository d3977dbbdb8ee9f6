"""A filter of the baseline and how far off it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.baseline import kernel
from forecaster.engine.baseline.error_scale import ErrorScale
from forecaster.engine.holt_winters import HoltWinters
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.baseline.refit import Fitted
    from forecaster.engine.settings import Settings

    Flags = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Rows = NDArray[np.intp]


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
        out = np.empty(len(self.run))
        model = self.model
        kernel.expected(self._flags, model.level, model.phi, model.trend, self._offsets(phase), out)
        return out

    def for_kernel(self) -> kernel.Filter:
        """All of its state, as the kernel takes it."""
        model, errors = self.model, self.errors
        parameters = model.alpha, model.beta, model.gamma, model.phi
        state = model.level, model.trend, model.season
        return kernel.Filter(self._flags, parameters, state, (errors.mean, errors.count, self.run))

    def level(self) -> Floats:
        """The level (n,) in the values' unit."""
        out = np.empty(len(self.run))
        kernel.along(self._flags, self.model.level, np.zeros(len(self.run), np.float32), out)
        return out

    def season_less(self, usual: Floats, hours: Rows, rows: Rows, out: Singles) -> None:
        """What the season adds to the level less the `usual` (hours, n), by the hour of each phase (season,),
        into `out` (season, n) for the series at `rows`.
        """
        kernel.less(self._flags, self.model.level, self.model.season, usual, hours, rows, out)

    def renew(self, fitted: Fitted) -> None:
        """Go on with other filters."""
        self.model.renew(fitted.rows, fitted.model)
        self.logarithmic[fitted.rows] = fitted.logarithmic

    @property
    def _flags(self) -> Flags:
        return self.logarithmic.view(np.uint8)

    def _offsets(self, phase: int) -> Singles:
        """The row of a phase."""
        offsets: Singles = self.model.season[phase % len(self.model.season)]
        return offsets
