"""From one row, the alerts of a resource that runs out: predicted, predicted for later, and actual.

A forecast alone notifies nobody: exhaustion must be likely, the resource must be well used already, and both
must last. What fills must have risen fast enough, too: twice in a row by a multiple of what is left, over the
horizon or over a sixth of it. A burst of writes does so once. docs/quiet.md has what that changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alert_rules import layer
from alert_rules.alert import Alert, Area, Dashboard, Severity
from alert_rules.annotations import DURATION, where
from alert_rules.promql import grouped, largest, series, stated
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
    later_horizon: str  # a longer one; that prediction is for those who plan, and notifies nobody
    subject: str
    predicted_summary: str
    actual_summary: str
    consequence: str
    dashboard: Dashboard
    unless: str = ""  # series for which the use says too little to alert on it, as PromQL
    why: str = ""  # a comment on that
    fills: bool = False  # it rises for days until somebody acts; memory and CPUs come and go within an hour
    floor: float = 0.7  # a forecast below this use interests nobody yet
    lasts: str = "5m"  # exhaustion that is shorter matters to nobody
    predicted_severity: Severity = "warning"
    actual_severity: Severity = "critical"
    explains: tuple[str, ...] = ()

    @property
    def later(self) -> str:
        """The name of the alert on the longer horizon."""
        return f"{self.predicted}Later"

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
    return Area(Section(row.area, row.about, _values(row)), (_predicted(row), _later(row), _actual(row)))


RISE = Value(
    "rise",
    2.5,
    "What is known for long must have risen twice in a row by so many times what is left, in spans of the "
    "horizon or of a sixth of it. 0: the forecast alone counts.",
    demo=0.0,
)


def _values(row: Exhaustion) -> tuple[Value, ...]:
    resource = _RESOURCES[row.resource]
    return (
        *((RISE,) if row.fills else ()),
        Value("horizon", row.horizon, "Prediction horizon; one of the forecaster's.", demo="5m"),
        Value("later_horizon", row.later_horizon, "Horizon of the prediction for those who plan.", demo="5m"),
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
            demo=0.5,
        ),
        Value("predicted_for", "10m", "A prediction lasts this long before it fires.", demo="10s"),
        Value(
            "predicted_keep_firing_for", "15m", "A prediction fires this long after it is gone.", demo="20s"
        ),
        Value(
            "limit", resource.limit, "Exhausted at this use, where the forecaster does not know the series."
        ),
        Value("actual_for", row.lasts, "Exhaustion lasts this long before it fires.", demo="6s"),
        Value("actual_keep_firing_for", "15m", "Exhaustion fires this long after it is gone.", demo="20s"),
    )


def _predicted(row: Exhaustion) -> Alert:
    return Alert(
        name=row.predicted,
        expr=exhaustion_predicted(row, "$horizon"),
        optional=_fact(row, "$horizon"),
        for_="$predicted_for",
        keep_firing_for="$predicted_keep_firing_for",
        severity=row.predicted_severity,
        kind="predicted",
        labels={"resource": row.resource},
        summary=row.predicted_summary + time_left(row),
        description=f"{row.subject} reaches its limit within $horizon with a probability of "
        "{{ $value | humanizePercentage }}.",
        dashboard=row.dashboard,
        comment=row.why,
    )


def _later(row: Exhaustion) -> Alert:
    return replace(
        _predicted(row),
        name=row.later,
        expr=exhaustion_predicted(row, "$later_horizon"),
        optional=_fact(row, "$later_horizon"),
        severity="info",
        description=_predicted(row).description.replace("$horizon", "$later_horizon"),
        runbook=row.predicted,
    )


def _actual(row: Exhaustion) -> Alert:
    return Alert(
        name=row.actual,
        expr=at_limit(row),
        for_="$actual_for",
        keep_firing_for="$actual_keep_firing_for",
        severity=row.actual_severity,
        kind="actual",
        explains=row.explains,
        labels={"resource": row.resource},
        summary=row.actual_summary,
        description=f"{row.subject} is {{{{ $value | humanizePercentage }}}} used. {row.consequence}",
        dashboard=row.dashboard,
        comment=row.why,
    )


def exhaustion_predicted(row: Exhaustion, horizon: str) -> str:
    """The probability within `horizon`, where it reaches the forecaster's threshold and the use the floor.

    Where the forecaster's limit is lower than $limit, so is the floor: else the limit would be reached first.
    """
    likely = _largest(row, "virtcast_exhaustion_probability_ratio", horizon=horizon)
    threshold = _largest(row, "virtcast_threshold_value")
    used = largest(row.metric, row.labels)
    floor = f"clamp_max({_largest(row, 'virtcast_limit_value')} * $floor / $limit, $floor)"
    return f"""\
{likely}
  >= {stated(threshold, f"clamp({likely}, $probability, $probability)")}
  and on {grouped(row.labels)} {used}
  >= {stated(floor, f"clamp({used}, $floor, $floor)")}{_unless(row)}"""


def _fact(row: Exhaustion, horizon: str) -> dict[str, str]:
    """What fills must have risen, where `rise` is not 0."""
    return {"rise": _slow(row, horizon)} if row.fills else {}


def _slow(row: Exhaustion, horizon: str) -> str:
    """Not where its past is known and it rose too slowly, in short spans and in long ones.

    What is not known two horizons ago need not rise in short spans by more than at the same pace.
    """
    name = horizon.removeprefix("$")
    used, limit = largest(row.metric, row.labels), _largest(row, "virtcast_limit_value")
    left = f"$rise * (({limit} or clamp({used}, $limit, $limit)) - {used})"

    def before(span: str) -> str:
        return largest(f"{row.metric} offset {span}", row.labels)

    def fast(span: str, twice: str, part: str = "") -> str:
        return f"""(
      {used} - {before(span)}
        >= {left}{part}
      and
      {before(span)} - {before(twice)}
        >= {left}{part}
    )"""

    short = f"$sixth_{name}", f"$third_{name}"

    return f"""
  unless on {grouped(row.labels)} (
    (
      {before(f"$third_{name}")}
      or
      {before(horizon)}
      or
      {before(f"$twice_{name}")}
    )
    unless
    {fast(*short)}
    unless
    {fast(horizon, f"$twice_{name}")}
    unless (
    {fast(*short, " / 6")}
    unless {before(f"$twice_{name}")}
    )
  )"""


def at_limit(row: Exhaustion) -> str:
    """The use, where it reaches the forecaster's limit; $limit counts for series that it does not know.

    A series without a limit is one that it knows: it has a threshold.
    """
    used = largest(row.metric, row.labels)
    unknown = f"clamp({used}, $limit, $limit)\n      unless {_largest(row, 'virtcast_threshold_value')}"
    return f"""\
{used}
  >= {stated(_largest(row, "virtcast_limit_value"), unknown)}{_unless(row)}"""


def time_left(row: Exhaustion) -> str:
    """The words " in about 2h 5m 0s" by the median forecast; nothing when that has no time."""
    same = ",".join(f'{label}="${label}"' for label in row.labels)
    ends = f'virtcast_exhaustion_timestamp_seconds{{resource="{row.resource}",quantile="0.5",{same}}}'
    return where(f"min({ends}) - time() > 0", f" in about {DURATION}")


def _largest(row: Exhaustion, metric: str, **labels: str) -> str:
    return largest(series(metric, resource=row.resource, **labels), row.labels)


def _unless(row: Exhaustion) -> str:
    return f"\n  unless on {grouped(row.labels)} {row.unless}" if row.unless else ""
