"""Two numbers that are computed with at once, for kernels that are interpreted; compiled they are one
register (`search_kernel.pxd`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pair: TypeAlias = "NDArray[np.float64]"


def pair_at(view: Pair, at: int) -> Pair:
    """The numbers at `at` and after it."""
    return np.array(view[at : at + 2])


def put_pair(view: Pair, at: int, pair: Pair) -> None:
    """Put a pair there."""
    view[at : at + 2] = pair


def twice(number: float) -> Pair:
    """A number and itself."""
    return np.array([number, number])


def where_seen(value: Pair, pair: Pair) -> Pair:
    """The numbers of a pair whose values are not NaN, 0 for others."""
    return np.where(value == value, pair, 0.0)  # noqa: PLR0124 (as the compiled one has it)
