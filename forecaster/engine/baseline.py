"""What is normal for the next step: Holt-Winters with and without a season, whichever has done better of
late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.bands import ErrorScale
from forecaster.engine.history import History
from forecaster.engine.holt_winters import HoltWinters
from forecaster.engine.refit import Refits
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_CLIP = 4.0  # an error moves the filter by at most so many standard deviations …
_SHIFTED = 3  # … unless it is at least the third such one in a row: the level has shifted
_PREFERENCE = 0.98  # the season must earn its place


@dataclass
class Member(SeriesState):
    """One filter with the errors it makes; `run` (n,) counts clipped errors in a row, signed by their
    side.
    """

    model: HoltWinters
    errors: ErrorScale
    run: Floats

    @classmethod
    def fresh(cls, n: int, season: int, settings: Settings) -> Self:
        return cls(HoltWinters.fresh(n, season), ErrorScale.fresh(n, settings), np.zeros(n))

    def observe(self, values: Floats, phase: int) -> None:
        """Take in the values (n,) of the step whose phase is `phase`, NaN = missing."""
        self.model.start(values, phase)
        error = values - self.model.expected(phase)
        seen = np.isfinite(error)
        reach = _CLIP * self.errors.deviation() * self.errors.widening()
        wild = seen & (np.abs(error) > reach) & (self.errors.count >= self.errors.warm)
        self.run = np.where(wild, self.run + 1, np.where(seen, 0.0, self.run))
        held = wild & (self.run < _SHIFTED)
        self.errors.observe(error, values)
        self.model.correct(np.where(seen, np.where(held, np.clip(error, -reach, reach), error), 0.0), phase)


@dataclass
class Baseline(SeriesState):
    """The two filters of every series and the history their parameters come from."""

    settings: Settings
    plain: Member
    seasonal: Member
    fitted: NDArray[np.bool_]  # (n,) a season has been fitted
    history: History
    refits: Refits

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        members = Member.fresh(n, 1, settings), Member.fresh(n, settings.season, settings)
        fitted, history = np.zeros(n, dtype=bool), History.fresh(n, settings)
        return cls(settings, *members, fitted, history, Refits.fresh(n, settings))

    def uses_season(self) -> NDArray[np.bool_]:
        """Whether each series' season has paid of late (n,)."""
        seasonal, plain = self.seasonal.errors.mean, self.plain.errors.mean
        return self.fitted & (seasonal < _PREFERENCE * plain)

    def band(self, tick: int) -> tuple[Floats, Floats, Floats]:
        """Expected, lower and upper (n,) of step `tick`, from the steps before it; NaN before the first
        value.
        """
        use = self.uses_season()
        phase = tick % self.settings.season
        expected = np.where(use, self.seasonal.model.expected(phase), self.plain.model.expected(phase))
        expected = self.within_reach(expected)
        half = self.settings.band * self.deviation()
        return expected, expected - half, expected + half

    def within_reach(self, values: Floats) -> Floats:
        """`values` (…, n) held to the range seen so far and once its width beyond."""
        return self.plain.errors.within_reach(values)

    def deviation(self) -> Floats:
        """Standard deviation of one-step-ahead errors (n,), wider while little is known."""
        use, seasonal, plain = self.uses_season(), self.seasonal.errors, self.plain.errors
        own = np.where(use, seasonal.deviation(), plain.deviation()) * plain.widening()
        unknown = np.maximum(
            0.0, 1.0 - plain.count / plain.warm
        )  # a guess from the level while errors are few
        return np.maximum(own, 0.1 * unknown * np.abs(np.nan_to_num(self.plain.model.level)))

    def observe(self, values: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick`, NaN = missing."""
        phase = tick % self.settings.season
        self.plain.observe(values, phase)
        self.seasonal.observe(values, phase)
        self.history.observe(values, tick)
        self._refit(tick)

    def _refit(self, tick: int) -> None:
        """At the end of each day new parameters begin to be looked for; those found are taken over."""
        members = self.plain, self.seasonal
        for which, rows, model in self.refits.advance(self.history, tick):
            members[which].model.put(rows, model)
            self.fitted[rows] |= members[which] is self.seasonal
        if self.settings.season > 1 and self.settings.ends_day(tick):
            periods = tuple(len(member.model.season) for member in members)
            self.refits.begin(self.history, tick, periods)
