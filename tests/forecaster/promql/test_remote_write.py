"""Remote writes: the bytes, and what a real Prometheus and a real VictoriaMetrics make of them."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest
import requests

from backends import Program
from forecaster.promql.remote_write import HEADERS, Written, body, snappy
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

LABELS = {"__name__": "virtcast_fast_anomaly_score", "domain": 'a"b\\c é', "resource": "vm_cpu"}


def test_a_small_write_to_the_byte() -> None:
    """As the protocol's messages say: a series with one label, and the sample 1 at 2 ms."""
    label = b"\x0a\x08__name__\x12\x01m"
    point = b"\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\x02"
    series = b"\x0a" + bytes([len(label)]) + label + b"\x12" + bytes([len(point)]) + point
    whole = b"\x0a" + bytes([len(series)]) + series
    literal = bytes([len(whole)]) + b"\xf4" + (len(whole) - 1).to_bytes(2, "little") + whole
    assert body([Written({"__name__": "m"}, 2, 1.0)]) == literal


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_data_of_any_size_is_literals(size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    packed, found = snappy(data), b""
    at = next(place for place, byte in enumerate(packed) if byte < 0x80) + 1  # after the length
    while at < len(packed):
        length = int.from_bytes(packed[at + 1 : at + 3], "little") + 1
        assert packed[at] == 0xF4
        found += packed[at + 3 : at + 3 + length]
        at += 3 + length
    assert found == data


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A real Prometheus that takes remote writes."""
    if shutil.which("prometheus") is None:
        pytest.fail("prometheus is missing: install the Debian package prometheus")
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "prometheus.yml").write_text("global: {}\n")
    program = Program(
        [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            "--web.enable-remote-write-receiver",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        port,
        folder / "log",
    )
    program.start()
    yield program
    program.stop()


def write(program: Program, at: int, value: float | None) -> None:
    sent = body([Written(LABELS, at * 1000, value)])
    answer = requests.post(f"{program.url}/api/v1/write", data=sent, headers=HEADERS, timeout=10)
    assert answer.ok, answer.text


def value_at(program: Program, at: int) -> list[tuple[dict[str, str], str]]:
    asked: dict[str, str | int] = {"query": "virtcast_fast_anomaly_score", "time": at, "nocache": 1}
    told = requests.get(f"{program.url}/api/v1/query", asked, timeout=10).json()["data"]["result"]
    return [(each["metric"], each["value"][1]) for each in told]


def test_prometheus_has_the_score_at_once_and_its_end(receiver: Program) -> None:
    now = int(time.time())
    write(receiver, now, 1.5)
    assert value_at(receiver, now + 1) == [(LABELS, "1.5")]
    write(receiver, now + 2, None)
    assert value_at(receiver, now + 3) == []
    assert value_at(receiver, now + 1) == [(LABELS, "1.5")]


def test_victoria_metrics_takes_the_same(victoria_metrics: Program) -> None:
    at = int(time.time()) - 60  # it shows samples after 30 s
    write(victoria_metrics, at, 2.5)
    end = time.monotonic() + 20
    while not value_at(victoria_metrics, at + 1) and time.monotonic() < end:
        time.sleep(0.2)
    assert value_at(victoria_metrics, at + 1) == [(LABELS, "2.5")]
