"""The view of the state tables: learnt probabilities, and how far another view's alarms can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion.state_tables import kernel
from forecaster.engine.exhaustion.state_tables.circumstances import NAMES, Circumstances
from forecaster.engine.exhaustion.state_tables.ledger import FADING, Ledger
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

    `observe` takes in every step.
    """

    settings: Settings
    state: Circumstances
    ledgers: tuple[Ledger, ...]  # of the horizons that are short enough, ascending

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        near = [each for each in sorted(settings.horizons) if each <= LONGEST * settings.day]
        ledgers = tuple(Ledger.fresh(n, horizon, settings) for horizon in near)
        return cls(settings, Circumstances.fresh(n, settings), ledgers)

    def observe(self, values: Floats, limit: Floats, tick: int, views: Floats | None = None) -> None:
        """Take in the values (steps, n) of the steps from `tick` on and their limit (n,), NaN = none; every
        step counts. Their states are remembered with the alarms (steps, n_horizons, n) of other `views`,
        where these are given: what followed is learnt of them.
        """
        n = values.shape[1]
        kernel.observe(
            values,
            limit,
            tick,
            self.state.for_kernel(),
            tuple([ledger.for_kernel(row) for ledger, row in self._by_horizon()]),
            FADING,
            np.empty((0, 0, 0)) if views is None else views,
            np.empty((2, n), np.uint16),
            np.empty((len(NAMES), n)),
        )

    @property
    def longest(self) -> float:
        """Seconds of the longest horizon that the tables look ahead, 0 = none."""
        last = self.settings.ascending[len(self.ledgers) - 1]
        return float(self.settings.horizons[last]) if self.ledgers else 0.0

    def notes(self, tick: int) -> bool:
        """Whether anything is to be noted of step `tick`."""
        return any(ledger.enters(tick) for ledger in self.ledgers)

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
