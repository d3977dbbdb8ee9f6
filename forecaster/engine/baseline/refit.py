"""New parameters each day, found some series at a time.

To fit all series at once would take seconds at the end of each day. Instead a refit begins there and goes on
with each step; at fixed later ones its filters, run on until then, are put to use. What they are depends on
the data alone: neither on how the work was cut nor on the batch a series is in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.baseline.fit_window import delay
from forecaster.engine.baseline.logarithm import asks_for_logarithms, take_logarithms
from forecaster.engine.holt_winters import HoltWinters
from forecaster.engine.holt_winters.fitting import Rows
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.engine.baseline.fit_window import FitWindow
    from forecaster.engine.baseline.weekly_season import WeeklyOffsets
    from forecaster.engine.settings import Settings

    Columns = NDArray[np.intp]

_DAMPING = 0.98  # of the trend per step: a trend is news for an hour or two, not for a week
_LEAST_GAMMA = 0.1  # a fitted season that never moves is right for its window only
_MOST_BETA = 0.3  # a trend that is no more than the last move carries a spike on
_KNOWN = (0.75, 0.5)  # shares of the last two days, and of the last one, that a fit needs
_SUBSERIES = 12  # of a day, whose spreads are compared
_AT_ONCE = 64  # fits whose values are unpacked together: 11 kB each
_FEWEST = 64  # fits at a step, if so many are left: fewer take hardly less time


class Fitted(NamedTuple):
    """The filters number `which` of the series at `rows`, as after the present step."""

    which: int
    rows: Columns
    model: HoltWinters
    logarithmic: NDArray[np.bool_]  # (n,) of the values' logarithms


@dataclass
class Refit(SeriesState):
    """The refit a batch is in: a filter of each of some periods, fitted on the window up to step `last`.

    Filters that are `done` stand at the last step of the window, as those in use do.
    """

    settings: Settings
    last: int | None  # None = no refit is under way
    known: NDArray[np.bool_]  # (n,) whose window is filled, and who is in the refit
    done: NDArray[np.bool_]  # (filters, n)
    logarithmic: NDArray[np.bool_]  # (filters, n)
    models: tuple[HoltWinters, ...]

    @classmethod
    def fresh(cls, n: int, settings: Settings, periods: tuple[int, ...]) -> Self:
        shape = (len(periods), n)
        models = tuple(HoltWinters.fresh(n, period) for period in periods)
        done, logarithmic = np.zeros((2, *shape), dtype=bool)
        return cls(settings, None, np.zeros(n, dtype=bool), done, logarithmic, models)

    def join(self, other: Self) -> Self:
        joined = super().join(other)
        joined.last = other.last if self.last is None else self.last
        return joined

    @property
    def due(self) -> tuple[int, ...]:
        """The step each of the filters is put to use at."""
        since, filters = 0 if self.last is None else self.last, len(self.models)
        late = delay(self.settings)
        return tuple([since - (-late * k // filters) for k in range(1, filters + 1)])

    def begin(self, window: FitWindow, week: WeeklyOffsets) -> None:
        """A refit of all series whose window, which ends with the last step, holds enough for a season."""
        of_last, seen = window.seen
        two_days, last_day = _KNOWN
        day = window.day
        self.last = window.last
        self.known = (seen >= two_days * 2 * day) & (of_last >= last_day * day)
        self.done[:] = False
        week.keep(self._end)

    def put_off(self, rows: NDArray[np.bool_] | slice) -> None:
        """Forget what is done of some series (n,): steps come through which it would not be followed, or
        what it rests on is not told as exactly any more.
        """
        if self.last is not None:
            self.done[:, rows] = False

    def advance(self, window: FitWindow, week: WeeklyOffsets, *, some: bool = True) -> Iterator[Fitted]:
        """Work on as of the last step of `window`, on `some` series or what is due alone; what is to be put
        to use now. The `week` is as it was kept when the refit began.
        """
        if self.last is None:
            return
        self._follow(window, week)
        dues = self.due
        left = int(np.count_nonzero(self.known > self.done))
        if some and left:
            self._fit_some(window, week, max(_FEWEST, -(-left // max(dues[-1] - window.last, 1))))
        for which, due in enumerate(dues):
            if due == window.last:
                yield from self._due(which, window, week)
        if window.last == dues[-1]:
            self.last = None

    def _due(self, which: int, window: FitWindow, week: WeeklyOffsets) -> Iterator[Fitted]:
        """A filter of all series: as it has been followed, or fitted now. What is fitted now is not kept: a
        history, whose fits are all made when they are due, needs no memory for them.
        """
        done = np.flatnonzero(self.known & self.done[which])
        if len(done):
            yield Fitted(which, done, self.models[which].take(done), self.logarithmic[which, done])
        yield from self._fit(which, np.flatnonzero(self.known & ~self.done[which]), window, week)

    def _follow(self, window: FitWindow, week: WeeklyOffsets) -> None:
        """Take the filters that are done through the last step."""
        if not self.done.any():
            return
        values = window.newest(self._end, week, self.done, self.logarithmic)
        for model, its, due in zip(self.models, values, self.due, strict=True):
            if window.last <= due:  # later nobody asks for it
                model.follow(its, window.last % self.settings.season)

    def _fit_some(self, window: FitWindow, week: WeeklyOffsets, most: int) -> None:
        """Fit the first series that are not done, so many at most."""
        for which, done in enumerate(self.done):
            todo = np.flatnonzero(self.known & ~done)[:most]
            for each in self._fit(which, todo, window, week):
                self.models[which].renew(each.rows, each.model)
                self.logarithmic[which, each.rows] = each.logarithmic
            most -= len(todo)

    def _fit(self, which: int, columns: Columns, window: FitWindow, week: WeeklyOffsets) -> Iterator[Fitted]:
        """A filter of the series at `columns`, fitted and run on to the last step."""
        for first in range(0, len(columns), _AT_ONCE):
            yield self._fit_together(which, columns[first : first + _AT_ONCE], window, week)
        self.done[which, columns] = True

    def _fit_together(self, which: int, columns: Columns, window: FitWindow, week: WeeklyOffsets) -> Fitted:
        period, steps = len(self.models[which].season), window.steps
        values = window.cleaned(self._end - steps, self._end, columns, week)
        asks = np.zeros(len(columns), dtype=bool)
        if period > 1:
            asks = asks_for_logarithms(values[:, :steps], max(period // _SUBSERIES, 2))
            take_logarithms(values, asks)
        found = Rows.of(np.ascontiguousarray(values[:, :steps]), period, _DAMPING)
        found.season[:] = np.roll(found.season, (self._end - steps) % period, axis=1)
        _restrain(found.parameters, seasonal=period > 1)
        found.run(values[:, steps:], self._end % period)
        return Fitted(which, columns, found.model(), asks)

    @property
    def _end(self) -> int:
        """The step after the window's last."""
        assert self.last is not None  # noqa: S101 (a refit is under way)
        return self.last + 1


def _restrain(parameters: NDArray[np.float64], *, seasonal: bool) -> None:
    """Fitted parameters (n, 5) as they are let on values they have not seen."""
    alpha, beta, gamma = parameters.T[:3]
    np.minimum(beta, _MOST_BETA, out=beta)
    np.maximum(gamma, _LEAST_GAMMA * (1 - alpha) if seasonal else 0.0, out=gamma)  # more would be unstable
