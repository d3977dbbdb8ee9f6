"""No counter of the page falls for a domain, whatever becomes of it; at both ends of a migration."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import pytest

from exporter.collectors.registry import COLLECTORS
from exporting import Watcher, exporting
from lab import CpuLoad, DirtyPages, Disk, DiskFill, Guest, NetworkTraffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter
    from lab import Host, Lab, RunningGuest

pytestmark = pytest.mark.lab

TURNS = int(os.environ.get("VIRTCAST_COUNTER_TURNS", "1"))
EVERYTHING = (
    *(f"--collector.{one.name}" for one in COLLECTORS if not one.name.startswith("compat-")),
    "--libvirt.read-write",
    "--agent.interval=1",
    "--dirty-rate.interval=2",
)
BUSY = (
    CpuLoad(20),
    NetworkTraffic(64),
    DiskFill(512, bound_kib=8192, repeat=True),
    DirtyPages(4, buffer_mib=8),
)


@pytest.fixture(scope="module")
def guests(lab: Lab) -> Iterator[dict[str, RunningGuest]]:
    """Busy guests, all on the first host."""
    names = ("moved", "rested", "killed")
    started = lab.hosts[0].start_all(Guest(f"counted-{name}", workload=BUSY) for name in names)
    yield dict(zip(names, started, strict=True))
    for guest in started:
        guest.destroy()


@pytest.fixture(scope="module")
def exporters(lab: Lab, guests: dict[str, RunningGuest]) -> Iterator[dict[Host, Exporter]]:
    """An exporter with every collector at either host."""
    assert guests
    with ExitStack() as stack:
        yield {
            host: stack.enter_context(exporting(f"--libvirt.uri={host.uri}", *EVERYTHING))
            for host in lab.hosts
        }


def test_no_counter_falls_while_guests_move_rest_hang_crash_and_begin(
    lab: Lab, exporters: dict[Host, Exporter], guests: dict[str, RunningGuest]
) -> None:
    here, there = lab.hosts
    with reboots(lab.hosts) as heard, Watcher(exporters[here]) as at_home, Watcher(exporters[there]) as away:
        for turn in range(TURNS):
            _move(lab, guests["moved"], there, bandwidth_mib=30)
            _rest(guests["rested"])
            _crash(guests["killed"], exporters[here])
            _begin(here, turn)
            _move(lab, guests["moved"], here, bandwidth_mib=0)
    assert at_home.failures + away.failures == []
    uuids = {name: here.virsh("domuuid", guest.name).strip() for name, guest in guests.items()}
    rebooted = {uuids[name] for name, guest in guests.items() if guest.name in "".join(heard)}
    fallen = [
        one
        for one in at_home.fallen + away.fallen
        if not (one.counter[0].startswith(GUESTS_OWN) and one.counter[1] in rebooted)
    ]
    assert fallen == []
    moved = uuids["moved"]
    for watcher in (at_home, away):
        names = {name for name, uuid, _ in watcher.seen if uuid == moved}
        assert {f"libvirt_domain_{one}_total" for one in COUNTED} <= names
        assert watcher.pages >= 10


GUESTS_OWN = "libvirt_domain_memory_stats_"  # what its kernel counts begins anew when it boots
COUNTED = (
    "info_cpu_time_seconds",
    "vcpu_time_seconds",
    "block_stats_write_bytes",
    "interface_stats_receive_bytes",
    "memory_stats_minor_fault",
    "process_cpu_seconds",
)


@contextmanager
def reboots(hosts: list[Host]) -> Iterator[list[str]]:
    """When it ends: what virsh heard of guests that booted again; emulated, some do after a migration."""
    heard: list[str] = []
    with TemporaryFile("w+") as output:
        with ExitStack() as stack:
            for host in hosts:
                command = ("virsh", "--quiet", "--connect", host.uri, "event", "--event", "reboot", "--loop")
                listening = stack.enter_context(subprocess.Popen(command, stdout=output))
                stack.callback(listening.terminate)
            yield heard
        output.seek(0)
        heard += output


def _move(lab: Lab, guest: RunningGuest, to: Host, bandwidth_mib: int) -> None:
    lab.migrate(guest, to=to, bandwidth_mib=bandwidth_mib)
    time.sleep(2)  # pages of the time after it


def _rest(guest: RunningGuest) -> None:
    """Paused, and then its QEMU stopped, so that libvirt knows but a part of its figures."""
    guest.host.virsh("suspend", guest.name)
    time.sleep(2)
    guest.host.virsh("resume", guest.name)
    guest.freeze()
    time.sleep(3)
    guest.thaw()
    time.sleep(1)


def _crash(guest: RunningGuest, exporter: Exporter) -> None:
    uuid = guest.host.virsh("domuuid", guest.name).strip()
    os.kill(guest.pid, signal.SIGKILL)
    exporter.until(lambda page: uuid not in page.running(), "it is seen off")
    time.sleep(1)
    guest.host.virsh("start", guest.name)


def _begin(host: Host, turn: int) -> None:
    guest = host.start(Guest(f"counted-new-{turn}", disks=(Disk(),), agent=False), wait=False)
    time.sleep(3)
    guest.destroy()


def test_a_counter_that_falls_is_noticed(exporters: dict[Host, Exporter], lab: Lab) -> None:
    page = exporters[lab.hosts[0]].scrape()
    counters = {key for key, value in page.counters().items() if value > 0 and key[1] in page.running()}
    assert len({name for name, _, _ in counters}) >= 20
    watcher = Watcher(exporters[lab.hosts[0]])
    watcher.note(page)
    watcher.note(
        page._replace(
            values={key: value for key, value in page.values.items() if key[0] not in page.counting}
        )
    )
    watcher.note(
        page._replace(
            values={
                key: value / 2 if key[0] in page.counting else value for key, value in page.values.items()
            }
        )
    )
    assert {one.counter for one in watcher.fallen} >= counters
