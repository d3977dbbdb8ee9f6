"""Links between pages. Between pages that both end at now, or both ahead of it, they keep the time range;
between others its start, and the page that they lead to ends where it always does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from grafana.style.fields import Style


# A variable in an address: with a value, or with those that are chosen.
NAME = re.compile(r"^(?:var-(\w+)=.*|\$\{(\w+):queryparam\})$")
START = "&from=${__from}"  # of the time range


# What links carry along: what is chosen here of the variables that all pages have.
CARRIED = "".join(f"&${{{name}:queryparam}}" for name in ("provider", "owner", "resource"))
OF_ANYBODY = "&var-provider=$__all&var-owner=$__all&${resource:queryparam}"


def uid(page: str) -> str:
    """The part of a page's address that never changes."""
    return f"virtcast-{page}"


def address(page: str, **variables: str) -> str:
    """A page by its name, with values for its variables; the data source stays the same."""
    values = {"datasource": "${datasource}", **variables}
    return f"/d/{uid(page)}?" + "&".join(f"var-{name}={value}" for name, value in values.items())


def encoded(variable: str) -> str:
    """A variable's value in an address, which `&`, `#` and `+` of a name would end; Grafana leaves them be.

    >>> encoded("domain")
    '${domain:percentencode}'
    """
    return f"${{{variable}:percentencode}}"


def _host(instance: str) -> str:
    return address("host", horizon="${horizon}", instance=encoded(instance)) + CARRIED


def _vm(instance: str, domain: str, carried: str = CARRIED) -> str:
    return address("vm", horizon="${horizon}", instance=encoded(instance), domain=encoded(domain)) + carried


# From a row of a table, which has a time range of its own that ends now: to the VM in its columns domain and
# instance, to the host in its column instance …
VM_CELL: Style = {
    "noValue": "",
    "links": [{"title": "Open this VM", "url": _vm("__data.fields.instance", "__data.fields.domain")}],
}
# … where rows are VMs of anybody: the page of one whose owner is not chosen would turn to another VM.
ANYBODYS_VM_CELL: Style = {
    "noValue": "",
    "links": [
        {
            "title": "Open this VM",
            "url": _vm("__data.fields.instance", "__data.fields.domain", OF_ANYBODY),
        }
    ],
}
HOST_CELL: Style = {
    "noValue": "",
    "links": [{"title": "Open this host", "url": _host("__data.fields.instance")}],
}
# … and from a series with the labels instance and domain.
VM_SERIES = DashboardLink("Open this VM").url(_vm("__field.labels.instance", "__field.labels.domain") + START)


@dataclass(frozen=True)
class Link:
    """A link in a page's head: to the page of this name, with values for its variables and what is chosen
    here of `CARRIED`; or with all that is chosen on this page, time range and variables, if it `keeps` it.
    Beside `variables` it keeps the time range of a page that `ends_alike`, else its start.
    """

    title: str
    tooltip: str
    page: str
    variables: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False
    ends_alike: bool = False

    @property
    def url(self) -> str:
        if self.keeps:
            return f"/d/{uid(self.page)}"
        return address(self.page, **self.variables) + CARRIED + ("" if self.ends_alike else START)

    def build(self) -> DashboardLink:
        return (
            DashboardLink(self.title)
            .type(DashboardLinkType.LINK)
            .icon("dashboard")
            .url(self.url)
            .tooltip(self.tooltip)
            .include_vars(self.keeps)
            .keep_time(self.keeps or self.ends_alike)
            .tags([])
        )


def dead(text: str, variables: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The addresses in a page's JSON that lead to no page, or name a variable that page does not have.
    `variables` are those of all pages, by uid.
    """
    for url, to, query in re.findall(r'"(/d/([^?"]+)\??([^"]*))"', text):
        pairs = query.replace(START, "").split("&")
        names = {NAME.sub(r"\1\2", pair) for pair in pairs if pair}
        if to not in variables or not names <= set(variables[to]):
            yield url
