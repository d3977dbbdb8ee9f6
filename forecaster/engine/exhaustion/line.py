"""A straight view of what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Line(NamedTuple):
    """Lines of some series, (m,) each, in the order of the kernel's parts; slope in units per second, 0 where
    there is no trend.
    """

    level: Floats
    slope: Floats
    noise: Floats  # standard deviation of one sample
    jitter: Floats  # the part of it that comes anew with each sample
    scatter: Floats  # standard deviation of the whole last hour about the line
    slope_error: Floats  # standard deviation of the slope as a share of it
    usable: NDArray[np.bool_]
