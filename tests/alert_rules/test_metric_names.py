"""Every metric that a rule, a runbook or a dashboard names exists, with the labels that are asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alert_rules.registry import AREAS, PROVIDERS
from alert_rules.rules import settled
from alert_rules.values import defaults
from rules_lint.known import LAYER, SOURCE, TARGET, known, tables
from rules_lint.providers import expression
from rules_lint.queries import VARIABLE, asked, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = sorted((ROOT / "alert_rules" / "runbooks").glob("*.md"))
SUFFIXES = {  # variables within names
    "$mean": ":avg30m",
    "$peak": ":max30m",
    "$lasting": ":lasting",
    "$anomalous": ":lasting30m",
    "$sampled": "",
    "$halves": "",
    "$possible": ":possible",
    "$scores": ":count",
    "$kept": ":avg30m",
}
DASHBOARDS = sorted((ROOT / "grafana").glob("**/*.json"))


def of_rules() -> Iterator[str]:
    """The expressions of the rows, and the queries in their annotations."""
    for provider in PROVIDERS:
        yield from map(expression, provider.rows)
    for area in AREAS:
        for row in area.alerts:
            alert = settled(row, defaults(area.section))
            yield alert.expr
            yield from asked(alert.summary)
            yield from asked(alert.description)


def of_runbook(text: str) -> Iterator[str]:
    for block in re.findall(r"```promql\n(.*?)```", text, re.DOTALL):
        yield from block.strip().splitlines()


def of_dashboard(node: object) -> Iterator[str]:
    """Panel and annotation queries, and the series that variables ask for their label values."""
    if isinstance(node, list):
        for each in node:
            yield from of_dashboard(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in {"expr", "query"}:
                yield from dashboard_query(key, value)
            else:
                yield from of_dashboard(value)


def dashboard_query(key: str, text: str) -> Iterator[str]:
    """With aggregates. Of the highest values they are over all resources: of some, the series are read."""
    if "$peak" in text:
        yield from dashboard_query(key, text.replace("$peak", ""))
        text = text.replace('"$resource"', '".*"')
    for suffix, aggregate in SUFFIXES.items():
        text = text.replace(suffix, aggregate)
    text = re.sub(r"\$\{?\w+(:\w+)?\}?", VARIABLE, text)
    if key == "expr":
        yield text
    elif asked := re.fullmatch(r"label_values\((.*), *\w+\)", text):
        yield asked[1]


SOURCES = {
    "rules": list(of_rules()),
    **{path.name: list(of_runbook(path.read_text())) for path in RUNBOOKS},
    **{path.name: list(of_dashboard(json.loads(path.read_text()))) for path in DASHBOARDS},
}


def test_every_table_is_found() -> None:
    empty = [name for name, rows in tables().items() if not rows]
    assert not empty, f"modules without a METRICS table: {empty}"


def test_there_are_dashboards_and_runbooks() -> None:
    assert DASHBOARDS
    assert RUNBOOKS


@pytest.mark.parametrize("source", SOURCES)
def test_every_metric_exists(source: str) -> None:
    queries = SOURCES[source]
    assert queries, "no query found"
    # A page asks VMs, hosts and pools with one matcher.
    names = {**known(), **{name: SOURCE | labels for name, labels in LAYER.items()}}
    wrong = {query: missing for query in queries if (missing := unknown(query, names))}
    assert not wrong


def test_queries_in_annotations_are_seen() -> None:
    assert any("time() - virtcast_last_success" in query for query in SOURCES["rules"])
    assert any(query.startswith("min(virtcast_exhaustion_timestamp_seconds") for query in SOURCES["rules"])


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("sum(rate(libvirt_domain_misspelt_total[5m])) / (up > 0)", ["libvirt_domain_misspelt_total"]),
        ('{__name__=~"up|down", host="a"}', ["down"]),
        ('max_over_time(up{host="a"}[1h:5m] offset 1d)', ["up{host}"]),
        ('{__name__=~"vm:.+"}', ["vm:.+"]),
        ('libvirt_domain_state{state="sleepy"}', ['libvirt_domain_state{state="sleepy"}']),
        ("up unless on (instance) up", []),
    ],
)
def test_what_is_missing_is_told(query: str, missing: list[str]) -> None:
    assert unknown(query, {"up": TARGET, "libvirt_domain_state": TARGET | {"state"}}) == missing
