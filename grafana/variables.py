"""The drop-downs of pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import AdHocVariable, DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from alert_rules.fleet_aggregates import ALL_VMS, SCORE
from forecaster.publish.metrics import FORECAST, PROBABILITY, SERIES
from grafana.queries.networks import named
from grafana.queries.selectors import HOST
from grafana.resources import in_parts, series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.metric import Metric
    from forecaster.config.resource import Resource
    from grafana.profile import Profile

NORMALISED = "vm:cpu_utilization:ratio"  # what every provider gives of every VM
NAMED = (NORMALISED, "vm:owner:info")
ONE = r'^\{domain="(.+)"\} \S+ \S+$'  # the name in an answer with no other label, whatever is in it
AN_HOUR = (
    3600  # seconds; up to this time range, graphs read the series themselves: five minutes hide too much
)
MANY_DAYS = 2 * 86_400  # seconds; longer time ranges read coarser aggregates
WEEKS = 14 * 86_400  # the same: each bar, or cell of a timeline, has two samples of half hours then
MONTH = 28 * 86_400  # the same of rates of 240 points: six samples, few of which are lost between two steps
# The same of lines of 240 points (panels/timeline.py), which are half an hour apart then.
OF_LINES = 5 * 86_400
# Rules that record this record all that pages may read; older ones do not. Without rules it is there an hour.
NEWER = f"{ALL_VMS} and on () last_over_time({ALL_VMS}:avg30m[1h])"
# Values that people name, chosen of a drop-down and read by another one's query: PromQL's raw strings lose no
# escapes, and filters, which would (ADR 66), are not written into queries of variables.
PROVIDER, OWNER = "`${provider:regex}`", "`${owner:regex}`"
DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True)
class Variable:
    """A drop-down that offers the values of a label, read anew as the time range changes.

    query: label_values(…) or query_result(…) as Grafana's Prometheus data source has it.
    pattern: what of each answer is a value; its first group.
    always: a value that is offered even where there are none, so that no query is broken.
    chosen: preselected where it exists; else it is the first.
    every: "All" is offered and preselected, and stands for this pattern ("": the values there are).
    """

    name: str
    label: str
    query: str
    about: str
    chosen: str = ""
    every: str | None = None
    multi: bool = False
    hidden: bool = False
    sort: VariableSort = VariableSort.NATURAL_ASC
    pattern: str = ""
    always: str = ""

    def build(self) -> QueryVariable:
        variable = (
            QueryVariable(self.name)
            .label(self.label)
            .description(self.about)
            .datasource(DATASOURCE)
            .definition(self.query)
            .query({"query": self.query, "refId": self.name, "qryType": 3 if self.pattern else 1})
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(self.sort)
        )
        if self.pattern:
            variable.regex(f"/{self.pattern}/")
        if self.chosen:
            variable.current(VariableOption(selected=True, text=self.chosen, value=self.chosen))
        if self.always:
            variable.static_options([VariableOption(text=self.always, value=self.always)])
        if self.multi:
            variable.multi(True)
        if self.every is not None:
            chosen = VariableOption(selected=True, text="All", value="$__all")
            variable.include_all(True).all_value(self.every).current(chosen)
        return variable.hide(VariableHide.HIDE_VARIABLE) if self.hidden else variable


def datasource() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def filters() -> AdHocVariable:
    about = (
        "Labels that all series of the page must have, such as a resource. Series without the label are left "
        "out."
    )
    return AdHocVariable("filters").label("Filters").description(about).datasource(DATASOURCE)


def providers() -> Variable:
    """Narrows the lists of hosts and VMs to those that an exporter describes."""
    query = f"label_values({NORMALISED}, provider)"
    about = "Only VMs that such exporters describe, and hosts that have some."
    return Variable("provider", "Provider", query, about, every=".*", multi=True)


def owners() -> Variable:
    """Narrows the lists of hosts and VMs to those with an owner."""
    query = f"label_values(vm:owner:info{{provider=~{PROVIDER}}}, owner)"
    return Variable(
        "owner", "Owner", query, "Only VMs of these owners, and hosts that have some.", every=".*", multi=True
    )


def narrowed(more: str = "", names: Iterable[str] = ("libvirt_domain_state", *NAMED)) -> str:
    """Series of the VMs of the chosen providers and owners. Each has the labels it can have: one without a
    label is found while all values of that label are chosen.
    """
    chosen = f'__name__=~"{"|".join(names)}", provider=~{PROVIDER}, owner=~{OWNER}'
    return f"{{{chosen}{more and f', {more}'}}}"


def scope() -> tuple[Variable, ...]:
    """Of pages of many VMs: providers, owners, hosts that have such VMs, and what narrows to the VMs left."""
    query = f"label_values({narrowed(names=('libvirt_up', *NAMED))}, instance)"
    return providers(), owners(), replace(hosts(), query=query), *left()


def left(*, ahead: bool = False) -> tuple[Variable, Variable]:
    """Hidden variables for the matcher `MINE`: the VMs of the chosen providers and owners; or, where all are
    chosen, the pattern of every name, so that no query names hundreds of VMs. One of the two is empty.

    Grafana asks at the end of the time range: `ahead` is of pages where that lies ahead.
    """
    every = _all_chosen("provider", "owner")
    seen = narrowed(HOST, names=NAMED)
    if ahead:
        seen = f"last_over_time({seen}[$__range])"
    some = f"count by (domain) ({seen}) unless on () {every}"
    others = f'label_replace({every}, "every", ".*", "", "")'
    about = "What narrows the queries of VMs."
    return (
        Variable(
            "vms", "VMs", f"query_result({some})", about, hidden=True, pattern=ONE, every="", multi=True
        ),
        Variable("others", "Others", f"query_result({others})", about, hidden=True, pattern='every="(.+?)"'),
    )


def whether(name: str, some: str, about: str) -> Variable:
    """A hidden variable for a matcher of names: every name where `some` has series, else none. Queries that
    need it read nothing then.
    """
    query = f'query_result(label_replace(count({some}), "every", ".+", "", ""))'
    return Variable(name, name.capitalize(), query, about, hidden=True, pattern='every="(.+?)"')


def carried() -> tuple[Variable, ...]:
    """What links carry along, on all pages: hidden on those that it does not narrow."""
    return providers(), owners(), resources()


def _all_chosen(*names: str) -> str:
    """PromQL with one sample where "All" is chosen of these variables, else with none."""
    now, every = " ".join(f"${{{name}:regex}}" for name in names), " ".join(".*" for _ in names)
    chosen, all_chosen = (f'label_replace(vector(1), "chosen", `{text}`, "", "")' for text in (now, every))
    return f"max({chosen} and on (chosen) {all_chosen})"


def resources() -> Variable:
    """Narrows what the forecaster says."""
    query = f"label_values({SERIES.name}, resource)"
    about = "Only anomalies, forecasts and runways of these resources."
    return Variable("resource", "Resource", query, about, every=".*", multi=True)


def hosts() -> Variable:
    """All hosts, or some of them."""
    query = "label_values(libvirt_up, instance)"
    return Variable("instance", "Host", query, "Only these hosts and their VMs.", every=".*", multi=True)


def vms() -> Variable:
    """All VMs of the chosen providers, owners and hosts, or some of them."""
    query = f"label_values({narrowed(HOST, names=NAMED)}, domain)"
    about = "Only these VMs; graphs of hosts show all."
    return Variable("domain", "VM", query, about, every=".*", multi=True)


def networks() -> Variable:
    """All networks and bridges that VMs of the chosen hosts are on, or some of them."""
    query = f"query_result(count by (net) ({named(HOST)}))"
    about = "Only VMs on these networks or bridges, in the topology."
    pattern = ONE.replace("domain", "net")
    return Variable("network", "Network", query, about, every=".*", multi=True, pattern=pattern)


def _horizon(name: str, label: str, gauge: Metric, chosen: str, about: str) -> Variable:
    """One of the forecaster's horizons; without the preselected one, the one with the highest figure."""
    query = f"label_values({gauge.name}, horizon)"
    return Variable(name, label, query, about, chosen, sort=VariableSort.NUMERICAL_DESC)


