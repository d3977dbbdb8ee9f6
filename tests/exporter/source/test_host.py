"""The source as a whole, on libvirt's test driver: it needs no daemon and has one domain, `test`."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from exporter.snapshot.cpu import CPU_TOTAL, VCPU
from exporter.snapshot.description import Description, Disk
from exporter.snapshot.dirty_rate import DIRTY_RATE_CALC
from exporter.snapshot.event import Happening
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS
from exporter.snapshot.job import JOBS, Job
from exporter.source import calls
from exporter.source.agents import Agents
from exporter.source.answers import Answers
from exporter.source.calls import Listed
from exporter.source.dirty_rate import DirtyRates
from exporter.source.host import Host
from exporter.source.jobs import Jobs
from exporter.source.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.snapshot.need import Need
    from exporter.snapshot.snapshot import Snapshot

NEEDS = frozenset({CPU_TOTAL, VCPU, JOBS})
SHORT = 0.3  # seconds of a collection that shall not be complete


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host(Settings(uri="test:///default", connections=2, needs=NEEDS))
    made.start()
    yield made
    made.stop()


class Gate:
    """A list of domains that waits to be let through, and is counted."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()
        self.lists = 0

    def __call__(self, connection: Any, skips: calls.Skips) -> list[calls.Listed]:
        self.lists += 1
        self.reached.set()
        self.open.wait()
        return original(connection, skips)


original = calls.list_domains


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setattr(calls, "list_domains", made)
    yield made
    made.open.set()


def collect(host: Host, seconds: float = 60.0) -> Snapshot:
    return host.collect(time.monotonic() + seconds)


def test_a_domain_is_collected_and_described(host: Host) -> None:
    snapshot = collect(host)
    (domain,) = snapshot.domains
    assert (domain.name, domain.active, domain.fresh, domain.state) == ("test", True, True, 1)
    assert domain.description is not None
    assert domain.description.virtualization == "test"
    assert snapshot.connection.up


