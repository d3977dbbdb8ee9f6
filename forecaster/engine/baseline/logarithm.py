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


def take_logarithms(values: Floats, where: Flags) -> None:
    """Put into rows (n, n_steps) their logarithms `where` (n,) that is asked for; NaN if not positive.

    They are those of the compiled loops, which take a sample at a time: numpy's own may be another number in
    the last bit, on processors with AVX-512.
    """
    logarithm_kernel.take(values, where.view(np.uint8))


def asks_for_logarithms(values: Floats, subseries: int) -> Flags:
    """Whether rows of (n, n_steps) are positive and more even by their logarithms (n,), in `subseries` of so
    many steps.
    """
    asks, work = np.empty(len(values), np.uint8), np.empty((2, values.shape[1] // subseries))
    logarithm_kernel.more_even_by_logarithms(values, subseries, _CLEARLY, work, asks)
    return asks.view(np.bool_)
