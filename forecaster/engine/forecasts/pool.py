"""The members' quantiles made one, of a batch of series, at any horizon up to 30 days: `observe` learns,
`ask` only looks.

Quantiles are averaged (Lichtendahl, Grushka-Cockayne and Winkler, Is it better to average probabilities or
quantiles?, 2013) by the fleet's weights for a horizon and a quantile, times exp(-eta x loss relative to the
best) (Littlestone and Warmuth, The weighted majority algorithm, 1994), without the outer thirds of the
weight. Then each series' own width stretches them about their median, as outcomes have asked for (Gibbs and
Candès, Adaptive conformal inference under distribution shift, 2021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.forecasts import kernel
from forecaster.engine.forecasts.fleet import fleet
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

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
_DAYS = 7  # of memory, slot by slot
_KEPT = (28, 8)  # days of which so many quantiles are kept
_SLOTS = 288  # of a day, at most: 5 min
_FEWEST = 64  # slots of memory
_TURNS = 121
"""Slots of 5 minutes between two judgements of a series: no share of a day, so clock times take turns."""
_MEMORY = 12.0  # judgements: 5 days
_MISSING = -32768
_BEGIN = 1 << 40  # slots are counted from long before 1970: the kernel knows no negative ones
_ROOM = 2048  # slots of the longest memory, and some: the kernel's _MOST


@dataclass
class Pool(SeriesState):
    """The last seven days of each series and how right the members have been on it: 4.8 kB a series.

    A slot is one step, or several where more than 288 steps make a day: then it holds its latest value.
    Arrays have the series on their first axis, so that each lies in one piece.

    >>> from forecaster.engine.settings import Settings
    >>> daily = Pool.fresh(1, Settings(step=3600))
    >>> for hour in range(24 * 10):
    ...     daily.observe(np.array([50.0 if hour % 24 == 3 else 1.0]), hour)
    >>> daily.ask([4 * 3600, 5 * 3600], [0.1, 0.5, 0.9])[0].round(1).tolist()
    [[50.0, 50.0, 50.0], [1.0, 1.0, 1.0]]
    """

    axis: ClassVar[int] = 0

    step: int  # seconds
    steps: int  # of a slot
    day: int  # slots
    slot: int  # the latest one, -1 = none
    ring: NDArray[np.int16]  # (n, slots) codes: values over `unit`
    days: NDArray[np.int16]  # (n, *_KEPT) codes
    unit: Floats  # (n,) powers of two, 0 = only zeros so far
    last: Floats  # (n,) value
    turn: NDArray[np.int32]  # (n,) when a series is judged, by its first value; -1 = none
    loss: Singles  # (n, horizons judged, members) mean quantile losses, in codes
    judged: Singles  # (n, horizons judged) how many they rest on
    width: Singles  # (n, horizons judged, 2) of the pool's quantiles below and above the median

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        """Of `n` series that nothing was seen of."""
        steps = max(1, -(-settings.day // (_SLOTS * settings.step)))
        day = max(1, round(settings.day / (settings.step * steps)))
        return cls(
            step=settings.step,
            steps=steps,
            day=day,
            slot=-1,
            ring=np.full((n, max(_DAYS * day, _FEWEST)), _MISSING, np.int16),
            days=np.full((n, *_KEPT), _MISSING, np.int16),
            unit=np.zeros(n),
            last=np.full(n, np.nan),
            turn=np.full(n, -1, np.int32),
            loss=np.zeros((n, len(JUDGED), len(MEMBERS)), np.float32),
            judged=np.zeros((n, len(JUDGED)), np.float32),
            width=np.ones((n, len(JUDGED), 2), np.float32),
        )

    def observe(self, values: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick`, NaN = missing; every step must be given."""
        slot = _BEGIN + tick // self.steps
        begins = slot != self.slot
        if begins and self.slot >= 0:
            self._judge()
        self.slot = slot
        kernel.remember(
            self.ring,
            self.days,
            self.unit,
            self.last,
            self.turn,
            self.loss,
            np.ascontiguousarray(values),
            slot,
            begins,
            self.day,
            self._turns(),
            np.empty(_ROOM),
        )

    def ask(self, horizons: Sequence[int], quantiles: Sequence[float]) -> Floats:
        """(n_series, n_horizons, n_quantiles) of the values `horizons` seconds ahead, ascending with the
        quantiles; NaN = nothing seen for seven days.
        """
        levels = np.array(sorted({*quantiles, 0.5}))
        ahead = np.array([self._slots(each / (self.step * self.steps)) for each in horizons], np.intp)
        of_fleet = fleet(tuple(ahead * _SLOTS / self.day), tuple(levels))
        judged = np.log2(JUDGED)
        learnt = np.abs(np.log2(ahead * _SLOTS / self.day)[:, None] - judged).argmin(axis=1)
        out = np.empty((len(self.ring), len(ahead), len(levels)))
        kernel.ask(
            self.ring,
            self.days,
            self.unit,
            self.last,
            self.loss,
            self.judged,
            self.width,
            self.slot,
            self.day,
            ahead,
            learnt,
            levels,
            int(np.flatnonzero(levels == 0.5)[0]),
            of_fleet.weights,
            of_fleet.widths,
            *_room(len(ahead), len(levels)),
            out,
        )
        out = out[:, :, np.searchsorted(levels, quantiles)]
        share = np.minimum(np.array(horizons) / (self.step * self.steps), 1.0)[:, None]
        started = self.last[:, None, None]
        nearer: Floats = np.where(share < 1, started + share * (out - started), out)
        return nearer

    def _judge(self) -> None:
        """The slot that ends is the outcome of earlier forecasts."""
        ahead = np.array([self._slots(each * self.day / _SLOTS) for each in JUDGED], np.intp)
        of_fleet = fleet(JUDGED, LEVELS)
        kernel.judge(
            self.ring,
            self.days,
            self.turn,
            self.loss,
            self.judged,
            self.width,
            self.slot,
            self._turns(),
            _MEMORY,
            self.day,
            ahead,
            np.array(LEVELS),
            of_fleet.weights,
            of_fleet.widths,
            *_room(len(ahead), len(LEVELS)),
        )

    def _turns(self) -> int:
        """Slots between two judgements of a series."""
        turns = max(len(JUDGED), round(_TURNS * self.day / _SLOTS))
        while math.gcd(turns, self.day) > 1:
            turns += 1
        return turns

    @staticmethod
    def _slots(ahead: float) -> int:
        return max(1, round(ahead))


def _room(horizons: int, levels: int) -> tuple[Floats, NDArray[np.int32]]:
    """What the kernel works in."""
    said = horizons * (len(MEMBERS) + 1) * levels
    return np.empty(3 * _ROOM + said + horizons + levels), np.empty(3 * _ROOM + horizons, np.int32)
