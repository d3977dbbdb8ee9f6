"""Values whose spread grows with their level, seen by their logarithms.

Guerrero (Time-series analysis supported by power transformations, Journal of Forecasting 12, 1993) takes the
power of a transformation by which the spread of subseries depends least on their level. Of his powers two are
asked for here: 1, the values as they are, and 0, their logarithms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.baseline import logarithm_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_CLEARLY = 0.8  # times as even the spreads must be by the logarithms
_HIGHEST = 690.0  # logarithm of the largest number a float holds, nearly


def logarithms(values: Floats, where: Flags) -> Floats:
    """`values` (n,) or (k, n), by their logarithms `where` (n,) that is asked for; NaN there if not
    positive.
    """
    if not where.any():
        return values
    out, some = values.copy(), values[..., where]
    positive = some > 0
    out[..., where] = np.where(positive, np.log(np.where(positive, some, 1.0)), np.nan)
    return out


def exponentials(values: Floats, where: Flags) -> Floats:
    """What `logarithms` undoes."""
    if not where.any():
        return values
    out = values.copy()
    out[..., where] = np.exp(np.minimum(values[..., where], _HIGHEST))
    return out


def asks_for_logarithms(values: Floats, subseries: int) -> Flags:
    """Whether rows of (n, n_steps) are positive and more even by their logarithms (n,), in `subseries` of so
    many steps.
    """
    asks, work = np.empty(len(values), np.uint8), np.empty((2, values.shape[1] // subseries))
    logarithm_kernel.more_even_by_logarithms(values, subseries, _CLEARLY, work, asks)
    return asks.view(np.bool_)
