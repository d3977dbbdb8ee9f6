"""Rows of answers: a table of fields says what each is called, what it is, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Callable  # noqa: TC003 (a NamedTuple's types are read at run time)
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from forecaster.api.schema import Schema, record

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Field(NamedTuple, Generic[T]):
    """One name of an answer's rows; `read` gives its value from what the row is about."""

    name: str
    schema: Schema
    help: str
    read: Callable[[T], Any]


def row(fields: Sequence[Field[T]], of: T) -> dict[str, Any]:
    """The row about `of`, in the order of the table."""
    return {field.name: field.read(of) for field in fields}


def schema(fields: Sequence[Field[T]]) -> Schema:
    """What such a row looks like."""
    return record({field.name: {**field.schema, "description": field.help} for field in fields})


def known(value: float) -> float | None:
    """The number as JSON has it: null for what is not known, or infinite."""
    return float(value) if math.isfinite(value) else None
