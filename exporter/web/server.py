"""The HTTP server of both programs: routes, TLS, authentication and limits around plain functions.

from exporter.web.server import Request, Response, Route, serve
serve([Route("/metrics", metrics), Route("/", landing_page(…))], [":9177"])
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerConnectionDelegate
from tornado.iostream import StreamClosedError

from exporter.web import listen as addresses
from exporter.web import supervision
from exporter.web.exchange import Exchange
from exporter.web.gate import Gate
from exporter.web.limits import Limits
from exporter.web.message import Handler, Request, Response, WebError
from exporter.web.refusal import Refusal
from exporter.web.routing import Route, Router
from exporter.web.site import Site
from exporter.web.turns import client_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from tornado.http1connection import HTTP1Connection, HTTP1ServerConnection
    from tornado.httputil import HTTPConnection
    from tornado.iostream import IOStream

    from exporter.web.connections import Connections

__all__ = ["Handler", "Limits", "Refusal", "Request", "Response", "Route", "WebError", "serve"]

log = logging.getLogger(__name__)

# The event loop shares the interpreter with the handlers' threads: with forty of them at work, it would wait
# for forty times the usual 5 ms.
_SWITCH_SECONDS = 0.0005
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Above this size tornado closes the connection, and the client may see a reset. Below, it gets 431 or 414.
_HARD_HEADER_BYTES = 128 * 1024
_TORNADOS_END_OF_HEAD, _END_OF_HEAD = b"\r?\n\r?\n", b"\n\r?\n"
_CHUNK_BYTES = 16 * 1024  # read at once: what tornado may hold of each connection besides headers and body
_COUNTED_ELSEWHERE = 2**62  # bytes of a body: the exchange applies the limit of the route, and answers 413


def serve(
    routes: Iterable[Route],
    listen: Sequence[str],
    gate: Gate | None = None,
    stopping: threading.Event | None = None,
    *,
    systemd_socket: bool = False,
    limits: Limits | None = None,
    access_log: bool = False,
    on_listening: Callable[[list[str]], None] | None = None,
) -> None:
    """Serve `routes` until SIGTERM, SIGINT or `stopping`; running requests may still end.

    Outside the main thread only `stopping` ends it. A signal sets `stopping`, so other threads of the
    program can wait for it. With `access_log`, each request has a line in the log. `on_listening` is called
    once with the addresses in use ("127.0.0.1:9177"); they have the real port if port 0 was asked for.
    `gate` has the web configuration; without one everybody is served. Raises WebError, one line, if it cannot
    listen or a path could match two routes.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    site = Site(Router(routes), gate or Gate(None), limits or Limits(), access_log=access_log)
    sockets = addresses.systemd_sockets() if systemd_socket else addresses.listening_sockets(listen)
    asyncio.run(_serve(site, sockets, stopping or threading.Event(), on_listening))


class _Exchanges(HTTPServerConnectionDelegate):
    """Makes an exchange for each request."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> Exchange:  # noqa: ARG002
        return Exchange(self._site, cast("HTTP1Connection", request_conn))


class _Server(HTTPServer):
    """A tornado server that counts its connections."""

    connections: Connections

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        stream.set_nodelay(True)
        stream.read_until_regex = partial(_read_until_regex, stream)  # type: ignore[method-assign]
        if self.connections.opened(stream, client_of(str(address[0]) if address else "")):
            super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self.connections.closed(cast("HTTP1ServerConnection", server_conn).stream)
        super().on_close(server_conn)


def _read_until_regex(stream: IOStream, regex: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
    """The same, with the end of a head found faster: tornado's pattern begins with an optional character, so
    each byte is tried. A long head without an end took 30 times as long.

    When a connection has been closed, tornado would still answer all requests that it has read of it.
    """
    if stream.closed():
        raise StreamClosedError(stream.error)
    pattern = _END_OF_HEAD if regex == _TORNADOS_END_OF_HEAD else regex
    return type(stream).read_until_regex(stream, pattern, max_bytes)


async def _serve(
    site: Site,
    sockets: list[socket.socket],
    stopping: threading.Event,
    on_listening: Callable[[list[str]], None] | None,
) -> None:
    asyncio.get_running_loop().set_exception_handler(_log_lost)
    stopped = _stop_at(stopping)  # before anyone learns that the server runs
    server = _server(site)
    server.add_sockets(sockets)
    reloading = asyncio.ensure_future(_reloading(server, site))
    living = asyncio.ensure_future(supervision.stay_alive(supervision.interval()))
    shown = [addresses.shown(each) for each in sockets]
    for address in shown:
        log.info("listening", extra={"address": address})
    if on_listening is not None:
        on_listening(shown)
    supervision.tell(supervision.READY)
    await stopped.wait()
    log.info("stopping")
    supervision.tell(supervision.STOPPING)
    reloading.cancel()
    living.cancel()
    server.stop()
    await _drained(site)
    await asyncio.wait({asyncio.ensure_future(server.close_all_connections())}, timeout=1)


def _server(site: Site) -> _Server:
    server = _Server(
        _Exchanges(site),
        ssl_options=site.gate.rules.tls,
        chunk_size=_CHUNK_BYTES,
        max_header_size=_HARD_HEADER_BYTES,
        max_buffer_size=2 * _HARD_HEADER_BYTES,
        max_body_size=_COUNTED_ELSEWHERE,
        body_timeout=site.limits.header_seconds,
        idle_connection_timeout=site.limits.idle_seconds,
    )
    server.connections = site.connections
    return server


async def _reloading(server: _Server, site: Site) -> None:
    while True:
        await asyncio.sleep(site.limits.reload_seconds)
        if site.gate.refresh():
            before, server.ssl_options = server.ssl_options, site.gate.rules.tls
            if server.ssl_options is not before:  # every other rule is asked of each request
                site.connections.renew()  # clients connect again, under the new TLS


def _log_lost(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an exception that no task handled; asyncio's own line would have its text."""
    log.error("unexpected exception", exc_info=context.get("exception"))


def _stop_at(stopping: threading.Event) -> asyncio.Event:
    """An event of the event loop that follows `stopping`, which signals set from now on."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def wait() -> None:
        stopping.wait()
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=wait, name="stopping", daemon=True).start()
    if threading.current_thread() is threading.main_thread():
        for each in _SIGNALS:
            loop.add_signal_handler(each, stopping.set)
    return stopped


async def _drained(site: Site) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + site.limits.stop_seconds
    while site.in_progress and loop.time() < end:  # noqa: ASYNC110 (once, at the end)
        await asyncio.sleep(0.02)
