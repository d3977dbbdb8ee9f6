"""Every metric that a rule, a runbook or a dashboard names exists, with the labels that are asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest
import yaml

from exporter import scrape
from exporter.collectors.domain import STATES
from exporter.collectors.registry import COLLECTORS
from exporter.metric import Kind, Metric
from forecaster.config.resources import RESOURCES
from forecaster.publish import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
RULE_FILES = tuple(ROOT / "alert_rules" / f"{name}.rules.yml" for name in ("recording", "alerts"))
RUNBOOKS = sorted((ROOT / "alert_rules" / "runbooks").glob("*.md"))
DASHBOARDS = sorted((ROOT / "grafana").glob("**/*.json"))

RESOURCES = frozenset(resource.name for resource in RESOURCES)
TARGET = frozenset({"job", "instance"})
SOURCE = frozenset({"provider", "instance", "domain", "mountpoint", "target_device", "pool"})
OTHERS = {
    "up": TARGET,
    "ALERTS": SOURCE | {"alertname", "alertstate", "severity", "kind", "resource"},
    "ALERTS_FOR_STATE": SOURCE | {"alertname", "severity", "kind", "resource"},
    "node_cpu_seconds_total": TARGET | {"cpu", "mode"},
    "node_memory_MemAvailable_bytes": TARGET,
    "node_memory_MemTotal_bytes": TARGET,
    "node_filesystem_size_bytes": TARGET | {"device", "fstype", "mountpoint"},
    "node_filesystem_free_bytes": TARGET | {"device", "fstype", "mountpoint"},
    "node_filesystem_avail_bytes": TARGET | {"device", "fstype", "mountpoint"},
    "node_filesystem_readonly": TARGET | {"device", "fstype", "mountpoint"},
}


VALUES = {
    ("libvirt_domain_state", "state"): frozenset(STATES),
    ("virtcast_baseline_value", "bound"): frozenset(metrics.BANDS),
    ("virtcast_exhaustion_timestamp_seconds", "quantile"): frozenset(map(str, metrics.QUANTILES)),
    ("virtcast_forecast_value", "quantile"): frozenset(map(str, metrics.QUANTILES)),
} | {(metric.name, "resource"): RESOURCES for metric in metrics.SERIES_METRICS}


def tables() -> dict[str, tuple[Metric, ...]]:
    """The METRICS table of everything that has one."""
    collectors = {collector.name: collector.metrics for collector in COLLECTORS}
    return collectors | {"scrape": scrape.METRICS, "forecaster": metrics.METRICS}


def series(metric: Metric) -> Iterator[str]:
    """The names of a metric's series in Prometheus."""
    if metric.kind is Kind.HISTOGRAM:
        yield from (f"{metric.name}_{part}" for part in ("bucket", "sum", "count"))
    else:
        yield metric.name


def known() -> dict[str, frozenset[str]]:
    """The labels that can be asked of every series there is, by its name."""
    found = dict(OTHERS)
    for rows in tables().values():
        for row in rows:
            source = SOURCE if row.name.startswith("virtcast_") else TARGET
            bucket = {"le"} if row.kind is Kind.HISTOGRAM else set()
            found |= dict.fromkeys(series(row), source | TARGET | set(row.labels) | bucket)
    for rule in rules():
        if "record" in rule:
            found[rule["record"]] = SOURCE
    return found


def rules() -> Iterator[dict[str, Any]]:
    for path in RULE_FILES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def of_rules() -> Iterator[str]:
    """The expressions of the rules, and the queries in their annotations."""
    for rule in rules():
        yield rule["expr"]
        for text in rule.get("annotations", {}).values():
            for query in re.findall(r'printf "((?:[^"\\]|\\.)*)"(?=[^}]*\| query)', text):
                yield query.replace('\\"', '"').replace("%q", '"any"')


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


VARIABLE = "1h"  # a duration is welcome wherever a variable stands


def dashboard_query(key: str, text: str) -> Iterator[str]:
    text = re.sub(r"\$\{?\w+(:\w+)?\}?", VARIABLE, text)
    if key == "expr":
        yield text
    elif asked := re.fullmatch(r"label_values\((.*), *\w+\)", text):
        yield asked[1]


def selectors(query: str) -> list[promql_parser.VectorSelector]:
    """All series selectors of an expression."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


def unknown(query: str, names: dict[str, frozenset[str]]) -> list[str]:
    """What a query asks for and nobody has: names, labels of names, values of labels."""
    wrong = []
    for selector in selectors(query):
        name = str(selector.name)
        if name not in names:
            wrong.append(name)
            continue
        for matcher in selector.matchers.matchers:
            possible = VALUES.get((name, matcher.name))
            if matcher.name not in names[name]:
                wrong.append(f"{name}{{{matcher.name}}}")
            elif (
                possible
                and matcher.op == promql_parser.MatchOp.Equal
                and matcher.value not in {*possible, VARIABLE}
            ):
                wrong.append(f'{name}{{{matcher.name}="{matcher.value}"}}')
    return wrong


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
    names = known()
    wrong = {query: missing for query in queries if (missing := unknown(query, names))}
    assert not wrong


def test_queries_in_annotations_are_seen() -> None:
    assert any("time() - virtcast_last_success" in query for query in SOURCES["rules"])
    assert any(query.startswith("min(virtcast_exhaustion_timestamp_seconds") for query in SOURCES["rules"])


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("sum(rate(libvirt_domain_misspelt_total[5m])) / (up > 0)", ["libvirt_domain_misspelt_total"]),
        ('max_over_time(up{host="a"}[1h:5m] offset 1d)', ["up{host}"]),
        ('{__name__=~"vm:.+"}', ["None"]),
        ('libvirt_domain_state{state="sleepy"}', ['libvirt_domain_state{state="sleepy"}']),
        ("up unless on (instance) up", []),
    ],
)
def test_what_is_missing_is_told(query: str, missing: list[str]) -> None:
    assert unknown(query, {"up": TARGET, "libvirt_domain_state": TARGET | {"state"}}) == missing
