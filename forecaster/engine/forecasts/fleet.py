"""What holds for every series: the members' weights and the widths, at any horizon and quantile."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.forecasts.weights import LEVELS, LOG_WEIGHTS, SLOTS, WIDTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Fleet(NamedTuple):
    """weights: (n_horizons, n_quantiles, members). widths: (n_horizons, 2) of the quantiles below and above the
    median.
    """

    weights: Floats
    widths: Floats


@lru_cache(maxsize=64)
def fleet(ahead: tuple[float, ...], quantiles: tuple[float, ...]) -> Fleet:
    """At horizons `ahead`, in slots of which 288 make a day: in between, logarithms of weights lie on straight
    lines over log2 of the slots, and over the quantiles; outside, the nearest holds.
    """
    at = np.log2(ahead)
    of_horizon = _between(np.log2(SLOTS), np.array(LOG_WEIGHTS), at)
    of_both = np.moveaxis(_between(np.array(LEVELS), np.moveaxis(of_horizon, 1, 0), np.array(quantiles)), 0, 1)
    return Fleet(np.ascontiguousarray(np.exp(of_both)), _between(np.log2(SLOTS), np.array(WIDTHS), at))


def _between(knots: Floats, table: Floats, at: Floats) -> Floats:
    """Rows (len(at), …) on straight lines between those of the table (len(knots), …)."""
    inside = np.clip(at, knots[0], knots[-1])
    low = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
    share = (inside - knots[low]) / (knots[low + 1] - knots[low])
    share = share.reshape(-1, *(1,) * (table.ndim - 1))
    rows: Floats = (1 - share) * table[low] + share * table[low + 1]
    return rows
