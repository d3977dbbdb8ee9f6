"""From one row, the two alerts of a resource that runs out: predicted, and actual.

A forecast alone notifies nobody: exhaustion must be likely, the resource must be well used already, and both
must last.
"""

from __future__ import annotations

from dataclasses import dataclass

from alert_rules import layer
from alert_rules.alert import Alert, Area, Dashboard
from alert_rules.annotations import DURATION, where
from alert_rules.promql import grouped, largest, series
from alert_rules.values import Section, Value
from forecaster.config.resources import RESOURCES

_RESOURCES = {resource.name: resource for resource in RESOURCES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustion:
    """One resource that has alerts; `resource` is its name in the forecaster's table.

    The texts are Go templates. `subject` is the resource in a sentence.
    """

    area: str
    about: str
    resource: str
    predicted: str  # the alerts' names
    actual: str
    horizon: str  # one of the resource's horizons
    subject: str
    predicted_summary: str
    actual_summary: str
    consequence: str
    dashboard: Dashboard
    unless: str = ""  # series for which the use says too little to alert on it, as PromQL
    why: str = ""  # a comment on that
    floor: float = 0.7  # a forecast below this use interests nobody yet

    @property
    def metric(self) -> str:
        """The output of the normalised layer that the forecaster reads."""
        return _RESOURCES[self.resource].query

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that tell the resource's series apart."""
        return layer.BY_NAME[self.metric].labels


def area(row: Exhaustion) -> Area:
    """The row's alerts and the values that they name."""
    return Area(Section(row.area, row.about, _values(row)), (_predicted(row), _actual(row)))


def _values(row: Exhaustion) -> tuple[Value, ...]:
    resource = _RESOURCES[row.resource]
    return (
        Value("horizon", row.horizon, "Prediction horizon; one of the forecaster's.", demo="5m"),
        Value(
            "floor",
            row.floor,
            "Below this use nothing is predicted. Scaled down with a lower limit.",
            demo=0.5,
        ),
        Value(
            "probability",
            resource.threshold,
            "Probability of a prediction, if the forecaster states no threshold.",
        ),
        Value("predicted_for", "10m", "A prediction lasts this long before it fires.", demo="10s"),
        Value(
            "predicted_keep_firing_for", "15m", "A prediction fires this long after it is gone.", demo="20s"
        ),
        Value(
            "limit", resource.limit, "Exhausted at this use, where the forecaster does not know the series."
        ),
        Value("actual_for", "5m", "Exhaustion lasts this long before it fires.", demo="6s"),
    )


def _predicted(row: Exhaustion) -> Alert:
    return Alert(
        name=row.predicted,
        expr=exhaustion_predicted(row),
        for_="$predicted_for",
        keep_firing_for="$predicted_keep_firing_for",
        severity="warning",
        kind="predicted",
        labels={"resource": row.resource},
        summary=row.predicted_summary + time_left(row),
        description=f"{row.subject} reaches its limit within $horizon with a probability of "
        "{{ $value | humanizePercentage }}.",
        dashboard=row.dashboard,
        comment=row.why,
    )


def _actual(row: Exhaustion) -> Alert:
    return Alert(
        name=row.actual,
        expr=at_limit(row),
        for_="$actual_for",
        severity="critical",
        kind="actual",
        labels={"resource": row.resource},
        summary=row.actual_summary,
        description=f"{row.subject} is {{{{ $value | humanizePercentage }}}} used. {row.consequence}",
        dashboard=row.dashboard,
        comment=row.why,
    )


def exhaustion_predicted(row: Exhaustion) -> str:
    """The probability, where it reaches the forecaster's threshold and the use is $floor or more.

    Where the forecaster's limit is lower than $limit, so is the floor: else the limit would be reached first.
    """
    likely = _largest(row, "virtcast_exhaustion_probability_ratio", horizon="$horizon")
    threshold = _largest(row, "virtcast_threshold_value")
    used = largest(row.metric, row.labels)
    floor = f"clamp_max({_largest(row, 'virtcast_limit_value')} * $floor / $limit, $floor)"
    return f"""\
{likely}
  >= {_stated(threshold, f"clamp({likely}, $probability, $probability)")}
  and on {grouped(row.labels)} {used}
  >= {_stated(floor, f"clamp({used}, $floor, $floor)")}{_unless(row)}"""


def at_limit(row: Exhaustion) -> str:
    """The use, where it reaches the forecaster's limit; $limit counts for series that it does not know.

    A series without a limit is one that it knows: it has a threshold.
    """
    used = largest(row.metric, row.labels)
    unknown = f"clamp({used}, $limit, $limit)\n      unless {_largest(row, 'virtcast_threshold_value')}"
    return f"""\
{used}
  >= {_stated(_largest(row, "virtcast_limit_value"), unknown)}{_unless(row)}"""


def time_left(row: Exhaustion) -> str:
    """The words " in about 2h 5m 0s" by the median forecast; nothing when that has no time."""
    same = ",".join(f'{label}="${label}"' for label in row.labels)
    ends = f'virtcast_exhaustion_timestamp_seconds{{resource="{row.resource}",quantile="0.5",{same}}}'
    return where(f"min({ends}) - time() > 0", f" in about {DURATION}")


def _largest(row: Exhaustion, metric: str, **labels: str) -> str:
    return largest(series(metric, resource=row.resource, **labels), row.labels)


def _unless(row: Exhaustion) -> str:
    return f"\n  unless on {grouped(row.labels)} {row.unless}" if row.unless else ""


def _stated(value: str, otherwise: str) -> str:
    """What the forecaster states for each series, else what `otherwise` gives for it."""
    return f"""\
(
    {value}
    or
    {otherwise}
  )"""
