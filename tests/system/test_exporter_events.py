"""Events of real guests: what happens to them is done to them, and the exporter counts it once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libvirt
import pytest

from exporting import exporting
from lab import Disk, Guest
from situations.vms import BITE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporting import Exporter, Page
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

EVENTS = "libvirt_domain_events_total"
STATE = "libvirt_domain_state"
RESETS = "libvirt_domain_resets_total"
LAST = "libvirt_domain_last_event_timestamp_seconds"
IO_ERRORS = "libvirt_domain_block_io_errors_total"
SETTLED = 3.0  # seconds after which no more events of a cause come
DEVICES = "<panic model='isa'/><watchdog model='i6300esb' action='reset'/>"


@pytest.fixture(scope="module")
def guest(lab: Lab) -> Iterator[RunningGuest]:
    """A guest with a panic device and a watchdog; it stays off once it has crashed."""
    made = lab.hosts[0].start(Guest("eventful", devices=DEVICES, disks=(Disk(),)))
    yield made
    made.destroy()


@pytest.fixture(scope="module")
def exporter(guest: RunningGuest) -> Iterator[Exporter]:
    with exporting(f"--libvirt.uri={guest.host.uri}", "--libvirt.read-write") as running:
        running.until(
            lambda page: page.value(IO_ERRORS, domain=guest.name, target_device="vda", reason="other") == 0,
            "it is up",
        )
        yield running


def count(page: Page, guest: RunningGuest, event: str) -> float:
    value = page.value(EVENTS, domain=guest.name, event=event)
    assert value is not None
    return value


def events(page: Page, guest: RunningGuest) -> dict[str, float]:
    """All counts, without those of the balloon: a guest that arrives sets its own."""
    found = {one["event"] for one in page.series(EVENTS) if one["domain"] == guest.name}
    return {event: count(page, guest, event) for event in found - {"balloon_change"}}


@contextmanager
def counted(exporter: Exporter, guest: RunningGuest, **events: str) -> Iterator[None]:
    """What is done in the block makes one event of each, with its reason, and no more follow, just now."""
    page, began = exporter.scrape(), time.time()
    before = {event: count(page, guest, event) for event in events}
    yield
    for event in events:
        exporter.until(
            lambda page, event=event: count(page, guest, event) > before[event],  # type: ignore[misc]
            f"a {event} is counted",
        )
    time.sleep(SETTLED)
    page = exporter.scrape()
    assert {event: count(page, guest, event) for event in events} == {
        event: number + 1 for event, number in before.items()
    }
    for event, reason in events.items():
        when = page.value(LAST, domain=guest.name, event=event, reason=reason)
        assert when is not None
        assert began <= when <= time.time()


def booted(guest: RunningGuest) -> RunningGuest:
    """The guest, once it takes orders. Whoever needs that waits for it: an emulated guest boots for long."""
    guest.wait_until_booted()
    return guest


@contextmanager
def reset_by(exporter: Exporter, guest: RunningGuest, by: str) -> Iterator[None]:
    """What is done in the block is one reboot, and one reset by this side."""
    before = resets(exporter.scrape(), guest)
    with counted(exporter, guest, reboot=""):
        yield
    assert resets(exporter.scrape(), guest) == before | {by: before[by] + 1}


def resets(page: Page, guest: RunningGuest) -> dict[str, float]:
    values = {by: page.value(RESETS, domain=guest.name, by=by) for by in ("guest", "host")}
    return {by: value for by, value in values.items() if value is not None}


def test_a_reboot_that_the_guest_asks_for(exporter: Exporter, guest: RunningGuest) -> None:
    with reset_by(exporter, guest, "guest"):
        guest.shell("sleep 0.3; reboot -f")


def test_a_reset_by_the_host(exporter: Exporter, guest: RunningGuest) -> None:
    with reset_by(exporter, guest, "host"):
        guest.host.virsh("reset", guest.name)


def test_a_watchdog_that_nobody_feeds(exporter: Exporter, guest: RunningGuest) -> None:
    with counted(exporter, guest, watchdog="reset", reboot=""):
        booted(guest).shell(BITE)


def test_a_balloon_that_changes(exporter: Exporter, guest: RunningGuest) -> None:
    before = count(exporter.scrape(), booted(guest), "balloon_change")
    guest.host.virsh("setmem", guest.name, "80M", "--live")
    exporter.until(lambda page: count(page, guest, "balloon_change") > before, "the balloon has changed")


@pytest.fixture
def faulty(lab: Lab, guest: RunningGuest, tmp_path: Path) -> Iterator[str]:
    """A second disk, on which the first write fails for lack of space on the host."""
    image, socket = tmp_path / "faulty.raw", lab.root / "faulty"
    image.write_bytes(bytes(4 << 20))
    options = (
        f"driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename={image},"
        "file.inject-error.0.event=none,file.inject-error.0.iotype=write,file.inject-error.0.errno=28,"
        "file.inject-error.0.once=on"
    )
    definition = tmp_path / "faulty.xml"
    definition.write_text(
        "<disk type='network' device='disk'><driver name='qemu' type='raw'/>"
        f"<source protocol='nbd' name='faulty'><host transport='unix' socket='{socket}'/></source>"
        "<target dev='vdb' bus='virtio'/></disk>"
    )
    with subprocess.Popen(
        ["qemu-nbd", "--persistent", "--export-name", "faulty", "--socket", socket, "--image-opts", options]
    ) as server:
        while not socket.exists():
            assert server.poll() is None
            time.sleep(0.1)
        guest.host.virsh("attach-device", guest.name, str(definition), "--live")
        yield "vdb"
        server.terminate()


def test_a_disk_without_space_and_its_removal(exporter: Exporter, guest: RunningGuest, faulty: str) -> None:
    labels = {"domain": guest.name, "target_device": faulty}
    exporter.until(
        lambda page: page.value(IO_ERRORS, **labels, reason="enospc") == 0, "the disk is described"
    )
    with counted(exporter, guest, io_error="enospc"):
        guest.shell("dd if=/dev/zero of=/dev/vdb bs=4096 count=1 oflag=direct")
    page = exporter.scrape()
    assert page.value(IO_ERRORS, **labels, reason="enospc") == 1
    assert page.value(IO_ERRORS, **labels, reason="other") == 0
    assert page.value(IO_ERRORS, domain=guest.name, target_device="vda", reason="enospc") == 0
    assert page.value(STATE, domain=guest.name, state="paused") == 1
    guest.host.virsh("resume", guest.name)
    with counted(exporter, guest, device_removed="virtio-disk1"):
        guest.host.virsh("detach-disk", guest.name, faulty, "--live")


def test_a_kernel_that_panics(exporter: Exporter, guest: RunningGuest) -> None:
    crashes = count(exporter.scrape(), guest, "crash")
    with counted(exporter, guest, panic="panicked"):
        guest.shell("sleep 0.3; echo c >/proc/sysrq-trigger")
    assert guest.state() == "shut off"
    assert count(exporter.scrape(), guest, "crash") == crashes  # what libvirt stopped did not crash by itself
    with counted(exporter, guest, start="booted"):
        guest.host.virsh("start", guest.name)


def test_a_qemu_that_is_killed(exporter: Exporter, guest: RunningGuest) -> None:
    with counted(exporter, guest, crash="failed"):
        os.kill(guest.pid, signal.SIGKILL)
    guest.host.virsh("start", guest.name)


def test_a_crash_while_the_daemon_was_down_is_known_by_the_state_after_it(
    exporter: Exporter, guest: RunningGuest
) -> None:
    page = exporter.until(
        lambda page: page.value(STATE, domain=guest.name, state="running") == 1, "it is known to run"
    )
    interruptions = page.value("libvirt_event_interruptions_total")
    assert interruptions is not None
    with counted(exporter, guest, crash="crashed"):
        process = guest.pid
        guest.host.stop_daemon()
        os.kill(process, signal.SIGKILL)
        exporter.until(lambda page: page.value("libvirt_up") == 0, "libvirt is down")
        guest.host.start_daemon()
    assert exporter.scrape().value("libvirt_event_interruptions_total") == interruptions + 1
    guest.host.virsh("start", guest.name)


def arrives(page: Page, guest: RunningGuest) -> bool:
    """As rules are told: paused for a migration, and without an answer meanwhile."""
    paused = page.value(STATE, domain=guest.name, state="paused")
    reason, stale = (
        page.value(f"libvirt_domain_{name}", domain=guest.name) for name in ("state_reason", "stats_stale")
    )
    return (paused, reason, stale) == (1, libvirt.VIR_DOMAIN_PAUSED_MIGRATION, 1)


def test_a_migration_is_no_event_at_either_end_and_no_count_is_lost(
    lab: Lab, exporter: Exporter, guest: RunningGuest
) -> None:
    here, there = lab.hosts
    before = events(exporter.scrape(), booted(guest))
    with exporting(f"--libvirt.uri={there.read_only_uri}") as away:
        away.until(lambda page: page.value("libvirt_up") == 1, "the other host is up")
        failing = lab.begin_migration(guest, to=there, bandwidth_mib=1)
        away.until(lambda page: bool(events(page, guest)), "it is about to arrive")
        away.until(lambda page: arrives(page, guest), "the rule VmStuck sees that it arrives")
        failing.cancel()
        away.until(lambda page: not page.value(STATE, domain=guest.name, state="paused"), "it did not arrive")
        assert set(events(away.scrape(), guest).values()) <= {0}
        lab.migrate(guest, to=there)
        away.until(lambda page: page.value(STATE, domain=guest.name, state="running") == 1, "it is there")
        lab.migrate(guest, to=here)
        time.sleep(SETTLED)
        assert set(events(away.scrape(), guest).values()) <= {0}
    page = exporter.until(
        lambda page: page.value(STATE, domain=guest.name, state="running") == 1, "it is back"
    )
    assert events(page, guest) == before


def test_nothing_else_was_counted(exporter: Exporter, guest: RunningGuest) -> None:
    page = exporter.scrape()
    found = {one["event"] for one in page.series(LAST) if one["domain"] == guest.name}
    assert found - {"control_error"} == {  # libvirt tells of one, or of none, when a QEMU is killed
        "start", "reboot", "watchdog", "balloon_change", "io_error", "device_removed", "panic", "crash"
    }  # fmt: skip
    assert count(page, guest, "crash") == 2
