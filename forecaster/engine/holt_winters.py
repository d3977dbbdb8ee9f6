"""Additive Holt-Winters with damped trend and optional season, thousands of series at once.

`fit` finds each series' smoothing parameters; `HoltWinters` is the same filter online. Both reach the optimum
of statsmodels' `ExponentialSmoothing` from the same starting values (it is the oracle of the tests), so that
one code serves one series and ten thousand alike, and the forecaster needs numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.parameter_search import Problem, search
from forecaster.engine.starting_values import starting_values
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BLOCK = 2048  # series per block: its working set stays in the processor's cache


@dataclass
class HoltWinters(SeriesState):
    """The filter's parameters and its state after the last step seen; units are the values' own."""

    alpha: Floats  # (n,) share of an error that moves the level
    beta: Floats  # (n,) share of a level's move that moves the trend
    gamma: Floats  # (n,) share of an error that moves the season
    phi: Floats  # (n,) damping of the trend per step
    level: Floats  # (n,)
    trend: Floats  # (n,) per step
    season: Floats  # (season, n) offsets by phase; one row of zeros = no season

    @classmethod
    def fresh(cls, n: int, season: int, alpha: float = 0.3, beta: float = 0.01, gamma: float = 0.1) -> Self:
        """A filter that has seen nothing: the first value becomes its level."""
        ones = np.ones(n)
        parameters = (alpha * ones, beta * ones, gamma * ones, 0.98 * ones)
        return cls(*parameters, np.nan * ones, np.zeros(n), np.zeros((season, n)))

    def expected(self, phase: int) -> Floats:
        """The next step's value (n,), NaN before the first one; `phase` is that step's in the season."""
        offsets: Floats = self.season[phase % len(self.season)]
        return self.level + self.phi * self.trend + offsets

    def ahead(self, steps: int, phase: int) -> Floats:
        """The value `steps` ahead (n,) whose phase is `phase`: l + (phi + … + phi^steps)·b + s."""
        damped = self.phi < 1
        short = self.phi * (1 - self.phi**steps) / np.where(damped, 1 - self.phi, 1)
        offsets: Floats = self.season[phase % len(self.season)]
        return self.level + np.where(damped, short, steps) * self.trend + offsets

    def correct(self, error: Floats, phase: int) -> None:
        """Move to the next step, whose value differed from `expected(phase)` by `error` (0 where missing)."""
        carried = self.phi * self.trend
        self.level += carried + self.alpha * error
        self.trend[:] = carried + self.alpha * self.beta * error
        if len(self.season) > 1:
            self.season[phase % len(self.season)] += self.gamma * error

    def start(self, values: Floats, phase: int) -> None:
        """Give series that have no level yet their first value."""
        self.level = np.where(
            np.isnan(self.level), values - self.season[phase % len(self.season)], self.level
        )


@dataclass(frozen=True)
class Fit:
    """Fitted filters after the last step, and how well they would have done."""

    model: HoltWinters
    residuals: Floats  # (n_series, n_steps) one-step-ahead errors, NaN where the value is missing
    sse: Floats  # (n_series,) their squares summed from step `season` on


def _units(values: Floats) -> tuple[Floats, Floats]:
    """Offset and scale (n,) that bring each column of (n_steps, n) to moderate size, without overflow."""
    seen = np.isfinite(values)
    first = np.argmax(seen, axis=0)
    offset = np.where(seen.any(axis=0), np.take_along_axis(values, first[None], axis=0)[0], 0.0)
    reach = np.max(np.abs(np.where(seen, values / 4 - offset / 4, 0.0)), axis=0)
    return offset, np.where(reach > 0, reach, 1.0) * 4


def _spread(values: Floats) -> Floats:
    """Root mean square of each column about its mean (n,); 1 where it does not vary."""
    seen = np.isfinite(values)
    count, total, squares = np.zeros(values.shape[1]), np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for row, ok in zip(values, seen, strict=True):
        count += ok
        total += np.where(ok, row, 0.0)
    mean = total / np.maximum(count, 1)
    for row, ok in zip(values, seen, strict=True):
        squares += np.where(ok, row - mean, 0.0) ** 2
    spread = np.sqrt(squares / np.maximum(count, 1))
    return np.where(spread > 1e-9, spread, 1.0)


def _fit_block(values: Floats, season: int, phi: float, residuals: Floats) -> HoltWinters:
    """Fit columns of (n_steps, n), any finite size; fills `residuals` (n_steps, n)."""
    offset, scale = _units(values)
    scaled = (values / scale) - (offset / scale)
    level, trend, offsets = starting_values(scaled, season)
    spread = _spread(scaled)
    small = np.float32
    seen = np.isfinite(scaled)
    problem = Problem(
        values=np.where(seen, (scaled - level) / spread, 0.0).astype(small),
        seen=None if seen.all() else seen.astype(small),
        level=np.zeros(len(level), small),
        trend=(trend / spread).astype(small),
        season=(offsets / spread).astype(small),
        phi=phi,
        seasonal=season > 1,
    )
    alpha, beta, q = search(problem)
    model = HoltWinters(alpha, beta, (1 - alpha) * q, np.full(len(alpha), phi), level, trend, offsets)
    for t, row in enumerate(scaled):
        error = row - model.expected(t)
        residuals[t] = error * scale
        model.correct(np.where(seen[t], error, 0.0), t)
    model.level = model.level * scale + offset
    model.trend *= scale
    model.season *= scale
    return model


def fit_columns(values: Floats, season: int, phi: float) -> Fit:
    """`fit` of the columns of (n_steps, n_series), season at least 1; the season must fit in twice, or be
    1.
    """
    steps, n = values.shape
    residuals = np.empty((n, steps))
    models = []
    for first in range(0, n, _BLOCK):
        rows = slice(first, min(first + _BLOCK, n))
        errors = np.empty((steps, rows.stop - rows.start))
        models.append(_fit_block(np.ascontiguousarray(values[:, rows]), season, phi, errors))
        residuals[rows] = errors.T
    model = models[0] if models else HoltWinters.fresh(0, season)
    for other in models[1:]:
        model = model.join(other)
    late = residuals[:, season:]
    with np.errstate(over="ignore"):
        return Fit(model, residuals, np.nansum(late * late, axis=1))


def fit(values: Floats, season: int, phi: float = 1.0) -> Fit:
    """Fit every row of `values` (n_series, n_steps; NaN = missing) with a season of `season` steps (0, 1 =
    none).

    `phi` damps the trend (1 = undamped, as in statsmodels with trend="add"). Phase 0 of the season is the
    first step's. Under two seasons of steps no season is fitted.
    """
    values = np.atleast_2d(np.asarray(values, np.float64))
    return fit_columns(values.T, season if season > 1 and values.shape[1] >= 2 * season else 1, phi)
