"""The tables of what deviates, asked of a real Prometheus' engine: order, first, reason, and what is over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from answered import assert_answer
from dashboards import VALUES, columns, filled_in, panel

JSON = Path(__file__).resolve().parents[2] / "grafana" / "json"
NOW = 7200  # seconds; promtool's clock starts at 0
DB, WEB, HOST = (
    'provider="libvirt", instance="h1", domain="db"',
    'provider="libvirt", instance="h1", domain="web"',
    'provider="node", instance="h1"',
)
GAUGES = {
    "virtcast_last_success_timestamp_seconds": 1,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="vm_cpu", {DB}}}': 5400,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="vm_disk_latency", {DB}}}': 5100,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="vm_filesystem", {WEB}, mountpoint="/var"}}': 6000,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="host_cpu", {HOST}}}': 5700,
    f'virtcast_anomaly_score{{resource="vm_cpu", {DB}}}': 1.5,
    f'virtcast_anomaly_score:lasting{{resource="vm_cpu", {DB}}}': 1.5,
    f'virtcast_anomaly_score{{resource="vm_disk_latency", {DB}}}': 0.5,
    f'virtcast_anomaly_score{{resource="vm_memory", {DB}}}': 0.1,
    f"vm:cpu_utilization:ratio{{{DB}}}": 0.75,
    f'virtcast_anomaly_usual_value{{resource="vm_cpu", {DB}}}': 0.25,
    f'virtcast_anomaly_origin_value{{resource="vm_cpu", {DB}}}': 0.5,
    f'virtcast_anomaly_origin_value{{resource="vm_disk_latency", {DB}}}': 0.004,
    f'virtcast_trend_per_second{{resource="vm_cpu", {DB}}}': 0.000015625,
    f'virtcast_trend_per_second{{resource="vm_memory", {DB}}}': 0.5,
    f'virtcast_anomaly_contribution_ratio{{resource="vm_cpu", {DB}, reason="residual"}}': 3,
    f'virtcast_anomaly_contribution_ratio{{resource="vm_cpu", {DB}, reason="shape"}}': 2,
    f'virtcast_anomaly_contribution_ratio{{resource="vm_cpu", {DB}, reason="displacement"}}': 9,
}  # fmt: skip


def table(page: str, number: int) -> dict[str, Any]:
    return panel(json.loads((JSON / f"virtcast-{page}.json").read_text()), number)


def asked(page: str, number: int, header: str) -> str:
    """What a column asks, by its header, with Grafana's variables filled in. A page of one host has one."""
    one = {"$instance": "h1"} if page == "host" else {}
    return filled_in(columns(table(page, number))[header], {**VALUES, **one})


def asked_for(page: str, number: int, metric: str) -> str:
    """What asks for a metric and shows no value."""
    (found,) = [each["expr"] for each in table(page, number)["targets"] if metric in each["expr"]]
    return filled_in(found)


def nothing(page: str, number: int) -> str:
    """The row of a table without rows."""
    return filled_in(table(page, number)["targets"][-1]["expr"])


def row(what: str, value: float, host: str = "h1", domain: str = "db", **more: str) -> dict[str, Any]:
    labels = {"instance": host, "domain": domain, "what": what, **more}
    return {"labels": "{" + ", ".join(f'{k}="{v}"' for k, v in labels.items() if v) + "}", "value": value}


CPU, LATENCY, VAR, HOST_CPU = ("vm_cpu   ", "vm_disk_latency   ", "vm_filesystem /var  ", "host_cpu   ")
OF_VM = {
    "Since": [row(CPU, 5_400_000), row(LATENCY, 5_100_000)],
    "After the first": [row(CPU, 300), row(LATENCY, 0)],
    "Score": [row(CPU, 1.5), row(LATENCY, 0.5)],
    "Now": [row(CPU, 0.75)],
    "Usual": [row(CPU, 0.25)],  # not the latency: its unit is another
    "Trend per hour": [row(CPU, 0.05625)],
}
ORDER_ON_HOST = [
    row(CPU, 300),
    row(LATENCY, 0),
    row(VAR, 900, domain="web"),
    row(HOST_CPU, 600, domain=""),
]
CASES = [
    *((asked("vm", 14, header), expected) for header, expected in OF_VM.items()),
    # displacement alone is no alarm
    (asked_for("vm", 14, "virtcast_anomaly_contribution_ratio"), [row(CPU, 3, reason="residual")]),
    (nothing("vm", 14), []),
    (
        nothing("vm", 14).replace("`db`", "`web-2`"),
        [row("", 1, host="", domain="", nothing="Everything is as usual")],
    ),
    # the forecaster runs, but what it knows is too old to be told
    (
        nothing("vm", 14)
        .replace("`db`", "`web-2`")
        .replace("(virtcast_anomaly_score)", "(virtcast_too_old)"),
        [row("", 1, host="", domain="", nothing="No forecasts: see virtcast itself")],
    ),
    (asked("host", 11, "After the first"), ORDER_ON_HOST),
    (asked("fleet", 15, "Since"), [row(LATENCY, 5_100_000)]),
    (asked("fleet", 15, "Deviate"), [{"labels": '{instance="h1"}', "value": 4}]),
    (nothing("fleet", 15), []),
    (asked("fleet", 12, "Score"), [row(CPU, 1.5)]),
    (asked("fleet", 12, "Score").replace(":lasting", ""), [row(CPU, 1.5)]),
    (asked("fleet", 12, "Now"), [row(CPU, 0.75)]),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_a_column(expression: str, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    gauges = {name: f"{value}+0x{NOW // 60}" for name, value in GAUGES.items()}
    assert_answer(expression, expected, gauges, NOW, tmp_path)


@pytest.mark.parametrize("rules", [":lasting", ""])
def test_abnormal_are_as_many_as_the_table_has_rows(rules: str, tmp_path: Path) -> None:
    """One of them goes on, below the score at which it began."""
    goes_on = f'{{resource="vm_memory", {WEB}}}'
    its = {
        f"virtcast_anomaly_score{goes_on}": 0.93,
        f"virtcast_anomaly_score:lasting{goes_on}": 0.93,
        f"virtcast_anomaly_onset_timestamp_seconds{goes_on}": 6600,
    }
    series = {name: f"{value}+0x{NOW // 60}" for name, value in {**GAUGES, **its}.items()}
    (figure,) = (each["expr"] for each in table("fleet", 4)["targets"])
    for expression in (filled_in(figure), f"count({asked('fleet', 12, 'Score')})"):
        answer = [{"labels": "{}", "value": 2}]
        assert_answer(expression.replace(":lasting", rules), answer, series, NOW, tmp_path)
