"""Medians along the first axis that skip missing values, and quantiles of the normal distribution."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


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


@lru_cache(maxsize=64)
def normal_quantile(p: float) -> float:
    """One quantile of the normal law, exactly."""
    return NormalDist().inv_cdf(p)
