"""Fleets without libvirt: their hosts are up, have CPUs and memory, and nobody says that there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from answered import assert_answer
from dashboards import columns, filled_in, panel

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1200  # seconds; promtool's clock starts at 0
HOST = 'provider="proxmox", instance="pve1"'
VM = f'{HOST}, domain="web"'
SERIES = {
    f"host:cpu_utilization:ratio{{{HOST}}}": 0.5,
    f"host:memory_utilization:ratio{{{HOST}}}": 0.5,
    f"host:cpus:count{{{HOST}}}": 16,
    f"host:memory:bytes{{{HOST}}}": 64,
    f"vm:cpu_utilization:ratio{{{VM}}}": 0.2,
    f"vm:cpu_utilization:ratio:busiest1d{{{VM}}}": 0.4,
    f"vm:virtual_cpus:count{{{VM}}}": 4,
    f"vm:maximum_memory:bytes{{{VM}}}": 32,
    # Beside them a second host, so that there is room for N+1; a machine that is no host; a host of libvirt.
    'host:memory_utilization:ratio{provider="proxmox", instance="pve2"}': 0.25,
    'host:memory:bytes{provider="proxmox", instance="pve2"}': 64,
    'host:cpu_utilization:ratio{provider="node", instance="database"}': 0.5,
    'libvirt_up{instance="down"}': 0,
}
PVE1 = '{instance="pve1"}'
CASES: list[
    tuple[str, int, str, dict[str, float]]
] = [  # page, panel, a column or the number of a query, answer
    ("fleet", 1, "0", {"{}": 1}),
    ("fleet", 1, "1", {"{}": 1}),
    ("fleet", 2, "0", {'{state="running"}': 1}),
    ("fleet", 14, "VMs", {PVE1: 1}),
    ("fleet", 14, "-1", {}),
    ("capacity", 1, "0", {"{}": 0.75}),
    ("capacity", 2, "0", {"{}": 0.25}),
    ("capacity", 3, "0", {"{}": 0.25}),
    ("capacity", 4, "CPUs", {PVE1: 16}),
    ("capacity", 4, "CPUs promised", {PVE1: 0.25}),
    ("capacity", 4, "Memory promised", {PVE1: 0.5}),
    ("capacity", 4, "-1", {}),
    ("capacity", 31, "Has", {'{instance="pve1", domain="web"}': 4}),
    ("vm", 2, "0", {"{}": 4}),
]


def asked(page: str, number: int, what: str) -> str:
    shown: dict[str, Any] = panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)
    number_of_query = what.removeprefix("-").isdigit()
    expr = shown["targets"][int(what)]["expr"] if number_of_query else columns(shown)[what]
    return filled_in(expr.replace("${domain:raw}", "web"))


@pytest.mark.parametrize(("page", "number", "what", "expected"), CASES)
def test_what_other_exporters_tell_is_shown(
    page: str, number: int, what: str, expected: dict[str, float], tmp_path: Path
) -> None:
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    series = {name: f"{value}+0x20" for name, value in SERIES.items()}
    assert_answer(asked(page, number, what), samples, series, NOW, tmp_path)
