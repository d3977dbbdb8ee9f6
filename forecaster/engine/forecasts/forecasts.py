"""Quantile forecasts of a batch of series at any horizon up to 30 days: `observe` learns, `quantiles` only
looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.forecasts import rows
from forecaster.engine.forecasts.members import MEMBERS
from forecaster.engine.forecasts.memory import DAYS, MISSING, SLOTS, Moment
from forecaster.engine.forecasts.pool import Fleet
from forecaster.engine.forecasts.weights import KNOTS, LEVELS, PRIOR, WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.engine.forecasts.memory import Floats

_JUDGED = (1, 3, 12, 48, 288)  # slots of 5 min ahead, at which the members' losses are kept
_EVERY = 121  # slots of 5 min between two judgements: no share of a day, so that each clock time has its turn

_FLEET = Fleet(KNOTS, LEVELS, PRIOR, WIDTH, np.log2(_JUDGED))


@dataclass
class Forecasts:
    """The last fourteen days of each series and how right the members have been on it: 8.3 kB a series.

    A slot is one step, or several where more than 288 steps make a day: then it holds its latest value.

    >>> daily = Forecasts.fresh(1, step=3600)
    >>> for hour in range(24 * 10):
    ...     daily.observe(np.array([50.0 if hour % 24 == 3 else 1.0]), 3600 * hour)
    >>> daily.quantiles([4 * 3600, 5 * 3600], [0.1, 0.5, 0.9])[0].round(1).tolist()
    [[50.0, 50.0, 50.0], [1.0, 1.0, 1.0]]
    """

    step: int  # seconds
    steps: int  # of a slot
    day: int  # slots
    slot: int  # the latest one
    stamp: int  # Unix seconds of the latest step
    batch: rows.Batch

    @classmethod
    def fresh(cls, n: int, step: int, day: int = 86400) -> Self:
        """Of `n` series that nothing was seen of; `step` and `day` in seconds."""
        steps = max(1, -(-day // (SLOTS * step)))
        slots = max(1, round(day / (step * steps)))
        return cls(
            step=step,
            steps=steps,
            day=slots,
            slot=-1,
            stamp=0,
            batch=rows.Batch(
                ring=np.full((n, DAYS * slots), MISSING, np.int16),
                unit=np.zeros(n),
                last=np.full(n, np.nan),
                turn=np.arange(n, dtype=np.int64),
                loss=np.zeros((n, len(_JUDGED), len(MEMBERS))),
                judged=np.zeros((n, len(_JUDGED))),
            ),
        )

    def observe(self, values: Floats, timestamp: int) -> None:
        """Take in the values (n,) at a Unix time, NaN = missing; every step must be given."""
        slot = timestamp // self.step // self.steps
        begins = slot != self.slot
        if begins and self.slot >= 0:
            self._judge()
        self.slot, self.stamp = slot, timestamp
        rows.remember_all(self.batch, values, slot, (begins, begins and slot % self.day == 0))

    def quantiles(
        self,
        horizons: Sequence[int],
        quantiles: Sequence[float],
        lowest: float = -np.inf,
        highest: float = np.inf,
    ) -> Floats:
        """(n_series, n_horizons, n_quantiles) of the values `horizons` seconds ahead, ascending, within the
        bounds.
        """
        ahead = np.array([max(1, round(each / (self.step * self.steps))) for each in horizons])
        out = rows.ask_all(self.batch, self._now(), ahead, np.array(quantiles, float), _FLEET)
        share = np.minimum(np.array(horizons) / (self.step * self.steps), 1.0)[:, None]
        started = self.batch.last[:, None, None]
        nearer: Floats = np.clip(np.where(share < 1, started + share * (out - started), out), lowest, highest)
        return nearer

    def _judge(self) -> None:
        """The slot that ends is the outcome of earlier forecasts."""
        ahead = np.array([max(1, round(each * self.day / SLOTS)) for each in _JUDGED])
        every = max(len(_JUDGED), round(_EVERY * self.day / SLOTS))
        rows.judge_all(self.batch, self._now(), every, ahead, LEVELS)

    def _now(self) -> Moment:
        return Moment(self.slot, self.slot - self.batch.ring.shape[1] + 1, self.day)
