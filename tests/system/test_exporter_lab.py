"""The exporter against real libvirt hosts and guests: values, agents, migrations, and what can get stuck."""

from __future__ import annotations

import re
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from exporting import exporting
from lab import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter, Page
    from lab import Hypervisor, Lab, RunningGuest

pytestmark = pytest.mark.lab

DEADLINE = 2.0
NANOSECONDS = 1e-9

# Metric, virsh's key (domstats), and what one of virsh's units is.
COUNTERS = (
    ("libvirt_domain_info_cpu_time_seconds_total", "cpu.time", NANOSECONDS),
    ("libvirt_domain_cpu_user_seconds_total", "cpu.user", NANOSECONDS),
    ("libvirt_domain_cpu_system_seconds_total", "cpu.system", NANOSECONDS),
    ("libvirt_domain_vcpu_time_seconds_total", "vcpu.0.time", NANOSECONDS),
    ("libvirt_domain_vcpu_delay_seconds_total", "vcpu.0.delay", NANOSECONDS),
    ("libvirt_domain_block_stats_read_bytes_total", "block.0.rd.bytes", 1),
    ("libvirt_domain_block_stats_read_requests_total", "block.0.rd.reqs", 1),
    ("libvirt_domain_block_stats_read_time_seconds_total", "block.0.rd.times", NANOSECONDS),
    ("libvirt_domain_block_stats_write_bytes_total", "block.0.wr.bytes", 1),
    ("libvirt_domain_block_stats_write_requests_total", "block.0.wr.reqs", 1),
    ("libvirt_domain_block_stats_write_time_seconds_total", "block.0.wr.times", NANOSECONDS),
    ("libvirt_domain_block_stats_flush_requests_total", "block.0.fl.reqs", 1),
    ("libvirt_domain_memory_stats_minor_fault_total", "balloon.minor_fault", 1),
)


