"""The queries of common dashboards for libvirt, on a real Prometheus that scrapes a real guest, have data."""

from __future__ import annotations

import json
import math
import subprocess
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from exporting import exporting
from lab import CpuLoad, DiskFill, Guest, NetworkTraffic
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

TABLE = Path(__file__).with_name("dashboards.txt")
MIB = 1024 * 1024
WORK = {  # what must show before anything is asked, in bytes: a guest begins with one after the other
    "libvirt_domain_block_stats_write_bytes_total": 2 * MIB,
    "libvirt_domain_interface_stats_transmit_bytes_total": MIB / 32,
}
METADATA = """<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>shop</nova:name>
<nova:flavor name="m1.small"/><nova:owner><nova:user uuid="u-1">alice</nova:user>
<nova:project uuid="p-1">sales</nova:project></nova:owner></nova:instance>"""
GUEST = Guest(
    "instance-00000001",
    workload=(CpuLoad(20), DiskFill(512, bound_kib=32768, repeat=True), NetworkTraffic(32)),
    metadata=METADATA,
)
WINDOW = "5m"  # Prometheus scrapes from before the guest boots, so that its reads are in it


class Query(NamedTuple):
    """A line of the table: a panel, whose values lie in `low` to `high`."""

    what: str
    low: float
    high: float
    text: str


def number(text: str) -> float:
    return float(text.removesuffix("Mi")) * (MIB if text.endswith("Mi") else 1)


def queries() -> Iterator[Query]:
    style = ""
    for line in TABLE.read_text().splitlines():
        if line.startswith("["):
            style = line[1:].partition("]")[0]
        elif line and not line.startswith("#"):
            what, bounds, text = line.split(" | ")
            low, high = map(number, bounds.split())
            yield Query(f"{style}: {what}", low, high, text)


@pytest.mark.parametrize("query", tuple(queries()), ids=lambda query: query.what)
def test_a_dashboards_query_has_plausible_data(ask: Callable[[str], list[float]], query: Query) -> None:
    values = ask(query.text)
    assert values
    assert all(query.low <= value <= query.high for value in values), values


@pytest.fixture(scope="module")
def ask(
    lab: Lab, fleet: dict[str, RunningGuest], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], list[float]]]:
    """The values of a query, when the guest has worked for a while."""
    assert fleet
    if any(host.network_problem for host in lab.hosts):
        pytest.skip("this lab's guests have user-mode networks, which libvirt does not count")
    host, folder = lab.hosts[0], tmp_path_factory.mktemp("dashboards")
    with exporting(f"--libvirt.uri={host.uri}", "--compat=tinkoff", "--compat=inovex") as exporter:
        target = {"targets": [exporter.address.removeprefix("http://")], "labels": {"instance": host.name}}
        with prometheus(folder, target) as address:

            def ask(text: str) -> list[float]:
                return values(address, text.replace("$d", GUEST.name).replace("$w", WINDOW))

            guest = host.start(GUEST)
            for counter, least in WORK.items():
                until(partial(shows, ask, counter, least))
            until(lambda: bool(ask('libvirt_domain_memory_stats_usable_bytes{domain="$d"}')))
            yield ask
            guest.destroy()


def shows(ask: Callable[[str], list[float]], counter: str, least: float) -> bool:
    return sum(ask(f'increase({counter}{{domain="$d"}}[$w])')) > least


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit, "the guest's work does not show"
        time.sleep(0.5)


@contextmanager
def prometheus(folder: Path, target: dict[str, Any]) -> Iterator[str]:
    """A running Prometheus that scrapes the target every second, and its address."""
    configuration = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": "libvirt_exporter", "static_configs": [target]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(configuration))  # JSON is YAML, too
    address = f"127.0.0.1:{free_port()}"
    flags = (f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data")
    command = ["prometheus", *flags, f"--web.listen-address={address}"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            until(lambda: bool(values(address, "up")))
            yield address
        finally:
            process.terminate()


def values(address: str, query: str) -> list[float]:
    """The numbers of an instant query; those that are none count as the infinite."""
    found: list[Any] = []
    url = f"http://{address}/api/v1/query?{urlencode({'query': query})}"
    with suppress(URLError), urlopen(url, timeout=10) as answer:
        found = json.load(answer)["data"]["result"]
    numbers = [float(one["value"][1]) for one in found]
    return [math.inf if math.isnan(number) else number for number in numbers]
