"""Listen addresses, and sockets from systemd."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys

import psutil
import pytest

from exporter.web.listen import _places, close, listening_sockets, parse_address, shown, systemd_sockets
from exporter.web.message import WebError


@pytest.mark.parametrize(
    ("address", "parsed"),
    [
        (":9177", ("", 9177)),
        ("127.0.0.1:9177", ("127.0.0.1", 9177)),
        ("[::1]:9177", ("::1", 9177)),
        ("[fe80::1%eth0]:1", ("fe80::1%eth0", 1)),
        ("localhost:0", ("localhost", 0)),
        ("host-1.example:65535", ("host-1.example", 65535)),
    ],
)
def test_addresses(address: str, parsed: tuple[str, int]) -> None:
    assert parse_address(address) == parsed


@pytest.mark.parametrize(
    "address",
    ["", "9177", "::1:9177", "host", "host:", "host:http", ":65536", "[::1]", "[]:1", ":-1", "a b:x"],
)
def test_no_addresses(address: str) -> None:
    with pytest.raises(WebError, match="is not a listen address; use HOST:PORT"):
        parse_address(address)


def test_port_alone_is_ipv4_and_ipv6() -> None:
    (both,) = listening_sockets([":0"])
    with both:
        port = both.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=5).close()


def link_local() -> str | None:
    """A link-local address of this machine with its zone, if it has one."""
    for name, addresses in psutil.net_if_addrs().items():
        for one in addresses:
            if one.family == socket.AF_INET6 and one.address.startswith("fe80:"):
                return f"{one.address.partition('%')[0]}%{name}"
    return None


def test_a_zone_names_the_interface_of_a_link_local_address() -> None:
    index, name = socket.if_nameindex()[0]
    ((family, place),) = _places(f"fe80::1%{name}", 9177)
    assert (family, place[1], place[3]) == (socket.AF_INET6, 9177, index)


def test_a_link_local_address_is_listened_on_and_shown_with_its_zone() -> None:
    address = link_local()
    if address is None:  # nothing to bind to; the zone is tested above
        return
    (bound,) = listening_sockets([f"[{address}]:0"])
    with bound:
        assert shown(bound).startswith(f"[{address}]:")
        socket.create_connection((address, bound.getsockname()[1]), timeout=5).close()


def test_several_addresses() -> None:
    sockets = listening_sockets(["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"])
    try:
        assert [shown(each).rpartition(":")[0] for each in sockets] == ["127.0.0.1", "127.0.0.2", "[::1]"]
    finally:
        close(sockets)


def test_all_or_none() -> None:
    with contextlib.closing(listening_sockets(["127.0.0.1:0"])[0]) as taken:
        address = shown(taken)
        with contextlib.closing(listening_sockets(["127.0.0.2:0"])[0]) as free:
            other = shown(free)
        with pytest.raises(WebError, match=f"cannot listen on {address}: Address already in use"):
            listening_sockets([other, address])
        listening_sockets([other])[0].close()


@pytest.mark.parametrize("address", ["192.0.2.1:0", "no.such.host.invalid:0", "a..b:0"])
def test_unusable_addresses_are_one_line(address: str) -> None:
    with pytest.raises(WebError, match=f"cannot listen on {address}: ") as caught:
        listening_sockets([address])
    assert "\n" not in str(caught.value)


ACTIVATED = """
import os, socket
os.environ["LISTEN_PID"] = str(os.getpid())
from exporter.web.server import serve
serve([], [], systemd_socket=True, on_listening=lambda a: (print(*a, flush=True), os.kill(os.getpid(), 15)))
"""


def test_sockets_of_systemd() -> None:
    with socket.create_server(("127.0.0.1", 0)) as given:
        program = f"import os; os.dup2({given.fileno()}, 3); os.set_inheritable(3, True)\n" + ACTIVATED
        ran = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"LISTEN_FDS": "1"},
            pass_fds=[given.fileno()],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        assert ran.stdout.strip() == shown(given)


@pytest.mark.parametrize(
    "environment", [{}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_PID": str(os.getpid())}]
)
def test_no_sockets_of_systemd(environment: dict[str, str]) -> None:
    with pytest.raises(WebError, match="systemd passed no sockets"):
        systemd_sockets(environment)
