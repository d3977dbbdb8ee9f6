"""Every query of a runbook is asked of a real Prometheus that has what was recorded of a lab."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = sorted((ROOT / "alert_rules/runbooks").glob("*.md"))
RECORDED = ROOT / "tests/grafana/recorded/lab.om.gz"
# What a reader puts in, as the lab has it.
WORDS = {"HOST": "host-a", "VM": "db-1", "INSTANCE": "forecaster", "RESOURCE": "vm_cpu"}
QUERIES = {
    path.stem: [
        line
        for block in re.findall(r"```promql\n(.*?)```", path.read_text(), re.DOTALL)
        for line in block.strip().splitlines()
    ]
    for path in RUNBOOKS
}
ANSWERED_AT_LEAST = 100  # queries that have series in the lab, where most things are well


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return gzip.decompress(RECORDED.read_bytes()).splitlines()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> Iterator[str]:
    with filled(b"\n".join((*lines, b"")), tmp_path_factory.mktemp("recorded")) as url:
        yield url


def test_queries_are_answered(prometheus: str, lines: list[bytes]) -> None:
    end = max(int(line.rsplit(b" ", 1)[1]) for line in lines if line[:1] != b"#")
    refused, answered = {}, 0
    with requests.Session() as session:
        for runbook, queries in QUERIES.items():
            for query in queries:
                filled_in = re.sub(r'"([A-Z]+)"', lambda word: f'"{WORDS.get(word[1], word[1])}"', query)
                data = {"query": filled_in, "time": str(end)}
                told = session.post(f"{prometheus}/api/v1/query", data, timeout=30).json()
                if told["status"] != "success":
                    refused[runbook] = (query, told["error"])
                answered += bool(told.get("data", {}).get("result"))
    assert refused == {}
    assert answered >= ANSWERED_AT_LEAST


def test_every_runbook_has_a_query() -> None:
    assert [name for name, queries in QUERIES.items() if not queries] == []
