"""Fits of many series, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.holt_winters import kernel, search_kernel
from forecaster.engine.holt_winters.filter import HoltWinters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

# Starts (alpha, β, q) with and without a season: without one the trend may have to follow all of the shape.
_STARTS = {
    True: np.array(list(product((0.01, 0.05, 0.2, 0.5, 0.9), (0.005,), (0.0, 0.2)))),
    False: np.array(list(product((0.01, 0.05, 0.2, 0.5, 0.9), (0.005, 0.2, 0.8), (0.0,)))),
}

_LARGEST = 3e38  # magnitudes that single precision can hold, nearly


@dataclass(frozen=True)
class Fit:
    """Fitted filters after the last step, and how well they would have done."""

    model: HoltWinters
    residuals: Floats  # (n_series, n_steps) one-step-ahead errors, NaN where the value is missing
    sse: Floats  # (n_series,) their squares summed from step `season` on


@dataclass(frozen=True)
class Rows:
    """Fitted filters, series by series: `parameters` (n, 5) are alpha, β, gamma, level and trend, `season`
    (n, season) the offsets by phase; `phi` damps the trend.
    """

    parameters: Floats
    season: Singles
    phi: float

    @classmethod
    def of(cls, values: Floats, season: int, phi: float, residuals: Floats | None = None) -> Self:
        """Fitted on the rows of `values` (n, n_steps), which are spent on it; `season` is 1 or fits in twice.

        Phase 0 of the season is the first step's. One-step-ahead errors are written into `residuals` (n,
        n_steps).
        """
        n, steps = values.shape
        starts, fitted, offsets = _STARTS[season > 1], np.empty((n, 5)), np.empty((n, season))
        units, work = np.empty((n, 2)), np.empty(kernel.room(steps, season, len(starts)))
        kernel.begin(values, phi, starts, units, fitted, offsets, work)
        work, course = np.empty(search_kernel.room(steps, season)), np.empty(search_kernel.COURSE, np.intp)
        search_kernel.search(values, phi, fitted, offsets, work, np.empty(search_kernel.SMALL), course)
        errors = np.empty((0, steps)) if residuals is None else residuals
        kernel.finish(values, phi, units, fitted, offsets, errors)
        return cls(fitted, np.clip(offsets, -_LARGEST, _LARGEST).astype(np.float32), phi)

    def run(self, values: Floats, phase: int) -> None:
        """Go on through values (n, n_steps), the first of which has this phase; NaN = missing."""
        kernel.run(np.ascontiguousarray(values), phase, self.phi, self.parameters, self.season)

    def model(self) -> HoltWinters:
        """The same filters side by side."""
        alpha, beta, gamma, level, trend = np.ascontiguousarray(self.parameters.T)
        phi, season = np.full(len(alpha), self.phi), np.ascontiguousarray(self.season.T)
        return HoltWinters(alpha, beta, gamma, phi, level, trend, season)


def fit(values: Floats, season: int, phi: float = 1.0) -> Fit:
    """Fit every row of `values` (n_series, n_steps; NaN = missing) with a season of `season` steps (0, 1 =
    none).

    `phi` damps the trend (1 = undamped, as in statsmodels with trend="add"). Phase 0 of the season is the
    first step's. Under two seasons of steps no season is fitted.
    """
    rows = np.array(np.atleast_2d(values), np.float64, order="C")
    season = season if season > 1 and rows.shape[1] >= 2 * season else 1
    residuals = np.empty(rows.shape)
    fitted = Rows.of(rows, season, phi, residuals)
    known = np.nan_to_num(residuals[:, season:])
    with np.errstate(over="ignore"):
        return Fit(fitted.model(), residuals, np.square(known).sum(axis=1))
