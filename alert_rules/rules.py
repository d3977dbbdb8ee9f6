"""From rows to the groups of rules that a file shows: values filled in, providers in their order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Generic, TypeVar

from alert_rules import layer
from alert_rules.alert import Alert
from alert_rules.promql import also, grouped, plain, quotable, series
from alert_rules.values import filled, with_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alert_rules.alert import Area
    from alert_rules.layer import Output
    from alert_rules.provider import Provider, Recorded
    from alert_rules.values import Choices, Scalar


@dataclass(frozen=True, slots=True)
class Record:
    """A recording rule."""

    output: str
    provider: str
    expr: str
    comment: str


HORIZONS = frozenset(("horizon", "later_horizon"))  # values whose parts rules name, too
Rule = TypeVar("Rule", Alert, Record)


@dataclass(frozen=True, slots=True)
class Group(Generic[Rule]):
    """A group of rules as Prometheus has it. One that is `urgent` is evaluated more often."""

    name: str
    about: str
    rules: tuple[Rule, ...]
    urgent: bool = False


def alert_groups(areas: Iterable[Area], choices: Choices) -> list[Group[Alert]]:
    """One group per area, and another one for its critical alerts, for which somebody is needed at once."""
    return [group for area in areas for group in _of_area(area, choices.get(area.name, {})) if group.rules]


def _of_area(area: Area, values: Mapping[str, Scalar]) -> Iterator[Group[Alert]]:
    alerts = [settled(alert, values) for alert in area.alerts]
    name, about = f"virtcast-{area.name}", area.section.about
    yield Group(name, about, tuple(alert for alert in alerts if alert.severity != "critical"))
    critical = tuple(alert for alert in alerts if alert.severity == "critical")
    yield Group(f"{name}-critical", f"{about}: what is critical", critical, urgent=True)


def settled(alert: Alert, values: Mapping[str, Scalar]) -> Alert:
    """The alert with its area's values in every text; in the expression with parts of its horizons, too."""
    parts = values
    for name in HORIZONS & values.keys():
        parts = with_parts(parts, name)
    return replace(
        alert,
        expr=filled(
            plain(alert.expr + _optional(alert, values)),
            {name: quotable(value) for name, value in parts.items()},
        ),
        for_=alert.for_ and filled(alert.for_, values),
        keep_firing_for=alert.keep_firing_for and filled(alert.keep_firing_for, values),
        summary=filled(alert.summary, values),
        description=filled(alert.description, values),
    )


def _optional(alert: Alert, values: Mapping[str, Scalar]) -> str:
    return "".join(text for name, text in alert.optional.items() if values[name])


def recording_groups(providers: Iterable[Provider], choices: Choices) -> list[Group[Record]]:
    """One group per subject and provider; one for all providers where they share the subject."""
    values = {**choices["recording"], "libvirt_jobs": quotable(choices["libvirt"]["jobs"])}
    ordered = preferred_first(providers)
    groups: dict[tuple[str, str], list[Record]] = {}
    for output in layer.OUTPUTS:
        for provider in ordered:
            if row := provider.row(output.name):
                record = _record(row, output, provider, ordered)
                settled_record = replace(record, expr=filled(record.expr, values))
                groups.setdefault(_heading(output, provider), []).append(settled_record)
    return [Group(name, about, tuple(records)) for (name, about), records in groups.items()]


def preferred_first(providers: Iterable[Provider]) -> list[Provider]:
    """The providers in an order in which each comes after those it yields to."""
    by_name = {provider.name: provider for provider in providers}
    graph = {name: provider.yields_to for name, provider in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def _heading(output: Output, provider: Provider) -> tuple[str, str]:
    """The name of the group in which a provider records an output, and what it holds."""
    subject = output.subject
    if subject.shared:
        return f"virtcast-{subject.name}", subject.about
    return f"virtcast-{subject.name}-{provider.name}", f"{subject.about}, by {provider.about}"


def _record(row: Recorded, output: Output, provider: Provider, providers: Sequence[Provider]) -> Record:
    """The rule of a row, without the subjects that a preferred provider has recorded already."""
    expr = plain(row.expr)
    if output.subject.shared:
        for other in providers:
            if other.name in provider.yields_to and other.row(output.name):
                recorded = series(output.name, provider=other.name)
                expr = also(expr, f"unless on {grouped(output.subject.shared)} {recorded}")
    return Record(output.name, provider.name, expr, comment=f"{output.about} {row.comment}".strip())
