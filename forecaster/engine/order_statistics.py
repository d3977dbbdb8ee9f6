"""Medians along the first axis that skip missing values, and the normal distribution, in numpy alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NORMAL_CONSISTENT = 1.4826  # median absolute deviation → standard deviation of a normal law


def median(values: Floats) -> Floats:
    """Median of the finite rows of (k, n): (n,), NaN where none is."""
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1)  # NaN sorts last
    count = np.isfinite(ordered).sum(axis=1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    rows = np.arange(len(ordered))
    middle = ordered[rows, low] / 2 + ordered[rows, np.minimum(high, ordered.shape[1] - 1)] / 2
    return np.where(count > 0, middle, np.nan)


def deviation(values: Floats, centre: Floats) -> Floats:
    """Robust standard deviation of (k, n) about a centre (n,) by the median absolute deviation."""
    return NORMAL_CONSISTENT * median(np.abs(values - centre))


def normal_cdf(x: Floats) -> Floats:
    """Φ(x), absolute error below 7.5e-8 (Abramowitz and Stegun, Handbook of Mathematical Functions,
    26.2.17).
    """
    z = np.minimum(np.abs(x), 8.0)  # beyond, the tail (6e-16) is rounding noise and denormals are slow
    t = 1.0 / (1.0 + 0.2316419 * z)
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail: Floats = np.exp(-0.5 * z * z) * (poly / np.sqrt(2 * np.pi))
    return np.where(x > 0, 1.0 - tail, tail)


@lru_cache(maxsize=64)
def normal_quantile(p: float) -> float:
    """Φ⁻¹(p) by bisection of `normal_cdf`."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if normal_cdf(np.array([middle]))[0] < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2
