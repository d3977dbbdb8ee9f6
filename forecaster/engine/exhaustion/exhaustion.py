"""When a series reaches its limit: the probability within each horizon, and the time left with its quantiles.

Views of what comes next, each from the same recent past:

- level: no trend, noise as in the last hour; no oftener than the record says
- trend: the Theil-Sen trend of the last quarter day, day, two or four weeks, where there is one
- days: what followed at this time of the day on the days before

The straight views speak by the most alarmed of them; where the days before have foretold the last day clearly
better than they have (saw-tooths, daily waves), they speak instead.

Values rise to their limit here; those that fall to it come in mirrored, values and limits times -1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion.daily_increments import DailyIncrements
from forecaster.engine.exhaustion.line import Line, Trend, straight
from forecaster.engine.exhaustion.path import Path
from forecaster.engine.exhaustion.recent import RecentValues
from forecaster.engine.exhaustion.record import Record
from forecaster.engine.exhaustion.skill import Skill
from forecaster.engine.exhaustion.straight import LONG, Straight
from forecaster.engine.exhaustion.time_scale import TimeScale
from forecaster.engine.exhaustion.trend import TrendWindow, Window
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

_WINDOWS = (
    Window(0.25, 24, 0.6, early=1),
    Window(1.0, 24, 0.7, early=2),
    Window(14.0, 14, 0.8, early=3),
    Window(28.0, 28, 0.75, early=5),
)
_LEVEL, _TREND = 1.0, 2.0  # factors of a straight view's noise in probabilities
_DAYS_WIN = (0.35, 0.7)  # … its error is under this share of the best line's: of one day known, of more
_OFF_PATH = 4.0  # … and the last hour went as foretold to so many times its usual error
_KNOWN = 0.75  # … and it knows so much of the day ahead
_SLOPE_SHARE = 0.7  # of a trend's error an hour ahead that is its slope's
_TRENDS_JUDGED = 4  # forecasts, until a trend's own errors say anything
_LEVELS_JUDGED = 8  # blocks, until the levels' errors say anything
_WANDERS = 0.7  # the latest values are nearer to what comes by this factor
_AS_RIGHT = 1.3  # errors of the days before and of the best trend that are about the same
_PAUSES = 1.0  # days, from which on a window's trend may rest for an hour; one of some hours …
_UNSEEN = 1.5  # … is none where a level meets the last hour so many times as closely
_MEAN_TO_DEVIATION = 1.2533  # √(π/2)
_EVEN = 0.69  # passages to be expected, under which one is less likely than none: ln 2, less its rounding


@dataclass
class Exhaustion(SeriesState):
    """The recent past of a batch as the views need it, and how right each view was of late."""

    settings: Settings
    recent: RecentValues
    windows: tuple[TrendWindow, ...]
    daily: DailyIncrements
    record: Record
    skill: Skill  # of: level, the windows' trends, the days before
    contest: Skill  # the same, only over the hours the days before foretold
    trends: Skill  # of the windows' trends, judged only where there is one
    levels: Skill  # of levels, a block ahead: the hour's, the latest
    soon: Floats  # (n,) rise per step that the days before foresee for the next two hours
    path: Floats  # (blocks of a day, n) increments they foresee after the last whole block
    highest: Floats  # (blocks of a day, n) their running maximum
    daily_rise: Floats  # (n,) its increment after a day
    speaks: Flags  # (n,) they foretell this day better than straight lines do

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        daily = DailyIncrements.fresh(n, settings)
        hour = max(1, round(daily.day / 24))
        return cls(
            settings,
            RecentValues.fresh(n, settings),
            tuple(TrendWindow.fresh(n, settings, window) for window in _WINDOWS),
            daily,
            Record.fresh(n, settings),
            Skill.fresh(n, len(_WINDOWS) + 2, hour, daily.day),
            Skill.fresh(n, len(_WINDOWS) + 2, hour, daily.day),
            Skill.fresh(n, len(_WINDOWS), hour, daily.day),
            Skill.fresh(n, 2, 1, daily.day),
            np.full(n, np.nan),
            np.zeros((daily.day, n)),
            np.zeros((daily.day, n)),
            np.zeros(n),
            np.zeros(n, dtype=bool),
        )

    def observe(self, values: Floats, held: Floats, limit: Floats, tick: int) -> None:
        """Take in the values and limits (n,) of step `tick`; every step must be given, NaN = missing.

        `held` (n,) is as much of the values as may be learnt; what is no further off than the limit always
        may.
        """
        self.record.observe(values, limit)
        values = np.where(np.isfinite(limit), np.maximum(held, np.minimum(values, limit)), held)
        self.recent.observe(values, tick)
        self.daily.observe(values, tick)
        for window in self.windows:
            window.observe(values, tick)
        if self.daily.ends(tick):
            self._foresee(self.daily.number(tick))
            self._compare_levels(self.daily.number(tick), tick)

    def _foresee(self, block: int) -> None:
        mean, hour = self.daily.latest(block), len(self.skill.made)
        everyone = np.arange(len(mean))
        soon, later = self.daily.path(block, np.array([hour, min(2 * hour, self.daily.day)]), everyone)
        self.soon = later / (min(2 * hour, self.daily.day) * self.daily.block)
        steps = hour * self.daily.block
        slopes = np.stack(self._slopes())
        self.trends.observe(block, mean, mean + slopes * steps)
        trends = [np.where(np.isfinite(slope), slope, 0.0) * steps for slope in slopes]
        told = np.stack([mean, *(mean + rise for rise in trends), mean + soon])
        self.skill.observe(block, mean, told)
        self.contest.observe(block, mean, np.where(np.isfinite(soon), told, np.nan))
        rows = np.flatnonzero(self._days_are_better())
        self.speaks[:] = False
        path = self.daily.path(block, np.arange(1, self.daily.day + 1), rows)
        known = np.isfinite(path)
        self.speaks[rows] = known.mean(axis=0) >= _KNOWN
        path = np.where(known, path, 0.0)
        self.path[:, rows], self.daily_rise[rows] = path, path[-1]
        self.highest[:, rows] = np.maximum.accumulate(path)

    def _compare_levels(self, block: int, tick: int) -> None:
        """Whether the next block is nearer to the last hour's level or to the latest values."""
        slope = np.full(len(self.soon), np.nan)
        for each in self._slopes():
            slope = np.where(np.isfinite(slope), slope, each)
        rows = np.flatnonzero(np.isfinite(slope))
        levels = np.full((2, len(slope)), np.nan)
        levels[:, rows] = self.recent.levels(tick, rows, slope[rows])
        to_middle = slope * (self.daily.block + 1) / 2
        self.levels.observe(block, self.daily.latest(block), levels + to_middle)

    def wanders(self) -> Flags:
        """Where the latest values say more than the hour's: growth in bursts, not noise about a line."""
        hour, latest = self.levels.usual
        wanders: Flags = (self.levels.count[0] >= _LEVELS_JUDGED) & (latest < _WANDERS * hour)
        return wanders

    def _slopes(self) -> list[Floats]:
        """The trend of each window (n,) per step; NaN where there is none upwards."""
        return [window.rising() for window in self.windows]

    def _days_are_better(self) -> Flags:
        error, last, count = self.contest.error, self.contest.last[-1], self.contest.count[-1]
        share = np.where(count > self.daily.day, _DAYS_WIN[1], _DAYS_WIN[0])
        better = (count >= self.daily.day / 4) & (error[-1] < share * error[:-1].min(axis=0))
        on_path: Flags = better & (last <= _OFF_PATH * error[-1])
        return on_path

    def _trends_error(self) -> Floats:
        """How far each window's trend has been off an hour ahead (n_windows, n).

        Before it was judged, what it and the level together have been.
        """
        known = self.trends.count >= _TRENDS_JUDGED
        error: Floats = np.where(known, self.trends.usual, self.skill.usual[1:-1])
        return error

    def may_alarm(self, within: float) -> Flags:
        """Where any view can find a limit likelier to be reached than not in so many seconds, and where there
        is a trend (n,): a level can only where the record does.
        """
        trending = np.any(np.isfinite(self._slopes()), axis=0)
        likely: Flags = trending | self.speaks | (self.record.hazard(np.array([within]))[0] >= _EVEN)
        return likely

    def straight(self, tick: int, floor: Floats, rows: Rows) -> Straight:
        """The straight views of the series at `rows`; noise is at least `floor` (n,)."""
        level, *trends = self._lines(tick, floor[rows], rows)
        return Straight(rows, level, trends, self._together(trends, rows))

    def _lines(self, tick: int, floor: Floats, rows: Rows) -> list[Line]:
        """The level, then one line per window; (len(rows),) each, as `floor`."""
        none = np.zeros(len(rows))
        step = self.settings.step
        steady, wanders = np.zeros(len(rows), dtype=bool), self.wanders()[rows]
        out = [
            straight(self.recent, rows, tick, Trend(none, none, step, np.inf), floor=floor, wanders=steady)
        ]
        hour = self.settings.day / 24 / step
        errors = self._trends_error()[:, rows]
        for window, its, error in zip(_WINDOWS, self._slopes(), errors, strict=True):
            slope = its[rows]
            rise = np.where(slope > 0, slope, 1.0) * hour
            share = np.clip(_SLOPE_SHARE * _MEAN_TO_DEVIATION * error / rise, 0.01, 1.0)
            if window.days >= LONG:
                share = np.minimum(share, window.slope_error)
            trend = Trend(slope, share, step, window.days * self.settings.day)
            line = straight(self.recent, rows, tick, trend, floor=floor, wanders=wanders)
            if window.days < _PAUSES:
                line = replace(line, usable=line.usable & (line.scatter <= _UNSEEN * out[0].scatter))
            out.append(line)
        return out

    def foreseen(self, tick: int, rows: NDArray[np.intp], floor: Floats) -> Path:
        """The path that the days before foresee of the series at `rows`."""
        step, block = self.settings.step, self.daily.block
        ended = self.daily.number(tick + 1) - 1
        since = tick + 1 - (ended + 1) * block
        return Path(
            level=self.daily.latest(ended)[rows],
            highest=self.highest[:, rows],
            daily=self.daily_rise[rows],
            noise=np.maximum(_MEAN_TO_DEVIATION * self.skill.usual[-1, rows], floor[rows]),
            jitter=self.recent.jitter(tick, rows),
            first=(0.5 * block - since) * step,
            block=block * step,
        )

    def foretold(self, tick: int, steps: int) -> Floats:
        """What the days before foretell for `steps` after `tick` (n,), at most a day; NaN where they are
        silent.
        """
        ended = self.daily.number(tick + 1) - 1
        row = min(self.daily.number(tick + steps) - ended, self.daily.day) - 1
        return np.where(self.speaks, self.daily.latest(ended) + self.path[max(row, 0)], np.nan)

    def _together(self, lines: list[Line], rows: Rows) -> Line:
        """One line of all usable trends and what the days before add, each weighted by how right it has been
        of late.
        """
        usable: Flags = np.any([line.usable for line in lines], axis=0)
        weights = [
            np.where(line.usable, 1.0 / np.maximum(error, 1e-200), 0.0)
            for line, error in zip(lines, self._trends_error()[:, rows], strict=True)
        ]
        total = np.where(usable, np.sum(weights, axis=0), 1.0)

        def mean(rows: list[Floats]) -> Floats:
            parts = [np.where(w > 0, w / total * row, 0.0) for w, row in zip(weights, rows, strict=True)]
            middle: Floats = np.sum(parts, axis=0)
            return middle

        slope, share = mean([line.slope for line in lines]), self._days_share(usable, total, rows)
        of_days = np.where(share > 0, self.soon[rows] / self.settings.step, slope)
        return Line(
            level=mean([line.level for line in lines]),
            slope=slope + share * (of_days - slope),
            noise=mean([line.noise for line in lines]),
            jitter=mean([line.jitter for line in lines]),
            scatter=mean([line.scatter for line in lines]),
            slope_error=mean([line.slope_error for line in lines]),
            usable=usable,
            age=np.inf,
        )

    def _days_share(self, usable: Flags, total: Floats, rows: Rows) -> Floats:
        """The share (len(rows),) of the days before in a slope, beside trends of a `total` weight: 0 unless
        they have been about as right.
        """
        error = np.where(self.skill.count[-1, rows] > 0, self.skill.usual[-1, rows], np.inf)
        trends = self._trends_error()[:, rows].min(axis=0)
        as_right = usable & (self.soon[rows] > 0) & (error <= _AS_RIGHT * trends)
        weight = np.where(as_right, 1.0 / np.maximum(error, 1e-200), 0.0)
        share: Floats = weight / (total + weight)
        return share

    def probability(self, views: Straight, limit: Floats, tick: int, floor: Floats) -> Floats:
        """P(limit reached) (n_horizons, len(rows)) of the series that the straight `views` are of; limits and
        floors are (n,).
        """
        rows, scale = views.rows, self._scale()
        ends = np.array(self.settings.horizons, dtype=np.float64)
        order = np.argsort(ends, kind="stable")
        ascending, limited, bound = ends[order], *_bounds(limit[rows])
        logs = views.level.log_survival(bound, ascending, scale, _LEVEL)
        logs = np.maximum(logs, -self.record.hazard(ascending)[:, rows])
        for line in views.trends:
            logs = np.minimum(logs, line.log_survival(bound, ascending, scale, _TREND))
        if len(some := np.flatnonzero(limited & self.speaks[rows])):
            path = self.foreseen(tick, rows[some], floor)
            logs[:, some] = path.log_survival(bound[some], ascending, scale)
        probability = np.empty_like(logs)
        probability[order] = np.where(limited, -np.expm1(logs), 0.0)
        return probability

    def seconds(self, views: Straight, limit: Floats, tick: int, floor: Floats) -> Floats:
        """The time left at 0.5 and the settings' quantiles (1 + n_quantiles, len(rows)), as `probability`."""
        rows, scale = views.rows, self._scale()
        quantiles = (0.5, *self.settings.quantiles)
        limited, bound = _bounds(limit[rows])
        seconds = views.trend.seconds(bound, quantiles, scale)
        if len(some := np.flatnonzero(limited & self.speaks[rows])):
            path = self.foreseen(tick, rows[some], floor)
            seconds[:, some] = path.seconds(bound[some], quantiles, scale)
        return np.where(limited, seconds, np.inf)

    def _scale(self) -> TimeScale:
        settings = self.settings
        return TimeScale(settings.day / 24, max(settings.step, settings.day / 1440))


def _bounds(limit: Floats) -> tuple[Flags, Floats]:
    """Which series have a limit (n,), and the limits (n,), 0 where there is none."""
    limited: Flags = np.isfinite(limit)
    return limited, np.where(limited, limit, 0.0)
