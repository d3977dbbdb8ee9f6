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

WEEKLY = 2
"""The number of the weekly filter among those that are chosen from, in the kernel, too."""


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

    def expected(self, tick: int) -> Floats:
        """What step `tick`, the next one, is expected to be (n,); NaN where nothing is expected yet."""
        n, errors = len(self.chosen), self.plain.errors
        phase, offset, out = tick % self.settings.season, self.week.offset(tick), np.empty((4, n))
        none, band = np.full(n, np.nan), self.settings.band
        kernel.judge(none, self._filters(), phase, offset, errors.warm, band, self.usual.for_kernel(), out)
        expected: Floats = out[0]
        return expected

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

    def observe(self, values: Floats, tick: int, *, alone: bool | None = None) -> Floats:
        """Judge the values (steps, n) of the steps from `tick` on, NaN = missing, each from the steps before
        it, and take them in: (steps, 7, n).

        These are expected, lower and upper, the part the season has in that, 0 for the series that use none;
        as much of the value as may be learnt; the least standard deviation of errors after the step; what may
        be learnt less what the week adds, for the series that are expected by it after the step. Where
        nothing is expected yet the value is all that is known. Parameters are looked for some series at a
        step that comes `alone`, as one step does unless told, else of all series when they are due.
        """
        said, first = np.empty((len(values), 7, len(self.chosen))), 0
        alone = len(values) == 1 if alone is None else alone
        if not alone:
            self.refit.put_off(slice(None))
        while first < len(values):
            last = min(self._next_change(tick + first), tick + len(values) - 1)
            after = last + 1 - tick
            self._advance(values[first:after], tick + first, said[first:after])
            if self._refit(some=alone):
                newest, offset = said[after - 1], self.week.offset(self.window.last)
                kernel.daily(newest[4], self.chosen, offset, newest[6])
            first = after
        return said

    def _advance(self, values: Floats, tick: int, out: Floats) -> None:
        """Steps (steps, n) with the same parameters."""
        n, errors, window = len(self.chosen), self.plain.errors, self.window
        unit = window.scale[1].copy()
        kernel.advance(
            values,
            tick,
            self.week.hours(tick, len(values) + 1),
            self.settings.band,
            errors.memory,
            errors.warm,
            self.usual.for_kernel(),
            self._filters(),
            self.week.for_kernel(),
            np.empty(n, np.uint8),
            np.empty((2, n)),
            out,
        )
        window.observe(values, out[:, 4], tick)
        self.refit.put_off(unit != window.scale[1])

    def _filters(self) -> kernel.Filters:
        each = (member.for_kernel() for member in (self.plain, self.seasonal, self.weekly))
        return kernel.Filters(self.fitted.view(np.uint8), self.chosen, *each)

    def _next_change(self, tick: int) -> int:
        """The first step from `tick` on after which other parameters are put to use, or looked for."""
        step, day = self.settings.step, self.settings.day
        after = -(-(tick * step // day + 1) * day // step)  # the first step of the next day, rounded up
        return min(each for each in (after - 1, *self.refit.due) if each >= tick)

    def _choose(self) -> None:
        kernel.choose(self.fitted.view(np.uint8), *self._mean_errors(), self.chosen)

    def _mean_errors(self) -> tuple[Floats, Floats, Floats]:
        return self.plain.errors.mean, self.seasonal.errors.mean, self.weekly.errors.mean

    def _refit(self, *, some: bool) -> bool:
        """At the end of each day new parameters begin to be looked for; those found are put to use. Of `some`
        series they are looked for now. Whether the filters were chosen anew.
        """
        members, rows, tick = (self.plain, self.seasonal), [], self.window.last
        for fitted in self.refit.advance(self.window, self.week.lasting, some=some):
            member = members[fitted.which]
            member.renew(fitted)
            if member is self.seasonal:
                rows.append(fitted.rows)
        if rows:
            self._renew_weekly(np.concatenate(rows), tick)
            self._choose()
        if self.settings.season > 1 and self.settings.ends_day(tick):
            self.window.refine(self.usual.low, self.usual.high)
            self.refit.begin(self.window, self.week.lasting)
        return bool(rows)

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
        phases = np.array([self.week.hour_of_day(phase) for phase in range(len(model.season))], np.intp)
        self.seasonal.season_less(usual, phases, rows, model.season)
        self.fitted |= renewed
