"""The HTTP server of both programs: sized limits, TLS and authentication around plain functions.

from exporter.web.server import Request, Response, serve
serve({"/metrics": metrics, "/": landing_page(…)}, [":9177"], web_config=None, stopping=None)
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import TYPE_CHECKING, Any, cast

from tornado.httpserver import HTTPServer
from tornado.web import Application

from exporter.web import listen as addresses
from exporter.web.gate import Gate
from exporter.web.limits import Connections, Limits, Slots
from exporter.web.message import Handler, Request, Response, WebError
from exporter.web.page import Page, Site, log_request

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tornado.http1connection import HTTP1ServerConnection
    from tornado.iostream import IOStream

__all__ = ["Handler", "Limits", "Request", "Response", "WebError", "serve"]

log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_RELOAD_SECONDS = 1.0
# Beyond these tornado hangs up, and the reset may overtake its answer; below, the page answers 431 or 400.
_HARD_HEADER_BYTES = 128 * 1024
_HARD_BODY_BYTES = 16 * 1024


def serve(
    routes: Mapping[str, Handler],
    listen: Sequence[str],
    web_config: Path | None = None,
    stopping: threading.Event | None = None,
    *,
    systemd_socket: bool = False,
    limits: Limits | None = None,
    on_listening: Callable[[list[str]], None] | None = None,
) -> None:
    """Serve `routes` (path → page) until SIGTERM, SIGINT or `stopping`; running requests may still end.

    Outside the main thread only `stopping` ends it. A signal sets `stopping`, so the program's other threads
    may wait for it too. `on_listening` is called once with the addresses in use ("127.0.0.1:9177"): they tell
    the port where 0 was asked for. Raises WebError, one line, if it cannot listen or `web_config` is wrong.
    """
    gate = Gate(web_config)
    sockets = addresses.systemd_sockets() if systemd_socket else addresses.listening_sockets(listen)
    limits = limits or Limits()
    connections = Connections(limits)
    site = Site(dict(routes), {path: Slots(limits.requests) for path in routes}, connections, limits, gate)
    asyncio.run(_serve(site, sockets, stopping or threading.Event(), on_listening))


class _Server(HTTPServer):
    """Tornado's server that keeps count of its connections."""

    connections: Connections

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        self.connections.opened(stream)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self.connections.closed(cast("HTTP1ServerConnection", server_conn).stream)
        super().on_close(server_conn)


async def _serve(
    site: Site,
    sockets: list[socket.socket],
    stopping: threading.Event,
    on_listening: Callable[[list[str]], None] | None,
) -> None:
    stopped = _stop_at(stopping)  # before anyone is told that the server runs
    server = _server(site)
    server.add_sockets(sockets)
    reloading = asyncio.ensure_future(_reloading(server, site))
    shown = [addresses.shown(each) for each in sockets]
    for address in shown:
        log.info("listening", extra={"address": address})
    if on_listening is not None:
        on_listening(shown)
    await stopped.wait()
    log.info("stopping")
    reloading.cancel()
    server.stop()
    await _drained(site)
    await asyncio.wait({asyncio.ensure_future(server.close_all_connections())}, timeout=1)


def _server(site: Site) -> _Server:
    application = Application([(".*", Page, {"site": site})], log_function=log_request)
    server = _Server(
        application,
        ssl_options=site.gate.rules.tls,
        max_header_size=_HARD_HEADER_BYTES,
        max_buffer_size=2 * _HARD_HEADER_BYTES,
        max_body_size=_HARD_BODY_BYTES,
        body_timeout=site.limits.header_seconds,
        idle_connection_timeout=site.limits.idle_seconds,
    )
    server.connections = site.connections
    return server


async def _reloading(server: _Server, site: Site) -> None:
    while True:
        await asyncio.sleep(_RELOAD_SECONDS)
        if site.gate.refresh():
            server.ssl_options = site.gate.rules.tls
            site.connections.close_idle()  # what came in by the old rules asks again by the new ones


def _stop_at(stopping: threading.Event) -> asyncio.Event:
    """The event loop's side of `stopping`, which signals set from now on."""
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
    while any(map(len, site.slots.values())) and loop.time() < end:  # noqa: ASYNC110 (once, at the end)
        await asyncio.sleep(0.02)
