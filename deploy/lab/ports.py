"""Ports on loopback for the programs of the demo, of benches and of tests."""

from __future__ import annotations

import secrets
import socket

# Below those that Linux gives to outgoing connections (net.ipv4.ip_local_port_range begins at 32768): one of
# these could take a port between its choice and the start of the program that is to listen on it.
FIRST, COUNT = 20_000, 12_000


def free_port(preferred: int = 0) -> int:
    """`preferred` where nothing listens on it, else any port that is free now."""
    port = preferred or _any()
    while not _is_free(port):
        port = _any()
    return port


def _any() -> int:
    # Not of a seeded generator: two programs with the same seed would choose the same.
    return FIRST + secrets.randbelow(COUNT)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
