"""New parameters each day, found a little at a time.

To fit all series at once would take seconds at the end of each day. Instead a refit begins there and goes on
with each step; at fixed later ones its filters, run on until then, are put to use. What they are depends on
the data alone: neither on how the work was cut nor on the batch a series is in. So work under way is no part
of the state: a batch that is saved, taken or joined begins anew what is not done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.baseline.fit_window import delay
from forecaster.engine.baseline.logarithm import asks_for_logarithms, logarithms
from forecaster.engine.baseline.weekly_season import WeeklyOffsets
from forecaster.engine.holt_winters import HoltWinters
from forecaster.engine.holt_winters.fitting import BLOCK, Scratch, fit_block
from forecaster.engine.holt_winters.piecework import OVERHEAD
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.engine.baseline.fit_window import FitWindow
    from forecaster.engine.holt_winters.piecework import Pieces
    from forecaster.engine.settings import Settings

    Rows = NDArray[np.intp]

_DAMPING = 0.98  # of the trend per step: a trend is news for an hour or two, not for a week
_LEAST_GAMMA = 0.1  # a fitted season that never moves is right for its window only
_MOST_BETA = 0.3  # a trend that is no more than the last move carries a spike on
_KNOWN = (0.75, 0.5)  # shares of the last two days, and of the last one, that a fit needs
_SUBSERIES = 12  # of a day, whose spreads are compared
_FEW = 128  # series whose spreads are compared at a time
_CLEANING = 40  # states moved as a value is compared with those of other days
_FOLLOWING = 12  # states moved as a filter follows a value
_WORK = 56  # states moved per value and filter: what a fit takes, as a rule, and some to spare


def _transformed(values: NDArray[np.float64], period: int) -> Pieces[NDArray[np.bool_]]:
    """Put the logarithms of the columns of (window, n) that ask for it in their place; which they are."""
    asks = np.zeros(values.shape[1], dtype=bool)
    for first in range(0, len(asks), _FEW):
        few = slice(first, first + _FEW)
        asks[few] = asks_for_logarithms(values[:, few], max(period // _SUBSERIES, 2))
        values[:, few] = logarithms(values[:, few], asks[few])
        yield 6 * values[:, few].size
    return asks


def _restrained(model: HoltWinters) -> HoltWinters:
    """A fitted filter as it is let on values it has not seen."""
    least = _LEAST_GAMMA if len(model.season) > 1 else 0.0
    model.beta = np.minimum(model.beta, _MOST_BETA)
    model.gamma = np.maximum(model.gamma, least * (1 - model.alpha))  # more would be unstable
    return model


class Fitted(NamedTuple):
    """The filters number `which` of the series at `rows`, as after the present step."""

    which: int
    rows: Rows
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
    week: WeeklyOffsets  # as they were when the refit began

    def __post_init__(self) -> None:
        self._work: Iterator[int] | None = None
        self._share = 0.0  # of the work, for each step

    @classmethod
    def fresh(cls, n: int, settings: Settings, periods: tuple[int, ...]) -> Self:
        shape = (len(periods), n)
        models = tuple(HoltWinters.fresh(n, period) for period in periods)
        done, logarithmic = np.zeros((2, *shape), dtype=bool)
        week = WeeklyOffsets.fresh(n, settings)
        return cls(settings, None, np.zeros(n, dtype=bool), done, logarithmic, models, week)

    def join(self, other: Self) -> Self:
        joined = super().join(other)
        joined.last = other.last if self.last is None else self.last
        return joined

    @property
    def due(self) -> tuple[int, ...]:
        """The step each of the filters is put to use at."""
        filters = len(self.models)
        since = 0 if self.last is None else self.last
        return tuple(since - (-delay(self.settings) * k // filters) for k in range(1, filters + 1))

    def begin(self, window: FitWindow, week: WeeklyOffsets) -> None:
        """A refit of all series whose window, which ends with the last step, holds enough for a season."""
        of_last, seen = window.seen
        two_days, last_day = _KNOWN
        day = window.day
        self.last, self._work = window.last, None
        self.known = (seen >= two_days * 2 * day) & (of_last >= last_day * day)
        self.done[:] = False
        self.week = week.copy()

    def advance(self, window: FitWindow) -> Iterator[Fitted]:
        """Work on as of the last step of `window`; what is to be put to use now."""
        if self.last is None:
            return
        self._follow(window)
        self._do_a_share(window)
        for which, due in enumerate(self.due):
            if due == window.last:
                self._finish(which, window)
                rows = np.flatnonzero(self.known)
                for first in range(0, len(rows), BLOCK):
                    some = rows[first : first + BLOCK]
                    yield Fitted(which, some, self.models[which].take(some), self.logarithmic[which, some])
        if window.last == self.due[-1]:
            self.last, self._work = None, None

    def _follow(self, window: FitWindow) -> None:
        """Take the filters that are done through the last step."""
        phase, everyone = window.last % self.settings.season, np.arange(len(self.known))
        if not self.done.any():
            return
        values = window.cleaned(window.last, self._since, everyone, self.week)
        for model, done, logarithmic in zip(self.models, self.done, self.logarithmic, strict=True):
            if done.any():
                model.follow(np.where(done, logarithms(values, logarithmic), np.nan), phase)

    def _do_a_share(self, window: FitWindow) -> None:
        if self._work is None:
            left = int(np.count_nonzero(self.known & ~self.done))
            values = window.steps * (left + OVERHEAD / 2 * len(self.models) * -(-left // BLOCK))
            self._share = _WORK * values / max(self.due[-1] - window.last, 1)
            self._work = self._fit(window)
        left_of_it = self._share
        for moved in self._work:
            left_of_it -= moved
            if left_of_it <= 0:
                return

    def _finish(self, which: int, window: FitWindow) -> None:
        """Work until the filters number `which` are done."""
        if self._work is None:
            self._work = self._fit(window)
        while (self.known & ~self.done[which]).any():
            next(self._work)

    def _fit(self, window: FitWindow) -> Iterator[int]:
        """Fit what is not done, a block of series at a time; yields as `Pieces` do."""
        scratch = None
        for which, model in enumerate(self.models):
            todo, period = np.flatnonzero(self.known & ~self.done[which]), len(model.season)
            for first in range(0, len(todo), BLOCK):
                columns = todo[first : first + BLOCK]
                if scratch is None:
                    scratch = Scratch.of(window.steps, len(columns))
                    yield from scratch.clear()
                block = scratch.columns(len(columns))
                yield from self._read(window, columns, block.values)
                asks = np.zeros(len(columns), dtype=bool)
                if period > 1:
                    asks = yield from _transformed(block.values, period)
                found = yield from fit_block(block, period, _DAMPING)
                found.season = np.roll(found.season, (self._since + 1 - window.steps) % period, axis=0)
                yield from self._run_on(_restrained(found), (window), columns, asks)
                model.put(columns, found)
                self.logarithmic[which, columns], self.done[which, columns] = asks, True
                yield 0

    @property
    def _since(self) -> int:
        assert self.last is not None  # noqa: S101 (there is work)
        return self.last

    def _run_on(
        self, model: HoltWinters, window: FitWindow, columns: Rows, logarithmic: NDArray[np.bool_]
    ) -> Pieces[None]:
        """Bring the filters of some series to the window's last step, whichever that is by then."""
        step = self._since
        while step < window.last:
            step += 1
            values = window.cleaned(step, self._since, columns, self.week)
            model.follow(logarithms(values, logarithmic), step % self.settings.season)
            yield _FOLLOWING * len(columns)

    def _read(self, window: FitWindow, columns: Rows, values: NDArray[np.float64]) -> Pieces[None]:
        """The windows of some series into `values` (window, len(columns)), oldest first."""
        for age, row in enumerate(values[::-1]):
            row[:] = window.cleaned(self._since - age, self._since, columns, self.week)
            yield _CLEANING * len(columns)
