"""Rules of grafana/dashboard-linter: each has a test here or beside this file, or a reason not to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dashboards import panels, variables

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}
# By rule: the test that keeps it, or why it does not apply.
KEPT = {
    "panel-datasource-rule": "test_a_panel_says_what_it_shows",
    "panel-title-description-rule": "test_a_panel_says_what_it_shows",
    "panel-units-rule": "test_a_panel_says_what_it_shows",
    "panel-no-targets-rule": "test_every_panel_asks",
    "target-promql-rule": "test_every_expression_parses",
    "target-rate-interval-rule": "test_rates_have_windows_that_suit_the_step",
    "target-counter-agg-rule": "test_counters_are_asked_for_their_increase",
    "template-datasource-rule": "test_the_data_source_can_be_chosen",
    "template-label-promql-rule": "test_every_expression_parses",
    "template-on-time-change-reload-rule": "test_variables_follow_the_time_range",
}
LEFT = {
    "target-job-rule": "the job of an exporter is its operator's choice; series are told apart by name",
    "target-instance-rule": "$instance chooses hosts where series have one: queries/selectors.py",
    "target-required-matchers-rule": "the same, for a configured list",
    "template-variable-matchers-rule": "the same",
    "template-job-rule": "no page chooses a job",
    "template-instance-rule": "the variable is there, and is called Host",
    "template-required-variables-rule": "no list is configured",
    "target-logql-rule": "no page reads logs",
    "target-logql-auto-rule": "no page reads logs",
    "uneditable-dashboard": "provisioning decides it (allowUiUpdates); an imported copy is its owner's",
}
EXPRESSIONS = [
    pytest.param(target["expr"], target, id=f"{uid}-{panel['id']}-{target['refId']}")
    for uid, page in DASHBOARDS.items()
    for panel in panels(page)
    for target in panel["targets"]
]
COUNTER = re.compile(r"\b\w+_(?:total|bucket)(?!\w)(?:\$\w+)?(?:\{(?:\$\{[^}]*\}|[^}])*\})?(?P<next>.?)")
WINDOW = re.compile(r"\b(?P<function>rate|irate|increase)\([^()\[]*\[(?P<window>[^\]]+)\](?! @ end\(\))")


@pytest.mark.parametrize(("expression", "target"), EXPRESSIONS)
def test_counters_are_asked_for_their_increase(expression: str, target: dict[str, Any]) -> None:
    """A counter by itself only says when its program started."""
    bare = [found[0] for found in COUNTER.finditer(expression) if found["next"] != "["]
    assert not bare, target["refId"]


@pytest.mark.parametrize(("expression", "target"), EXPRESSIONS)
def test_rates_have_windows_that_suit_the_step(expression: str, target: dict[str, Any]) -> None:
    """$__rate_interval holds samples enough; increases of bars and cells are those of their own width. What
    is asked for now has a window that its title can name. What is asked of the end of a graph alone, to
    choose its series, is of all of its time.
    """
    windows = {found["window"] for found in WINDOW.finditer(expression)}
    assert "irate(" not in expression
    if target.get("range"):
        assert windows <= {"$__rate_interval", "$__interval"}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_the_data_source_can_be_chosen(uid: str) -> None:
    chosen = [each for each in variables(DASHBOARDS[uid]).values() if each["type"] == "datasource"]
    assert [(each["name"], each["query"], each["label"]) for each in chosen] == [
        ("datasource", "prometheus", "Data source")
    ]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_panel_asks(uid: str) -> None:
    assert all(target["expr"].strip() for panel in panels(DASHBOARDS[uid]) for target in panel["targets"])
    assert all(panel["targets"] for panel in panels(DASHBOARDS[uid]))


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_variables_follow_the_time_range(uid: str) -> None:
    """2: read anew as the range changes; a VM of last week is on the list of last week."""
    asked = [each for each in variables(DASHBOARDS[uid]).values() if each["type"] == "query"]
    assert {each["refresh"] for each in asked} <= {2}


def test_every_rule_has_its_test() -> None:
    defined = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert all(f"\ndef {test}(" in defined for test in KEPT.values())
    assert not KEPT.keys() & LEFT.keys()
