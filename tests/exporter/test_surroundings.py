"""What is read beside the domains: this machine, and libvirt's test driver."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from exporter.collectors.registry import COLLECTORS
from exporter.snapshot.machine import Pressure, is_local, pressure
from exporter.snapshot.network import bridge
from exporter.snapshot.node import Cell, Node
from exporter.snapshot.process import uuid_of
from exporter.snapshot.storage import Pool
from exporter.source import infrastructure, machine, process
from exporter.source.process import Processes
from exporter.source.surroundings import LOCAL, NEEDS, REMOTE, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY: dict[str, str] = {}


def nobody() -> dict[str, str]:
    return NOBODY


@pytest.fixture
def connection() -> Any:
    """A connection of its own to libvirt's test driver, which has one pool and one network."""
    path = Path(__file__).parent / "surroundings.xml"
    return libvirt.open(f"test://{path}")


@pytest.fixture
def everything() -> Iterator[Surroundings]:
    made = Surroundings("test:///default", tuple(NEEDS), nobody)
    yield made
    made.stop()


def test_every_need_is_a_collectors_and_every_field_is_read() -> None:
    assert set(NEEDS) <= {one.name for one in COLLECTORS}
    fields = {field for row in NEEDS.values() for field in row}
    assert fields == REMOTE.keys() | LOCAL.keys() | {"processes"}


def test_all_is_read_where_libvirt_is_local(everything: Surroundings) -> None:
    everything.begin()
    found = everything.read(time.monotonic() + 10, reachable=True)
    assert found.keys() == REMOTE.keys() | LOCAL.keys() | {"processes", "readings"}
    assert {one.name for one in found["readings"]} == REMOTE.keys() | LOCAL.keys() | {"processes"}
    assert all(one.failures == 0 and one.updated is not None for one in found["readings"])


def test_without_libvirt_there_is_the_machine_only(everything: Surroundings) -> None:
    everything.begin()
    found = everything.read(time.monotonic() + 10, reachable=False)
    assert found.keys() == LOCAL.keys() | {"processes", "readings"}


def test_of_another_machine_only_libvirt_is_asked() -> None:
    remote = Surroundings("qemu+ssh://root@elsewhere/system", tuple(NEEDS), nobody)
    assert remote._local == {}
    assert remote._remote.keys() == REMOTE.keys()


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("qemu:///system", True),
        ("qemu+unix:///system?socket=/run/x", True),
        ("test:///default", True),
        ("qemu+tcp://localhost/system", True),
        ("qemu+tls://h1.example/system", False),
        ("qemu+ssh://root@h1:2222/system?keyfile=/x", False),
    ],
)
def test_what_is_local(uri: str, local: bool) -> None:
    assert is_local(uri) is local


def test_only_what_is_enabled_is_read() -> None:
    assert Surroundings("test:///default", ("pool", "cpu"), nobody)._all.keys() == {"pools"}


def test_a_driver_without_storage_costs_nothing_but_a_count() -> None:
    made = Surroundings("qemu+unix:///system?socket=/nonexistent/socket", ("pool", "host"), nobody)
    made.begin()
    found = made.read(time.monotonic() + 5, reachable=True)
    assert found.keys() == {"machine", "readings"}
    assert {one.name: one.failures for one in found["readings"]} == {"machine": 0, "pools": 1}
    made.stop()


def test_pools_and_volumes_of_a_connection(connection: Any) -> None:
    (pool,) = infrastructure.pools(connection)
    told = connection.storagePoolLookupByName("images").info()
    assert (pool.name, pool.type, pool.path, pool.state) == ("images", "dir", "/images", 2)
    assert (pool.capacity, pool.allocation, pool.available) == tuple(told[1:])
    (volume,) = infrastructure.volumes(connection).shown
    assert (volume.pool, volume.name, volume.capacity, volume.allocation) == ("images", "web", 50_000, 10_000)


