"""A fit of statsmodels' ETSModel, and what it says as further values become known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.backtest import reference_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Fit:
    """statsmodels' model and its result for a window of values; `season` is in steps, 1 = none."""

    model: Any
    result: Any
    season: int

    @classmethod
    def of(cls, window: Floats, season: int) -> Fit:
        """Fit the smoothing parameters from heuristic initial states; ValueError or ArithmeticError where
        statsmodels cannot.
        """
        with reference_models.quiet():
            model = reference_models.ets_model(window, season, initialization_method="heuristic")
            return cls(model, model.fit(disp=False), season)

    @property
    def converged(self) -> bool:
        """Whether the search for the parameters did."""
        return bool(self.result.mle_retvals["converged"])

    @property
    def usable(self) -> bool:
        """Whether there are parameters and an error's size."""
        with reference_models.quiet():
            return bool(np.isfinite([*self.result.params, self.result.mse]).all())

    def ahead(self, later: Floats, seen: Ints, steps: int) -> Floats:
        """The expected values (k, steps) that follow, once `seen` (k,) of the values `later` (t,) than the
        window are known.
        """
        window = np.asarray(self.model.endog)
        level, trend, *season = self._states(np.concatenate((window, later)))
        at = len(window) - 1 + seen
        expected = level[at, None] + trend[at, None] * self._damped(steps)
        for each in season:
            back = 1 - self.season + np.arange(steps) % self.season  # to the same phase of the last season
            expected = expected + each[at[:, None] + back]
        return np.asarray(expected)

    def deviations(self, steps: int) -> Floats:
        """Standard deviation (steps,) of the value so many steps ahead; statsmodels' prediction intervals are
        as many of it as those of the normal distribution.
        """
        return np.asarray(np.sqrt(self.result.scale * np.cumsum(self._moves(steps) ** 2)))

    def noise(self, errors: Floats) -> Floats:
        """How far paths (P, S) get from the expected ones under such standard normal errors (P, S)."""
        steps = errors.shape[1]
        size = 2 * steps  # of a circle on which no path's end meets its beginning
        spectrum = np.fft.rfft(errors, size, axis=1) * np.fft.rfft(self._moves(steps), size)
        return np.asarray(np.sqrt(self.result.scale) * np.fft.irfft(spectrum, size, axis=1)[:, :steps])

    def _moves(self, steps: int) -> Floats:
        """By how much an error of 1 has moved the value 0, 1, … steps later."""
        moves = np.ones(steps)
        moves[1:] = self._parameter("smoothing_level")
        moves[1:] += self._parameter("smoothing_trend") * self._damped(steps - 1)
        if self.season > 1:
            moves[self.season :: self.season] += self._parameter("smoothing_seasonal")
        return moves

    def _states(self, values: Floats) -> Iterator[Floats]:
        """Level, trend and, if there is one, season after each value, from the fit's initial states on."""
        initial = {"initial_level": self.model.initial_level, "initial_trend": self.model.initial_trend}
        if self.season > 1:
            initial["initial_seasonal"] = self.model.initial_seasonal
        with reference_models.quiet():
            model = reference_models.ets_model(values, self.season, initialization_method="known", **initial)
            # Raw, since a result would come with the parameters' errors, which take as long as a fit.
            _, states = model.smooth(self.result.params, return_raw=True)
        return iter(np.asarray(states).T)

    def _damped(self, steps: int) -> Floats:
        """The sums phi + … + phi^j for j up to `steps`."""
        return np.cumsum(self._parameter("damping_trend") ** np.arange(1, steps + 1))

    def _parameter(self, name: str) -> float:
        return float(dict(zip(self.model.param_names, self.result.params, strict=True))[name])
