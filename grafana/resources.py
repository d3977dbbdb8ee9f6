"""The forecaster's table of resources, as dashboards need it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import promql_parser

from alert_rules.aggregates import aggregated
from grafana.style.thresholds import GOING, UTILIZATION, Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.config.resource import Resource, Unit

AGGREGATED = {output.name for output in aggregated()}
SHARE = "percentunit"
# The units of resources: Grafana's id, and the symbol for headers.
UNITS: Mapping[Unit, tuple[str, str]] = {
    "": ("short", "other"),
    "seconds": ("s", "s"),
    "bytes": ("bytes", "B"),
    "bytes per second": ("binBps", "B/s"),
    "operations per second": ("iops", "1/s"),
}


def owned(resources: Iterable[Resource], owner: Literal["vm", "host"]) -> tuple[Resource, ...]:
    """The resources of VMs or of hosts, in the order of the table."""
    return tuple(resource for resource in resources if resource.display.owner == owner)


def whole(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Those with one series for each VM or host."""
    return tuple(resource for resource in resources if not resource.display.part)


def in_parts(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Those with several series for each VM or host, such as one for each disk."""
    return tuple(resource for resource in resources if resource.display.part)


def parts(resources: Iterable[Resource]) -> tuple[str, ...]:
    """The labels that tell series of one VM or host apart, each once."""
    return tuple(dict.fromkeys(resource.display.part for resource in in_parts(resources)))


def series(resource: Resource, matchers: str) -> str:
    """The resource's series that `matchers` select; ValueError where its query is more than a selector."""
    query = resource.query.strip()
    parsed = promql_parser.parse(query)
    if not isinstance(parsed, promql_parser.VectorSelector) or not query.endswith(("}", str(parsed.name))):
        raise ValueError(
            f"{resource.name}: only a metric can be drawn; record the query with a rule: {query}"
        )
    head = query.removesuffix("}").rstrip(" ,")
    return f"{head}{'' if head.endswith('{') else ', ' if '{' in head else '{'}{matchers}}}"


def smoothed(resource: Resource, matchers: str, offset: str = "") -> str:
    """The resource's series as means over a time that suits the page's range, where rules record them: the
    page has the variable `mean`. Else the series itself.
    """
    query = series(resource, matchers)
    if query.partition("{")[0] in AGGREGATED:
        query = query.replace("{", "$mean{", 1)
    return f"{query}{offset}"


def unit(resource: Resource) -> str:
    """Grafana's id of the unit of the resource's values."""
    return SHARE if resource.shares else UNITS[resource.display.unit][0]


def absent(resource: Resource) -> tuple[str, str]:
    """What stands where the resource has no values, in a few words and as a sentence."""
    said = resource.display.absent
    return said.partition(":")[0], f"{said.rstrip('.')}." if said else ""


def fills(resource: Resource) -> bool:
    """Whether a value says how full the resource is."""
    return resource.shares and not resource.falls


def runs_out(resource: Resource) -> bool:
    """Whether any of its series can have a limit."""
    return math.isfinite(resource.limit) or bool(resource.limit_query or resource.overrides)


def steps(resource: Resource) -> Steps:
    """The colours of the resource's values; one colour where a high value is not full."""
    return UTILIZATION if fills(resource) else GOING


@dataclass(frozen=True)
class Measure:
    """Resources whose values a table can show in one column; `name` tells it from others, "" is how full."""

    name: str
    unit: str  # Grafana's id
    resources: tuple[Resource, ...]

    @property
    def matcher(self) -> str:
        """Selects the forecaster's gauges of these resources."""
        return f'resource=~"{"|".join(resource.name for resource in self.resources)}"'

    def named(self, text: str) -> str:
        """A name or header of what is measured in this way."""
        return f"{text} ({self.name})" if self.name else text


def measures(resources: Iterable[Resource]) -> list[Measure]:
    """The resources that have an owner by measure, in the order of the table."""
    grouped: dict[tuple[str, str], list[Resource]] = {}
    for resource in resources:
        if resource.display.owner:
            grouped.setdefault((_measure(resource), unit(resource)), []).append(resource)
    return [Measure(*key, tuple(members)) for key, members in grouped.items()]


def _measure(resource: Resource) -> str:
    if resource.shares:
        return "free" if resource.falls else ""
    return UNITS[resource.display.unit][1]
