"""Forecasts that wait for what they were about, and what came of those before them.

A forecast is kept as it was made, and judged by the value of its time alone. What was missing then is no
outcome.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine.state import SeriesState
from forecaster.engine.verification.record import FADING, Record
from forecaster.engine.verification.schedule import Instants

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]
    Turns = NDArray[np.int32]

LIKELY = 0.5
"""Probability from which on an exhaustion counts as flagged: the built-in threshold of alerts."""
_LOW, _MIDDLE, _HIGH, _LAST = range(4)
_CALM_MOST = 65_535
_LARGEST = 1e36  # magnitudes are held there, so that sums of errors stay finite in single precision


class Said(NamedTuple):
    """What is forecast of some series: quantiles (n_horizons, n_quantiles, rows), and the probabilities
    (n_horizons, rows) of reaching the limit, NaN = none.
    """

    forecast: Floats
    probability: Floats


@dataclass
class Verification(SeriesState):
    """`observe` every step, where `asks` says so with what is likely after it; then, where `makes` says so,
    `enter` what is forecast.

    The `turns` (n,) of the series, whole numbers, spread their instants over the steps; a series keeps its
    own from its first value on.
    """

    settings: Settings
    instants: tuple[Instants, ...]
    record: Record
    waiting: Singles  # (n_horizons, 4, n) outer quantiles, the middle one, the last value; NaN = none
    chance: Singles  # (n_horizons, n) NaN = none
    hit: Flags  # (n_horizons, n) the limit has been reached since
    earlier: tuple[Singles, ...]  # by horizon (rows, n) values of an earlier day, by their instants
    calm: NDArray[np.uint16]  # (n,) values below the limit since it was last reached
    likely: NDArray[np.uint32]  # (n,) the last step at which the limit was likely to be reached, 0 = none

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        """Of series nothing was forecast of."""
        instants = tuple(Instants.of(horizon, settings) for horizon in settings.horizons)
        return cls(
            settings,
            instants,
            Record.fresh(n, len(instants)),
            np.full((len(instants), 4, n), np.nan, np.float32),
            np.full((len(instants), n), np.nan, np.float32),
            np.zeros((len(instants), n), np.bool_),
            tuple(np.full((each.rows, n), np.nan, np.float32) for each in instants),
            np.zeros(n, np.uint16),
            np.zeros(n, np.uint32),
        )

    def makes(self, tick: int) -> bool:
        """Whether forecasts of some series made at this step are kept."""
        return any(each.at(tick) is not None for each in self.instants)

    def asks(self, tick: int) -> bool:
        """Whether it is asked after this step what is likely: once an hour, at its end."""
        step, day = self.settings.step, self.settings.day
        return 24 * tick * step // day != 24 * (tick + 1) * step // day

    @property
    def flags(self) -> int:
        """Which horizon's probability flags an exhaustion: the longest of at most a day, or the first."""
        return max(
            (k for k, each in enumerate(self.settings.horizons) if each <= self.settings.day),
            key=lambda k: self.settings.horizons[k],
            default=self.settings.ascending[0],
        )

    def observe(
        self, values: Floats, limit: Floats, tick: int, turns: Turns, chances: Sequence[Floats | None]
    ) -> None:
        """Take in the values (steps, n) of the steps from `tick` on and their limit (n,), both in the
        settings' direction (values rise to the limit), NaN = missing, none; every step must be given. After
        some steps it is known what is likely: the `chances` (n_horizons, n).
        """
        reached = values >= limit
        if reached.any():
            for place, (each, its) in enumerate(zip(values, reached, strict=True)):
                self._watch(each, its, limit, tick + place)
                self._outcomes(values[place : place + 1], tick + place, turns)
                self._note(chances[place], tick + place)
            return
        calm = np.count_nonzero(values < limit, axis=0)
        self.calm[:] = np.minimum(self.calm + calm, _CALM_MOST)
        self._outcomes(values, tick, turns)
        for place, its_chances in enumerate(chances):
            self._note(its_chances, tick + place)

    def _watch(self, values: Floats, reached: Flags, limit: Floats, tick: int) -> None:
        """Whether limits are reached with the values (n,) of a step."""
        if reached.any():
            self.hit |= reached
            self._passed(reached, tick)
        calm = (values < limit) & (self.calm < _CALM_MOST)
        np.add(self.calm, 1, out=self.calm, where=calm)

    def _outcomes(self, values: Floats, tick: int, turns: Turns) -> None:
        """Judge what the values (steps, n) are outcomes of, and keep them as those of an earlier day."""
        ticks = range(tick, tick + len(values))
        for number, each in enumerate(self.instants):
            for place, instant in each.due(ticks):
                if len(rows := instant.rows(turns, each.turns)):
                    self._judge(number, rows, _single(values[place, rows]), instant.number)
            for place, instant in each.earlier(ticks):
                if len(rows := instant.rows(turns, each.turns)):
                    self.earlier[number][instant.number % each.rows, rows] = _single(values[place, rows])

    def enter(
        self, said: Callable[[Rows], Said], values: Floats, tick: int, ready: Flags, turns: Turns
    ) -> None:
        """Keep what is `said` of the series at some rows after step `tick` with these values (n,), of those
        that are `ready` and whose turn it is.
        """
        instants = {k: instant for k, each in enumerate(self.instants) if (instant := each.at(tick))}
        if not instants:
            return
        number, instant = next(iter(instants.items()))
        rows = instant.rows(turns, self.instants[number].turns)  # those of all horizons
        rows = rows[ready[rows] & np.isfinite(values[rows])]
        if not len(rows):
            return
        forecast, probability = said(rows)
        if self.settings.toward < 0:
            forecast = -forecast[:, ::-1]
        for number in instants:
            quantiles = forecast[number]
            outer = quantiles[0], quantiles[len(quantiles) // 2], quantiles[-1]
            self.waiting[number][:, rows] = _single(np.stack((*outer, values[rows])))
            self.chance[number, rows] = probability[number]
            self.hit[number, rows] = False

    def _note(self, probability: Floats | None, tick: int) -> None:
        """Remember where the limit is likely to be reached by the probabilities (n_horizons, n) of a step."""
        if probability is not None:
            self.likely[probability[self.flags] >= LIKELY] = tick

    def _passed(self, reached: Flags, tick: int) -> None:
        """The limit is reached: after an hour below it that is an exhaustion, flagged or not."""
        rows = np.flatnonzero(reached & (self.calm >= self.settings.hour))
        self.calm[reached] = 0
        ahead = self.instants[self.flags].ahead
        flagged = tick - self.likely[rows].astype(np.int64) <= ahead
        self.record.flagged[rows[flagged]] += 1
        self.record.missed[rows[~flagged]] += 1

    def _judge(self, number: int, rows: Rows, came: Singles, instant: int) -> None:
        """What instant's forecasts of one horizon were about has come (rows,)."""
        record, each = self.record, self.instants[number]
        low, middle, high, last = self.waiting[number][:, rows]
        earlier = self.earlier[number][instant % each.rows, rows] if each.rows else last
        self._fade(number, rows)
        record.outcomes[number, rows] += np.isfinite(came - middle)
        record.inside[number, rows] += (low <= came) & (came <= high)
        errors = np.abs(came - np.stack((middle, last, earlier)))
        errors = np.where(np.isfinite(errors).all(axis=0), errors, 0)
        for total, error in zip((record.error, record.error_last, record.error_earlier), errors, strict=True):
            total[number, rows] += error
        hit, chance = self.hit[number, rows], self.chance[number, rows]
        judged = np.isfinite(chance) & (hit | np.isfinite(came))
        record.chances[number, rows] += judged
        record.squares[number, rows] += np.where(judged, (chance - hit) ** 2, 0)
        record.reached[number, rows] += judged & hit
        self.waiting[number][:, rows], self.chance[number, rows] = np.nan, np.nan

    def _fade(self, number: int, rows: Rows) -> None:
        """Forget a share of the sums of one horizon; with the first one's, of the others."""
        record, each = self.record, self.instants[number]
        kept = np.float32(math.exp(-each.apart / (FADING * self.settings.season)))
        for total in (
            record.outcomes,
            record.inside,
            record.error,
            record.error_last,
            record.error_earlier,
            record.chances,
            record.squares,
            record.reached,
        ):
            total[number, rows] *= kept
        if number == self.settings.ascending[0]:
            record.flagged[rows] *= kept
            record.missed[rows] *= kept


def _single(values: Floats) -> Singles:
    return np.clip(values, -_LARGEST, _LARGEST).astype(np.float32)
