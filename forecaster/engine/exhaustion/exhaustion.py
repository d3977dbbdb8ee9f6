"""When a series reaches its limit: the probability within each horizon, and the time left with its quantiles.

Views of what comes next, each from the same recent past:

- level: no trend, noise as in the last hour; no oftener than the record says
- trend: the Theil-Sen trend of the last quarter day, day, two or four weeks, where there is one
- days: what followed at this time of the day on the days before
- season: Holt-Winters' season of the day and of the week, on the rise from day to day

The straight views speak by the most alarmed of them; where the days before have foretold the last day clearly
better than they have (saw-tooths, daily waves), these speak instead, and Holt-Winters where it has been
clearly better some hours ahead (what fills in office hours).

A time left is told where its view has the limit reached likelier than not by the end of its interval: no
further ahead than the trend was seen, and no longer than there is history.

Values rise to their limit here; those that fall to it come in mirrored, values and limits times -1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import foresight_kernel, passage_kernel, trend_kernel
from forecaster.engine.exhaustion.daily_increments import DAYS, DailyIncrements
from forecaster.engine.exhaustion.path import Path
from forecaster.engine.exhaustion.recent import RecentValues
from forecaster.engine.exhaustion.record import Record
from forecaster.engine.exhaustion.season import SEASON, Season
from forecaster.engine.exhaustion.skill import Skill
from forecaster.engine.exhaustion.straight import LONG, Straight
from forecaster.engine.exhaustion.time_scale import TimeScale
from forecaster.engine.exhaustion.trend import TrendWindows, Window
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.season import Filters
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

_WINDOWS = (
    Window(0.25, 24, 0.6, early=1),
    Window(1.0, 24, 0.7, early=2),
    Window(14.0, 14, 0.8, early=3),
    Window(28.0, 28, 0.75, early=5),
)
_PAUSES = 1.0  # days, from which on a window's trend may rest for an hour; one of some hours …
_UNSEEN = 1.5  # … is none where a level meets the last hour so many times as closely
_MEAN_TO_DEVIATION = 1.2533  # √(π/2)
_SHAPES = np.array(
    [
        (
            window.slope_error
            if window.days >= LONG
            else np.inf,  # the most its slope errs, as a share of it
            _UNSEEN if window.days < _PAUSES else np.inf,  # the most scatter, in that of the level
        )
        for window in _WINDOWS
    ]
)

_AGES = np.array(
    [np.inf, *(window.days for window in _WINDOWS)]
)  # days that lines were seen for; the level …
LIKELY = 0.5  # probability from which on a limit is likelier reached than not
_TENTH = 1.2816  # standard deviations from the mean to the 10 and 90 % quantiles of a normal error
_FAR = 0.25  # days ahead that views of the season of the day must be right, too
_WHOLE = (len(_AGES),)  # the line that all trends make
_LONG = tuple(number for number, days in enumerate(_AGES) if number and days >= LONG)


@dataclass
class Exhaustion(SeriesState):
    """The recent past of a batch as the views need it, and how right each view was of late."""

    settings: Settings
    recent: RecentValues
    windows: TrendWindows
    daily: DailyIncrements
    record: Record
    skill: Skill  # of: level, the windows' trends, the days before
    contest: Skill  # the same and Holt-Winters, only over the hours the days before foretold
    far: Skill  # of the best line, the days before and Holt-Winters, some hours ahead
    tails: Floats  # (2, n) quantiles of what Holt-Winters misses, below and above it, in mean errors
    trends: Skill  # of the windows' trends, judged only where there is one
    levels: Skill  # of levels, a block ahead: the hour's, the latest
    soon: Floats  # (n,) rise per step that the days before foresee for the next two hours
    path: Singles  # (blocks of a day, n) increments they foresee after the last whole block
    highest: Singles  # (blocks of a day, n) their running maximum
    daily_rise: Floats  # (n,) its increment after a day
    speaks: NDArray[np.uint8]  # (n,) who foretells this day better than straight lines do: 0 = nobody

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        daily = DailyIncrements.fresh(n, settings)
        hour = max(1, round(daily.day / 24))
        return cls(
            settings,
            RecentValues.fresh(n, settings),
            TrendWindows.fresh(n, settings, _WINDOWS),
            daily,
            Record.fresh(n, settings),
            Skill.fresh(n, len(_WINDOWS) + 2, hour, daily.day),
            Skill.fresh(n, len(_WINDOWS) + 3, hour, daily.day),
            Skill.fresh(n, 3, max(1, round(_FAR * daily.day)), daily.day),
            np.full((2, n), _TENTH * _MEAN_TO_DEVIATION),
            Skill.fresh(n, len(_WINDOWS), hour, daily.day),
            Skill.fresh(n, 2, 1, daily.day),
            np.full(n, np.nan),
            np.zeros((daily.day, n), np.float32),
            np.zeros((daily.day, n), np.float32),
            np.zeros(n),
            np.zeros(n, np.uint8),
        )

    def observe(
        self, values: Floats, held: Floats, limit: Floats, tick: int, filters: Filters | None = None
    ) -> None:
        """Take in the values and limits (n,) of step `tick`; every step must be given, NaN = missing.

        `held` (n,) is as much of the values as may be learnt; what is no further off than the limit always
        may. The `filters` of Holt-Winters have seen the step, too; they are asked where the views look
        ahead.
        """
        self.record.observe(values, limit)
        learnt = np.empty(len(values))
        foresight_kernel.learnt(values, held, limit, learnt)
        self.recent.observe(learnt, tick)
        looks_ahead = self.daily.observe(learnt, tick)
        self.windows.observe(learnt, tick)
        if looks_ahead:
            self._foresee(self.daily.number(tick), filters)
            self._compare_levels(self.daily.number(tick), tick)

    def looks_ahead(self, tick: int) -> bool:
        """Whether the views look ahead anew after step `tick`: a block ends."""
        return self.daily.ends(tick)

    def _foresee(self, block: int, filters: Filters | None) -> None:
        """What each view says of the next hour, and what is better than a line of the next day."""
        season = None if filters is None else Season(filters, self.daily, block)
        drift, seasonal = np.zeros(len(self.soon)), np.full((2, len(self.soon)), np.nan)
        if season is not None and season.known():
            drift = season.drift()
            seasonal = season.rises((len(self.skill.made), len(self.far.made)), drift)
        foresight_kernel.foresee(
            self.daily.means,
            block,
            self.daily.day,
            self.daily.block,
            len(self.skill.made),
            self.windows.slope,
            self.skill.memory,
            self.skill.scores,
            self.skill.made,
            self.contest.scores,
            self.contest.made,
            self.trends.scores,
            self.trends.made,
            self.far.scores,
            self.far.made,
            seasonal,
            self.tails,
            self.soon,
            self.path,
            self.highest,
            self.daily_rise,
            self.speaks,
        )
        rows = np.flatnonzero(self.speaks == SEASON)
        if season is not None and len(rows):
            season.path(drift, rows, (self.path, self.highest, self.daily_rise))

    def _compare_levels(self, block: int, tick: int) -> None:
        """Whether the next block is nearer to the last hour's level or to the latest values."""
        ahead = np.empty((2, len(self.soon)))
        recent, slope = self.recent, self.windows.slope
        trend_kernel.levels_ahead(recent.values, tick, slope, self.daily.block, ahead, recent.work())
        self.levels.observe(block, self.daily.latest(block), ahead)

    def may_alarm(self, tick: int, floor: Floats, limit: Floats, within: float) -> Flags:
        """Where any view can have a limit likelier reached than not in so many seconds, two days at most
        (n,), as of step `tick`: told by bounds, which are cheap and for most series settle it.
        """
        may, settings = np.empty(len(self.soon), np.uint8), self.settings
        values, record = self.recent.values, self.record
        passage_kernel.may_alarm(
            values,
            tick % len(values),
            self.windows.slope,
            _AGES * settings.day,
            floor,
            limit,
            record.passages,
            record.days,
            settings.day,
            settings.step,
            within,
            SEASON,
            self.speaks,
            self.highest,
            self.daily.latest(self.daily.number(tick + 1) - 1),
            self.daily_rise,
            self.tails,
            self.contest.usual[-1],
            self.skill.usual[-1],
            np.empty(2),
            may,
        )
        return may.view(np.bool_)

    def straight(self, tick: int, floor: Floats, limit: Floats, rows: Rows) -> Straight:
        """The straight views of the series at `rows`; noise is at least `floor` (n,). Of those that the days
        before speak of, and that have a limit (n,), the level is left out: it is not asked for.
        """
        settings = self.settings
        views = Straight.room(rows, _AGES * settings.day, self._spoken_of(limit))
        trend_kernel.lines(
            self.recent.values,
            tick,
            rows,
            self.windows.slope,
            _SHAPES,
            settings.step,
            settings.day / 24 / settings.step,
            self.trends.scores,
            self.skill.scores,
            self.levels.scores,
            self.soon,
            floor,
            views.spoken_of,
            views.parts,
            views.usable,
            self.recent.work(),
        )
        return views

    def foreseen(self, views: Straight, tick: int, floor: Floats) -> Path | None:
        """The path that the days before foresee where the straight `views` are silent, None if that is
        nowhere.
        """
        silent = views.silent()
        if not len(silent):
            return None
        rows = views.rows[silent]
        step, block = self.settings.step, self.daily.block
        ended = self.daily.number(tick + 1) - 1
        since = tick + 1 - (ended + 1) * block
        level, daily, late, noise = start = np.empty((4, len(rows)))
        passage_kernel.path_start(
            rows,
            self.daily.latest(ended),
            self.daily_rise,
            SEASON,
            self.speaks,
            self.tails,
            self.contest.usual[-1],
            self.skill.usual[-1],
            _TENTH,
            _MEAN_TO_DEVIATION,
            floor,
            start,
        )
        return Path(
            silent=silent,
            columns=rows,
            highest=self.highest,
            level=level,
            daily=daily,
            noise=noise,
            late=late,
            jitter=self.recent.jitter(tick, rows),
            first=(0.5 * block - since) * step,
            block=block * step,
        )

    def foresee(self, straight: Straight | None, tick: int, steps: int, out: Floats) -> None:
        """The values so many steps after `tick` (2, n), in the settings' direction: if the trend goes on,
        and as the days before foretell, at most a day; NaN where there is none, and where they are silent.
        """
        daily, settings = self.daily, self.settings
        ended = daily.number(tick + 1) - 1
        row = min(daily.number(tick + steps) - ended, daily.day) - 1
        passage_kernel.foretell(
            self.speaks, daily.latest(ended), self.path[max(row, 0)], settings.toward, out
        )
        if straight is not None:
            ahead = steps * settings.step
            straight.carry(_WHOLE if ahead <= settings.day else _LONG, ahead, settings.toward, out[0])

    def probability(self, views: Straight, path: Path | None, limit: Floats) -> Floats:
        """P(limit reached) (n_horizons, len(rows)) of the series that the straight `views` are of, and the
        `path` where these are silent; limits are (n,).
        """
        ends, scale = self.settings.ends, self._scale()
        logs = views.log_survival(limit, ends, self.record, scale)
        if path is not None:
            logs[:, path.silent] = path.log_survival(limit, ends, scale)
        probability = np.empty_like(logs)
        probability[list(self.settings.ascending)] = 0.0 - np.expm1(logs)  # no -0
        return probability

    def seconds(
        self, views: Straight, path: Path | None, limit: Floats, probability: Floats, history: Floats
    ) -> Floats:
        """The time left at 0.5 and the settings' quantiles (1 + n_quantiles, len(rows)), as `probability`;
        inf without a limit. Only where the first one may be told, by all views' probabilities (n_horizons,
        len(rows)) and the seconds of `history` (len(rows),), are the others more than inf.
        """
        scale = self._scale()
        quantiles = (0.5, *self.settings.quantiles)
        longest = self.settings.ascending[-1]
        likely = probability[longest] >= LIKELY
        told = np.stack((np.where(likely, -np.inf, self.settings.horizons[longest]), history))
        seconds = views.seconds(limit, quantiles, scale, told)
        if path is not None:
            its = np.take(told, path.silent, axis=1)
            seconds[:, path.silent] = path.seconds(limit[path.columns], quantiles, scale, its)
        return seconds

    def credible(
        self, seconds: Floats, views: Straight, path: Path | None, probability: Floats, limit: Floats
    ) -> Flags:
        """Which of the times left (1 + n_quantiles, len(rows)) may be told (len(rows),), given what all views
        make of the probabilities (n_horizons, len(rows)).

        By the end of the interval a trend must have the limit reached likelier than not: one lasts for about
        as long as it was seen. The days before are enough for as many days as are known. Within the longest
        horizon the limit must be likelier reached than not.
        """
        middle, scale = seconds[0], self._scale()
        told = views.credible(limit, seconds.max(axis=0), scale)
        if path is not None:
            told[path.silent] |= middle[path.silent] <= DAYS * self.settings.day
        longest = self.settings.ascending[-1]
        likely: Flags = told & ((probability[longest] >= LIKELY) | (middle > self.settings.horizons[longest]))
        return likely

    def _spoken_of(self, limit: Floats) -> NDArray[np.uint8]:
        """Which series have a limit and the days before speak of (n,): the straight views are silent."""
        return (np.isfinite(limit) & (self.speaks > 0)).view(np.uint8)

    def _scale(self) -> TimeScale:
        settings = self.settings
        return TimeScale(settings.day / 24, max(settings.step, settings.day / 1440))
