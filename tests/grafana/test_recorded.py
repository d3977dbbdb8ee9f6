"""The committed dashboards ask a real Prometheus that is filled with what was recorded in the lab.

`tests/support/record_run.py` records it: the demo's guests on two hosts, one whose disk fills up and one that
moves; a storage pool, a network, a backup, snapshots. Exhaustion is minutes ahead: horizons are the demo's.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from dashboards import VALUES, filled_in, panels, variable_expression
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("recorded") / "lab.om.gz"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}
# Variables as the lab has them, and those of pages that differ: one that moved, one that leaks memory.
OF_PAGE: dict[str, list[dict[str, str]]] = {
    "host": [{"$instance": "host-a"}, {"$instance": "host-b"}],
    "network": [{"$network": ".*"}],
    "vm": [{"${domain:raw}": vm} for vm in ("db-1", "app-1", "cache-1")],
}
LAB = {
    **VALUES,
    "$instance": "host-.",
    "${domain:raw}": "db-1",
    "$horizon": "5m",
    "$ahead": "5m",
    "$vm_filesystem": "/data",
    "$vm_disk_allocation": "vda",
    "$pool": "images",
    "$__rate_interval": "2m",
}

NO_LVM = "a thin pool needs the kernel's device mapper, which machines in containers do not have"
NO_WEEK = "there is not a week of history; tests/grafana/test_advice.py asks such panels"
# Panels without data, by page and title, and why.
EMPTY: dict[str, dict[str, str]] = {
    "capacity": {
        "Runway, by the trend of four weeks": NO_WEEK,
        "CPUs needed": NO_WEEK,
        "Memory needed": NO_WEEK,
        "Paid for, not used": NO_WEEK,
        "CPUs of VMs that do not fit": NO_WEEK,
        "Memory of VMs that do not fit": NO_WEEK,
        "Disks of VMs that do not fit": NO_WEEK,
        "What is not used": NO_WEEK,
        "Cost of owners in a month": "the lab's forecaster has no prices",
    },
    "fleet": {"Runway": NO_WEEK},
    "insights": {"VMs by kind of CPU load": NO_WEEK},
    "migrations": {
        "Time left": "QEMU gives libvirt no estimate; what converges has ended before the forecaster sees it",
    },
    "network": {
        "Interfaces that lose packets": "none did when it was recorded",
    },
    "service-levels": {"Missed in four weeks": "the forecaster counts from a day of history on"},
    "storage": {
        "I/O errors of disks": "there was none when it was recorded",
        "LVM thin pools": NO_LVM,
    },
    "vm": {
        "Pressure": "the lab's guests run without cgroups of their own",
    },
}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one that has the recorded series."""
    with filled(gzip.decompress(RECORDED.read_bytes()), tmp_path_factory.mktemp("recorded")) as url:
        yield url


@pytest.fixture(scope="module")
def end() -> int:
    """The time of the newest sample."""
    lines = gzip.decompress(RECORDED.read_bytes()).splitlines()
    return max(int(line.rsplit(b" ", 1)[1]) for line in lines if line[:1] != b"#")


def found(url: str, expression: str, end: int, values: Mapping[str, str]) -> int:
    """How many series an expression gives: at the end, or within ten minutes before."""
    asked = {"query": filled_in(expression, values), "start": end - 600, "end": end, "step": 20}
    answer = requests.post(f"{url}/api/v1/query_range", data=asked, timeout=30).json()
    assert answer["status"] == "success", (expression, answer)
    return len(answer["data"]["result"])


def has_data(panel: dict[str, Any], url: str, end: int, values: Mapping[str, str]) -> bool:
    """Of a table, the query that gives it rows; of others, any."""
    asked = [target["expr"] for target in panel["targets"]]
    rows = asked[:1] if panel["type"] == "table" else asked
    answers = [found(url, expression, end, values) for expression in asked]
    return any(answers[: len(rows)])


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_panel_has_data_or_a_reason_not_to(uid: str, prometheus: str, end: int) -> None:
    page = uid.removeprefix("virtcast-")
    choices = [{**LAB, **more} for more in OF_PAGE.get(page, [{}])]
    empty = {
        each["title"]
        for each in panels(DASHBOARDS[uid])
        if not any(has_data(each, prometheus, end, values) for values in choices)
    }
    assert empty == set(EMPTY.get(page, {}))


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_table_has_rows_or_says_why_not(uid: str, prometheus: str, end: int) -> None:
    page = uid.removeprefix("virtcast-")
    for values in OF_PAGE.get(page, [{}]):
        for each in panels(DASHBOARDS[uid]):
            if each["type"] == "table":
                first, *_, nothing = [filled_in(row["expr"], {**LAB, **values}) for row in each["targets"]]
                answers = [
                    requests.post(f"{prometheus}/api/v1/query", data={"query": q, "time": end}, timeout=30)
                    for q in (first, nothing)
                ]
                rows, said = (len(answer.json()["data"]["result"]) for answer in answers)
                assert bool(rows) + said == 1, each["title"]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_schema_v2_shows_every_section_that_has_data(uid: str, prometheus: str, end: int) -> None:
    page = uid.removeprefix("virtcast-")
    resource = json.loads((ROOT / f"grafana/json-v2/{uid}.json").read_text())
    needs = [
        each["spec"] for each in resource["spec"]["variables"] if each["spec"]["name"].startswith("has_")
    ]
    asked = {each["name"]: variable_expression({"query": each["query"]["spec"]}) for each in needs}
    values = {**LAB, **OF_PAGE.get(page, [{}])[0]}
    hidden = {name for name, expression in asked.items() if not found(prometheus, expression, end, values)}
    unknown = {"has_40", "has_50"} if page == "capacity" else set()
    assert hidden == unknown, "nobody pays in the lab, which has not a week of history"
