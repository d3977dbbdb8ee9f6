"""Ports that programs of demo, benches and tests listen on."""

from __future__ import annotations

from pathlib import Path

from lab.ports import COUNT, FIRST


def test_no_outgoing_connection_gets_such_a_port() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert 1024 < FIRST < FIRST + COUNT <= lowest
