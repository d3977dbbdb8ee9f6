"""What is normal for the next step: Holt-Winters without a season, with that of the day, or with those of day
and week, whichever has done best of late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.baseline import kernel
from forecaster.engine.baseline.fit_window import FitWindow, delay
from forecaster.engine.baseline.member import Member
from forecaster.engine.baseline.refit import Refit
from forecaster.engine.baseline.usual_range import UsualRange
from forecaster.engine.baseline.weekly_season import WeeklySeason
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]


@dataclass
class Baseline(SeriesState):
    """The filters of every series, the plainest first, and the window their parameters come from."""

    settings: Settings
    plain: Member
    seasonal: Member
    weekly: Member  # a daily season, of the values less what the week adds to it
    week: WeeklySeason
    fitted: NDArray[np.bool_]  # (n,) a season has been fitted
    chosen: NDArray[np.intp]  # (n,) the member that speaks
    usual: UsualRange
    window: FitWindow
    refit: Refit

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        seasons = 1, settings.season, settings.season
        plain, seasonal, weekly = (Member.fresh(n, season, settings) for season in seasons)
        return cls(
            settings,
            plain,
            seasonal,
            weekly,
            WeeklySeason.fresh(n, settings),
            np.zeros(n, dtype=bool),
            np.zeros(n, np.intp),
            UsualRange.fresh(n, settings),
            FitWindow.fresh(n, settings),
            Refit.fresh(n, settings, seasons[:2]),
        )

    def judge(self, values: Floats, tick: int) -> Floats:
        """Expected, lower and upper of step `tick` from the steps before it, and the part the season has in
        that (4, n), 0 for the series that use none.

        Where nothing is expected yet its values (n,) are all that is known.
        """
        phase, out = tick % self.settings.season, np.empty((4, len(values)))
        plain, usual = self.plain, self.usual
        kernel.judge(
            values,
            self.chosen,
            *plain.expects(phase),
            *self.seasonal.expects(phase),
            *self.weekly.expects(phase),
            self.week.offset(tick),
            plain.errors.count,
            plain.errors.warm,
            self.settings.band,
            usual.low,
            usual.high,
            usual.count,
            out,
        )
        return out

    def foresee(self, tick: int, steps: int, out: Floats) -> None:
        """The values so many steps after `tick` (4, n): by the plain filter if its level stays, and along its
        damped trend; by the seasonal and the weekly one if their levels stay, NaN where there is no season.
        """
        phase = (tick + steps) % self.settings.season
        plain, seasonal, weekly = self.plain, self.seasonal, self.weekly
        kernel.foresee(
            self.fitted.view(np.uint8),
            plain.model.level,
            plain.model.ahead(steps, phase),
            *seasonal.stands(phase),
            *weekly.stands(phase),
            self.week.offset(tick + steps),
            out,
        )

    def within_reach(self, values: Floats) -> Floats:
        """`values` (k, n) held to the usual range and once its width beyond."""
        return self.usual.within(values)

    def floor(self) -> Floats:
        """The least standard deviation of errors (n,): a thousandth of the usual range."""
        return self.usual.floor()

    def deviation(self) -> Floats:
        """Standard deviation of one-step-ahead errors (n,), wider while little is known."""
        deviation, plain, usual = np.empty(len(self.chosen)), self.plain.errors, self.usual
        kernel.deviation(
            self.chosen,
            *self._mean_errors(),
            plain.count,
            plain.warm,
            self.plain.model.level,
            usual.low,
            usual.high,
            usual.count,
            deviation,
        )
        return deviation

    def observe(self, values: Floats, tick: int) -> Floats:
        """Take in the values (n,) of step `tick`, NaN = missing; as much of them as may be learnt (n,)."""
        phase, floor = tick % self.settings.season, self.floor()
        held = self.usual.held(values)
        slip = ((held != values) & (held == held)).view(np.uint8)  # noqa: PLR0124 (NaN = missing is none)
        self.plain.observe(held, phase, floor, slip)
        self.seasonal.observe(held, phase, floor, slip)
        self.weekly.observe(held - self.week.offset(tick), phase, floor, slip)
        self.week.observe(held, tick)
        self.window.observe(held, tick)
        self._refit()
        self._choose()
        return held

    def _choose(self) -> None:
        kernel.choose(self.fitted.view(np.uint8), *self._mean_errors(), self.chosen)

    def _mean_errors(self) -> tuple[Floats, Floats, Floats]:
        return self.plain.errors.mean, self.seasonal.errors.mean, self.weekly.errors.mean

    def _refit(self) -> None:
        """At the end of each day new parameters begin to be looked for; those found are put to use."""
        members, rows, tick = (self.plain, self.seasonal), [], self.window.last
        for fitted in self.refit.advance(self.window):
            member = members[fitted.which]
            member.renew(fitted)
            if member is self.seasonal:
                rows.append(fitted.rows)
        if rows:
            self._renew_weekly(np.concatenate(rows), tick)
        if self.settings.season > 1 and self.settings.ends_day(tick):
            self.refit.begin(self.window, self.week.lasting)

    def _renew_weekly(self, rows: NDArray[np.intp], tick: int) -> None:
        """The weekly member goes on as the seasonal one, less what the week added to its window."""
        renewed = np.zeros(len(self.fitted), dtype=bool)
        renewed[rows] = True
        model, seasonal, now = self.weekly.model, self.seasonal, tick % self.settings.season
        window_end = tick - delay(self.settings)
        usual = self.week.usual(window_end, self.settings.fit_days)
        straight = np.where(seasonal.logarithmic, 0.0, seasonal.model.trend)
        added = usual[self.week.hour_of_day(now)] - self.week.offset(tick)
        model.tune(rows, seasonal.model)
        model.trend[:] = np.where(renewed, straight, model.trend)
        model.level[:] = np.where(renewed, seasonal.level() + added, model.level)
        for phase, offsets in enumerate(model.season):
            own = seasonal.season(phase) - usual[self.week.hour_of_day(phase)]
            offsets[:] = np.where(renewed, own, offsets)
        self.fitted |= renewed
