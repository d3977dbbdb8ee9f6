"""What an API resource is: a path, its parameters, and a pure function from what is fresh to an answer."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 (a dataclass's types are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.api.schema import TEXT, Schema

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.view import Fresh


class Parameter(NamedTuple):
    """A query parameter; `many` may be repeated, up to `most` times if that is bounded."""

    name: str
    help: str
    many: bool = False
    schema: Schema = TEXT
    most: int = 0
    required: bool = False


@dataclass(frozen=True)
class ApiResource:
    """GET `path`. `read` gives the `data` of the answer: plain values, null for what is not known.

    It raises a Refusal for a parameter that does not fit. Parameters that are not listed are refused.
    `schema` says what `data` looks like. `rows` gives its rows where they are a table: such an answer
    is to be had as CSV, too.
    """

    path: str
    title: str
    help: str
    read: Callable[[Fresh, Query], Any]
    schema: Schema
    parameters: tuple[Parameter, ...] = ()
    rows: Callable[[Any], list[dict[str, Any]]] | None = None
