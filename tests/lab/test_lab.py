"""Real hosts, real guests: what the lab promises, seen through libvirt."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import CpuBurst, CpuCycle, CpuLoad, DirtyPages, LabError, MemoryLeak

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab
PATIENCE = 60  # seconds; emulated guests on a machine that does other things, too
WINDOW = 3.0  # seconds over which a rate is taken


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.5)
    return False


def figure(guest: RunningGuest, name: str) -> int:
    value = guest.statistics()[name]
    assert isinstance(value, int)
    return value


def cpu_shares(*guests: RunningGuest) -> list[float]:
    """Time of the vCPU per second, from 0 to 1, in one short window for all."""
    begin, before = time.monotonic(), [figure(guest, "vcpu.0.time") for guest in guests]
    time.sleep(WINDOW)
    after, seconds = [figure(guest, "vcpu.0.time") for guest in guests], time.monotonic() - begin
    return [(new - old) / 1e9 / seconds for new, old in zip(after, before, strict=True)]


def much_busier(one: RunningGuest, other: RunningGuest) -> bool:
    """Twice as busy at the same time: a comparison that a crowded machine does not upset."""
    more, less = cpu_shares(one, other)
    return more > 2 * less


def settled_memory(guest: RunningGuest) -> int:
    """Unused KiB, as of a report the guest began after this call: the second one from now."""
    for _ in range(2):
        seen = figure(guest, "balloon.last-update")
        assert eventually(lambda seen=seen: figure(guest, "balloon.last-update") > seen)  # type: ignore[misc]
    return figure(guest, "balloon.unused")


def test_the_agent_answers(fleet: dict[str, RunningGuest]) -> None:
    told = fleet["filling"].information()
    assert told["hostname"] == "filling"
    assert told["os.id"] == "virtcast-lab"
    assert told["fs.0.mountpoint"] == "/data"
    assert int(told["fs.0.total-bytes"]) > 50 << 20


def test_a_guest_boots_without_a_second_try(fleet: dict[str, RunningGuest]) -> None:
    """Each module finds what it needs, and random numbers are there at once."""
    said = fleet["filling"].output("dmesg")
    assert "Unknown symbol" not in said
    assert said.index("crng init done") < said.index("virtio_blk")


def test_hosts_are_different_machines(lab: Lab) -> None:
    assert [host.virsh("hostname").strip() for host in lab.hosts] == ["host-a", "host-b"]
    assert len({host.virsh("domcapabilities", "--virttype", "qemu") for host in lab.hosts}) == 1


def test_read_only_connections_are_read_only(lab: Lab, fleet: dict[str, RunningGuest]) -> None:
    host, name = lab.hosts[0], fleet["busy"].name
    assert "libvirt-sock-ro" in host.read_only_uri
    assert name in host.virsh("--connect", host.read_only_uri, "--readonly", "list", "--name")
    with pytest.raises(LabError, match="read only access"):
        host.virsh("--connect", host.read_only_uri, "--readonly", "suspend", name)


def test_cpu_load_and_burst_show(fleet: dict[str, RunningGuest]) -> None:
    busy, idle, filling = fleet["busy"], fleet["idle"], fleet["filling"]
    assert max(cpu_shares(busy, idle)) < 0.5
    assert eventually(lambda: much_busier(busy, idle))
    assert not much_busier(filling, busy)
    filling.burst(60)
    assert eventually(lambda: much_busier(filling, busy))
    filling.stop(CpuBurst)
    assert eventually(lambda: not much_busier(filling, busy))


def test_cpu_cycle_shows_its_phase(fleet: dict[str, RunningGuest]) -> None:
    """In a period of weeks, now is the bottom or the top, as the phase says."""
    guest, busy, period = fleet["idle"], fleet["busy"], 2e6
    guest.run(CpuCycle(0, 95, period, phase_seconds=time.time() % period))
    assert eventually(lambda: much_busier(busy, guest))
    guest.run(CpuCycle(0, 95, period, phase_seconds=time.time() % period + period / 2))
    assert eventually(lambda: much_busier(guest, busy))
    guest.stop(CpuCycle)
    assert eventually(lambda: much_busier(busy, guest))


def test_a_memory_leak_shows_and_ends(fleet: dict[str, RunningGuest]) -> None:
    guest = fleet["leaking"]
    guest.stop(MemoryLeak)
    free = settled_memory(guest)
    guest.run(MemoryLeak(4096, bound_kib=8192))
    assert eventually(lambda: figure(guest, "balloon.unused") < free - 7000)
    assert settled_memory(guest) == pytest.approx(free - 8192, abs=1500)
    guest.stop(MemoryLeak)
    assert settled_memory(guest) == pytest.approx(free, abs=1500)
    assert abs(time.time() - figure(guest, "balloon.last-update")) < 10
    guest.run(guest.spec.workloads[0])


def test_a_disk_fill_shows_inside_and_outside(fleet: dict[str, RunningGuest]) -> None:
    guest = fleet["filling"]

    def seen() -> tuple[int, int, int]:
        return (
            int(guest.information()["fs.0.used-bytes"]),
            figure(guest, "block.0.wr.bytes"),
            figure(guest, "block.0.allocation"),
        )

    before = seen()
    assert eventually(lambda: all(now - then > 400 << 10 for now, then in zip(seen(), before, strict=True)))


def test_network_traffic_goes_both_ways(lab: Lab, fleet: dict[str, RunningGuest]) -> None:
    if any(host.network_problem for host in lab.hosts):
        pytest.skip("; ".join(lab.shortcomings))
    guest = fleet["busy"]
    before = guest.statistics()
    assert eventually(
        lambda: all(
            figure(guest, f"net.0.{way}.bytes") > int(before[f"net.0.{way}.bytes"]) + 64_000
            for way in ("rx", "tx")
        )
    )


def test_dirty_pages_are_seen_by_the_hypervisor(fleet: dict[str, RunningGuest]) -> None:
    def rate(guest: RunningGuest) -> int:
        guest.host.virsh("domdirtyrate-calc", guest.name, "--seconds", "1")
        time.sleep(1.5)
        return int(guest.statistics().get("dirtyrate.megabytes_per_second", -1))

    assert eventually(lambda: rate(fleet["filling"]) >= 2)
    assert rate(fleet["idle"]) <= 2


def test_orders_not_understood_are_errors(fleet: dict[str, RunningGuest]) -> None:
    class Dance(CpuLoad):
        pass

    with pytest.raises(LabError, match="does not understand 'dance"):
        fleet["idle"].run(Dance())


def test_live_migration_there_and_back(lab: Lab, fleet: dict[str, RunningGuest]) -> None:
    guest, (source, destination) = fleet["busy"], lab.hosts
    guest.run(DirtyPages(30, buffer_mib=16))
    migration = lab.begin_migration(guest, destination, bandwidth_mib=4)
    assert eventually(lambda: "Memory processed" in source.virsh("domjobinfo", guest.name))
    assert migration.running()
    migration.cancel()
    with pytest.raises(LabError, match="failed"):
        migration.wait()
    assert (guest.host, guest.state()) == (source, "running")

    guest.stop(DirtyPages)
    assert lab.migrate(guest, destination) < PATIENCE
    assert guest.name not in source.virsh("list", "--all", "--name").split()
    assert guest.information()["hostname"] == guest.name
    assert guest.pid in destination.processes()
    lab.migrate(guest, source)
    assert (guest.host, guest.state()) == (source, "running")


def test_guests_outlive_libvirtd(fleet: dict[str, RunningGuest]) -> None:
    guest = fleet["filling"]
    pid = guest.pid
    guest.host.stop_daemon(signal.SIGKILL)
    with pytest.raises(LabError):
        guest.state()
    guest.run(CpuLoad(1))  # the loads do not need libvirt
    guest.host.start_daemon()
    assert (guest.state(), guest.pid) == ("running", pid)
    assert eventually(lambda: "balloon.usable" in guest.statistics())
    guest.stop(CpuLoad)


def test_freeze_and_thaw(fleet: dict[str, RunningGuest]) -> None:
    guest = fleet["idle"]

    def process_state() -> str:
        return Path(f"/proc/{guest.pid}/stat").read_text().rpartition(")")[2].split()[0]

    guest.freeze()
    try:
        assert process_state() == "T"
    finally:
        guest.thaw()
    assert eventually(lambda: process_state() != "T")
    assert guest.agent("guest-ping") == {}
