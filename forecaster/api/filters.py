"""Query parameters that several resources take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.web.refusal import bad_request
from forecaster.api.resource import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.web.query import Query

RESOURCE = Parameter("resource", "only the series of this resource; repeatable", many=True)


def chosen(query: Query, known: Iterable[str]) -> frozenset[str]:
    """The resources that are asked for: all of `known` without the parameter. Raises a 400 Refusal."""
    names = frozenset(known)
    asked = frozenset(query.many(RESOURCE.name)) or names
    if not asked <= names:
        raise bad_request('parameter "resource"', f"expected one of {', '.join(sorted(names))}")
    return asked
