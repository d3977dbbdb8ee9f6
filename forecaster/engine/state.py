"""Arrays of per-series state: the one layout every model of the engine keeps."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SeriesState:
    """A dataclass whose ndarray fields all have the series on their **last** axis.

    A model keeps its memory in such a dataclass, so that series can join and leave a running batch. Fields
    that are not arrays (settings, clocks) are common to the batch and must be equal when two batches join.
    """

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        found = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The state of the series at `rows`, in that order; a copy."""
        taken = {name: value[..., rows] for name, value in self._arrays().items()}
        return replace(self, **taken)  # type: ignore[type-var]

    def join(self, other: Self) -> Self:
        """The series of this batch, followed by the other's; both have seen the same instants."""
        theirs = other._arrays()
        joined = {
            name: np.concatenate((value, theirs[name]), axis=-1) for name, value in self._arrays().items()
        }
        return replace(self, **joined)  # type: ignore[type-var]
