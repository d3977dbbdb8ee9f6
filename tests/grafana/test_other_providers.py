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
    # What their VMs are promised is no share of other hosts: of a cloud and of a node, no sizes are known.
    **{
        f'{name}{{instance="{place}", domain="big", provider="{provider}"}}': value
        for place, provider in (("account/region", "aws"), ("k8s1", "kubevirt"))
        for name, value in (
            ("vm:cpu_utilization:ratio", 0.2),
            ("vm:virtual_cpus:count", 400),
            ("vm:maximum_memory:bytes", 4000),
        )
    },
    # A VM of libvirt that has just left for another host: rules have not been evaluated since.
    'vm:cpu_utilization:ratio{provider="libvirt", instance="down", domain="left"}': 0.2,
}
CLOUD = {name: value for name, value in SERIES.items() if "account/region" in name}
PVE1 = '{instance="pve1"}'
CASES: list[
    tuple[str, int, str, dict[str, float]]
] = [  # page, panel, a column or the number of a query, answer
    ("fleet", 1, "0", {"{}": 2}),
    ("fleet", 1, "1", {"{}": 1}),
    ("fleet", 2, "0", {'{state="running"}': 3}),
    ("fleet", 14, "VMs", {PVE1: 1, '{instance="k8s1"}': 1, '{instance="account/region"}': 1}),
    ("fleet", 14, "-1", {}),
    ("capacity", 1, "0", {"{}": 0.75}),
    ("capacity", 2, "0", {"{}": 0.25}),
    ("capacity", 3, "0", {"{}": 0.25}),
    ("capacity", 4, "CPUs", {PVE1: 16}),
    ("capacity", 4, "CPUs promised", {PVE1: 0.25}),
    ("capacity", 4, "Memory promised", {PVE1: 0.5}),
    ("capacity", 4, "-1", {}),
    ("host", 2, "0", {"{}": 1}),
    ("capacity", 31, "Has", {'{instance="pve1", domain="web"}': 4}),
    ("vm", 2, "0", {"{}": 4}),
]
OF_CLOUD = [  # the same of a fleet that is in a cloud only
    ("fleet", 1, "0", {}),
    ("fleet", 2, "0", {'{state="running"}': 1}),
    ("fleet", 14, "-1", {}),
    ("capacity", 2, "0", {}),
    ("capacity", 4, "-1", {'{nothing="No sizes of hosts are known"}': 1}),
]


def asked(page: str, number: int, what: str) -> str:
    shown: dict[str, Any] = panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)
    number_of_query = what.removeprefix("-").isdigit()
    expr = shown["targets"][int(what)]["expr"] if number_of_query else columns(shown)[what]
    return filled_in(expr.replace("${domain:raw}", "web").replace('="$instance"', '="pve1"'))


def assert_shown(
    asked_for: tuple[str, int, str], expected: dict[str, float], found: dict[str, float], folder: Path
) -> None:
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    series = {name: f"{value}+0x20" for name, value in found.items()}
    assert_answer(asked(*asked_for), samples, series, NOW, folder)


@pytest.mark.parametrize(("page", "number", "what", "expected"), CASES)
def test_what_other_exporters_tell_is_shown(
    page: str, number: int, what: str, expected: dict[str, float], tmp_path: Path
) -> None:
    assert_shown((page, number, what), expected, SERIES, tmp_path)


@pytest.mark.parametrize(("page", "number", "what", "expected"), OF_CLOUD)
def test_a_cloud_has_vms_and_no_hosts(
    page: str, number: int, what: str, expected: dict[str, float], tmp_path: Path
) -> None:
    assert_shown((page, number, what), expected, CLOUD, tmp_path)