@pytest.fixture(scope="module")
def exporters(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[dict[str, Exporter]]:
    """An exporter for each host, by the host's name."""
    assert fleet
    first, second = lab.hosts
    flags = ("--libvirt.read-write", "--agent.interval=1", f"--scrape.deadline={DEADLINE}")
    with (
        exporting(f"--libvirt.uri={first.uri}", *flags) as one,
        exporting(f"--libvirt.uri={second.uri}", *flags) as two,
    ):
        yield {first.name: one, second.name: two}


def settled(exporter: Exporter) -> Page:
    """A page on which everything is fresh."""
    return exporter.until(lambda page: page.value("libvirt_up") == 1 and not page.stale(), "all is fresh")


def test_counters_lie_between_virsh_before_and_after(
    exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    guest = fleet["filling"]
    exporter = exporters[guest.host.name]
    settled(exporter)
    before, page, after = guest.statistics(), exporter.scrape(), guest.statistics()
    wrong = []
    for metric, key, unit in COUNTERS:
        labels = {"vcpu": "0"} if "_vcpu_" in metric else {}
        value = page.value(metric, domain=guest.name, **labels)
        low, high = float(before[key]) * unit, float(after[key]) * unit
        if value is None or not low * (1 - 1e-12) <= value <= high * (1 + 1e-12):
            wrong.append((metric, low, value, high))
    assert wrong == []


def test_a_suspended_guest_is_paused_and_nothing_else(
    exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    guest = fleet["idle"]
    exporter = exporters[guest.host.name]
    settled(exporter)
    guest.host.virsh("suspend", guest.name)
    try:
        page = exporter.scrape()
    finally:
        guest.host.virsh("resume", guest.name)
    assert page.value("libvirt_domain_state", domain=guest.name, state="paused") == 1
    assert page.value("libvirt_domain_state", domain=guest.name, state="running") == 0


def test_network_counters_lie_between_virsh_before_and_after(
    exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    guest = fleet["busy"]
    if "net.0.name" not in guest.statistics():
        pytest.skip("this lab's guests have user-mode networks, which libvirt does not count")
    exporter = exporters[guest.host.name]
    settled(exporter)
    before, page, after = guest.statistics(), exporter.scrape(), guest.statistics()
    for way, short in (("receive", "rx"), ("transmit", "tx")):
        for counted, key in (("bytes", "bytes"), ("packets", "pkts"), ("errors", "errs"), ("drops", "drop")):
            name = f"libvirt_domain_interface_stats_{way}_{counted}_total"
            value = page.value(name, domain=guest.name, target_device=str(before["net.0.name"]))
            assert value is not None
            assert float(before[f"net.0.{short}.{key}"]) <= value <= float(after[f"net.0.{short}.{key}"])


def test_guest_filesystems_are_the_agents(
    exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    guest = fleet["filling"]
    exporter = exporters[guest.host.name]
    up = "libvirt_domain_guest_agent_up"
    exporter.until(lambda page: page.value(up, domain=guest.name) == 1, "the agent answers")
    before = guest.information()
    time.sleep(3)  # at least one poll
    page = exporter.scrape()
    after = guest.information()
    for n in range(int(before["fs.count"])):
        mountpoint = str(before[f"fs.{n}.mountpoint"])
        size = page.value("libvirt_domain_filesystem_size_bytes", domain=guest.name, mountpoint=mountpoint)
        used = page.value("libvirt_domain_filesystem_used_bytes", domain=guest.name, mountpoint=mountpoint)
        low, high = sorted((int(before[f"fs.{n}.used-bytes"]), int(after[f"fs.{n}.used-bytes"])))
        assert size == int(before[f"fs.{n}.total-bytes"])
        assert used is not None
        assert low <= used <= high
    age = time.time() - (
        page.value("libvirt_domain_guest_agent_last_update_timestamp_seconds", domain=guest.name) or 0
    )
    assert 0 <= age < 10


@pytest.mark.parametrize("bandwidth", [0, 40], ids=["as fast as it goes", "watched"])
def test_a_live_migration_counts_at_both_ends_with_libvirts_duration(
    lab: Lab, exporters: dict[str, Exporter], fleet: dict[str, RunningGuest], bandwidth: int
) -> None:
    guest = fleet["idle"]
    source = guest.host
    target = next(host for host in lab.hosts if host is not source)
    ends = (("outgoing", source, target), ("incoming", target, source))
    before = {way: _migrations(exporters[here.name], way) for way, here, _ in ends}
    for there in (target, source):
        lab.migrate(guest, to=there, bandwidth_mib=bandwidth)
    for way, here, _ in ends:
        exporter = exporters[here.name]
        exporter.until(lambda page: _count(page, way) == before[way] + 1, f"one more {way} migration")  # noqa: B023
    _same_duration_at_both_ends(exporters, guest, source, target)


def _count(page: Page, direction: str) -> float:
    return page.value("libvirt_migrations_total", direction=direction, result="success") or 0


def _migrations(exporter: Exporter, direction: str) -> float:
    return _count(settled(exporter), direction)


def _same_duration_at_both_ends(
    exporters: dict[str, Exporter], guest: RunningGuest, source: Hypervisor, target: Hypervisor
) -> None:
    """The guest has come back from `target` to `source`: libvirt there still has the figures."""
    told = source.virsh("domjobinfo", guest.name, "--completed", "--keep-completed")
    milliseconds = re.search(r"Time elapsed:\s+(\d+)\s+ms", told)
    assert milliseconds is not None
    name = "libvirt_domain_last_migration_duration_seconds"
    labels = {"domain": guest.name, "result": "success"}
    here = exporters[source.name].scrape().value(name, direction="incoming", **labels)
    there = exporters[target.name].scrape().value(name, direction="outgoing", **labels)
    assert here == int(milliseconds[1]) / 1000
    assert there == pytest.approx(here, rel=0.1, abs=0.5)


def test_a_cancelled_migration_is_no_success_and_leaves_no_job_behind(
    lab: Lab, exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    guest = fleet["leaking"]
    source = guest.host
    exporter = exporters[source.name]
    target = next(host for host in lab.hosts if host is not source)
    before = settled(exporter)
    migration = lab.begin_migration(guest, to=target, bandwidth_mib=1)
    live = "libvirt_domain_job_memory_iteration"
    page = exporter.until(
        lambda page: (page.value(live, domain=guest.name) or 0) >= 1, "it is seen running", 60
    )
    assert page.value("libvirt_domain_job_info", domain=guest.name, operation="migration_out") == 1
    assert (page.value("libvirt_domain_job_data_total_bytes", domain=guest.name) or 0) > 0
    migration.cancel()
    page = exporter.until(lambda page: _unsuccessful(page) == _unsuccessful(before) + 1, "it is counted")
    assert _count(page, "outgoing") == _count(before, "outgoing")
    assert page.value("libvirt_domain_job_info", domain=guest.name, operation="migration_out") is None


def _unsuccessful(page: Page) -> float:
    name = "libvirt_migrations_total"
    return sum(
        page.value(name, direction="outgoing", result=result) or 0 for result in ("failed", "cancelled")
    )


def test_a_stopped_qemu_costs_itself_only_and_is_fresh_again_when_it_wakes(
    exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    stuck, other = fleet["busy"], fleet["filling"]
    exporter = exporters[stuck.host.name]
    settled(exporter)
    stuck.freeze()
    try:
        pages = [exporter.scrape() for _ in range(4)]
    finally:
        stuck.thaw()
    time.sleep(1)
    woken = exporter.scrape()
    resident = "libvirt_domain_memory_stats_rss_bytes"
    for page in pages:
        assert page.seconds <= DEADLINE + 0.5
        assert page.value("libvirt_up") == 1
        assert page.stale() == {stuck.name}
        assert page.value(resident, domain=stuck.name) is None
        assert page.value(resident, domain=other.name) is not None
        assert page.value("libvirt_domain_state", domain=stuck.name, state="running") == 1
    assert woken.stale() == set()
    assert woken.value(resident, domain=stuck.name) is not None


def test_a_killed_daemon_is_down_at_once_and_up_again_at_the_next_scrape(
    exporters: dict[str, Exporter], fleet: dict[str, RunningGuest]
) -> None:
    host = fleet["leaking"].host
    exporter = exporters[host.name]
    settled(exporter)
    host.stop_daemon(signal.SIGKILL)
    try:
        down = exporter.scrape()
        assert down.value("libvirt_up") == 0
        assert down.seconds <= DEADLINE
        assert not [name for name, _ in down.values if name.startswith("libvirt_domain_info")]
    finally:
        with suppress(LabError):
            host.start_daemon()
    assert exporter.scrape().value("libvirt_up") == 1
    page = settled(exporter)
    assert page.value("libvirt_domain_info_virtual_cpus", domain="leaking") is not None
