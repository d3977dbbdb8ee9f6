"""Who competes with a VM: whatever state it is in, and whatever exporter tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from answered import assert_answer
from dashboards import columns, filled_in, panel

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-vm.json"
NEIGHBOURS = 51  # the panel
STATE = 'libvirt_domain_state{{instance="h", domain="db", state="{}"}}'
LIBVIRT = {
    'vm:cpu_utilization:ratio{provider="libvirt", instance="h", domain="web"}': 0.5,
    'libvirt_domain_info_virtual_cpus{instance="h", domain="web"}': 4,
    # Of another host, on which a definition of the VM was left behind.
    'vm:cpu_utilization:ratio{provider="libvirt", instance="old", domain="mail"}': 0.5,
    'libvirt_domain_info_virtual_cpus{instance="old", domain="mail"}': 4,
    STATE.format("shutoff").replace('"h"', '"old"'): 1,
}
WEB = '{instance="h", domain="web"}'


def others(provider: str) -> dict[str, float]:
    """The VM and another one, which a provider without libvirt describes."""
    series: dict[str, float] = {}
    for vm in ("db", "web"):
        labels = f'{{provider="{provider}", instance="h", domain="{vm}"}}'
        series |= {f"vm:cpu_utilization:ratio{labels}": 0.5, f"vm:virtual_cpus:count{labels}": 4.0}
    return series


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        *(({**LIBVIRT, STATE.format(on): 1}, {WEB: 2.0}) for on in ("running", "blocked", "paused")),
        ({**LIBVIRT, STATE.format("shutoff"): 1}, {}),
        (others("proxmox"), {WEB: 2.0}),
        (others("aws"), {}),  # a region is no host
    ],
    ids=["running", "blocked", "paused", "off", "of another provider", "of a cloud"],
)
def test_neighbours_are_those_of_the_host_that_the_vm_is_on(
    series: dict[str, float], expected: dict[str, float], tmp_path: Path
) -> None:
    asked = filled_in(columns(panel(json.loads(PAGE.read_text()), NEIGHBOURS))["CPUs used"])
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    assert_answer(asked, samples, {name: f"{value}+0x20" for name, value in series.items()}, 600, tmp_path)
