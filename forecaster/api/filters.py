"""Query parameters that several resources take: which series are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.web.refusal import bad_request
from forecaster.api.resource import Parameter
from forecaster.config.matcher import Selector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.web.query import Query
    from forecaster.series.labels import Labels
    from forecaster.view.rows import Rows

SELECTOR = 'expected a selector, such as vm_cpu{domain="web"}; regular expressions have the syntax of RE2'
SELECTORS, MATCHERS, EXPRESSIONS = 20, 200, 10
"""Of one request, at most: with 10,000 series that is less than a second of the processor's time."""
RESOURCE = Parameter(
    "resource",
    "only the series of this resource, by its name in the configuration; repeatable",
    many=True,
    schema={"type": "string", "format": "resource"},
)
MATCH = Parameter(
    "match[]",
    'only the series of this selector: the name of a resource, matchers or both, such as `{domain="web"}` or '
    '`vm_cpu{instance=~"h.*"}`; repeatable: a series must fit one of them',
    many=True,
    schema={"type": "string", "format": "selector"},
    most=SELECTORS,
)
FILTERS = (RESOURCE, MATCH)


class Chosen(NamedTuple):
    """What a request asks for: resources by name, and selectors of which one must fit; none fits all.

    `every`: whether it names no resource.
    """

    resources: frozenset[str]
    selectors: tuple[Selector, ...]
    every: bool = True

    def of(self, resource: str) -> tuple[Selector, ...] | None:
        """The selectors for the series of a resource, none of them if all are meant; None if no series is."""
        if resource not in self.resources:
            return None
        mine = tuple(each for each in self.selectors if each.resource in ("", resource))
        return mine if mine or not self.selectors else None

    def rows(self, found: Rows) -> list[int]:
        """The places of the series that are meant."""
        selectors = self.of(found.resource.name)
        if selectors is None:
            return []
        return [at for at, labels in enumerate(found.labels) if fits(selectors, labels)]

    def series(self, resource: str, labels: Labels) -> bool:
        """Whether this series is meant."""
        selectors = self.of(resource)
        return selectors is not None and fits(selectors, labels)

    def thing(self, labels: Labels) -> bool:
        """Whether something is meant that is no series of one resource, such as a VM."""
        mine = tuple(each for each in self.selectors if not each.resource)
        return self.every and (bool(mine) or not self.selectors) and fits(mine, labels)


def chosen(query: Query, known: Iterable[str]) -> Chosen:
    """What is asked for: all of the `known` resources without parameters. Raises a 400 Refusal."""
    names = frozenset(known)
    asked = frozenset(query.many(RESOURCE.name))
    if not asked <= names:
        raise bad_request('parameter "resource"', f"expected one of {', '.join(sorted(names))}")
    return Chosen(asked or names, selectors(query), not asked)


def selectors(query: Query) -> tuple[Selector, ...]:
    """The selectors that are asked for. Raises a 400 Refusal."""
    try:
        asked = tuple(map(Selector.parse, query.many(MATCH.name)))
    except ValueError as error:
        raise bad_request(f'parameter "{MATCH.name}"', SELECTOR) from error
    _check_cost(asked)
    return asked


def _check_cost(selectors: tuple[Selector, ...]) -> None:
    """Every matcher may be tried on every series."""
    matchers = [matcher for each in selectors for matcher in each.matchers]
    expressions = sum(matcher.pattern is not None for matcher in matchers)
    if len(selectors) > SELECTORS or len(matchers) > MATCHERS or expressions > EXPRESSIONS:
        limits = f"{SELECTORS} selectors, {MATCHERS} matchers and {EXPRESSIONS} regular expressions at most"
        raise bad_request(f'parameter "{MATCH.name}"', limits)


def fits(selectors: tuple[Selector, ...], labels: Labels) -> bool:
    """Whether a series is meant by one of the selectors; all are without any."""
    named = dict(labels)
    return not selectors or any(each.matches(named) for each in selectors)
