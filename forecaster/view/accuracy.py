"""How right the forecasts of the last 30 days were, of a series and of a resource: figures of their record.

Series of all sizes count alike: the errors of each are divided by the sum of its three errors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.verification import Record
    from forecaster.series.labels import Labels

    Floats = NDArray[np.float64]

ENOUGH = 10.0
"""Outcomes from which on a share of them says something: its standard error is 13 % at most."""
WORSE = 1.1
"""Ratio of errors above which forecasts are worse than naive ones. Where the last value is the best forecast
there is, as on a random walk, the ratio is near 1."""
BAND = Settings.quantiles[-1] - Settings.quantiles[0]
"""The share of values that is meant to be between the outer quantiles."""
NAIVE = ("last", "yesterday")
"""Naive forecasts: the last value; the value of the same time of the day before, or of as many days before as
the horizon is long, rounded up."""
NAIVE_TEXTS = {"last": "last value", "yesterday": "same as yesterday"}


class Judged(NamedTuple):
    """The record of the forecasts of the series with these labels, row by row."""

    labels: tuple[Labels, ...]
    record: Record


class Accuracy(NamedTuple):
    """Of one horizon; NaN = not known. `outcomes` and `chances` are how many forecasts were judged, older
    ones counting less. `held` is the share of values between the outer quantiles, `errors` the error of the
    forecast as a multiple of that of each naive one, `brier_skill` 1 at best and 0 for the base rate.
    """

    outcomes: float
    held: float
    errors: tuple[float, ...]
    chances: float
    brier_skill: float

    @property
    def error(self) -> float:
        """The error as a multiple of that of the better naive forecast."""
        known = [each for each in self.errors if not math.isnan(each)]
        return max(known, default=math.nan)

    @property
    def better(self) -> str:
        """The better naive forecast."""
        return max(zip(self.errors, NAIVE, strict=True), key=lambda each: np.nan_to_num(each[0], nan=-1.0))[1]

    @property
    def worse(self) -> bool:
        """Whether a naive forecast is clearly better."""
        return self.error > WORSE


class Exhaustions(NamedTuple):
    """How often a limit was reached in the last 30 days, after a probability of one half or more, or not."""

    flagged: float
    missed: float


def accuracy(record: Record, rows: Sequence[int] | None = None) -> list[Accuracy]:
    """Of each horizon: of the series at `rows`, or of all."""
    chosen = slice(None) if rows is None else np.asarray(rows, np.intp)
    return [_of(record, number, chosen) for number in range(len(record.outcomes))]


def exhaustions(record: Record, rows: Sequence[int] | None = None) -> Exhaustions:
    """The same of reaching the limit."""
    chosen = slice(None) if rows is None else np.asarray(rows, np.intp)
    return Exhaustions(*(float(each[chosen].sum()) for each in (record.flagged, record.missed)))


def _of(record: Record, number: int, chosen: slice | NDArray[np.intp]) -> Accuracy:
    counts = (record.outcomes, record.inside, record.chances, record.squares, record.reached)
    outcomes, inside, chances, squares, reached = (
        float(each[number, chosen].sum(dtype=np.float64)) for each in counts
    )
    sums = (record.error, record.error_last, record.error_earlier)
    errors = np.array([each[number, chosen] for each in sums], np.float64)
    enough = outcomes >= ENOUGH
    return Accuracy(
        outcomes,
        inside / outcomes if enough else math.nan,
        _ratios(errors, record.outcomes[number, chosen]) if enough else (math.nan,) * len(NAIVE),
        chances,
        _skill(chances, squares, reached),
    )


def _ratios(errors: Floats, weights: NDArray[np.float32]) -> tuple[float, ...]:
    """The forecast's errors (0) over those of each naive forecast, NaN where these are all 0."""
    total = errors.sum(axis=0)
    shares = np.divide(errors, total, out=np.zeros_like(errors), where=total > 0) @ weights
    return tuple(float(shares[0] / each) if each > 0 else math.nan for each in shares[1:])


def _skill(chances: float, squares: float, reached: float) -> float:
    """1 - Brier score / that of always saying the base rate; NaN where either happened too seldom to tell."""
    if min(reached, chances - reached) < ENOUGH:
        return math.nan
    rate = reached / chances
    return 1 - squares / chances / (rate * (1 - rate))


def said_worse(horizon: str, of: Accuracy) -> str:
    """For example: its forecasts for 1h err 1.3 times as much as a naive one (last value)."""
    naive = NAIVE_TEXTS[of.better]
    return f"its forecasts for {horizon} err {of.error:.2g} times as much as a naive one ({naive})"
