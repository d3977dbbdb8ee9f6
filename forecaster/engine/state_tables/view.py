"""The view of the state tables: learnt probabilities, and how far another view's alarms can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState
from forecaster.engine.state_tables.circumstances import Circumstances, relative
from forecaster.engine.state_tables.ledger import Ledger
from forecaster.engine.state_tables.tables import LONGEST, intervals_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_ALARM = 0.5  # probability from which on another view's word is an alarm
_TRUSTED = 0.3  # shipped trust in an alarm …
_TRUST = 3.0  # … and how many alarms until a series' own experience with them counts as much
_STEADY = (
    0.015  # share of the limit by which the views err an hour ahead, under which they are trusted anyway
)


@dataclass
class StateTables(SeriesState):
    """What followed each time a series was in the state it is in now; each learns from its own past alone.

    `observe` every step, then `outlook` where the step has an outlook: it also notes what to learn from.
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
        self.state.observe(relative(values, limit), tick)
        for ledger in self.ledgers:
            ledger.settle(self.state, tick)
            if self.settings.ends_day(tick):
                ledger.fade()

    def outlook(self, views: Floats, error: Floats, limit: Floats, tick: int) -> Floats:
        """P(limit reached) (n_horizons, n) at `tick`, the last step observed, given what other views say.

        `error` (n,) is how far these usually are off an hour ahead, inf = not known. Where that is little
        they are believed, else their alarms as far as the series' past bears them out; the tables can only
        add to that. Without a positive limit, and before the first move, the views stand as they are.
        """
        usable = np.isfinite(limit) & (limit > 0) & self.state.moves()
        now, order = self.state.now(tick), np.argsort(self.settings.horizons, kind="stable")
        intervals = intervals_of({name for ledger in self.ledgers for name in ledger.layout.names}, now)
        little = np.maximum(np.where(usable, _STEADY * limit, 1.0), 1e-300)
        with np.errstate(over="ignore"):  # as large as it gets: not steady
            steady = 1.0 / (1.0 + (error / little) ** 4)
        out = views.copy()
        for ledger, row in zip(self.ledgers, order, strict=False):
            rows = ledger.rows(intervals)
            learnt = 1.0 / (1.0 + np.exp(-ledger.log_odds(rows, now)))
            claims = np.where(usable & (views[row] >= _ALARM), views[row], 0.0)
            came_true, promised = ledger.claimed
            borne_out = np.minimum((came_true + _TRUST * _TRUSTED) / (promised + _TRUST), 1.0)
            trusted = steady * views[row] + (1.0 - steady) * borne_out * claims
            ledger.enter(rows, self.state, claims, tick)
            out[row] = np.where(usable, np.maximum(learnt, trusted), views[row])
        out[order] = np.maximum.accumulate(out[order])
        return out
