"""What followed: for one horizon, how often the limit was reached after each cell of each table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion.state_tables.tables import TABLES, Axis, Mixture, mixture, shipped_rates
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.state_tables.circumstances import Circumstances
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Cells = NDArray[np.intp]

_GRAIN = 1 / 288  # days between two observations of a cell …
_ENTRIES = 96  # … or longer, so that no more of them wait for their outcome
_OBSERVED = 0.8  # share of the horizon that must be observed to say that nothing happened
_FADING = 30.0  # half-life in days of a series' record with alarms and shipped rates
_LEAST = 0.0005  # added to every rate: nothing is impossible


@dataclass(frozen=True)
class Layout:
    """Where the tables of a mixture lie in the rows of a ledger, and its clock in steps."""

    mixed: Mixture
    ahead: int  # the horizon
    stride: int  # between two entries
    weight: float  # of an entry

    @classmethod
    def of(cls, horizon: int, settings: Settings) -> Self:
        days = horizon / settings.day
        grain = settings.steps(_GRAIN)
        stride = max(grain, round(days * settings.day / settings.step / _ENTRIES))
        return cls(mixture(days), max(1, round(horizon / settings.step)), stride, stride / grain)

    @property
    def names(self) -> tuple[str, ...]:
        return self.mixed.names

    @cached_property
    def reference(self) -> int:
        """Which of the tables says what the shipped rates expect."""
        return next(k for k, name in enumerate(self.names) if name.startswith("state"))

    @cached_property
    def first(self) -> Cells:
        """The first row of each table, as a column."""
        sizes = [TABLES[name].size for name in self.names]
        return np.concatenate(([0], np.cumsum(sizes[:-1]))).astype(np.intp)[:, None]

    def per_row(self, values: Mapping[str, float]) -> Floats:
        """A value of each table, for every row."""
        return np.concatenate([np.full(TABLES[name].size, values[name]) for name in self.names])


@dataclass
class Ledger(SeriesState):
    """Sums over the past of each series, and the cells whose outcome is not yet known."""

    layout: Layout
    hits: NDArray[np.float32]  # (rows, n) observations after which the limit was reached …
    count: NDArray[np.float32]  # … of so many
    waiting: NDArray[np.uint16]  # (entries, tables, n) rows of the cells, by the number of the entry
    marks: Floats  # (entries, n) values seen until then, NaN = no entry
    claims: NDArray[np.float32]  # (entries, n) the alarm another view gave then, 0 = none
    claimed: Floats  # (2, n) fading sums: alarms that came true, what the alarms had promised
    frailty: Floats  # (2, n) … observations with the limit reached, what the shipped rates had expected

    @classmethod
    def fresh(cls, n: int, horizon: int, settings: Settings) -> Self:
        layout = Layout.of(horizon, settings)
        rows = sum(TABLES[name].size for name in layout.names)
        entries = layout.ahead // layout.stride + 1
        return cls(
            layout,
            np.zeros((rows, n), np.float32),
            np.zeros((rows, n), np.float32),
            np.zeros((entries, len(layout.names), n), np.uint16),
            np.full((entries, n), np.nan),
            np.zeros((entries, n), np.float32),
            np.zeros((2, n)),
            np.zeros((2, n)),
        )

    def rows(self, intervals: Mapping[Axis, Cells]) -> Cells:
        """The rows of the cells the series are in: (tables, n)."""
        cells = np.empty((len(self.layout.names), self.marks.shape[1]), np.intp)
        for row, name in enumerate(self.layout.names):
            cells[row] = TABLES[name].cell(intervals)
        return cells + self.layout.first

    def settle(self, state: Circumstances, tick: int) -> None:
        """Enter the outcome of the cells that a horizon ago were current."""
        layout = self.layout
        then = tick - layout.ahead
        if then % layout.stride:
            return
        slot = then // layout.stride % len(self.marks)
        hit = state.above > then
        known = hit | (state.seen - self.marks[slot] >= _OBSERVED * layout.ahead)
        entered = np.flatnonzero(known & np.isfinite(self.marks[slot]))
        rows = self.waiting[slot][:, entered]
        outcome = layout.weight * hit[entered]
        self.hits[rows, entered] += outcome.astype(np.float32)
        self.count[rows, entered] += np.float32(layout.weight)
        claims = self.claims[slot, entered]
        self.claimed[0, entered] += np.where(claims > 0, outcome, 0.0)
        self.claimed[1, entered] += layout.weight * claims
        expected = shipped_rates(layout.mixed.horizon)[rows[layout.reference]]
        self.frailty[0, entered] += outcome
        self.frailty[1, entered] += layout.weight * expected
        self.marks[slot] = np.nan

    def enter(self, rows: Cells, state: Circumstances, claims: Floats, tick: int) -> None:
        """Note the cells (tables, n) of `tick` and another view's alarms (n,) where the outcome counts."""
        if tick % self.layout.stride:
            return
        slot = tick // self.layout.stride % len(self.marks)
        counts = state.quiet(tick) & np.isfinite(state.recent[tick % len(state.recent)])
        self.waiting[slot] = rows
        self.marks[slot] = np.where(counts, state.seen, np.nan)
        self.claims[slot] = claims

    def fade(self) -> None:
        """Forget a day's share."""
        kept = 0.5 ** (1.0 / self.layout.per_row({name: table.half_life for name, table in TABLES.items()}))
        self.hits *= kept.astype(np.float32)[:, None]
        self.count *= kept.astype(np.float32)[:, None]
        for sums in (self.claimed, self.frailty):
            sums[:] *= 0.5 ** (1.0 / _FADING)

    def log_odds(self, rows: Cells, now: Mapping[str, Floats]) -> Floats:
        """The mixture's log odds (n,) that the limit is reached."""
        mixed, names = self.layout.mixed, self.layout.names
        n = rows.shape[1]
        flat = rows * n + np.arange(n)
        hits, count = (np.take(sums, flat).astype(np.float64) for sums in (self.hits, self.count))
        before = self._before(rows)
        total = np.full(n, mixed.constant)
        rates: dict[str, Floats] = {}
        for k, name in enumerate(names):
            table = TABLES[name]
            prior = rates[table.parent] if table.parent else before[k]
            rates[name] = (hits[k] + table.prior * prior) / (count[k] + table.prior)
            weight = mixed.tables.get(name, 0.0)
            if weight:
                rate = np.minimum(rates[name] + _LEAST, 1.0 - _LEAST)
                total += weight * np.log(rate / (1.0 - rate))
        for name, weight in mixed.plain.items():
            total += weight * now[name]
        return total

    def _before(self, rows: Cells) -> Floats:
        """Rates of the cells (tables, n) before any observation of them.

        The odds are the shipped ones, times the root of how much oftener the series has reached its limit
        than those expect.
        """
        shipped = shipped_rates(self.layout.mixed.horizon)[rows]
        reached, expected = self.frailty
        odds = shipped / (1.0 - shipped) * np.sqrt((reached + 1.0) / (expected + 1.0))
        before: Floats = odds / (1.0 + odds)
        return before
