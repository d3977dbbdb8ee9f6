"""The view of the state tables: learnt probabilities, and how far another view's alarms can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion.state_tables.circumstances import Circumstances
from forecaster.engine.exhaustion.state_tables.ledger import HOURS, Ledger
from forecaster.engine.exhaustion.state_tables.tables import LONGEST
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]


@dataclass
class StateTables(SeriesState):
    """What followed each time a series was in the state it is in now; each learns from its own past alone.

    `observe` every step, then `note` those that are told of: what followed is learnt of them.
    """

    settings: Settings
    state: Circumstances
    ledgers: tuple[Ledger, ...]  # of the horizons that are short enough, ascending

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        near = [each for each in sorted(settings.horizons) if each <= LONGEST * settings.day]
        ledgers = tuple(Ledger.fresh(n, horizon, settings) for horizon in near)
        return cls(settings, Circumstances.fresh(n, settings), ledgers)

    def observe(self, values: Floats, limit: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick` and their limit (n,), NaN = none; every step counts."""
        self.state.observe(values, limit, tick)
        for ledger in self.ledgers:
            ledger.settle(self.state, tick)
        step, day = self.settings.step, self.settings.day
        first, end = tick * step * HOURS // day, (tick + 1) * step * HOURS // day
        for hour in range(first, end):
            for ledger in self.ledgers:
                ledger.fade(hour)

    @property
    def longest(self) -> float:
        """Seconds of the longest horizon that the tables look ahead, 0 = none."""
        last = self.settings.ascending[len(self.ledgers) - 1]
        return float(self.settings.horizons[last]) if self.ledgers else 0.0

    def notes(self, tick: int) -> bool:
        """Whether anything is to be noted of step `tick`."""
        return any(ledger.enters(tick) for ledger in self.ledgers)

    def note(self, views: Floats, limit: Floats, tick: int) -> None:
        """Remember the state of step `tick`, the last one observed, and the alarms (n_horizons, n) of other
        views.
        """
        now = self.state.now(tick, paces=False)
        for ledger, row in self._by_horizon():
            ledger.enter(self.state, now, limit, views[row], tick)

    def outlook(
        self, views: Floats, error: Floats, limit: Floats, tick: int, rows: NDArray[np.intp] | None = None
    ) -> Floats:
        """P(limit reached) (n_horizons, n) at `tick`, the last step observed, given what other views say; all
        are of the series at `rows` alone where these are given.

        `error` (n,) is how far the views usually are off an hour ahead, inf = not known. Where that is little
        they are believed, else their alarms as far as the series' past bears them out; the tables can only
        add to that. Without a positive limit, and before the first move, the views stand as they are.
        """
        state = self.state if rows is None else self.state.take(rows)
        now, out = state.now(tick), views.copy()
        for ledger, row in self._by_horizon():
            out[row] = ledger.outlook(state, now, limit, error, views[row], rows=rows)
        order = list(self.settings.ascending)
        out[order] = np.maximum.accumulate(out[order])
        return out

    def _by_horizon(self) -> Iterator[tuple[Ledger, int]]:
        """Each ledger with its horizon's number."""
        return zip(self.ledgers, self.settings.ascending, strict=False)
