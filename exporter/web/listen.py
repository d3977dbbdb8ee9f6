"""Listen addresses in the notation of Go programs, and sockets passed by systemd."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING, Any

from exporter.web.message import WebError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^\[\]:]*)):(?P<port>[0-9]{1,5})")
_BACKLOG = 1024  # twice the connections: a full queue costs a client a second or more, until it sends again
_FIRST_SYSTEMD_DESCRIPTOR = 3  # sd_listen_fds(3)


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT", "[IPV6]:PORT" or ":PORT". An empty host is every interface."""
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match["port"]) > 65535:
        raise WebError(f"{address!r} is not a listen address; use HOST:PORT, [IPV6]:PORT or :PORT")
    return match["v6"] or match["host"] or "", int(match["port"])


def listening_sockets(addresses: Iterable[str]) -> list[socket.socket]:
    """Sockets that listen on all of `addresses`. Raises WebError if one of them cannot be used."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets.extend(_bound(address))
    except WebError:
        close(sockets)
        raise
    return sockets


def systemd_sockets(environment: Mapping[str, str] = os.environ) -> list[socket.socket]:
    """The sockets of the systemd socket unit, as sd_listen_fds(3) defines them."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        raise WebError("systemd passed no sockets: LISTEN_PID is not this process")
    count = int(environment.get("LISTEN_FDS", "0"))
    if count < 1:
        raise WebError("systemd passed no sockets: LISTEN_FDS is 0")
    first = _FIRST_SYSTEMD_DESCRIPTOR
    sockets = [socket.socket(fileno=descriptor) for descriptor in range(first, first + count)]
    for each in sockets:
        each.setblocking(False)
        each.set_inheritable(False)
    return sockets


def close(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        each.close()


def shown(each: socket.socket) -> str:
    """The address of a socket in the notation of a listen address."""
    if each.family == socket.AF_UNIX:
        return str(each.getsockname())
    host, port, *_flow, zone = (*each.getsockname(), 0)[:4]
    if each.family != socket.AF_INET6:
        return f"{host}:{port}"
    if zone and "%" not in host:  # a link-local address means nothing without its interface
        host = f"{host}%{socket.if_indextoname(zone)}"
    return f"[{host}]:{port}"


def _bound(address: str) -> Iterator[socket.socket]:
    host, port = parse_address(address)
    try:
        for family, place in _places(host, port):
            yield _listening(family, place)
    except socket.gaierror as error:
        raise WebError(f"cannot listen on {address}: {error.strerror}") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise WebError(f"cannot listen on {address}: {reason}") from error
    except UnicodeError as error:
        raise WebError(f"cannot listen on {address}: not a host name") from error


def _places(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    """The addresses to bind for `host`. For every interface, one socket serves both IPv4 and IPv6."""
    if not host:
        return [(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET, ("", port))]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, place) for family, _type, _protocol, _name, place in found))


def _listening(family: socket.AddressFamily, place: tuple[Any, ...]) -> socket.socket:
    both = family == socket.AF_INET6 and not place[0]
    created = socket.create_server(place, family=family, backlog=_BACKLOG, dualstack_ipv6=both)
    created.setblocking(False)
    return created
