"""The watch on a connection that breaks: nothing spins, nothing is lost, nothing piles up."""

from __future__ import annotations

from typing import Any

import libvirt
import pytest

from exporter.snapshot.migration import Result
from exporter.source.events import Event
from exporter.source.migrations import ARRIVAL, MigrationRecord
from exporter.source.watch import Watch
from timetable import Timetable

XML = "<domain type='kvm'><title>here</title></domain>"
STEPS = 50  # more than any test here needs


class Connection:
    """A connection that breaks at the n-th look-up of a domain."""

    def __init__(self, lookups: float) -> None:
        self.left = lookups
        self.lookups = 0

    def isAlive(self) -> bool:  # noqa: N802 (libvirt's name)
        return self.left > 0

    def lookupByUUIDString(self, _uuid: str) -> Connection:  # noqa: N802 (libvirt's name)
        self.lookups += 1
        self.left -= 1
        if self.left <= 0 and self.lookups < STEPS:  # or who asks again and again would not end
            raise libvirt.libvirtError("the connection is closed")
        return self

    def XMLDesc(self, _flags: int) -> str:  # noqa: N802 (libvirt's name)
        return XML

    def setKeepAlive(self, _interval: int, _count: int) -> None: ...  # noqa: N802 (libvirt's name)
    def domainEventRegisterAny(self, *_: Any) -> int:  # noqa: N802 (libvirt's name)
        return 1

    def domainEventDeregisterAny(self, _number: int) -> None: ...  # noqa: N802 (libvirt's name)


class Daemon:
    """What opens the connections: each is good for so many look-ups; the last of them for every other."""

    def __init__(self, *lookups: float) -> None:
        self.lookups = list(lookups)
        self.opened: list[Connection] = []

    def __call__(self, _uri: str) -> Connection:
        if len(self.opened) == 2 * STEPS:  # or who opens again and again would not end
            raise libvirt.libvirtError("no daemon")
        self.opened.append(Connection(self.lookups.pop(0) if len(self.lookups) > 1 else self.lookups[0]))
        return self.opened[-1]


class LibvirtError(libvirt.libvirtError):  # type: ignore[misc]
    def get_error_code(self) -> int:
        return int(libvirt.VIR_ERR_NO_DOMAIN)


class NoReading(Timetable):
    """Without what is read once on a connection of its own."""

    def run(self, name: str, work: Any) -> None:
        if name != "about":
            super().run(name, work)


def watching(monkeypatch: pytest.MonkeyPatch, daemon: Daemon) -> tuple[Watch, Timetable]:
    monkeypatch.setattr(libvirt, "openReadOnly", daemon)
    background = NoReading()
    return Watch("qemu+fake:///system", MigrationRecord(), lambda _uuid: None, background), background


def title(watch: Watch, uuid: str) -> str | None:
    found = watch.descriptions.get((uuid,), 0.0).get(uuid)
    return found.title if found else None


def test_a_description_is_read_over_the_next_connection_if_this_one_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon = Daemon(1, float("inf"))
    watch, background = watching(monkeypatch, daemon)
    assert title(watch, "u") is None
    watch.start()
    background.go_on(1)
    assert [one.lookups for one in daemon.opened] == [1]
    assert not watch.reached
    background.go_on(STEPS)
    assert len(daemon.opened) == 2
    assert title(watch, "u") == "here"
    assert watch.reached


def test_events_are_handled_although_the_connection_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, background = watching(monkeypatch, Daemon(2, float("inf")))
    title(watch, "u")
    watch.start()
    background.go_on(1)
    watch.descriptions.get("uv", 0.0)
    watch._put(Event("reboot", "v", "web"))
    background.go_on(STEPS)
    assert "v" in watch.events.read(lambda _: True).domains
    assert watch.descriptions.get("uv", 0.0).keys() == {"u", "v"}


def test_a_watch_on_connections_that_break_at_once_ends_when_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon = Daemon(1)
    watch, background = watching(monkeypatch, daemon)
    title(watch, "u")
    watch.start()
    background.go_on(7)
    watch.stop()
    background.go_on()
    assert background.waiting == []
    assert background.pauses[:4] == [0.5, 1.0, 2.0, 4.0]


def test_orders_do_not_pile_up_over_connections_that_break_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Daemon(1)
    watch, background = watching(monkeypatch, daemon)
    watch.descriptions.get(("a", "b", "c"), 0.0)
    watch.start()
    background.go_on(STEPS)
    assert len(daemon.opened) > 10
    assert watch._orders.qsize() == 3


@pytest.mark.parametrize("exists", [True, False])
def test_a_migration_whose_end_was_not_heard_is_looked_at_after_an_interruption(
    monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    class Here(Connection):
        def lookupByUUIDString(self, uuid: str) -> Connection:  # noqa: N802 (libvirt's name)
            if not exists:
                raise LibvirtError("no domain")
            return super().lookupByUUIDString(uuid)

        def state(self) -> list[int]:
            return [libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_MIGRATED]

        def jobStats(self, _flags: int) -> dict[str, int]:  # noqa: N802 (libvirt's name)
            return {"type": 0}

    now = [1000.0]
    record = MigrationRecord(lambda: now[0])
    monkeypatch.setattr(libvirt, "openReadOnly", lambda _uri: Here(float("inf")))
    background = NoReading()
    watch = Watch("qemu+fake:///system", record, lambda _uuid: None, background)
    watch.start()
    background.go_on(1)
    record.lifecycle("u", "web", libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_MIGRATED)
    watch.link.get().left = 0
    for _ in range(3):
        watch._poller.wake()
        background.go_on(3)
        now[0] += ARRIVAL
    assert not record.is_unsettled()
    assert [one.result for one in record.read().last] == ([Result.SUCCESS] if exists else [])
