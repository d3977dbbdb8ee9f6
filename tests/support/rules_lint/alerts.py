"""What must hold for a row of the alerts."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING, get_args

from alert_rules.alert import Kind, Severity
from alert_rules.rules import settled
from alert_rules.values import defaults
from forecaster.config.durations import seconds
from rules_lint.known import BY_RESOURCE, FORECASTS, LAYER
from rules_lint.labels import result_labels
from rules_lint.queries import alternatives, asked, conditions, names, parse, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alert_rules.alert import Alert, Area
    from rules_lint.evidence import Evidence

    Check = Callable[[Alert, Evidence], Iterator[str]]

SUBJECTS = (
    "Vm",
    "Host",
    "Pool",
    "Network",
    "Certificate",
    "Libvirt",
    "Virtcast",
    "Prometheus",
    "Alertmanager",
)
NAME = re.compile(rf"({'|'.join(SUBJECTS)})([A-Z][a-z0-9]+)+")
SECTIONS = ("## Meaning", "## Impact", "## Diagnosis", "## What to do", "## Tuning and silence")


def problems(area: Area, alert: Alert, evidence: Evidence) -> list[str]:
    """What is wrong with one row of an area, a line each."""
    alert = settled(alert, defaults(area.section))
    try:
        parse(alert.expr)
    except ValueError as error:
        return [f"expr does not parse: {error}"]
    return [problem for check in CHECKS for problem in check(alert, evidence)]


def name(alert: Alert, _: Evidence) -> Iterator[str]:
    if not NAME.fullmatch(alert.name) and not alert.always_fires:
        yield f"name is not CamelCase after one of {', '.join(SUBJECTS)}"


def vocabulary(alert: Alert, _: Evidence) -> Iterator[str]:
    if alert.severity not in get_args(Severity):
        yield f"severity {alert.severity} is none of {', '.join(get_args(Severity))}"
    if alert.kind not in get_args(Kind):
        yield f"kind {alert.kind} is none of {', '.join(get_args(Kind))}"
    if alert.always_fires and names(parse(alert.expr)):
        yield "severity none is for an alert that always fires"
    if unusual := alert.labels.keys() - {"resource"}:
        yield f"labels {', '.join(sorted(unusual))}: only severity, kind and resource are labels of alerts"
    if (resource := alert.labels.get("resource")) and resource not in BY_RESOURCE:
        yield f"resource {resource} is not in the forecaster's table"


def durations(alert: Alert, _: Evidence) -> Iterator[str]:
    for field in ("for_", "keep_firing_for"):
        if text := getattr(alert, field):
            try:
                seconds(text)
            except ValueError as error:
                yield f"{field}: {error}"


def texts(alert: Alert, _: Evidence) -> Iterator[str]:
    for field in ("summary", "description"):
        text = getattr(alert, field)
        if not text or text != " ".join(text.split()):
            yield f"{field} is not one line of text"
    if alert.summary.endswith("."):
        yield "summary ends with a full stop"
    if alert.description and not alert.description.endswith((".", "}}")):
        yield "description does not end with a full stop"


def labels_of_templates(alert: Alert, evidence: Evidence) -> Iterator[str]:
    present = result_labels(parse(alert.expr), evidence.series) | alert.all_labels.keys()
    used = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    if absent := (used | set(alert.dashboard.variables)) - present:
        yield f"the expression's result has no label {', '.join(sorted(absent))}"
    variables = set(re.findall(r"\$(\w+)", alert.summary + alert.description)) - {"labels", "value"}
    if variables:
        yield f"${', $'.join(sorted(variables))} is no value of the area"


def dashboard(alert: Alert, evidence: Evidence) -> Iterator[str]:
    variables = evidence.dashboards.get(alert.dashboard.uid)
    if variables is None:
        yield f"there is no dashboard {alert.dashboard.uid}"
    elif missing := set(alert.dashboard.variables) - variables:
        yield f"the dashboard {alert.dashboard.uid} has no variable {', '.join(sorted(missing))}"


def runbook(alert: Alert, evidence: Evidence) -> Iterator[str]:
    name = alert.runbook_name
    lines = evidence.runbooks.get(name, "").splitlines()
    if not lines:
        yield f"there is no runbook runbooks/{name}.md"
    elif name != alert.name and f"`{alert.name}`" not in evidence.runbooks[name]:
        yield f"the runbook {name} does not name it"
    elif lines[0] != f"# {name}" or [each for each in lines if each.startswith("## ")] != list(SECTIONS):
        yield f"the runbook does not have the headings # {name}, {', '.join(SECTIONS)}"


def tests(alert: Alert, evidence: Evidence) -> Iterator[str]:
    cases = evidence.cases.get(alert.name, ())
    if not any(case.fires for case in cases):
        yield "there is no promtool test in which it fires"
    if all(case.fires for case in cases) and not alert.always_fires:
        yield "there is no promtool test in which it stays silent"
    if any(case.alerts != {alert.name} for case in cases):
        yield "its promtool test asks for another alert"


def series(alert: Alert, evidence: Evidence) -> Iterator[str]:
    queries = (alert.expr, *asked(alert.summary), *asked(alert.description))
    if missing := [each for query in queries for each in unknown(query, evidence.series)]:
        yield f"there is no series {', '.join(missing)}"


def prediction(alert: Alert, _: Evidence) -> Iterator[str]:
    if alert.kind != "predicted":
        return
    if alert.severity == "critical":
        yield "a prediction is critical"
    if not (alert.for_ and alert.keep_firing_for):
        yield "a prediction has no `for` or no `keep_firing_for`"
    if not names(parse(alert.expr)) & FORECASTS:
        yield "a prediction reads no forecast"


def forecast_alone(alert: Alert, _: Evidence) -> Iterator[str]:
    """Wherever a forecast makes an alert fire, a condition on an actual value must hold as well."""
    for alternative in alternatives(parse(alert.expr)):
        read = [names(condition) for condition in conditions(alternative)]
        joined = any(one & FORECASTS and other & LAYER.keys() for one, other in permutations(read, 2))
        if any(each & FORECASTS for each in read) and not joined:
            yield "a forecast alone makes it fire: join it with an actual value (`and on (…)`)"


CHECKS: tuple[Check, ...] = (
    name,
    vocabulary,
    durations,
    texts,
    labels_of_templates,
    dashboard,
    runbook,
    tests,
    series,
    prediction,
    forecast_alone,
)


def unused_values(area: Area) -> list[str]:
    """The values of an area that none of its rows names."""
    texts = " ".join(
        text
        for alert in area.alerts
        for text in (
            alert.expr,
            *alert.optional.values(),
            alert.for_,
            alert.keep_firing_for,
            alert.summary,
            alert.description,
        )
        if text
    )
    return [value.name for value in area.section.values if not re.search(rf"\${value.name}\b", texts)]
