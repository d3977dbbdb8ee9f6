"""How many connections and threads a host takes: as many as are calculated before the start."""

from __future__ import annotations

import threading
import time
from typing import Any

import libvirt
import pytest

from exporter.collectors.registry import COLLECTORS, needs
from exporter.source.host import Host
from exporter.source.settings import Settings

PROBES = 5  # scrapes of a host
TARGETS = 30


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URIs of connections that were opened, but for those that answer and close."""
    uris: list[str] = []
    original = libvirt.openReadOnly

    def opening(uri: str) -> Any:
        uris.append(uri)
        return original(uri)

    monkeypatch.setattr(libvirt, "openReadOnly", opening)
    return uris


def test_a_host_opens_no_more_than_is_calculated(opened: list[str]) -> None:
    settings = Settings("test:///default", connections=2, needs=needs(COLLECTORS))
    host = Host(settings)
    host.start()
    for _ in range(PROBES):
        assert host.collect(time.monotonic() + 60).connection.up
    host.stop()
    asking_about_itself = 1  # closed as soon as it is answered
    assert len(opened) <= settings.usual_connections + asking_about_itself


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
