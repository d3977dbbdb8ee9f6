"""Per-series state: the one layout every model of the engine keeps, and how it becomes plain data."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

Part: TypeAlias = np.ndarray | int | float | None
"""An array, or what the series have in common: a number, None where there is none yet."""


class SeriesState:
    """A dataclass whose arrays all have the series on one axis: the last, unless the class says the first.

    A model keeps its memory in such a dataclass, so that series can join and leave a running batch. Its
    fields may also be other states, and tuples of arrays and states. What is neither (settings, clocks) is
    common to the batch and must be equal when two batches join.
    """

    axis: ClassVar[int] = -1
    strided: ClassVar[bool] = False  # whether the loops over its arrays take any strides

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The state of the series at `rows`, in that order; a copy."""
        return replace(self, **{name: _taken(value, rows, self.axis) for name, value in _fields(self)})  # type: ignore[type-var]

    def join(self, other: Self) -> Self:
        """The series of this batch, followed by the other's; both have seen the same instants."""
        theirs = dict(_fields(other))
        joined = {name: _joined(value, theirs[name], self.axis) for name, value in _fields(self)}
        return replace(self, **joined)  # type: ignore[type-var]

    def part(self, rows: slice) -> Self:
        """The state of neighbours, to go on with instead of this one until it is `put` back: where the arrays
        of a series lie in one piece, or any strides will do, they are shared with it; others are copies.
        """
        return replace(self, **{name: _shared(value, rows, self) for name, value in _fields(self)})  # type: ignore[type-var]

    def put(self, rows: slice, other: Self) -> None:
        """Put the `part` of these rows back in its place, as it is now."""
        theirs = dict(_fields(other))
        for name, value in _fields(self):
            _put(value, rows, theirs[name], self)
        self.forget(rows)

    def forget(self, rows: slice | NDArray[np.intp]) -> None:
        """The arrays of these series have changed: forget what was worked out from them and is no state."""

    def keep_pace(self, other: Self) -> None:
        """Take over what the series have in common, such as clocks, from a state that has seen more steps."""
        theirs = dict(_fields(other))
        for name, value in _fields(self):
            if isinstance(value, SeriesState):
                value.keep_pace(theirs[name])
            elif isinstance(value, int | float | None) and value != theirs[name]:
                setattr(self, name, theirs[name])

    def parts(self) -> dict[str, Part]:
        """All arrays and numbers in it, by the names of the fields that lead to them, joined by dots.

        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Mean(SeriesState):
        ...     last: int | None
        ...     mean: NDArray[np.float64]
        >>> Mean(7, np.array([1.0, 2.0])).parts()
        {'last': 7, 'mean': array([1., 2.])}
        """
        return dict(_named("", self))

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(part.nbytes for part in self.parts().values() if isinstance(part, np.ndarray))

    def restored(self, parts: Mapping[str, Part]) -> Self:
        """The state whose `parts` these are; this one is of as many series, with the same settings.

        Raises ValueError where it has other parts, or arrays of another form.
        """
        own = dict(self.parts())
        if own.keys() != parts.keys():
            raise ValueError(f"the state has other parts: {sorted(own.keys() ^ parts.keys())[:3]}")
        for name, mine in own.items():
            if _form(mine) != _form(parts[name]):
                raise ValueError(f"{name} has the form {_form(parts[name])} instead of {_form(mine)}")
        restored: Self = _restored("", self, parts)
        return restored


def _named(name: str, value: Any) -> Iterator[tuple[str, Part]]:
    if isinstance(value, SeriesState):
        for field, part in _fields(value):
            yield from _named(f"{name}.{field}" if name else field, part)
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from _named(f"{name}.{number}", part)
    elif value is None or isinstance(value, Part):
        yield name, value


def _form(part: Part) -> object:
    """What must be the same in a part that is put in the place of another."""
    return (part.dtype.str, part.shape) if isinstance(part, np.ndarray) else "a number"


def _restored(name: str, value: Any, parts: Mapping[str, Part]) -> Any:
    if isinstance(value, SeriesState):
        mine = {
            field: _restored(f"{name}.{field}" if name else field, part, parts)
            for field, part in _fields(value)
        }
        return replace(value, **mine)  # type: ignore[type-var]
    if isinstance(value, tuple):
        return tuple(_restored(f"{name}.{number}", part, parts) for number, part in enumerate(value))
    return parts.get(name, value)


def _fields(state: SeriesState) -> list[tuple[str, Any]]:
    return [(field.name, getattr(state, field.name)) for field in fields(state)]  # type: ignore[arg-type]


def _taken(value: Any, rows: NDArray[np.intp], axis: int) -> Any:
    if isinstance(value, np.ndarray):
        return np.take(value, rows, axis=axis)  # unlike value[..., rows] it keeps the series side by side
    if isinstance(value, tuple):
        return tuple(_taken(part, rows, axis) for part in value)
    return value.take(rows) if hasattr(value, "take") else value


def _shared(value: Any, rows: slice, its: SeriesState) -> Any:
    if isinstance(value, np.ndarray):
        some = value[rows] if its.axis == 0 else value[..., rows]
        return some if _shares(value, its) else some.copy()
    if isinstance(value, tuple):
        return tuple(_shared(part, rows, its) for part in value)
    return value.part(rows) if isinstance(value, SeriesState) else value


def _put(value: Any, rows: slice, other: Any, its: SeriesState) -> None:
    if isinstance(value, np.ndarray):
        some = value[rows] if its.axis == 0 else value[..., rows]
        if not _shares(value, its):
            changed = (some != other).any(axis=tuple(range(1, some.ndim)))
            some[changed] = other[changed]  # memory never used stays so
        elif not np.may_share_memory(value, other):
            some[...] = other
    elif isinstance(value, SeriesState):
        value.put(rows, other)
    elif isinstance(value, tuple):
        for mine, theirs in zip(value, other, strict=True):
            _put(mine, rows, theirs, its)


def _shares(value: np.ndarray, its: SeriesState) -> bool:
    """Whether a part shares this array: neighbours are one piece of it, or any strides will do."""
    return its.axis == 0 or its.strided or value.ndim == 1


def _joined(mine: Any, theirs: Any, axis: int) -> Any:
    if isinstance(mine, np.ndarray):
        return np.concatenate((mine, theirs), axis=axis)
    if isinstance(mine, tuple):
        return tuple(_joined(a, b, axis) for a, b in zip(mine, theirs, strict=True))
    return mine.join(theirs) if hasattr(mine, "join") and not isinstance(mine, str) else mine