def test_a_stopped_pool_has_no_sizes_and_no_volumes(connection: Any) -> None:
    connection.storagePoolLookupByName("images").destroy()
    (pool,) = infrastructure.pools(connection)
    assert (pool.state, pool.capacity, pool.allocation, pool.available) == (0, None, None, None)
    assert infrastructure.volumes(connection).shown == ()


def test_volumes_beyond_the_cap_are_counted(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infrastructure, "MOST_VOLUMES", 0)
    assert infrastructure.volumes(connection) == infrastructure.Volumes((), left_out=1)


def test_networks_of_a_connection(connection: Any) -> None:
    (network,) = infrastructure.networks(connection)
    assert (network.name, network.bridge, network.active) == ("inside", "virbr7", True)
    assert (network.autostart, network.persistent, network.leases) == (False, True, None)


def test_a_change_of_a_pool_is_told() -> None:
    changes: list[int] = []

    class Registering:
        def storagePoolEventRegisterAny(  # noqa: N802 (libvirt's)
            self, _pool: None, kind: int, callback: Any, _: None
        ) -> int:
            changes.append(kind)
            callback(None, None)
            return kind + 10

        def storagePoolEventDeregisterAny(self, number: int) -> None:  # noqa: N802 (libvirt's)
            changes.remove(number - 10)

    told: list[str] = []
    ends = infrastructure.watch_storage(Registering(), lambda: told.append("changed"))
    assert set(changes) == {
        libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
        libvirt.VIR_STORAGE_POOL_EVENT_ID_REFRESH,
    }
    assert told == ["changed", "changed"]
    for end in ends:
        end()
    assert changes == []


def test_the_node_of_a_connection(connection: Any) -> None:
    info = connection.getInfo()
    node = infrastructure.node(connection)
    assert (node.model, node.cpus, node.frequency) == (info[0], info[2], info[3] * 1_000_000)
    assert (node.cells_count, node.sockets, node.cores, node.threads) == tuple(info[4:])
    assert node.memory_total == info[1] * 1024 * 1024  # this driver has no other figures of it
    assert node.memory_free is None
    assert node.cells == ()


def test_numa_cells_of_a_node() -> None:
    connection = libvirt.openReadOnly("test:///default")
    free = connection.getCellsFreeMemory(0, 2)
    assert infrastructure.node(connection).cells == (Cell(0, free[0]), Cell(1, free[1]))
    assert free[0] != free[1]


