"""What a method is: a row with a function that answers for every series, instant and horizon at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forecaster.backtest.events import Protocol
    from forecaster.config.durations import Horizon

Floats = NDArray[np.float64]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Question:
    """What is asked of n series at the I instants of the protocol: at each of H horizons the probability that
    the limit is reached within it, and q quantiles of the value at its end. An answer for an instant may use
    the values up to that instant only.

    `values` (n, T) are those of the series, NaN = missing. `toward` is 1.0 for series that rise to their
    limits and -1.0 for those that fall; the protocol is that of values and limits times `toward`.
    """

    values: Floats
    toward: float
    protocol: Protocol
    horizons: tuple[Horizon, ...]
    levels: tuple[float, ...]

    @property
    def rising(self) -> Floats:
        """The values (n, T) as the protocol takes them: they rise to the limits."""
        return self.toward * self.values

    def take(self, rows: Sequence[int]) -> Question:
        """The same of the series at `rows`."""
        return replace(self, values=self.values[list(rows)], protocol=self.protocol.take(rows))


class Told(NamedTuple):
    """What a method answers. `probability` (H, n, I), `score` (H, n, I) by which it ranks, and `forecast`
    (H, n, I, q); NaN = no answer. `fits` counts what became of its fits, for a method that has any.
    """

    probability: Floats
    score: Floats
    forecast: Floats
    fits: Mapping[str, int] = {}

    def take(self, rows: Sequence[int]) -> Told:
        """The same of the series at `rows`."""
        at = list(rows)
        return Told(self.probability[:, at], self.score[:, at], self.forecast[:, at])


class Gives(Enum):
    """What a method says of the value ahead."""

    POINT = "a value"
    QUANTILES = "quantiles"


class Method(NamedTuple):
    """A row of the registry."""

    name: str
    ask: Callable[[Question, Progress], Told]
    gives: Gives


def certain(question: Question, ahead: Floats, highest: Floats) -> Told:
    """The answer of a method that gives values and no probabilities: `ahead` (H, n, I) at the horizons'
    ends, and the `highest` (H, n, I) until then, which rise to the limits. The probability is 1 when that
    reaches the limit and 0 otherwise; instants rank by how far it goes beyond.
    """
    over = highest - question.protocol.limits[:, None]
    probability = (np.nan_to_num(over, nan=-1.0) >= 0).astype(float)
    return Told(probability, over, np.repeat(ahead[..., None], len(question.levels), -1))


def answers(methods: Iterable[Method], question: Question, progress: Progress) -> dict[str, Told]:
    """What each method answers, by its name; nothing when no horizon is asked for."""
    return {each.name: each.ask(question, progress) for each in methods if question.horizons}
