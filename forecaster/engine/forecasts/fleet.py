"""What holds for every series: the members' weights and the widths, at any horizon and quantile."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.forecasts.weights import LEVELS, LOG_WEIGHTS, SLOTS, WIDTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Table(NamedTuple):
    """Weights and widths as they are kept: at some horizons, in slots of which 288 make a day, and
    quantiles.
    """

    slots: Floats  # (knots,)
    levels: Floats  # (levels,)
    log_weights: Floats  # (knots, levels, members)
    widths: Floats  # (knots, 2)


class Fleet(NamedTuple):
    """What is asked for: `widths` are those of the quantiles below and above the median."""

    weights: Floats  # (n_horizons, n_quantiles, members)
    widths: Floats  # (n_horizons, 2)


TABLE = Table(np.array(SLOTS, float), np.array(LEVELS), np.array(LOG_WEIGHTS), np.array(WIDTHS))


@lru_cache(maxsize=64)
def fleet(ahead: tuple[float, ...], quantiles: tuple[float, ...]) -> Fleet:
    """At horizons `ahead`, in slots: in between, logarithms of weights lie on straight lines over log2 of the
    slots, and over the quantiles; outside, the nearest holds.
    """
    table = TABLE
    knots, asked = np.log2(table.slots), np.log2(ahead)
    by_level = np.moveaxis(_between(knots, table.log_weights, asked), 1, 0)
    logs = np.moveaxis(_between(table.levels, by_level, np.array(quantiles)), 0, 1)
    return Fleet(np.ascontiguousarray(np.exp(logs)), _between(knots, table.widths, asked))


def _between(knots: Floats, table: Floats, at: Floats) -> Floats:
    """Rows (len(at), …) on straight lines between those of the table (len(knots), …)."""
    inside = np.clip(at, knots[0], knots[-1])
    low = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
    share = (inside - knots[low]) / (knots[low + 1] - knots[low])
    share = share.reshape(-1, *(1,) * (table.ndim - 1))
    rows: Floats = (1 - share) * table[low] + share * table[low + 1]
    return rows
