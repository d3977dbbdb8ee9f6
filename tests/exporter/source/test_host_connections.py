"""How many connections and threads a host takes: as many as are calculated before the start."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from typing import Any

import libvirt
import pytest

from exporter.collectors.registry import COLLECTORS, needs
from exporter.source.host import Host
from exporter.source.settings import Settings

PROBES = 5  # scrapes of a host
TARGETS = 30


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Any]]:
    """The connections that were opened."""
    connections: list[weakref.ref[Any]] = []
    original = libvirt.openReadOnly

    def opening(uri: str) -> Any:
        connection = original(uri)
        connections.append(weakref.ref(connection))
        return connection

    monkeypatch.setattr(libvirt, "openReadOnly", opening)
    return connections


def test_a_host_opens_no_more_than_is_calculated(opened: list[weakref.ref[Any]]) -> None:
    settings = Settings("test:///default", connections=2, needs=needs(COLLECTORS))
    host = Host(settings)
    host.start()
    for _ in range(PROBES):
        assert host.collect(time.monotonic() + 60).connection.up
    host.stop()
    asking_about_itself = 1  # closed as soon as it is answered
    assert len(opened) <= settings.usual_connections + asking_about_itself


def test_a_host_that_is_stopped_leaves_no_connection(opened: list[weakref.ref[Any]]) -> None:
    host = Host(Settings("test:///default", connections=2, needs=needs(COLLECTORS)))
    host.start()
    for _ in range(PROBES):
        host.collect(time.monotonic() + 60)
    host.stop()
    del host
    limit = time.monotonic() + 60
    while any(one() is not None for one in opened):
        gc.collect()
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_hosts_share_their_threads() -> None:
    before = threading.active_count()
    hosts = [
        Host(Settings("test:///default", connections=2, needs=needs(COLLECTORS))) for _ in range(TARGETS)
    ]
    for host in hosts:
        host.start()
        assert host.collect(time.monotonic() + 60).connection.up
    assert threading.active_count() - before < 3 * TARGETS
    for host in hosts:
        host.stop()
