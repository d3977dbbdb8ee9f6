"""What stands beside the rows in the repository: runbooks, promtool tests, dashboards, known series."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rules_lint.examples import examples
from rules_lint.known import known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[3]
RUNBOOKS = ROOT / "alert_rules" / "runbooks"
TESTS = ROOT / "tests" / "alert_rules"


@dataclass(frozen=True, slots=True)
class Case:
    """One group of a promtool test of alerts: which alerts it asks for, and whether one of them fires."""

    alerts: frozenset[str]
    fires: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Runbooks and test cases by alert; variables by dashboard; labels by series; what tests see recorded."""

    runbooks: Mapping[str, str]
    cases: Mapping[str, tuple[Case, ...]]
    dashboards: Mapping[str, frozenset[str]]
    series: Mapping[str, frozenset[str]]
    recorded: frozenset[tuple[str, str]]  # outputs and providers


@cache  # three modules ask for it while tests are collected, in each worker
def gathered() -> Evidence:
    """All evidence of the repository."""
    return Evidence(
        runbooks={path.stem: path.read_text() for path in RUNBOOKS.glob("*.md")},
        cases=_cases(),
        dashboards=dict(map(_dashboard, (ROOT / "grafana" / "json").glob("*.json"))),
        series=known(),
        recorded=frozenset(_recorded()),
    )


def _cases() -> dict[str, tuple[Case, ...]]:
    """Those of whole promtool files, and those of tables: each of these fires, and has a silent twin."""
    found = {
        path.name.removesuffix(".test.yml"): tuple(map(_case, _groups(path)))
        for path in (TESTS / "alerts").glob("*.test.yml")
    }
    for example in examples():
        both = tuple(Case(frozenset({example.alert}), fires) for fires in (True, False))
        found[example.alert] = (*found.get(example.alert, ()), *both)
    return found


def _groups(path: Path) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.load(path.read_text(), yaml.CSafeLoader)["tests"]
    return groups


def _case(group: dict[str, Any]) -> Case:
    asked = group["alert_rule_test"]
    return Case(frozenset(case["alertname"] for case in asked), any(case.get("exp_alerts") for case in asked))


def _dashboard(path: Path) -> tuple[str, frozenset[str]]:
    page = json.loads(path.read_text())
    return page["uid"], frozenset(variable["name"] for variable in page["templating"]["list"])


def _recorded() -> Iterator[tuple[str, str]]:
    """The output and provider of every sample that a test of recording rules expects."""
    for path in (TESTS / "recording").glob("*.test.yml"):
        for group in _groups(path):
            for asked in group["promql_expr_test"]:
                for sample in asked.get("exp_samples", ()):
                    if found := re.match(r'([\w:]+)\{.*provider="(\w+)"', sample["labels"]):
                        yield found[1], found[2]