def horizon(profile: Profile, *, hidden: bool = False) -> Variable:
    """Hidden on a page that shows no probability, but links to pages that do."""
    about = "The horizon within which exhaustion counts."
    return replace(_horizon("horizon", "Within", PROBABILITY, profile.horizon, about), hidden=hidden)


def ahead(profile: Profile) -> Variable:
    about = (
        "The forecast to draw, by how far ahead it was made. The time range must end as far after now to "
        "show all of it."
    )
    return replace(_horizon("ahead", "Ahead", FORECAST, profile.drawn, about), always=profile.drawn)


def mean() -> Variable:
    """Turns the name of a series into that of its means, where rules record them; else it is nothing."""
    return _aggregate("mean", {":avg30m": MANY_DAYS, ":avg5m": AN_HOUR}, "What graphs of many VMs read.")


def peak(unless: str = "", least: int = AN_HOUR) -> Variable:
    """The same of the highest values, of time ranges of more than `least` seconds: scores of VMs, times of
    collectors; nothing if values of the variable `unless` are chosen, whose label aggregates do not have.
    """
    about = "What graphs of the highest values of many read."
    return _aggregate("peak", {":max30m": MANY_DAYS, ":max5m": least}, about, unless)


def kept() -> Variable:
    """The same of objectives; without rules they have no past. Steps have a sample of each half hour then."""
    return _aggregate("kept", {":avg30m": OF_LINES, ":avg1h": 0}, "What graphs of objectives read.")