def test_running_jobs_are_known_without_asking_libvirt(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    (domain,) = collect(host).domains
    job = Job("outgoing migration")
    monkeypatch.setattr(Jobs, "running", lambda _self: {domain.uuid: job, "of nobody": job})
    monkeypatch.setattr(calls, "list_domains", None)  # whoever asked would fail
    (found,) = host.jobs().domains
    assert (found.name, found.job, found.statistics) == ("test", job, {})


@pytest.mark.parametrize(("exclude", "starts"), [(None, 1), (re.compile("te.*"), None)])
def test_what_happens_to_domains_is_in_the_snapshot_unless_they_are_excluded(
    exclude: re.Pattern[str] | None, starts: int | None
) -> None:
    host = Host(Settings(uri="test:///default", connections=2, needs=NEEDS, exclude=exclude))
    host.start()
    try:
        collect(host)
        connection = libvirt.open("test:///default")
        while not host._watch.events._connections:
            time.sleep(0.01)
        domain = connection.lookupByName("test")
        domain.destroy()
        domain.create()
        while not host._watch.events.read(lambda _: True).domains:
            time.sleep(0.01)
        events = collect(host).events.domains.get(domain.UUIDString())
        assert (events and events.counts[Happening.START]) == starts
    finally:
        host.stop()


@pytest.mark.parametrize(("exclude", "last"), [(None, ["test"]), (re.compile("te.*"), [])])
def test_domains_that_are_excluded_have_no_last_migration(
    exclude: re.Pattern[str] | None, last: list[str]
) -> None:
    host = Host(Settings(uri="test:///default", connections=2, needs=NEEDS, exclude=exclude))
    host._record.completed("u", "test", {"operation": 5})
    try:
        assert [one.domain for one in collect(host).migrations.last] == last
    finally:
        host.stop()


class Counted:
    """A lock that counts how often it was left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.left = threading.Semaphore(0)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self.left.release()


def test_who_asks_meanwhile_shares_the_collection(
    host: Host, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Counted()
    monkeypatch.setattr(host, "_lock", lock)
    snapshots: list[Snapshot] = []
    threads = [threading.Thread(target=lambda: snapshots.append(collect(host))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert lock.left.acquire(timeout=60)  # each leads, or has found the collection it shares
    gate.open.set()
    for thread in threads:
        thread.join()
    assert gate.lists == 1
    assert len(snapshots) == 10
    assert all(snapshot is snapshots[0] for snapshot in snapshots)
    collect(host)
    assert gate.lists == 2


def test_who_asks_meanwhile_and_has_less_time_does_not_wait(host: Host, gate: Gate) -> None:
    patient = threading.Thread(target=collect, args=(host,))
    patient.start()
    assert gate.reached.wait(60)
    assert collect(host, SHORT).connection.up  # the daemon answers, its list of domains does not come
    assert patient.is_alive()
    gate.open.set()
    patient.join()


def test_who_joins_one_in_a_hurry_gets_all_the_same(host: Host, gate: Gate) -> None:
    snapshots: list[Snapshot] = []
    hurried = threading.Thread(target=lambda: snapshots.append(collect(host, 0.2)))
    hurried.start()
    assert gate.reached.wait(10)
    patient = threading.Thread(target=lambda: snapshots.append(collect(host)))
    patient.start()
    hurried.join(10)
    gate.open.set()
    patient.join(10)
    first, second = snapshots
    assert not first.domains
    assert [one.fresh for one in second.domains] == [True]


@pytest.mark.parametrize(("kind", "fresh"), [("vhostuser", True), ("file", False)])
def test_a_domain_whose_disks_have_no_counters_is_fresh_as_soon_as_it_is_described(
    kind: str, fresh: bool
) -> None:
    host = Host(Settings(uri="test:///default", connections=1, needs=NEEDS))
    raw = {"block.count": 1, "block.0.name": "vda", "cpu.time": 5_000_000_000}
    host._statistics._hypervisor = "QEMU"
    assert not host._statistics.is_complete("u", raw)
    host._watch.descriptions.put("u", Description(disks=(Disk("vda", source_type=kind),)))
    assert host._statistics.is_complete("u", raw) is fresh
    seen = Answers(reachable=True, listed=[Listed("u", "web", active=True)], raw={"u": raw}, over=True)
    (domain,) = host._made(seen, time.monotonic()).domains
    assert (domain.fresh, domain.cpu.time) == (fresh, 5.0 if fresh else None)
    host.stop()


def test_domains_that_cannot_be_listed_now_are_stale_not_gone(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(host)
    gate = Gate()
    monkeypatch.setattr(calls, "list_domains", gate)
    snapshot = collect(host, SHORT)
    gate.open.set()
    (domain,) = snapshot.domains
    assert snapshot.connection.up
    assert (domain.name, domain.fresh, domain.state, domain.cpu.time) == ("test", False, None, None)


def test_an_unreachable_daemon_has_no_domains_and_is_not_waited_for() -> None:
    host = Host(Settings(uri="qemu+unix:///system?socket=/nonexistent/socket", connections=1))
    snapshot = collect(host, 3600)  # would not end in time if it waited
    host.stop()
    assert not snapshot.connection.up
    assert snapshot.domains == ()


ALL = frozenset({JOBS, GUEST_AGENTS, GUEST_DETAILS, DIRTY_RATE_CALC})


@pytest.mark.parametrize(
    ("needs", "read_write", "interval", "started"),
    [
        (frozenset(), True, 1.0, set()),
        (ALL, True, 1.0, {Jobs, Agents, DirtyRates}),
        (ALL, True, None, {Jobs, Agents}),
        (ALL, False, 1.0, {Jobs}),
        (frozenset({GUEST_AGENTS}), True, 1.0, {Agents}),
    ],
)
def test_only_what_is_needed_and_possible_is_started(
    monkeypatch: pytest.MonkeyPatch,
    needs: frozenset[Need],
    read_write: bool,
    interval: float | None,
    started: set[type],
) -> None:
    seen: set[type] = set()
    for one in (Jobs, Agents, DirtyRates):
        monkeypatch.setattr(one, "start", lambda self: seen.add(type(self)))
    settings = Settings("test:///default", 1, read_write, needs=needs, dirty_rate_interval=interval)
    host = Host(settings)
    host.start()
    host.stop()
    assert seen == started
