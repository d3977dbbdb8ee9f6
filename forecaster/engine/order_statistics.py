"""Medians along the first axis that skip missing values, and the normal distribution, in numpy alone."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NORMAL_CONSISTENT = 1.4826  # median absolute deviation → standard deviation of a normal law


def median(values: Floats) -> Floats:
    """Median of the finite rows of (k, n): (n,), NaN where none is."""
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1)  # NaN sorts last
    whole = len(values) and np.isfinite(ordered[:, [0, -1]]).all()
    if whole:
        return np.asarray(ordered[:, (len(values) - 1) // 2] / 2 + ordered[:, len(values) // 2] / 2)
    count = np.isfinite(ordered).sum(axis=1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    rows = np.arange(len(ordered))
    middle = ordered[rows, low] / 2 + ordered[rows, np.minimum(high, ordered.shape[1] - 1)] / 2
    return np.where(count > 0, middle, np.nan)


def deviation(values: Floats, centre: Floats) -> Floats:
    """Robust standard deviation of (k, n) about a centre (n,) by the median absolute deviation."""
    return NORMAL_CONSISTENT * median(np.abs(values - centre))


def normal_quantiles(p: Floats) -> Floats:
    """The quantiles of the normal law at p in (0, 1), error below 4.5e-4 (Abramowitz and Stegun, 26.2.23)."""
    small = np.minimum(p, 1.0 - p)
    t = np.sqrt(-2.0 * np.log(small))
    rational = (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    )
    return np.where(p < 0.5, rational - t, t - rational)


@lru_cache(maxsize=64)
def normal_quantile(p: float) -> float:
    """One quantile of the normal law, exactly."""
    return NormalDist().inv_cdf(p)
