"""What the page of networks finds wrong, asked of a real Prometheus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from answered import assert_answer
from dashboards import VALUES, columns, filled_in, panel
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-network.json"
NOW, LATER = (
    1_790_000_000,
    1_790_001_000,
)  # seconds: while a VM moves; it has moved, and its name is left behind
DUPLICATES, LOSSES = 2, 31  # panels
INTERFACE = 'libvirt_domain_interface_stats_info{{instance="{}",domain="{}",mac_address="{}"}}'
BOTH = (
    INTERFACE.format("a", "moves", "52:54:00:00:00:01"),
    INTERFACE.format("b", "moves", "52:54:00:00:00:01"),
    INTERFACE.format("a", "copied", "52:54:00:00:00:02"),
    INTERFACE.format("b", "copy", "52:54:00:00:00:02"),
    INTERFACE.format("a", "alone", "52:54:00:00:00:03"),
)
MOVING = 'libvirt_domain_job_info{instance="a",domain="moves",operation="migration_out"}'


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    times = {MOVING: (NOW,)} | dict.fromkeys(BOTH, (NOW, LATER))
    text = "".join(f"{series} 1 {time}\n" for series in sorted(times) for time in times[series])
    with filled(f"{text}# EOF\n".encode(), tmp_path_factory.mktemp("network")) as url:
        yield url


@pytest.mark.parametrize(("time", "number"), [(NOW, "1"), (LATER, "2")])
def test_a_vm_that_moves_has_no_duplicate_of_its_address(prometheus: str, time: int, number: str) -> None:
    (target,) = panel(json.loads(PAGE.read_text()), DUPLICATES)["targets"]
    asked: dict[str, str | int] = {"query": target["expr"], "time": time}
    answer = requests.post(f"{prometheus}/api/v1/query", data=asked, timeout=30).json()
    assert [each["value"][1] for each in answer["data"]["result"]] == [number]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Dropped", {"drops": 0.02, "errors": 0.0}),
        ("Errors/s", {"drops": 0, "errors": 0.1}),
    ],
)
def test_an_interface_with_errors_only_loses_packets(
    header: str, expected: dict[str, float], tmp_path: Path
) -> None:
    """One that drops none and has no errors does not."""
    series = {}
    for vm, drops, errors in (("drops", 0.02, 0), ("errors", 0, 6), ("fine", 0, 0)):
        card = f'instance="h",domain="{vm}",target_device="v0"'
        series[f"vm:network_drops:ratio{{{card}}}"] = f"{drops}+0x20"
        series[f"libvirt_domain_interface_stats_receive_errors_total{{{card}}}"] = f"0+{errors}x20"
        series[f"libvirt_domain_interface_stats_transmit_errors_total{{{card}}}"] = "0+0x20"
    asked = columns(panel(json.loads(PAGE.read_text()), LOSSES))[header]
    expr = filled_in(asked, {**VALUES, "$__rate_interval": "5m"})
    samples = [
        {"labels": f'{{instance="h", domain="{vm}", target_device="v0"}}', "value": value}
        for vm, value in expected.items()
    ]
    assert_answer(f"round({expr}, 0.0001)", samples, series, 1200, tmp_path)


def test_interfaces_with_errors_only_rank_below_all_that_drop_packets(tmp_path: Path) -> None:
    """Those with most errors first."""
    series = {}
    for number, drops, errors in [*((each, 1e-5, 0) for each in range(9)), (9, 0, 60), (10, 0, 6000)]:
        card = f'instance="h",domain="vm-{number}",target_device="v0"'
        series[f"vm:network_drops:ratio{{{card}}}"] = f"{drops}+0x20"
        for way in ("receive", "transmit"):
            series[f"libvirt_domain_interface_stats_{way}_errors_total{{{card}}}"] = f"0+{errors}x20"
    asked = columns(panel(json.loads(PAGE.read_text()), LOSSES))["Dropped"]
    expr = filled_in(asked, {**VALUES, "$__rate_interval": "5m"})
    kept = [*range(9), 10]
    samples = [{"labels": f'{{domain="vm-{number}"}}', "value": 1} for number in kept]
    assert_answer(f"group by (domain) ({expr})", samples, series, 1200, tmp_path)