def sampled(counter: str = "libvirt_migrations_total", weeks: int = WEEKS) -> Variable:
    """The same of counters that rules keep at longer intervals; older rules do not record them. After an
    upgrade days begin with it: what is older could be read from months of scrapes only.
    """
    suffixes = {":sampled30m": weeks, ":sampled": MANY_DAYS}
    known = {":sampled30m": _before(f"{counter}:sampled30m"), ":sampled": f"{counter}:sampled"}
    return _aggregate("sampled", suffixes, "What counts over weeks read.", of=known)


def halves() -> Variable:
    """The same of what rules record of hosts as means of half hours; older rules do not record them. After an
    upgrade weeks begin with it, too: means of what is older take seconds.
    """
    known = f"last_over_time({ALL_VMS}:avg30m[1h])"
    return _aggregate("halves", {":avg30m": OF_LINES}, "What graphs of hosts over weeks read.", of=known)


def lasting() -> Variable:
    """The same of scores of anomalies alone."""
    return _aggregate("lasting", {":lasting": 0}, "What graphs and tables of anomalies read.")


def anomalous() -> Variable:
    """The same over time: over weeks, the highest of half hours."""
    suffixes = {":lasting30m": WEEKS, ":lasting": 0}
    known = {":lasting30m": _before(f"{SCORE}:lasting30m", "1d"), ":lasting": ALL_VMS}
    return _aggregate("anomalous", suffixes, "What the timeline of anomalies reads.", of=known)


def unrecorded() -> Variable:
    """Whether `anomalous` is nothing: every score is read then."""
    return whether("unrecorded", f"absent({ALL_VMS})", "Whether all scores are read.")


def scores() -> Variable:
    """The same of the number of scores, which tells that there are some."""
    return _aggregate("scores", {":count": 0}, "What tells that there are forecasts.", of=NEWER)


def possible() -> Variable:
    """The same of probabilities above `POSSIBLE` alone."""
    return _aggregate("possible", {":possible": 0}, "What tables of probabilities read.", of=NEWER)


def _before(series: str, within: str = "1h") -> str:
    """What rules of half hours recorded when the time range begins; of anomalies there is not always one."""
    return f"last_over_time({series}[{within}] offset $__range)"


def _aggregate(
    name: str,
    suffixes: Mapping[str, int],
    about: str,
    unless: str = "",
    of: str | Mapping[str, str] = ALL_VMS,
) -> Variable:
    """The first suffix whose least time range (seconds) the page exceeds; nothing without `of`, by suffix or
    of all, which all rules of aggregates record, a series a host.
    """
    chosen = f" and on () {_all_chosen(unless)}" if unless else ""
    choices = [
        f"label_replace(count({of if isinstance(of, str) else of[suffix]}){chosen} "
        f'and on () (vector($__range_s) > {least}), "suffix", "{suffix}", "", "")'
        for suffix, least in suffixes.items()
    ]
    pattern = 'suffix="([^"]+)"'
    query = f"query_result({' or on () '.join(choices)})"
    return Variable(name, name.capitalize(), query, about, hidden=True, pattern=pattern)


def parts(resources: Iterable[Resource], matchers: str) -> list[Variable]:
    """What the panels of resources in parts are repeated over: a hidden variable named like the resource."""
    return [
        Variable(
            resource.name,
            resource.title,
            f"label_values({series(resource, matchers)}, {resource.display.part})",
            "One panel for each value.",
            every="",
            multi=True,
            hidden=True,
        )
        for resource in in_parts(resources)
    ]
