"""The source as a whole, on libvirt's test driver: it needs no daemon and has one domain, `test`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from exporter.source import basics, calls
from exporter.source.host import Host, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.snapshot.snapshot import Snapshot


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host(Settings(uri="test:///default", connections=2, collectors=("domain", "cpu", "job")))
    made.start()
    yield made
    made.stop()


class Gate:
    """A survey that waits to be let through, and is counted."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.surveys = 0

    def __call__(self, connection: Any) -> list[calls.Found]:
        self.surveys += 1
        self.open.wait()
        return original(connection)


original = calls.survey


def collect(host: Host, seconds: float = 5.0) -> Snapshot:
    return host.collect(time.monotonic() + seconds)


def test_a_domain_is_collected_and_described(host: Host) -> None:
    snapshot = collect(host)
    (domain,) = snapshot.domains
    assert (domain.name, domain.active, domain.fresh, domain.state) == ("test", True, True, 1)
    assert domain.description is not None
    assert domain.description.virtualization == "test"
    assert snapshot.connection.up


def test_who_asks_meanwhile_shares_the_collection(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(calls, "survey", gate)
    snapshots: list[Snapshot] = []
    threads = [threading.Thread(target=lambda: snapshots.append(collect(host))) for _ in range(10)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    gate.open.set()
    for thread in threads:
        thread.join()
    assert gate.surveys == 1
    assert len(snapshots) == 10
    assert all(snapshot is snapshots[0] for snapshot in snapshots)
    collect(host)
    assert gate.surveys == 2


def test_who_asks_meanwhile_and_has_less_time_does_not_wait(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(calls, "survey", gate)
    patient = threading.Thread(target=collect, args=(host,))
    patient.start()
    time.sleep(0.1)
    began = time.monotonic()
    assert collect(host, 0.2).connection.up  # the daemon answers, its list of domains does not come
    assert time.monotonic() - began < 1
    gate.open.set()
    patient.join()


def test_domains_that_cannot_be_listed_now_are_stale_not_gone(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(host)
    gate = Gate()
    monkeypatch.setattr(calls, "survey", gate)
    snapshot = collect(host, 0.3)
    gate.open.set()
    (domain,) = snapshot.domains
    assert snapshot.connection.up
    assert (domain.name, domain.fresh, domain.state, domain.cpu.time) == ("test", False, None, None)


def test_an_unreachable_daemon_has_no_domains_and_costs_no_time() -> None:
    host = Host(Settings(uri="qemu+unix:///system?socket=/nonexistent/socket", connections=1))
    began = time.monotonic()
    snapshot = collect(host)
    host.stop()
    assert time.monotonic() - began < 3
    assert not snapshot.connection.up
    assert snapshot.domains == ()


def test_block_is_asked_of_running_domains_only() -> None:
    every = calls.groups(calls.GROUPS)
    assert every & calls.GROUPS["block"]
    assert not calls.inactive(every) & calls.GROUPS["block"]
    assert calls.inactive(every) | calls.GROUPS["block"] == every


def test_basics_are_there_though_no_group_that_holds_them_is_asked() -> None:
    host = Host(Settings(uri="test:///default", connections=1, collectors=("domain", "info")))
    host.start()
    (domain,) = collect(host).domains
    host.stop()
    assert (domain.cpu.online, domain.memory.current, domain.memory.maximum) == (2, 2 << 30, 8 << 30)
    assert domain.cpu.time is not None
    assert domain.fresh


def test_basics_never_replace_what_the_statistics_say() -> None:
    connection = libvirt.openReadOnly("test:///default")
    (domain,) = connection.listAllDomains()
    found = {domain.UUIDString(): {"vcpu.current": 7, "state.state": 1}}
    basics.add(found, [domain])
    (raw,) = found.values()
    assert raw["vcpu.current"] == 7
    assert (raw["balloon.current"], raw["balloon.maximum"]) == (2 << 20, 8 << 20)
