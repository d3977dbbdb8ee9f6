"""The readings of a host: those that are needed, local and remote."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import libvirt
import pytest

from exporter.snapshot.cpu import VCPU
from exporter.snapshot.machine import MACHINE
from exporter.snapshot.storage import POOLS, VOLUMES
from exporter.source.background import Background
from exporter.source.connection import Link
from exporter.source.readings.registry import LOCAL, REMOTE, Readings
from exporter.source.shared_links import SharedLinks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from exporter.snapshot.need import Need
    from exporter.source.calls import Listed

ALL = LOCAL.keys() | REMOTE.keys()
DEAD = "qemu+unix:///system?socket=/nonexistent/socket"


def readings(uri: str, needs: Collection[Need]) -> Readings:
    return Readings(uri, needs, nobody, SharedLinks(lambda: Link(uri), 1), Background())


def nobody() -> dict[str, Listed]:
    return {}


def later() -> float:
    return time.monotonic() + 10


@pytest.fixture
def everything() -> Iterator[Readings]:
    made = readings("test:///default", ALL)
    yield made
    made.stop()


def test_all_is_read_where_libvirt_is_local(everything: Readings) -> None:
    everything.begin()
    found = everything.read(later(), reachable=True)
    assert found["readings"].keys() == ALL
    assert {one.name for one in found["reading_states"]} == {one.name for one in ALL}
    assert all(one.failures == 0 and one.updated is not None for one in found["reading_states"])


def test_without_libvirt_there_is_the_machine_only(everything: Readings) -> None:
    everything.begin()
    assert everything.read(later(), reachable=False)["readings"].keys() == LOCAL.keys()


def test_of_another_machine_only_libvirt_is_asked() -> None:
    remote = readings("qemu+ssh://root@elsewhere/system", ALL)
    assert remote._all.keys() == REMOTE.keys()


def test_only_what_is_needed_is_read() -> None:
    assert readings("test:///default", {POOLS, VCPU})._all.keys() == {POOLS}


def test_a_driver_without_storage_costs_nothing_but_a_count() -> None:
    made = readings(DEAD, {POOLS, MACHINE})
    made.begin()
    found = made.read(later(), reachable=True)
    assert found["readings"].keys() == {MACHINE}
    assert {one.name: one.failures for one in found["reading_states"]} == {"machine": 0, "pools": 1}
    made.stop()


class OnceEach:
    """libvirt keeps one callback for each kind of event of a connection: it refuses another."""

    def __init__(self) -> None:
        self.callbacks: dict[int, Callable[..., None]] = {}

    def storagePoolEventRegisterAny(  # noqa: N802 (libvirt's)
        self, _pool: None, kind: int, callback: Callable[..., None], _: None
    ) -> int:
        if kind in self.callbacks:
            raise libvirt.libvirtError("event callback already tracked")
        self.callbacks[kind] = callback
        return kind

    def storagePoolEventDeregisterAny(self, number: int) -> None:  # noqa: N802 (libvirt's)
        del self.callbacks[number]


def test_a_change_of_a_pool_has_all_that_is_read_of_pools_read_again() -> None:
    made, connection = readings("test:///default", {POOLS, VOLUMES}), OnceEach()
    ends = list(made.watch(connection))
    assert connection.callbacks
    for callback in connection.callbacks.values():
        made.begin()
        before = states(made)
        made.begin()
        assert states(made) == before  # neither is due again
        callback(None, None)
        made.begin()
        assert all(now > then for now, then in zip(states(made), before, strict=True))
    for end in ends:
        end()
    assert connection.callbacks == {}
    made.stop()


def states(made: Readings) -> list[float]:
    """When each reading was read."""
    found = made.read(later(), reachable=True)["reading_states"]
    return [one.updated or 0 for one in found]
