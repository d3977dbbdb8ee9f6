"""Every alert's row is complete and consistent, and each rule of the lint fails on a row that breaks it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from alert_rules import own_resources
from alert_rules.alert import FLEET_HOST, VM_PAGE, Alert, Area, Dashboard
from alert_rules.registry import ALERTS, AREAS, SECTIONS
from alert_rules.values import Section, Value, defaults
from forecaster.config.resource import Resource
from rules_lint.alerts import SECTIONS as HEADINGS
from rules_lint.alerts import problems, unused_values
from rules_lint.evidence import Case, Evidence, gathered

EVIDENCE = gathered()
ROWS = {alert.name: (area, alert) for area in AREAS for alert in area.alerts}


@pytest.mark.parametrize("name", ROWS)
def test_every_row_holds(name: str) -> None:
    assert problems(*ROWS[name], EVIDENCE) == []


def test_names_are_unique() -> None:
    assert len(ROWS) == len(ALERTS)
    assert len({section.name for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_every_value_is_used(area: Area) -> None:
    assert unused_values(area) == []


@pytest.mark.parametrize("alert", [each for each in ALERTS if each.explains], ids=lambda each: each.name)
def test_what_a_host_or_a_program_explains_are_alerts_on_its_vms_or_its_own(alert: Alert) -> None:
    explained = {"Host": ("Vm",), "Pool": ("Vm", "HostSeveral")}.get(alert.name[:4], ("V",))
    assert [name for name in alert.explains if name not in ROWS or not name.startswith(explained)] == []


@pytest.mark.parametrize("alert", [each for each in ALERTS if each.supersedes], ids=lambda each: each.name)
def test_what_an_alert_supersedes_is_less_severe_and_of_the_same_subject(alert: Alert) -> None:
    order = ("critical", "warning", "info")
    for name in alert.supersedes:
        _, other = ROWS[name]
        assert order.index(other.severity) >= order.index(alert.severity)
        assert other.dashboard == alert.dashboard
        assert other.runbook_name == alert.runbook_name


def test_no_value_has_a_name_of_prometheus() -> None:
    taken = {"labels", "value", "externalLabels"}
    assert not [value.name for section in SECTIONS for value in section.values if value.name in taken]


def test_the_demo_sets_only_what_differs() -> None:
    assert not [value.name for section in SECTIONS for value in section.values if value.demo == value.default]


def test_every_runbook_and_every_test_is_of_an_alert() -> None:
    own = {alert.name for area in own_resources.areas([Resource("own", "own")]) for alert in area.alerts}
    assert set(EVIDENCE.runbooks) == {alert.runbook_name for alert in ALERTS} | own
    assert set(EVIDENCE.cases) == set(ROWS)


@pytest.mark.parametrize("name", EVIDENCE.runbooks)
def test_runbooks_name_values_that_exist(name: str) -> None:
    """As `section.name`."""
    sections = {section.name: defaults(section) for section in SECTIONS}
    named = re.findall(rf"`({'|'.join(sections)})\.(\w+)`", EVIDENCE.runbooks[name])
    assert [f"{section}.{value}" for section, value in named if value not in sections[section]] == []


GOOD = Alert(
    name="VmMemoryStrange",
    expr="""
        max by (instance, domain) (virtcast_anomaly_score{resource="vm_memory"}) >= 1
          and on (instance, domain) vm:memory_utilization:ratio >= $floor
    """,
    for_="$lasts",
    keep_firing_for="15m",
    severity="warning",
    kind="predicted",
    labels={"resource": "vm_memory"},
    summary="The memory of {{ $labels.domain }} is strange",
    description="It is above $floor.",
    dashboard=VM_PAGE,
)
AREA = Area(Section("strange", "Strange", (Value("floor", 0.5, "…"), Value("lasts", "10m", "…"))), (GOOD,))
COMPLETE = Evidence(
    runbooks={GOOD.name: "\n".join((f"# {GOOD.name}", *HEADINGS))},
    cases={GOOD.name: (Case(frozenset({GOOD.name}), fires=True), Case(frozenset({GOOD.name}), fires=False))},
    dashboards={"virtcast-vm": frozenset({"instance", "domain"}), "virtcast-fleet": frozenset({"instance"})},
    series=EVIDENCE.series,
    recorded=frozenset(),
)


def test_a_good_row_has_no_problem() -> None:
    assert problems(AREA, GOOD, COMPLETE) == []


SCORE = 'max by (instance, domain) (virtcast_anomaly_score{resource="vm_memory"}) >= 1'
USED = "vm:memory_utilization:ratio >= 0.5"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"expr": "sum by (instance"}, "expr does not parse"),
        ({"expr": "up == $flor"}, "expr does not parse"),
        ({"name": "memoryStrange"}, "name is not CamelCase after one of Vm, Host"),
        ({"name": "MemoryStrange"}, "name is not CamelCase after one of Vm, Host"),
        ({"name": "VmMemory_strange"}, "name is not CamelCase after one of Vm, Host"),
        ({"severity": "page"}, "severity page is none of"),
        ({"severity": "none"}, "severity none is for an alert that always fires"),
        ({"kind": "forecast"}, "kind forecast is none of"),
        ({"labels": {"team": "a"}}, "labels team: only"),
        ({"labels": {"resource": "vm_disc"}}, "resource vm_disc is not in the forecaster's table"),
        ({"for_": "ten minutes"}, "for_: 'ten minutes' is no duration"),
        ({"for_": "$last"}, "for_: '$last' is no duration"),
        ({"summary": ""}, "summary is not one line of text"),
        ({"summary": "two\nlines"}, "summary is not one line of text"),
        ({"summary": "The memory is strange."}, "summary ends with a full stop"),
        ({"description": ""}, "description is not one line of text"),
        ({"description": "It is strange"}, "description does not end with a full stop"),
        ({"description": "Above $flor."}, "$flor is no value of the area"),
        (
            {"summary": "{{ $labels.mountpoint }} is strange"},
            "the expression's result has no label mountpoint",
        ),
        (
            {"dashboard": Dashboard("virtcast-vm", ("instance", "pool"))},
            "the expression's result has no label pool",
        ),
        ({"dashboard": Dashboard("virtcast-pool")}, "there is no dashboard virtcast-pool"),
        (
            {"dashboard": replace(FLEET_HOST, variables=("domain",))},
            "the dashboard virtcast-fleet has no variable domain",
        ),
        ({"name": "VmMemoryOdd"}, "there is no runbook runbooks/VmMemoryOdd.md"),
        ({"name": "VmMemoryOdd"}, "there is no promtool test in which it fires"),
        (
            {"expr": f"{SCORE} and on (instance, domain) vm:memory:ratio > 0"},
            "there is no series vm:memory:ratio",
        ),
        (
            {"expr": f"{SCORE} and on (instance, domain) vm:memory_utilization:ratio{{mountpoint=''}} > 0"},
            "there is no series vm:memory_utilization:ratio{mountpoint}",
        ),
        (
            {"description": '{{ with printf "libvirt_upp{instance=%+q}" $labels.domain | query }}{{ end }}'},
            "there is no series libvirt_upp",
        ),
        ({"severity": "critical"}, "a prediction is critical"),
        ({"for_": None}, "a prediction has no `for` or no `keep_firing_for`"),
        ({"keep_firing_for": None}, "a prediction has no `for` or no `keep_firing_for`"),
        ({"expr": USED}, "a prediction reads no forecast"),
        ({"expr": SCORE}, "a forecast alone makes it fire"),
        ({"expr": SCORE, "kind": "actual"}, "a forecast alone makes it fire"),
        ({"expr": f"({SCORE} and on (instance) up == 1)"}, "a forecast alone makes it fire"),
        ({"expr": f"{SCORE} and {USED} or {SCORE}"}, "a forecast alone makes it fire"),
        ({"expr": "virtcast_forecast_value > vm:memory_utilization:ratio"}, "a forecast alone makes it fire"),
    ],
)
def test_a_bad_row_is_told(change: dict[str, Any], problem: str) -> None:
    found = problems(AREA, replace(GOOD, **change), COMPLETE)
    assert any(each.startswith(problem) for each in found), found


@pytest.mark.parametrize(
    "expr",
    [
        f"{SCORE} and on (instance, domain) {USED}",
        f"({USED} and on (instance, domain) {SCORE}) or ({SCORE} and on (instance, domain) {USED})",
    ],
)
def test_a_forecast_beside_an_actual_value_is_not_alone(expr: str) -> None:
    assert problems(AREA, replace(GOOD, expr=expr), COMPLETE) == []


ONE, OTHER = frozenset({GOOD.name}), frozenset({GOOD.name, "VmCpuAnomaly"})


@pytest.mark.parametrize(
    ("evidence", "problem"),
    [
        (replace(COMPLETE, runbooks={}), "there is no runbook runbooks/VmMemoryStrange.md"),
        (
            replace(COMPLETE, runbooks={GOOD.name: "\n".join((f"# {GOOD.name}", *HEADINGS[1:]))}),
            "the runbook does not have the headings",
        ),
        (
            replace(COMPLETE, runbooks={GOOD.name: "\n".join(("# VmMemoryOdd", *HEADINGS))}),
            "the runbook does not have the headings",
        ),
        (replace(COMPLETE, cases={}), "there is no promtool test in which it fires"),
        (
            replace(COMPLETE, cases={GOOD.name: (Case(ONE, fires=False),)}),
            "there is no promtool test in which it fires",
        ),
        (
            replace(COMPLETE, cases={GOOD.name: (Case(ONE, fires=True),)}),
            "there is no promtool test in which it stays silent",
        ),
        (
            replace(COMPLETE, cases={GOOD.name: (Case(ONE, fires=True), Case(OTHER, fires=False))}),
            "its promtool test asks for another alert",
        ),
    ],
)
def test_a_row_without_its_runbook_or_tests_is_told(evidence: Evidence, problem: str) -> None:
    found = problems(AREA, GOOD, evidence)
    assert any(each.startswith(problem) for each in found), found


def test_a_value_that_no_row_names_is_told() -> None:
    values = (*AREA.section.values, Value("lastly", "1m", "…"))
    assert unused_values(replace(AREA, section=replace(AREA.section, values=values))) == ["lastly"]
