"""Which of libvirt's events are listened to, and that each has somebody who handles it."""

from __future__ import annotations

from typing import Any

import libvirt
import pytest

from exporter.source.background import Background
from exporter.source.events import Event, subscribe
from exporter.source.happenings import EVENTS
from exporter.source.migrations import MigrationRecord
from exporter.source.watch import Watch


class Domain:
    """A domain of an event."""

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return "u"

    def name(self) -> str:
        return "web"


class Connection:
    """Keeps what is registered; refuses the events in `lacks`, as drivers do."""

    def __init__(self, lacks: tuple[int, ...] = ()) -> None:
        self.lacks = lacks
        self.registered: dict[int, tuple[Any, str]] = {}

    def domainEventRegisterAny(  # noqa: N802 (libvirt's name)
        self, _domain: None, event: int, callback: Any, kind: str
    ) -> int:
        if event in self.lacks:
            raise libvirt.libvirtError("no such event")
        assert event not in self.registered
        self.registered[event] = (callback, kind)
        return event

    def domainEventDeregisterAny(self, number: int) -> None:  # noqa: N802 (libvirt's name)
        del self.registered[number]


def test_an_event_is_passed_on_with_its_kind_and_values() -> None:
    connection, heard = Connection(), list[Event]()
    subscribe(connection, heard.append, Background())
    callback, kind = connection.registered[libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON]
    callback(connection, Domain(), "/images/web", "virtio-disk0", 1, "enospc", kind)
    assert heard == [Event("io-error", "u", "web", ("/images/web", "virtio-disk0", 1, "enospc"))]


def test_a_driver_that_lacks_an_event_gives_the_others() -> None:
    lacked = libvirt.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE
    complete, lacking = Connection(), Connection((lacked,))
    subscribe(complete, lambda _: None, Background())
    subscribe(lacking, lambda _: None, Background())
    assert complete.registered.keys() - lacking.registered.keys() == {lacked}


def test_it_ends() -> None:
    connection = Connection()
    for end in subscribe(connection, lambda _: None, Background()):
        end()
    assert connection.registered == {}


@pytest.mark.parametrize("what", ["a handler", "an event"])
def test_every_kind_has_a_handler_and_an_event(what: str) -> None:
    connection = Connection()
    subscribe(connection, lambda _: None, Background())
    kinds = {kind for _, kind in connection.registered.values()}
    watch = Watch("test:///default", MigrationRecord(), lambda _uuid: None, Background())
    handled = watch._handlers.keys() - {"describe"}  # the watch's own
    if what == "a handler":
        assert kinds <= handled
    else:
        assert EVENTS.keys() <= handled <= kinds
