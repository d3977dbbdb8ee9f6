"""Series keyed for tables: one for each VM or host and `what`, the resource with its part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana.queries import forecasts
from grafana.resources import parts, series

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.config.resource import Resource
    from grafana.resources import Measure
    from grafana.style.fields import Style

LABELS = ("instance", "domain", "what")
KEY = ", ".join(LABELS)


@dataclass(frozen=True)
class ByWhat:
    """Queries whose series have the labels `LABELS`, so that a table can merge them.

    >>> from forecaster.config.resources import RESOURCES
    >>> ByWhat(RESOURCES[:3]).keyed("up")
    'max by (instance, domain, what) (label_join(up, "what", " ", "resource", "mountpoint"))'
    """

    resources: tuple[Resource, ...]

    def keyed(self, expr: str, reduce: str = "max", also: str = "") -> str:
        """The series of `expr` by key; with the label `also`, too."""
        labels = ", ".join(f'"{label}"' for label in ("resource", *parts(self.resources)))
        by = f"{KEY}, {also}" if also else KEY
        return f'{reduce} by ({by}) (label_join({expr}, "what", " ", {labels}))'

    def onsets(self, matchers: str) -> str:
        """When each anomaly began that goes on, or began within the last hour."""
        return self.keyed(forecasts.onset(matchers), "min")

    def time_left(self, matchers: str, quantile: float = forecasts.MEDIAN) -> str:
        return forecasts.time_left(self.keyed(forecasts.reached(matchers, quantile), "min"))

    def actual(self, measure: Measure, matchers: str, among: Callable[[str], str] | None = None) -> str:
        """The actual values of the resources with this measure; of those VMs and hosts only that have a
        series in what `among` makes of matchers, which is few before labels are made of them.
        """
        sides = []
        for resource in measure.resources:
            few = series(resource, matchers)
            if among:
                mine = f'resource="{resource.name}", {matchers}'
                few += f" and on (instance, domain) {among(mine)}"
            sides.append(f'label_replace({few}, "resource", "{resource.name}", "", "")')
        return self.keyed(f"({' or '.join(sides)})")

    def titled(self, expr: str) -> str:
        """The keyed series of `expr` with `what` as an operator reads it."""
        for resource in self.resources:
            pattern = f"{resource.name}\\\\s*(.*?)\\\\s*"
            expr = f'label_replace({expr}, "what", "{resource.title} $1", "what", "{pattern}")'
        return expr

    def words(self) -> Style:
        """The label `what` as an operator reads it: "vm_filesystem /var " is "File system /var"."""
        return {"mappings": self.rows()}

    def rows(self) -> list[dict[str, object]]:
        """A mapping for each resource."""
        return [worded(each.name, each.title, at) for at, each in enumerate(self.resources)]


def worded(name: str, title: str, at: int = 0) -> dict[str, object]:
    """A mapping from a resource of this name with its part to its title with the part."""
    result = {"text": f"{title} $1", "index": at}
    return {"type": "regex", "options": {"pattern": f"^{name}\\b\\s*(.*?)\\s*$", "result": result}}


def rows_of(rows: str, expr: str) -> str:
    """The series of `expr` that have a row in `rows`; both are keyed."""
    return f"{expr} and on ({KEY}) {rows}"
