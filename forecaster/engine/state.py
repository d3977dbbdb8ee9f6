"""Per-series state: the one layout every model of the engine keeps."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SeriesState:
    """A dataclass whose arrays all have the series on their **last** axis.

    A model keeps its memory in such a dataclass, so that series can join and leave a running batch. Its
    fields may also be other states, and tuples of arrays and states. What is neither (settings, clocks) is
    common to the batch and must be equal when two batches join.
    """

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The state of the series at `rows`, in that order; a copy."""
        return replace(self, **{name: _taken(value, rows) for name, value in _fields(self)})  # type: ignore[type-var]

    def join(self, other: Self) -> Self:
        """The series of this batch, followed by the other's; both have seen the same instants."""
        theirs = dict(_fields(other))
        joined = {name: _joined(value, theirs[name]) for name, value in _fields(self)}
        return replace(self, **joined)  # type: ignore[type-var]


def _fields(state: SeriesState) -> list[tuple[str, Any]]:
    return [(field.name, getattr(state, field.name)) for field in fields(state)]  # type: ignore[arg-type]


def _taken(value: Any, rows: NDArray[np.intp]) -> Any:
    if isinstance(value, np.ndarray):
        return np.take(value, rows, axis=-1)  # unlike value[..., rows] it keeps the series side by side
    if isinstance(value, tuple):
        return tuple(_taken(part, rows) for part in value)
    return value.take(rows) if hasattr(value, "take") else value


def _joined(mine: Any, theirs: Any) -> Any:
    if isinstance(mine, np.ndarray):
        return np.concatenate((mine, theirs), axis=-1)
    if isinstance(mine, tuple):
        return tuple(_joined(a, b) for a, b in zip(mine, theirs, strict=True))
    return mine.join(theirs) if hasattr(mine, "join") and not isinstance(mine, str) else mine
