"""The committed dashboards ask a real Prometheus that is filled with what was recorded in the lab.

`tests/support/record_lab.py` records it, from `make demo`: eight guests on two hosts, one whose disk filled
up and one that moved. Exhaustion is minutes ahead there: horizons are those of the demo.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from alert_rules import fleet_aggregates
from dashboards import VALUES, filled_in, panels
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("recorded") / "lab.om.gz"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}
# Variables as the lab has them.
LAB = {
    **VALUES,
    "$instance": "host-.",
    "$domain": "db-1",
    "$horizon": "5m",
    "$ahead": "5m",
    "$vm_filesystem": "/data",
    "$vm_disk_allocation": "vda",
    "$__rate_interval": "2m",
    "$mean": "",  # aggregates of series that the pages did not ask for when it was recorded
    "$peak": "",
    "$lasting": "",
}

NO_POOLS = "the lab has no storage pools"
NO_LVM = "the lab has no LVM, and the collector of volumes is off"
NO_BACKUP = "nobody makes backups, checkpoints or snapshots in the lab"
NO_WEEK = "there is not a week of history; tests/grafana/test_advice.py asks such panels"
OTHER_VM = "another VM moved"
NOT_RECORDED = {
    **{name: [f"{name}:busiest1d", fleet_aggregates.of_host(name)] for name in fleet_aggregates.MEAN_OF_VMS},
    "vm:network_receive_bytes:rate": ["host:vms_network_receive_bytes:rate"],
    "vm:network_transmit_bytes:rate": ["host:vms_network_transmit_bytes:rate"],
    "vm:disk_latency:seconds": ["host:vms_disk_latency:seconds"],
    "vm:available:ratio": ["vm:available:ratio:avg30m", "vm:available:ratio:avg1h", "host:vms:count"],
    "vm:disk_fast:ratio": ["vm:disk_fast:ratio:avg30m", "vm:disk_fast:ratio:avg1h"],
}
# Panels without data, by page and title, and why.
EMPTY: dict[str, dict[str, str]] = {
    "capacity": {
        "Storage pools": NO_POOLS,
        "Runway, by the trend of four weeks": NO_WEEK,
        "CPUs needed": NO_WEEK,
        "Memory needed": NO_WEEK,
        "Paid for, not used": NO_WEEK,
        "CPUs of VMs that do not fit": NO_WEEK,
        "Memory of VMs that do not fit": NO_WEEK,
        "What is not used": NO_WEEK,
        "Cost of owners in a month": "the lab's forecaster has no prices",
    },
    "fleet": {"Storage pools": NO_POOLS, "Runway": NO_WEEK},
    "host": {
        "Storage pools": NO_POOLS,
        "Storage pools, the last 14d": NO_POOLS,
        "Storage pool: $pool": NO_POOLS,
    },
    "insights": {"VMs by kind of CPU load": NO_WEEK},
    "migrations": {
        "Time left": "QEMU gives libvirt no estimate; forecasts are newer than the recording",
        "Guest slowed down": "the migration converges without",
    },
    "monitoring": {"Notifications": "the lab does not scrape Alertmanager"},
    "network": {
        "Virtual networks": "the lab's guests are on a bridge of the host",
        "Interfaces that lose packets": "none does",
    },
    "storage": {
        "Storage pools": NO_POOLS,
        "Storage pools, the last 14d": NO_POOLS,
        "I/O errors of disks": "there was none",
        "LVM thin pools": NO_LVM,
        "Largest volumes": NO_LVM,
        "Volumes of no VM": NO_LVM,
        "Backups": NO_BACKUP,
        "Checkpoints": NO_BACKUP,
        "Snapshots": NO_BACKUP,
    },
    "vm": {
        "Pressure": "the lab's guests run without cgroups of their own",
        "Migration in progress": OTHER_VM,
        "Last migration": OTHER_VM,
    },
}


def aggregates(text: str) -> Iterator[str]:
    """Samples under the names of aggregates that the pages did not ask for when the lab was recorded."""
    for line in text.splitlines():
        name = line.partition("{")[0]
        for aggregate in NOT_RECORDED.get(name, ()):
            yield f"{aggregate}{line.removeprefix(name)}\n"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one that has the recorded series."""
    folder = tmp_path_factory.mktemp("recorded")
    text = gzip.decompress(RECORDED.read_bytes()).decode()
    with filled("".join((*aggregates(text), text)).encode(), folder) as url:
        yield url


@pytest.fixture(scope="module")
def end() -> int:
    """The time of the newest sample."""
    lines = gzip.decompress(RECORDED.read_bytes()).splitlines()
    return max(int(line.rsplit(b" ", 1)[1]) for line in lines if line[:1] != b"#")


def found(url: str, expression: str, end: int) -> int:
    """How many series an expression gives: at the end, or within ten minutes before."""
    asked = {"query": filled_in(expression, LAB), "start": end - 600, "end": end, "step": 20}
    answer = requests.post(f"{url}/api/v1/query_range", data=asked, timeout=30).json()
    assert answer["status"] == "success", (expression, answer)
    return len(answer["data"]["result"])


def has_data(panel: dict[str, Any], url: str, end: int) -> bool:
    """Of a table, the query that gives it rows; of others, any."""
    asked = [target["expr"] for target in panel["targets"]]
    rows = asked[:1] if panel["type"] == "table" else asked
    answers = [found(url, expression, end) for expression in asked]
    return any(answers[: len(rows)])


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_panel_has_data_or_a_reason_not_to(uid: str, prometheus: str, end: int) -> None:
    page = uid.removeprefix("virtcast-")
    empty = {each["title"] for each in panels(DASHBOARDS[uid]) if not has_data(each, prometheus, end)}
    assert empty == set(EMPTY.get(page, {}))
