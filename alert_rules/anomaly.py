"""From one row, the two alerts on anomalies of a resource: unusual, and unusual where it already matters.

A score alone notifies nobody: the value must be far from what was normal when the anomaly began. The severe
alert also needs the resource well used: that is a fact, and no model says it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alert_rules import layer
from alert_rules.alert import Alert, Area, Dashboard
from alert_rules.annotations import PERCENT, where
from alert_rules.promql import grouped, largest, series
from alert_rules.values import Section, Value
from forecaster.config.resources import RESOURCES

_QUERIES = {resource.name: resource.query for resource in RESOURCES}
ONSET = 0.9  # a score from here on is unusual: forecaster/METRICS.md


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One resource whose anomalies are alerts; `resource` is its name in the forecaster's table.

    `deviation` is the smallest distance from the normal value that matters, `severe_use` the use from which
    on somebody is told. `what` names the resource in a summary, `subject` in a sentence.
    """

    area: str
    name: str
    resource: str
    deviation: float
    severe_use: float
    what: str
    subject: str
    dashboard: Dashboard

    @property
    def metric(self) -> str:
        """The output of the normalised layer that the forecaster reads."""
        return _QUERIES[self.resource]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that tell the resource's series apart."""
        return layer.BY_NAME[self.metric].labels


def area(row: Anomaly) -> Area:
    """The row's alerts and the values that they name."""
    section = Section(row.area, f"Anomalies: {row.what}", _values(row))
    return Area(section, (_unusual(row), _severe(row)))


def _values(row: Anomaly) -> tuple[Value, ...]:
    return (
        Value(
            "deviation",
            row.deviation,
            "Smallest distance from the normal use, a share, if the forecaster states none.",
        ),
        Value("anomaly_for", "10m", "An anomaly lasts this long before it fires.", demo="4s"),
        Value("anomaly_keep_firing_for", "15m", "An anomaly fires this long after it is gone.", demo="20s"),
        Value("severe_use", row.severe_use, "From this use on, an anomaly is a warning."),
        Value("severe_for", "30m", "An anomaly lasts this long before it is a warning.", demo="1m"),
    )


def _unusual(row: Anomaly) -> Alert:
    own = ",".join(f'{name}="${name}"' for name in row.labels)
    used = f"max({row.metric}{{{own}}})"
    normal = f'max(virtcast_anomaly_origin_value{{resource="{row.resource}",{own}}})'
    return Alert(
        name=row.name,
        comment="An unusual score matters only where the use is far from what was normal when the anomaly "
        "began, up or down. The value expected now would not do: it follows an anomaly that lasts. One that "
        "silences taught to expect at this time does not fire.",
        expr=unusual(row),
        for_="$anomaly_for",
        keep_firing_for="$anomaly_keep_firing_for",
        severity="info",
        kind="anomaly",
        labels={"resource": row.resource},
        summary=f'{row.what} is unusual: anomaly score {{{{ $value | printf "%.2f" }}}}',
        description=row.subject
        + where(used, f" is {PERCENT} used")
        + where(normal, f", where {PERCENT} was normal")
        + f". A score of {ONSET} or more is unusual.",
        dashboard=row.dashboard,
    )


def _severe(row: Anomaly) -> Alert:
    return replace(
        _unusual(row),
        name=f"{row.name}Severe",
        comment="A warning needs a fact beside the model: the resource is well used.",
        expr=f"""\
{unusual(row)}
  and on {grouped(row.labels)} {largest(row.metric, row.labels)} >= $severe_use""",
        for_="$severe_for",
        severity="warning",
        summary=f'{row.what} is unusual and high: anomaly score {{{{ $value | printf "%.2f" }}}}',
        runbook=row.name,
    )


def unusual(row: Anomaly) -> str:
    """The score, where it is unusual and the use is far from what was normal when the anomaly began."""
    used, of = largest(row.metric, row.labels), {"resource": row.resource}
    normal = largest(series("virtcast_anomaly_origin_value", **of), row.labels)
    return f"""\
{largest(series("virtcast_anomaly_score", **of), row.labels)} >= {ONSET}
  and on {grouped(row.labels)} abs(
    {used}
      - {normal}
  ) >= (
    {largest(series("virtcast_min_deviation_value", **of), row.labels)}
      or
    clamp({used}, $deviation, $deviation)
  )
  unless on {grouped(row.labels)} {largest(series("virtcast_anomaly_expected", **of), row.labels)} == 1"""
