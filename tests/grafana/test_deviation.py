"""The tables of what deviates, asked of a real Prometheus' engine: order, first, reason, and what is over."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

JSON = Path(__file__).resolve().parents[2] / "grafana" / "json"
NOW = 7200  # seconds; promtool's clock starts at 0
DB, WEB, HOST = (
    'provider="libvirt", instance="h1", domain="db"',
    'provider="libvirt", instance="h1", domain="web"',
    'provider="node", instance="h1"',
)
GAUGES = {
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="vm_cpu", {DB}}}': 5400,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="vm_disk_latency", {DB}}}': 5100,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="vm_filesystem", {WEB}, mountpoint="/var"}}': 6000,
    f'virtcast_anomaly_onset_timestamp_seconds{{resource="host_cpu", {HOST}}}': 5700,
    f'virtcast_anomaly_score{{resource="vm_cpu", {DB}}}': 1.5,
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
VARIABLES = {"$instance": ".+", "$domain": "db", "$horizon": "24h"}


def asked(page: str, number: int) -> list[str]:
    """The expressions of a panel, with Grafana's variables filled in."""
    panels: list[dict[str, Any]] = json.loads((JSON / f"virtcast-{page}.json").read_text())["panels"]
    (panel,) = [panel for panel in panels if panel["id"] == number]
    expressions = [target["expr"] for target in panel["targets"]]
    for name, value in VARIABLES.items():
        expressions = [expression.replace(name, value) for expression in expressions]
    return expressions


def row(what: str, value: float, host: str = "h1", domain: str = "db", **more: str) -> dict[str, Any]:
    labels = {"instance": host, "domain": domain, "what": what, **more}
    return {"labels": "{" + ", ".join(f'{k}="{v}"' for k, v in labels.items() if v) + "}", "value": value}


CPU, LATENCY, VAR, HOST_CPU = ("vm_cpu   ", "vm_disk_latency   ", "vm_filesystem /var  ", "host_cpu   ")
OF_VM = [
    [row(CPU, 5_400_000), row(LATENCY, 5_100_000)],
    [row(CPU, 300), row(LATENCY, 0)],
    [row(CPU, 1.5), row(LATENCY, 0.5)],
    [row(CPU, 0.75)],
    [row(CPU, 0.25)],  # not the latency: its unit is another
    [row(CPU, 0.05625)],
    [row(CPU, 3, reason="residual")],  # displacement alone is no alarm
    [],
]
ORDER_ON_HOST = [
    row(CPU, 300),
    row(LATENCY, 0),
    row(VAR, 900, domain="web"),
    row(HOST_CPU, 600, domain=""),
]
FIRST_ON_HOST = [
    [row(LATENCY, 5_100_000)],
    [{"labels": '{instance="h1"}', "value": 4}],
    [],
]
CASES = [
    *((expression, OF_VM[at]) for at, expression in enumerate(asked("vm", 14))),
    (asked("host", 11)[1], ORDER_ON_HOST),
    *((expression, FIRST_ON_HOST[at]) for at, expression in enumerate(asked("fleet", 15))),
    (asked("fleet", 12)[2], [row(CPU, 1.5)]),
    (asked("fleet", 12)[3], [row(CPU, 0.75)]),
    (asked("vm", 14)[-1].replace('"db"', '"web-2"'), [row("Everything is as usual", 1, host="", domain="")]),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_a_column(expression: str, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    test = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": f"{value}+0x{NOW // 60}"} for name, value in GAUGES.items()
        ],
        "promql_expr_test": [{"expr": expression, "eval_time": f"{NOW}s", "exp_samples": expected}],
    }
    file = tmp_path / "columns.test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