class Pages:
    """A host that has pages of 4 KiB and 2 MiB, and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def getFreePages(self, sizes: list[int], _start: int, cells: int) -> dict[int, dict[int, int]]:  # noqa: N802 (libvirt's)
        self.asked += sizes
        if sizes[0] not in {4, 2048}:
            raise libvirt.libvirtError("page size is not available")
        return {cell: {sizes[0]: 100 * cell + sizes[0]} for cell in range(cells)}


def test_free_pages_and_that_refused_sizes_are_not_asked_for_again() -> None:
    host = Pages()
    expected = [{4096: 4, 2097152: 2048}, {4096: 104, 2097152: 2148}]
    assert infrastructure._free_pages(host, 2) == expected
    assert host.asked == list(infrastructure.PAGE_SIZES)
    assert infrastructure._free_pages(host, 2) == expected
    assert host.asked == [*infrastructure.PAGE_SIZES, 4, 2048]


def test_the_bridge_of_a_network() -> None:
    assert bridge("<network><name>n</name><bridge name='virbr0' stp='on'/></network>") == "virbr0"
    assert bridge("<network><name>n</name><forward mode='hostdev'/></network>") == ""


def test_units_of_the_node() -> None:
    node = Node.read(("m", 1, 2, 3, 4, 5, 6, 7), {"kernel": 1_500_000_000, "new": 1}, {"total": 2, "free": 1})
    assert (node.memory_total, node.memory_free, node.cpu) == (2048, 1024, {"system": 1.5})


def test_pressure_in_seconds() -> None:
    text = "some avg10=1.00 avg60=2.00 total=1500000\nfull avg10=0.00 avg60=0.00 total=250000\n"
    assert pressure(text) == Pressure(1.5, 0.25)
    assert pressure("some avg10=1.00 total=2000000\n") == Pressure(2.0, None)


def test_this_machine_is_what_proc_says() -> None:
    def uptime() -> float:
        return float(Path("/proc/uptime").read_text().split()[0])

    meminfo = dict(re.findall(r"(\w+): +(\d+) kB", Path("/proc/meminfo").read_text()))
    before, found, after = _idle(), machine.read(), _idle()
    assert before <= found.cpu["idle"] <= after
    assert found.memory.total == int(meminfo["MemTotal"]) * 1024
    assert found.memory.swap_total == int(meminfo["SwapTotal"]) * 1024
    assert 0 < found.memory.available <= found.memory.total
    assert time.time() - found.boot_time == pytest.approx(uptime(), abs=5)
    assert found.cpus == os.cpu_count()


def _idle() -> float:
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")


def test_file_systems_are_as_df_says() -> None:
    for one in machine.filesystems():
        seen = subprocess.run(
            ["df", "-B1", "--output=size,fstype", one.mountpoint], capture_output=True, text=True, check=True
        )
        assert seen.stdout.split()[-2:] == [str(int(one.size)), one.type]
        assert 0 <= one.available <= one.free <= one.size


def test_guests_interfaces_partitions_and_loops_are_left_out() -> None:
    assert all(not re.match(r"lo$|vnet|tap", one.device) for one in machine.nics())
    assert all(Path("/sys/block", one.device).exists() for one in machine.disks())
    assert not any(one.device.startswith("loop") for one in machine.disks())


def test_a_process_is_found_by_the_uuid_on_its_command_line() -> None:
    program = "import sys; print('up', flush=True); sys.stdin.read()"
    command = ["/qemu-system-none", "-c", program, "-uuid", "u-1"]
    with subprocess.Popen(
        command, executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        domains = {"u-1": "web", "u-2": "gone"}
        processes = Processes(lambda: domains)
        (found,) = processes.read()
        assert (found.domain, found.pid, found.threads) == ("web", running.pid, 1)
        assert found.resident > 1_000_000
        assert found.descriptors is not None
        assert found.descriptors >= 3
        assert time.time() - found.start_time < 60
        running.communicate(b"")
        assert processes.read() == ()


def test_processes_are_searched_for_new_domains_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[int] = []
    monkeypatch.setattr(process, "_running", lambda: searches.append(1) or [])
    domains = {"u-1": "web"}
    processes = Processes(lambda: domains)
    for _ in range(3):
        processes.read()
    assert len(searches) == 1
    domains["u-2"] = "new"
    for _ in range(3):
        processes.read()
    assert len(searches) == 2
    monkeypatch.setattr(process, "SEARCH_AGAIN", 0.0)
    processes.read()
    assert len(searches) == 3


@pytest.mark.parametrize(
    ("command", "uuid"),
    [
        (["/usr/bin/qemu-system-x86_64", "-name", "guest=web", "-uuid", "u-1"], "u-1"),
        (["/usr/libexec/qemu-kvm", "-uuid", "u-2", "-S"], "u-2"),
        (["/usr/bin/qemu-system-x86_64", "-uuid"], None),
        (["grep", "-uuid", "u-1"], None),
        ([], None),
    ],
)
def test_the_uuid_of_a_command(command: list[str], uuid: str | None) -> None:
    assert uuid_of(command) == uuid


def test_a_pool_of_unknown_size_has_none() -> None:
    pool = Pool.read("<pool type='mpath'><name>m</name></pool>", (2, 0, 0, 0), active=True, autostart=False)
    assert (pool.name, pool.type, pool.capacity, pool.available) == ("m", "mpath", None, None)
