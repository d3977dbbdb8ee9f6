"""Alerts on resources of the user's own: for each that the forecaster's configuration adds to the table.

Their series are matched by all of their labels but those of the scrape (`job`, `replica`), so a query keeps
the label `instance`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from alert_rules.alert import FLEET, VM_PAGE, Alert, Area
from alert_rules.anomaly import ONSET
from alert_rules.promql import series
from alert_rules.values import Section, Value
from forecaster.config.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alert_rules.alert import Dashboard
    from forecaster.config.resource import Resource

VALUES = Section(
    "own_resources",
    "Resources of your own, from the forecaster's configuration",
    (
        Value("floor", 0.7, "Below this share of the limit nothing is predicted.", demo=0.5),
        Value("predicted_for", "10m", "A prediction lasts this long before it fires.", demo="10s"),
        Value("actual_for", "5m", "A value is beyond its limit this long before it fires.", demo="6s"),
        Value("anomaly_for", "10m", "An anomaly lasts this long before it fires.", demo="4s"),
        Value(
            "keep_firing_for",
            "15m",
            "Predictions and anomalies fire this long after they are gone.",
            demo="20s",
        ),
    ),
)
BUILT_IN = frozenset(resource.name for resource in RESOURCES)


def areas(resources: Iterable[Resource]) -> tuple[Area, ...]:
    """The area of the resources that are not built in; none where there are none."""
    alerts = tuple(alert for each in resources if each.name not in BUILT_IN for alert in _alerts(each))
    return (Area(VALUES, alerts),) if alerts else ()


def parts(resources: Iterable[Resource]) -> list[str]:
    """The labels that tell the series of their own resources apart."""
    return [each.display.part for each in resources if each.name not in BUILT_IN and each.display.part]


def _alerts(resource: Resource) -> list[Alert]:
    limited = math.isfinite(resource.limit) or resource.limit_query is not None
    return [*([_predicted(resource), _actual(resource)] if limited else []), _anomaly(resource)]


def _predicted(resource: Resource) -> Alert:
    horizon = resource.counted[0].label
    near = (
        _used(resource)
        if resource.falls
        else f"{_used(resource)}\n    >= $floor * {_told(resource, 'limit_value')}"
    )
    return Alert(
        name="OwnResourceExhaustionPredicted",
        expr=f"""\
{_told(resource, "exhaustion_probability_ratio", horizon=horizon)}
  >= {_told(resource, "threshold_value")}
  and (
    {near}
  )""",
        for_="$predicted_for",
        keep_firing_for="$keep_firing_for",
        severity="warning",
        kind="predicted",
        labels={"resource": resource.name},
        summary=f"{_subject(resource)} will probably reach its limit within {horizon}",
        description=f"{_subject(resource)} reaches its limit within {horizon} with a probability of "
        "{{ $value | humanizePercentage }}.",
        dashboard=_dashboard(resource),
    )


def _actual(resource: Resource) -> Alert:
    return Alert(
        name="OwnResourceAtLimit",
        expr=f"{_used(resource)}\n  {'<=' if resource.falls else '>='} {_told(resource, 'limit_value')}",
        for_="$actual_for",
        severity="warning",
        kind="actual",
        labels={"resource": resource.name},
        summary=f"{_subject(resource)} is at its limit",
        description=f"{_subject(resource)} has the value {{{{ $value | humanize }}}}: it is at or beyond its "
        "limit.",
        dashboard=_dashboard(resource),
    )


def _anomaly(resource: Resource) -> Alert:
    return Alert(
        name="OwnResourceAnomaly",
        expr=f"{_told(resource, 'anomaly_score')} >= {ONSET}\n  and {_used(resource)}",
        for_="$anomaly_for",
        keep_firing_for="$keep_firing_for",
        severity="info",
        kind="anomaly",
        labels={"resource": resource.name},
        summary=f'{_subject(resource)} is unusual: anomaly score {{{{ $value | printf "%.2f" }}}}',
        description=f"{_subject(resource)} is unusual for this time. A score of {ONSET} or more is unusual.",
        dashboard=_dashboard(resource),
    )


def _used(resource: Resource) -> str:
    return f"max without (job, replica) ({' '.join(resource.query.split())})"


def _told(resource: Resource, gauge: str, **labels: str) -> str:
    """A gauge of the forecaster with the labels of the source series alone."""
    told = series(f"virtcast_{gauge}", resource=resource.name, **labels)
    return f"max without ({', '.join(('job', 'replica', 'resource', *labels))}) ({told})"


def _subject(resource: Resource) -> str:
    labels = [*(["domain"] if resource.display.owner == "vm" else []), resource.display.part]
    named = "".join(f" {{{{ $labels.{label} }}}}" for label in labels if label)
    return f"{resource.title}{named} on {{{{ $labels.instance }}}}"


def _dashboard(resource: Resource) -> Dashboard:
    return VM_PAGE if resource.display.owner == "vm" else FLEET
