"""From a tornado request to a page's function and back."""

from __future__ import annotations

import asyncio
import gzip
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tornado.iostream import SSLIOStream
from tornado.web import HTTPError, RequestHandler

from exporter.web.auth import TooManyAttempts
from exporter.web.logs import Burst
from exporter.web.message import Handler, Request, Response
from exporter.web.negotiation import quality
from exporter.web.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.http1connection import HTTP1Connection
    from tornado.iostream import IOStream

    from exporter.web.gate import Gate, Rules
    from exporter.web.limits import Connections, Limits, Slots

log = logging.getLogger(__name__)
log.addFilter(Burst())

_RETRY_AFTER = {"Retry-After": "1"}
_WORTH_WARNING = frozenset((400, 401, 403, 429, 431, 503))  # a 500 has had its own line
_WORTH_COMPRESSING = 1024
_COMPRESSION = (
    1  # metrics shrink tenfold at the lowest level already; the scraped host's CPU is dearer than its LAN
)


@dataclass(frozen=True)
class Site:
    """What the pages of one server share."""

    routes: Mapping[str, Handler]
    slots: Mapping[str, Slots]
    connections: Connections
    limits: Limits
    gate: Gate


class Page(RequestHandler):
    """Every path of a server. Refusals come first, from the cheapest to check to the dearest."""

    def initialize(self, site: Site) -> None:
        self.site = site

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")

    async def prepare(self) -> None:
        self.site.connections.started(self._stream)
        rules = self.site.gate.rules
        for name, value in rules.headers.items():
            self.set_header(name, value)
        if not rules.bucket.take():
            self._refuse(429, _RETRY_AFTER)
        elif self._header_size() > self.site.limits.header_bytes:
            self._refuse(431)
        elif self.request.body:
            self._refuse(400)
        elif not rules.knows(self._client_certificate()):
            self._refuse(403)
        else:
            await self._authenticate(rules)

    async def get(self) -> None:
        handler = self.site.routes.get(self.request.path)
        if handler is None:
            self._refuse(404)
            return
        slots, client = self.site.slots[self.request.path], client_of(self)
        if not slots.take(client):
            self._refuse(503, _RETRY_AFTER)
            return
        try:
            await self._answer(handler, self._read_request())
        finally:
            slots.give(client)

    head = get

    def compute_etag(self) -> None:
        """None: figures change with every scrape, and hashing them would hold up the event loop."""

    def on_finish(self) -> None:
        self.site.connections.ended(self._stream)

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Refusals that tornado itself raises; no word about the program's inside."""
        self._refuse(status_code, {"Allow": "GET, HEAD"} if status_code == 405 else {})

    def log_exception(self, *exception: Any) -> None:
        """One line; the traceback at debug level only."""
        error = exception[1]
        if isinstance(error, HTTPError):
            return
        log.error(
            "request failed",
            extra={"path": self.request.path, "err": repr(error)},
            exc_info=exception if log.isEnabledFor(logging.DEBUG) else None,
        )

    async def _authenticate(self, rules: Rules) -> None:
        try:
            if not await rules.auth.allows(self.request.headers.get("Authorization", ""), client_of(self)):
                self._refuse(401, {"WWW-Authenticate": 'Basic realm="metrics", charset="UTF-8"'})
        except TooManyAttempts:
            self._refuse(503, _RETRY_AFTER)

    async def _answer(self, handler: Handler, request: Request) -> None:
        compressible = quality(request.headers.get("Accept-Encoding", ""), "gzip") > 0
        response, compressed = await in_thread(lambda: _render(handler, request, compressible))
        self.set_status(response.status)
        self.set_header("Content-Type", response.content_type)
        self.set_header("Vary", "Accept-Encoding")
        if compressed:
            self.set_header("Content-Encoding", "gzip")
        written = self.finish(response.body)
        _done, late = await asyncio.wait({written}, timeout=self.site.limits.write_seconds)
        if late:
            log.warning("client reads too slowly", extra={"path": request.path, "client": client_of(self)})
            self._stream.close()

    def _refuse(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.set_status(status)
        for name, value in (headers or {}).items():
            self.set_header(name, value)
        self.finish(f"{status} {self._reason}\n")

    def _read_request(self) -> Request:
        try:
            query = {name: values[0].decode() for name, values in self.request.query_arguments.items()}
        except UnicodeDecodeError as error:
            raise HTTPError(400) from error
        return Request(self.request.path, query, self.request.headers)

    def _header_size(self) -> int:
        return sum(len(name) + len(value) for name, value in self.request.headers.get_all())

    def _client_certificate(self) -> Mapping[str, Any] | None:
        stream = self._stream
        return stream.socket.getpeercert() if isinstance(stream, SSLIOStream) and stream.socket else None

    @property
    def _stream(self) -> IOStream:
        return cast("HTTP1Connection", self.request.connection).stream


def client_of(page: RequestHandler) -> str:
    """The client's address; IPv4 as such, though it came in by a socket that speaks both."""
    return (page.request.remote_ip or "").removeprefix("::ffff:")


def log_request(page: RequestHandler) -> None:
    """Tornado's hook: refusals are worth a line, the scrape every few seconds is not."""
    status = page.get_status()
    level = logging.WARNING if status in _WORTH_WARNING else logging.DEBUG
    request = page.request
    log.log(
        level,
        "request",
        extra={"status": status, "method": request.method, "path": request.path, "client": client_of(page)},
    )


def _render(handler: Handler, request: Request, compressible: bool) -> tuple[Response, bool]:
    """The page's answer, compressed here and not on the event loop."""
    response = handler(request)
    if not compressible or len(response.body) < _WORTH_COMPRESSING:
        return response, False
    body = gzip.compress(response.body, compresslevel=_COMPRESSION, mtime=0)
    return Response(body, response.content_type, response.status), True
