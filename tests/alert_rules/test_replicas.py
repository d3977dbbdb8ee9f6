"""Two forecasters of the same series: rules and dashboards take them for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alert_rules.profiles import PROFILES
from alert_rules.registry import AREAS, PROVIDERS
from alert_rules.rules import alert_groups, recording_groups
from dashboards import expressions, filled_in
from rules_lint.known import known
from rules_lint.queries import asked
from rules_lint.replicas import told_apart

ROOT = Path(__file__).resolve().parents[2]
SERIES = known()
ALERTS = [alert for group in alert_groups(AREAS, PROFILES["default"]) for alert in group.rules]
RULES = {
    **{alert.name: alert.expr for alert in ALERTS},
    **{
        f"{row.output} by {row.provider}": row.expr
        for group in recording_groups(PROVIDERS, PROFILES["default"])
        for row in group.rules
    },
    **{
        f"{alert.name}: {query}": query
        for alert in ALERTS
        for query in (*asked(alert.summary), *asked(alert.description))
    },
}
PAGES = sorted((ROOT / "grafana/json").glob("*.json"))


@pytest.mark.parametrize("name", RULES)
def test_rules_and_annotations(name: str) -> None:
    assert told_apart(RULES[name], SERIES) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_dashboards(path: Path) -> None:
    queries = [filled_in(each) for each in expressions(json.loads(path.read_text()))]
    assert any("virtcast_" in each for each in queries)
    variables = {  # list another label
        "virtcast_exhaustion_probability_ratio",
        "virtcast_forecast_value",
        "virtcast_series",
    }
    told = {each: found for each in queries if each not in variables and (found := told_apart(each, SERIES))}
    assert told == {}


def test_the_dashboards_ask_for_much_that_replicas_write() -> None:
    queries = [each for path in PAGES for each in expressions(json.loads(path.read_text()))]
    assert sum("virtcast_" in each for each in queries) > 100


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("virtcast_anomaly_score", "the result has the label replica"),
        ("max by (instance, replica) (virtcast_anomaly_score)", "the result has the label replica"),
        ("count(virtcast_anomaly_score >= 1)", "count counts every replica"),
        ("sum by (instance) (virtcast_limit_value)", "sum counts every replica"),
        ("max(virtcast_limit_value - on (instance) libvirt_up)", "- matches series of replicas"),
    ],
)
def test_what_tells_replicas_apart_is_found(query: str, problem: str) -> None:
    assert problem in told_apart(query, SERIES)
