"""What followed: for one horizon, how often the limit was reached after each cell of each table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.exhaustion.state_tables import kernel
from forecaster.engine.exhaustion.state_tables.circumstances import CLOCK, NAMES
from forecaster.engine.exhaustion.state_tables.tables import TABLES, Mixture, mixture, shipped_rates
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.state_tables.circumstances import Circumstances
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Cells = NDArray[np.uint16]

_GRAIN = 1 / 288  # days between two observations of a cell …
_ENTRIES = 96  # … or longer, so that no more of them wait for their outcome
HOURS = 24
"""Of a day."""
_WHOLE = np.arange(-512, 513)  # numbers whose intervals are looked up
FADING = 0.5 ** (1 / 30.0)
"""What a day leaves of a series' record with alarms and shipped rates: a half-life of 30 days."""


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
    def rates(self) -> Floats:
        """The shipped rate of every row."""
        return shipped_rates(self.mixed.horizon)

    @cached_property
    def axes(self) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """A row for each axis of each table: table, circumstance, number of intervals, the table's first row;
        and in which interval each whole number lies, edges being whole. A table without axes has one of one.
        """
        rows: list[tuple[int, ...]] = []
        intervals, first = [], 0
        for number, name in enumerate(self.names):
            for circumstance, its in TABLES[name].axes or (("level", ()),):
                rows.append((number, NAMES.index(circumstance), len(its) + 1, first))
                intervals.append(np.searchsorted(np.array(its), _WHOLE, side="right").astype(np.uint8))
            first += TABLES[name].size
        return np.array(rows, np.intp), np.array(intervals)

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        """Which of the tables have an axis besides those of the clock (tables,): in the cells of the others
        all series are together.
        """
        return np.array([any(axis not in CLOCK for axis, _ in TABLES[name].axes) for name in self.names])

    @cached_property
    def common(self) -> NDArray[np.intp]:
        """The rows of the cells that all series are in, by hour and weekend (hours x 2, tables); -1 = each in
        its own.
        """
        found = []
        for hour, weekend in product(range(HOURS), range(2)):
            clock = hour, hour // 2 + HOURS // 2 * weekend
            circumstances, rows = np.zeros((len(NAMES), 1)), np.empty((len(self.names), 1), np.uint16)
            circumstances[[NAMES.index(name) for name in CLOCK], 0] = clock
            kernel.cells(circumstances, *self.axes, rows)
            found.append(np.where(self.own, -1, rows[:, 0].astype(np.intp)))
        return np.array(found)

    @cached_property
    def own_axes(self) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """The same axes of these tables, which are numbered anew."""
        axes, intervals = self.axes
        mine = self.own[axes[:, 0]]
        own = axes[mine]
        own[:, 0] = (np.cumsum(self.own) - 1)[own[:, 0]]
        return own, intervals[mine]

    @cached_property
    def tables(self) -> Floats:
        """Of each table the observations its prior is worth, its parent's number or -1, its weight."""
        rows = []
        for name in self.names:
            table = TABLES[name]
            parent = self.names.index(table.parent) if table.parent else -1
            rows.append((table.prior, parent, self.mixed.tables.get(name, 0.0)))
        return np.array(rows, np.float64)

    @cached_property
    def plain(self) -> Floats:
        """The weight of each circumstance."""
        return np.array([self.mixed.plain.get(name, 0.0) for name in NAMES])

    @cached_property
    def kept(self) -> Floats:
        """What a day leaves of the counts in every row."""
        tables = [TABLES[name] for name in self.names]
        return np.concatenate([np.full(each.size, 0.5 ** (1.0 / each.half_life)) for each in tables])


@dataclass
class Counts(SeriesState):
    """What was observed after each cell, as codes of the kernel, which takes any strides."""

    strided: ClassVar[bool] = True

    hits: NDArray[np.uint16]  # (rows, n) observations after which the limit was reached …
    seen: NDArray[np.uint16]  # (rows, n) … of so many


@dataclass
class Ledger(SeriesState):
    """Sums over the past of each series, and the cells whose outcome is not yet known."""

    layout: Layout
    counts: Counts
    waiting: Cells  # (entries, own tables, n) rows of the cells, by the number of the entry
    marks: NDArray[np.float32]  # (entries, n) values seen until then, NaN = no entry
    claims: Cells  # (entries, n) the alarm another view gave then, 65535 = 1, 0 = none
    claimed: Floats  # (2, n) fading sums: alarms that came true, what the alarms had promised
    frailty: Floats  # (2, n) … observations with the limit reached, what the shipped rates had expected

    @classmethod
    def fresh(cls, n: int, horizon: int, settings: Settings) -> Self:
        layout = Layout.of(horizon, settings)
        rows = sum(TABLES[name].size for name in layout.names)
        entries = layout.ahead // layout.stride + 1
        return cls(
            layout,
            Counts(np.zeros((rows, n), np.uint16), np.zeros((rows, n), np.uint16)),
            np.zeros((entries, np.count_nonzero(layout.own), n), np.uint16),
            np.full((entries, n), np.nan, np.float32),
            np.zeros((entries, n), np.uint16),
            np.zeros((2, n)),
            np.zeros((2, n)),
        )

    def cells(self, circumstances: Floats) -> Cells:
        """The rows of the cells the series are in: (tables, n)."""
        rows = np.empty((len(self.layout.names), circumstances.shape[1]), np.uint16)
        kernel.cells(circumstances, *self.layout.axes, rows)
        return rows

    def enters(self, tick: int) -> bool:
        """Whether the cells of step `tick` are noted."""
        return tick % self.layout.stride == 0

    def for_kernel(self, view: int) -> kernel.Ledger:
        """All of it, as the kernel takes it; `view` is the number of its horizon."""
        layout, counts = self.layout, self.counts
        clock = view, layout.ahead, layout.stride, layout.weight
        tables = layout.reference, layout.rates, layout.common, *layout.own_axes, layout.kept
        waiting = self.waiting, self.marks, self.claims
        sums = counts.hits, counts.seen, self.claimed, self.frailty, np.empty(16, np.int32)
        return kernel.Ledger(clock, tables, waiting, sums)

    def outlook(
        self,
        state: Circumstances,
        circumstances: Floats,
        limit: Floats,
        error: Floats,
        views: Floats,
        *,
        rows: NDArray[np.intp] | None = None,
    ) -> Floats:
        """P(limit reached) (n,), given the probabilities of other `views` and how far these err (n,); all are
        of the series at `rows` alone where these are given.
        """
        layout, out = self.layout, np.empty(len(views))
        claimed, frailty, columns = self.claimed, self.frailty, np.arange(len(views))
        if rows is not None:
            columns, claimed, frailty = rows, claimed.take(rows, axis=1), frailty.take(rows, axis=1)
        kernel.outlook(
            circumstances,
            self.cells(circumstances),
            layout.tables,
            layout.plain,
            layout.mixed.constant,
            layout.rates,
            self.counts.hits,
            self.counts.seen,
            columns,
            claimed,
            frailty,
            state.lowest,
            state.highest,
            limit,
            error,
            views,
            out,
            np.empty(len(layout.names)),
        )
        return out
