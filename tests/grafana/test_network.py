"""What the page of networks finds wrong, asked of a real Prometheus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from dashboards import panel
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-network.json"
NOW, LATER = (
    1_790_000_000,
    1_790_001_000,
)  # seconds: while a VM moves; it has moved, and its name is left behind
DUPLICATES = 2  # the panel
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
