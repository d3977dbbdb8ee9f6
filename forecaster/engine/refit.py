"""New parameters each day, found a little at a time.

To fit all series at once would take seconds at the end of each day. Instead a refit begins there and goes on
with each step; at fixed later ones its filters, run on until then, are adopted. What they are depends on the
data alone: neither on how the work was cut nor on the batch a series is in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.holt_winters import BLOCK, HoltWinters, Scratch, fit_block
from forecaster.engine.logarithm import asks_for_logarithms, logarithms
from forecaster.engine.piecework import OVERHEAD
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.engine.history import History
    from forecaster.engine.piecework import Pieces
    from forecaster.engine.settings import Settings

    Rows = NDArray[np.intp]

_DAMPING = 0.98  # of the trend per step: a trend is news for an hour or two, not for a week
_LEAST_GAMMA = 0.1  # a fitted season that never moves is right for its window only
_MOST_BETA = 0.3  # a trend that is no more than the last move carries a spike on
_KNOWN = (0.75, 0.5)  # shares of the last two days, and of the last one, that a fit needs
_DELAY = 0.75  # of a day, from the window's end until the last filters are adopted
_SUBSERIES = 12  # of a day, whose spreads are compared
_FEW = 128  # series whose spreads are compared at a time
_FOLLOWING = 12  # states moved as a filter follows a value
_WORK = 56  # states moved per value and filter: what a fit takes, as a rule, and some to spare


def delay(settings: Settings) -> int:
    """Steps from a day's end until its refit is done; less than a day."""
    return int(_DELAY * settings.season)


class Refit:
    """The refit of a batch of series: a filter of each of `periods` for each, from the window up to step
    `last`.

    It reads the batch's `history` while it is worked on. Copies of the batch share it: whoever works on it,
    it finds the same.
    """

    def __init__(self, history: History, last: int, periods: tuple[int, ...], settings: Settings) -> None:
        n, filters = history.values.shape[1], len(periods)
        self.last = last
        self.due = tuple(last - (-delay(settings) * k // filters) for k in range(1, filters + 1))
        self.known = np.zeros(n, dtype=bool)  # whose window is filled
        self.logarithmic = np.zeros((filters, n), dtype=bool)  # of each filter, which series it sees so
        self.fitted = tuple(HoltWinters.fresh(n, period) for period in periods)
        self.reached = [last] * filters  # the step each of `fitted` has been run on to
        self._done = 0  # of `fitted`
        self._work = self._fit(history, settings)
        values = history.window * (n + OVERHEAD / 2 * -(-n // BLOCK))
        self._share = _WORK * values * filters / max(delay(settings), 1)

    def advance(self) -> None:
        """Do a step's share of the work."""
        left = self._share
        for moved in self._work:
            left -= moved
            if left <= 0:
                return

    def finish(self, which: int) -> None:
        """Work until the filters number `which` are done."""
        while self._done <= which:
            next(self._work)

    def _fit(self, history: History, settings: Settings) -> Pieces[None]:
        yield from self._look(history, settings.season)
        known = np.flatnonzero(self.known)
        scratch = Scratch.of(history.window, len(known))
        yield from scratch.clear()
        for which, model in enumerate(self.fitted):
            logarithmic, period = self.logarithmic[which], len(model.season)
            for first in range(0, len(known), BLOCK):
                columns = known[first : first + BLOCK]
                block = scratch.columns(len(columns))
                yield from self._read(history, columns, block.values)
                if period > 1:
                    logarithmic[columns] = yield from _transformed(block.values, period)
                found = yield from fit_block(block, period, _DAMPING)
                found.season = np.roll(found.season, (self.last + 1 - history.window) % period, axis=0)
                model.put(columns, _restrained(found))
            yield from self._run_on(which, history, history.last, settings.season)
            self._done += 1
            yield 0

    def _run_on(self, which: int, history: History, until: int, day: int) -> Pieces[None]:
        """Bring a filter of all series to the step `until`: little is left for when it is adopted."""
        model, logarithmic = self.fitted[which], self.logarithmic[which]
        for step in range(self.last + 1, until + 1):
            model.follow(logarithms(history.at(step), logarithmic), step % day)
            yield _FOLLOWING * len(logarithmic)
        self.reached[which] = max(until, self.last)

    def _look(self, history: History, day: int) -> Pieces[None]:
        """Find out whose window holds enough values for a season."""
        seen, of_last = np.zeros((2, len(self.known)))
        for age in range(2 * day):
            seen += np.isfinite(history.at(self.last - age))
            if age == day - 1:
                of_last = seen.copy()
            yield len(seen)
        two_days, last_day = _KNOWN
        self.known = (seen >= two_days * 2 * day) & (of_last >= last_day * day)

    def _read(self, history: History, columns: Rows, values: NDArray[np.float64]) -> Pieces[None]:
        """The windows of some series into `values` (window, len(columns)), oldest first."""
        for age, row in enumerate(values[::-1]):
            row[:] = history.at(self.last - age)[columns]
            yield 2 * len(columns)


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


class Adoption(NamedTuple):
    """The filters number `which` of the series at `rows`, as after the present step."""

    which: int
    rows: Rows
    model: HoltWinters
    logarithmic: NDArray[np.bool_]  # (n,) of the values' logarithms


@dataclass
class Refits(SeriesState):
    """The refit that each series is in, None = none, and its column there: (n,) each."""

    settings: Settings
    refit: NDArray[np.object_]
    column: Rows

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        return cls(settings, np.full(n, None), np.zeros(n, np.intp))

    def begin(self, history: History, tick: int, periods: tuple[int, ...]) -> None:
        """A refit of all series, whose window ends with step `tick`."""
        self.refit[:] = Refit(history, tick, periods, self.settings)
        self.column = np.arange(len(self.refit))

    def advance(self, history: History, tick: int) -> Iterator[Adoption]:
        """Work on as of step `tick`, the last of `history`; what is to be adopted now."""
        for refit in set(self.refit.tolist()) - {None}:
            refit.advance()
            for which, due in enumerate(refit.due):
                if due == tick:
                    refit.finish(which)
                    yield from self._adopted(refit, which, history, tick)
            if tick == refit.due[-1]:
                self.refit[self.refit == refit] = None

    def _adopted(self, refit: Refit, which: int, history: History, tick: int) -> Iterator[Adoption]:
        """The filters run on through the steps since the window's end, some series at a time."""
        members = np.flatnonzero(self.refit == refit)
        members = members[refit.known[self.column[members]]]
        for first in range(0, len(members), BLOCK):
            rows = members[first : first + BLOCK]
            model = refit.fitted[which].take(self.column[rows])
            logarithmic = refit.logarithmic[which, self.column[rows]]
            for step in range(refit.reached[which] + 1, tick + 1):
                model.follow(logarithms(history.at(step)[rows], logarithmic), step % self.settings.season)
            yield Adoption(which, rows, model, logarithmic)
