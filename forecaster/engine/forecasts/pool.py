"""The members' quantiles made one, of a batch of series, at any horizon up to 30 days: `observe` learns,
`ask` and `outlook` only look.

Quantiles are averaged (Lichtendahl, Grushka-Cockayne and Winkler, Is it better to average probabilities or
quantiles?, 2013) by the fleet's weights for a horizon and a quantile, times exp(-eta x loss relative to the
best) (Littlestone and Warmuth, The weighted majority algorithm, 1994), without the outer thirds of the
weight. Then each series' own width stretches them about their median, as outcomes have asked for (Gibbs and
Candès, Adaptive conformal inference under distribution shift, 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np

from forecaster.engine.forecasts import members_kernel, pool_kernel
from forecaster.engine.forecasts.fleet import fleet
from forecaster.engine.forecasts.memory import HIGHEST, MISSING, SLOTS, Memory
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.forecasts.fleet import Fleet
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Rows = NDArray[np.intp]

MEMBERS = ("last", "analog", "analog_recent", "hours", "day", "days", "week", "month", "clock")
"""What single views of the last seven days say of a time ahead, as quantiles.

last: the last value and its changes over such a time. analog: what followed the 60 moments of like level
(Delle Monache and others, Probabilistic weather prediction with an analog ensemble, 2013). analog_recent: the
same, of like level, clock time and date. hours, day, days, week: the values of the last 3 hours, 1, 3, 7
days. month: those of up to 28 whole days, for what is farther ahead than two days. clock: those of the same
clock time.
"""
JUDGED = (3, 12, 48, 144)
"""Slots of 5 minutes ahead, at which the members' losses and the pool's widths are kept."""
LEVELS = (0.1, 0.5, 0.9)
"""Quantiles by which members and pool are judged."""
KNOTS = 5
"""Codes at which a table has forecasts: the last one seen then, both ends of the week's 90 %, and what lies a
range beyond them."""
_TABLES_A_DAY = 12  # of a series; in between the outlook looks them up: ADR 24
_MEMORY = 12.0  # judgements: 5 days
_FAR = 2  # days ahead, beyond which series learn no widths
_ROOM = 2048  # slots of the longest memory, and some
_BLOCK = 256  # series asked at once


class Asked(NamedTuple):
    """What members are asked for."""

    ahead: NDArray[np.intp]  # (n_horizons,) slots
    levels: Floats  # (n_levels,) ascending, the median among them
    fleet: Fleet
    learnt: NDArray[np.intp]  # (n_horizons,) which of the judged horizons is nearest
    own: NDArray[np.uint8]  # (n_horizons,) whether series have learnt widths
    middle: int  # the place of the median


class Told(NamedTuple):
    """What the members say of some series, at some codes (k), in codes."""

    knots: Floats  # (rows, k)
    week: Floats  # (rows, 2) 80 % of the values of the last seven days
    jobs: NDArray[
        np.int32
    ]  # (rows, n_horizons) whether the target's clock time lies beyond those: 1, 0 or -1
    edges: Floats  # (rows, n_horizons) the end of its values next to them
    said: Floats  # (rows, lags x k, n_horizons, members and job, n_levels)


@dataclass
class Pool(SeriesState):
    """The memory of each series, how right the members have been on it, and a table for its outlook: 5.1 kB
    a series. Arrays have the series on their first axis, so that each lies in one piece.

    >>> from forecaster.engine.settings import Settings
    >>> daily = Pool.fresh(1, Settings(step=3600))
    >>> for hour in range(24 * 10):
    ...     daily.observe(np.array([50.0 if hour % 24 == 3 else 1.0]), hour)
    >>> daily.ask([4 * 3600, 5 * 3600], [0.1, 0.5, 0.9])[0].round(1).tolist()
    [[50.0, 50.0, 50.0], [1.0, 1.0, 1.0]]
    """

    axis: ClassVar[int] = 0

    settings: Settings
    memory: Memory
    loss: Singles  # (n, horizons judged, members) mean quantile losses, in codes
    judged: Singles  # (n, horizons judged) how many they rest on
    width: Singles  # (n, horizons judged, 2) of the pool's quantiles below and above the median
    knots: Singles  # (n, KNOTS) codes, ascending; NaN = no table yet
    week: Singles  # (n, 2) codes
    tables_from: int | None  # the step from which on tables are made, None = always
    table: Singles  # (n, 2 x KNOTS, n_horizons, n_levels) codes: for clock times now, and when it ends

    def __post_init__(self) -> None:
        self._shares: Floats | None = None
        """Of the clock time (n, n_horizons, n_levels), as `outlook` needs them. They follow from losses,
        which change twice a day: NaN, None = to be worked out when asked for. No part of the state."""

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        """Of `n` series that nothing was seen of."""
        levels = len({*settings.quantiles, 0.5})
        return cls(
            settings=settings,
            memory=Memory.fresh(n, settings),
            loss=np.zeros((n, len(JUDGED), len(MEMBERS)), np.float32),
            judged=np.zeros((n, len(JUDGED)), np.float32),
            width=np.ones((n, len(JUDGED), 2), np.float32),
            knots=np.full((n, KNOTS), np.nan, np.float32),
            week=np.full((n, 2), np.nan, np.float32),
            tables_from=None,
            table=np.full((n, 2 * KNOTS, len(settings.horizons), levels), np.nan, np.float32),
        )

    def observe(self, values: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick`, NaN = missing; every step must be given."""
        begins = self.memory.begins(tick)
        if begins and self.memory.slot >= 0:
            self._judge(self.memory.due(self.memory.turns))
        unit = self.memory.unit.copy()
        if self.memory.take_in(values, tick):
            self._rescale(np.flatnonzero((self.memory.unit != unit) & (unit > 0)), unit)
        if begins:
            self._renew_tables(tick)

    def leave_tables_out(self, first: int, until: int) -> None:
        """From step `first` on there is no outlook before step `until`: make only the tables that are in use
        then. Those that are left out are none, should it come earlier.
        """
        self.tables_from = until + 1 - self._every * self.memory.steps
        if first < self.tables_from:
            self.knots[:] = np.nan

    def make_all_tables(self) -> None:
        """There may be an outlook after each step."""
        self.tables_from = None

    def ask(self, horizons: Sequence[int], quantiles: Sequence[float], rows: Rows | None = None) -> Floats:
        """(len(rows), n_horizons, n_quantiles) of the values `horizons` seconds ahead, ascending with the
        quantiles, of some series or all; NaN = nothing seen for seven days.
        """
        asked = self._asked(tuple(horizons), tuple(quantiles))
        rows = np.arange(len(self.loss)) if rows is None else rows
        out = np.empty((len(rows), len(horizons), len(asked.levels)))
        for first in range(0, len(rows), _BLOCK):
            some = rows[first : first + _BLOCK]
            told = self._told(some, asked)
            joined = self._joined(some, asked, told)[:, 0]
            out[first : first + _BLOCK] = np.where(np.isnan(joined), told.knots[:, :, None], joined)
        return self._in_units(out, asked, horizons, quantiles, rows)

    def outlook(self) -> Floats:
        """The same for the horizons and quantiles of the settings, from the series' tables."""
        settings, memory = self.settings, self.memory
        asked = self._asked(settings.horizons, settings.quantiles)
        out = np.empty((len(self.loss), len(settings.horizons), len(asked.levels)))
        members_kernel.look_up(
            memory.ring,
            memory.slot,
            memory.day,
            asked.ahead,
            asked.levels,
            asked.middle,
            self.knots,
            self.week,
            self.table,
            self._every,
            ((memory.slot % self._every + memory.turn) % self._every).astype(np.intp),
            self._clock_shares(asked),
            memory.codes(),
            np.empty((3, _ROOM), np.int32),
            out,
        )
        return self._in_units(out, asked, settings.horizons, settings.quantiles)

    def _clock_shares(self, asked: Asked) -> Floats:
        """Of the clock time in the weights of the outlook's quantiles (n, n_horizons, n_levels)."""
        if self._shares is None:
            self._shares = np.full((len(self.loss), *self.table.shape[2:]), np.nan)
        rows = np.flatnonzero(np.isnan(self._shares[:, 0, 0]))
        pool_kernel.clock_shares(
            self.loss,
            self.judged,
            asked.learnt,
            asked.fleet.weights,
            asked.middle,
            rows,
            np.empty((4, len(MEMBERS))),
            self._shares,
        )
        return self._shares

    def forget(self, rows: slice | Rows) -> None:
        """Shares follow from losses."""
        if self._shares is not None:
            self._shares[rows] = np.nan

    @property
    def _every(self) -> int:
        """Slots between two tables of a series."""
        return max(1, self.memory.day // _TABLES_A_DAY)

    def _renew_tables(self, tick: int) -> None:
        """Make the tables of the series whose turn it is in this slot, and of those that have none and will
        not have their turn before an outlook is asked for.
        """
        memory, begins, every = self.memory, self.tables_from, self._every
        if begins is not None and tick < begins:
            return
        wait = -(memory.slot % every + memory.turn) % every  # slots
        left = 0 if begins is None else every - 1 - (tick - begins) // memory.steps
        wanted = (wait == 0) | (np.isnan(self.knots[:, 0]) & (wait > left))
        self._tabulate(np.flatnonzero(wanted & (memory.turn >= 0)))

    def _tabulate(self, rows: Rows) -> None:
        """What the pool says at three codes, for clock times when the table begins and ends."""
        if not len(rows):
            return
        asked = self._asked(self.settings.horizons, self.settings.quantiles)
        told = self._told(rows, asked, knots=KNOTS, lags=(0, self._every))
        joined = self._joined(rows, asked, told._replace(jobs=np.zeros_like(told.jobs)))
        knots = np.where(np.isnan(told.knots), self.memory.codes()[rows, None], told.knots)
        order = np.argsort(knots, axis=1, kind="stable")
        twice = np.concatenate((order, order + KNOTS), axis=1)
        self.knots[rows] = np.take_along_axis(knots, order, 1)
        self.week[rows] = told.week
        joined = np.where(np.isnan(joined), np.tile(knots, 2)[:, :, None, None], joined)
        self.table[rows] = np.take_along_axis(joined, twice[:, :, None, None], 1)

    def _judge(self, rows: Rows) -> None:
        """The slot that ends is the outcome of earlier forecasts. The ring has lost what members would have
        known of its oldest slots.
        """
        if not len(rows):
            return
        memory = self.memory
        asked, ages = _judged(memory.day)
        came = memory.before(rows, ages)
        seen = came[:, 0] != MISSING
        if not seen.all():
            rows, came = rows[seen], came[seen]
        if not len(rows):
            return
        told = self._told(rows, asked, back=int(ages[0]))
        pool_kernel.judge(
            rows,
            came,
            told.said,
            self._joined(rows, asked, told),
            _MEMORY,
            asked.levels,
            self.loss,
            self.judged,
            self.width,
        )
        self.forget(rows)

    def _asked(self, horizons: tuple[int, ...], quantiles: tuple[float, ...]) -> Asked:
        slot = self.settings.step * self.memory.steps
        return _asked(tuple([each / slot for each in horizons]), quantiles, self.memory.day)

    def _told(
        self, rows: Rows, asked: Asked, knots: int = 1, back: int = 0, lags: tuple[int, ...] = (0,)
    ) -> Told:
        """What the members say `back` slots ago, of clock times some `lags` in slots later."""
        n, ahead, levels = len(rows), len(asked.ahead), len(asked.levels)
        told = Told(
            np.empty((n, knots)),
            np.empty((n, 2)),
            np.zeros((n, ahead), np.int32),
            np.zeros((n, ahead)),
            np.empty((n, len(lags) * knots, ahead, len(MEMBERS) + 1, levels)),
        )
        members_kernel.speak(
            self.memory.ring,
            self.memory.days.reshape(len(self.loss), -1),
            self.memory.trend,
            rows,
            self.memory.slot,
            back,
            np.array(lags, np.intp),
            self.memory.day,
            asked.ahead,
            asked.levels,
            np.empty((6, _ROOM), np.int32),
            np.empty((4, _ROOM)),
            *told,
        )
        return told

    def _joined(self, rows: Rows, asked: Asked, told: Told) -> Floats:
        """(rows, knots, n_horizons, n_levels) codes."""
        n, knots, ahead, _, levels = told.said.shape
        out = np.empty((n, knots, ahead, levels))
        pool_kernel.join(
            rows,
            told.said,
            told.jobs,
            told.edges,
            self.loss,
            self.judged,
            self.width,
            asked.learnt,
            asked.own,
            asked.middle,
            asked.fleet.weights,
            asked.fleet.widths,
            np.empty((4, len(MEMBERS))),
            out,
        )
        return out

    def _in_units(
        self,
        codes: Floats,
        asked: Asked,
        horizons: Sequence[int],
        quantiles: Sequence[float],
        rows: Rows | slice = slice(None),
    ) -> Floats:
        """Quantiles (rows, n_horizons, n_quantiles) as values; nearer than a slot they leave from the last
        one.
        """
        memory, out = self.memory, np.empty((len(codes), len(horizons), len(quantiles)))
        pool_kernel.in_units(
            codes,
            memory.last[rows],
            memory.codes()[rows],
            memory.unit[rows],
            HIGHEST,
            np.minimum(np.array(horizons) / (self.settings.step * memory.steps), 1.0),
            np.searchsorted(asked.levels, quantiles),
            out,
        )
        return out

    def _rescale(self, rows: Rows, unit: Floats) -> None:
        """Some series have got another unit than they had."""
        times = (self.memory.unit[rows] / unit[rows]).astype(np.float32)
        for codes in (self.loss, self.knots, self.week, self.table):
            codes[rows] /= times.reshape(-1, *(1,) * (codes.ndim - 1))
        self.forget(rows)


@lru_cache(maxsize=16)
def _judged(day: int) -> tuple[Asked, NDArray[np.intp]]:
    """What members are asked for to be judged; so many slots ago they are asked, and its outcomes came."""
    asked = _asked(tuple([each * day / SLOTS for each in JUDGED]), LEVELS, day)
    back = asked.ahead.max()
    return asked, np.array([back, *(back - asked.ahead)], np.intp)


@lru_cache(maxsize=64)
def _asked(slots: tuple[float, ...], quantiles: tuple[float, ...], day: int) -> Asked:
    """What members are asked for, so many `slots` ahead; a `day` is in slots."""
    ahead = np.array([max(1, round(each)) for each in slots], np.intp)
    levels = np.array(sorted({*quantiles, 0.5}))
    of_day = ahead * SLOTS / day
    learnt = np.abs(np.log2(of_day)[:, None] - np.log2(JUDGED)).argmin(axis=1)
    own = (ahead <= _FAR * day).astype(np.uint8)
    return Asked(ahead, levels, fleet(tuple(of_day), tuple(levels)), learnt, own, levels.tolist().index(0.5))
