"""One HTTP request and its answer, between tornado's server and a route's handler."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, ResponseStartLine, format_timestamp
from tornado.iostream import SSLIOStream

from exporter.web import access
from exporter.web.admission import RETRY_LATER, Head, identify, routed, too_large
from exporter.web.logs import Burst
from exporter.web.message import Request, Response
from exporter.web.query import Query
from exporter.web.refusal import Refusal
from exporter.web.rendering import render
from exporter.web.threads import in_thread
from exporter.web.turns import TooMany, client_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from tornado.http1connection import HTTP1Connection
    from tornado.httputil import RequestStartLine
    from tornado.iostream import IOStream

    from exporter.web.site import Site

log = logging.getLogger(__name__)
log.addFilter(Burst())

_DEFAULT_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_TOLD_BYTES = 300  # of a probe's answer, in the log
_WORTH_WARNING = frozenset((400, 401, 403, 413, 414, 415, 429, 431, 503))  # a 500 has a line of its own
_DRAINED_BYTES = 16 * 1024
"""A larger body of a refused request is not read: the connection is closed after the answer, and the client
may see a reset instead of the answer."""


_SHARED_BYTES = 16 * 1024
"""A larger body is written apart from the head, without a copy for each client."""


class Exchange(HTTPMessageDelegate):
    """The delegate that tornado calls for one request: with its head, its body in pieces, and its end."""

    def __init__(self, site: Site, connection: HTTP1Connection) -> None:
        self._site, self._connection = site, connection
        self._stream: IOStream = connection.stream
        self._refusal: Refusal | None = None
        self._user = ""
        self._begun = time.monotonic()

    def headers_received(self, start_line: object, headers: HTTPHeaders) -> Awaitable[None]:
        method, target, version = cast("RequestStartLine", start_line)
        self._head = Head(method, target, version, headers, self._client(), self._certificate())
        if not self._head.has_body:
            self._site.connections.complete(self._stream)
        return self._admit()

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        if self._refusal is not None:
            return None
        size, route = self._site.connections.received(self._stream, chunk), self._match.route
        return self._refuse(too_large(route)) if size > route.body else None

    def finish(self) -> None:
        body = self._site.connections.complete(self._stream)
        self._answering = asyncio.ensure_future(self._answer(body))  # the reference keeps the task alive

    async def _admit(self) -> None:
        try:
            self._user = await identify(self._site, self._head)
            self._match = routed(self._site, self._head)
            self._query = Query.parse(self._head.query)
        except Exception as error:  # noqa: BLE001 (the connection must get an answer, whatever was raised)
            await self._refuse(self._refusal_of(error))

    async def _refuse(self, refusal: Refusal) -> None:
        """Answer now, unless the rest of the body is small: then after it, and the connection is kept."""
        self._refusal = refusal.with_traceback(None)  # which would refer back to this object
        self._site.connections.drop_body(self._stream)
        if self._head.waits_for_leave or self._head.is_chunked or self._head.declared_bytes > _DRAINED_BYTES:
            await self._write_refusal(refusal, {"Connection": "close"})
            self._connection.finish()

    async def _answer(self, body: bytes) -> None:
        try:
            await (self._write_refusal(self._refusal) if self._refusal else self._respond(body))
        except Exception as error:  # noqa: BLE001 (the same)
            self._refusal = self._refusal_of(error).with_traceback(None)
            await self._write_refusal(self._refusal)
        finally:
            self._site.connections.ended(self._stream, refused=self._refusal is not None)
            pause = self._site.pace.after(client_of(self._head.client))
            self._site.connections.resume(self._stream, self._connection.finish, pause)

    async def _respond(self, body: bytes) -> None:
        await self._write(await self._rendered(body))

    async def _rendered(self, body: bytes) -> Response:
        """The answer of the handler, when it is this client's turn."""
        client, route = client_of(self._head.client), self._match.route
        turns = self._site.turns[route]
        (turns.blame if self._site.pace.is_hasty(client) else turns.forgive)(client)
        try:
            await turns.take(client)
        except TooMany as error:
            raise Refusal(503, headers=RETRY_LATER) from error
        try:
            request = self._request(body)
            return await in_thread(lambda: render(route, request))
        finally:
            turns.give(client)

    def _request(self, body: bytes) -> Request:
        head = self._head
        return Request(head.path, self._query, head.headers, head.method, self._match.parameters, body)

    def _refusal_of(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        self._log_failure(error)
        return Refusal(500)

    async def _write_refusal(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        body, content_type = refusal.body(self._head.path)
        sent = {**refusal.headers, **(headers or {})}
        await self._write(Response(body, content_type, refusal.status, sent))

    async def _write(self, response: Response) -> None:
        """Returns when the client has read the answer; hangs up on one that reads too slowly."""
        if not self._site.access_log:
            self._log_request(response)
        start, headers = _head_of(response, self._site.gate.rules.headers)
        body = b"" if self._head.method == "HEAD" else response.body
        with_head = body if len(body) < _SHARED_BYTES else b""
        self._site.connections.answers(self._stream, body)
        written = self._connection.write_headers(start, headers, with_head or None)
        if body and not with_head:
            written = self._connection.write(body)
        _done, late = await asyncio.wait({written}, timeout=self._site.limits.write_seconds)
        self._site.connections.written(self._stream)
        if self._site.access_log:
            self._record(response.status, len(body))
        if late:
            extra = {"path": self._head.path, "client": self._head.client}
            log.warning("client reads too slowly", extra=extra)
            self._stream.close()

    def _client(self) -> str:
        """The client's address; an IPv4 address as such, also on a socket that serves IPv6."""
        context = self._connection.context
        return str(getattr(context, "remote_ip", "")).removeprefix("::ffff:")

    def _certificate(self) -> Mapping[str, object] | None:
        stream = self._stream
        return stream.socket.getpeercert() if isinstance(stream, SSLIOStream) and stream.socket else None

    def _record(self, status: int, size: int) -> None:
        """The line of the access log."""
        head, seconds = self._head, time.monotonic() - self._begun
        of = access.Access(head.client, self._user, head.method, head.path, status, size, seconds)
        access.record(of)

    def _log_request(self, response: Response) -> None:
        """Refusals are warnings; the many successful scrapes are debug messages, probes that change infos."""
        head, status = self._head, response.status
        extra = {"status": int(status), "method": head.method, "path": head.path, "client": head.client}
        level = logging.WARNING if status in _WORTH_WARNING else logging.DEBUG
        match = getattr(self, "_match", None)  # none if the request was refused before
        if match is not None and match.route.probe:
            level = logging.INFO if self._site.has_changed(match.route, status) else logging.DEBUG
            extra["answer"] = bytes(response.body[:_TOLD_BYTES]).decode(errors="replace").strip()
        log.log(level, "request", extra=extra)

    def _log_failure(self, error: Exception) -> None:
        """One line, without the text of the exception."""
        log.error("request failed", extra={"path": self._head.path}, exc_info=error)


def _head_of(response: Response, configured: Mapping[str, str]) -> tuple[ResponseStartLine, HTTPHeaders]:
    """Status line and headers."""
    headers = HTTPHeaders(_DEFAULT_HEADERS)
    headers["Date"] = format_timestamp(time.time())
    headers.update(configured)
    headers.update(response.headers)
    if response.status != HTTPStatus.NOT_MODIFIED:
        headers["Content-Type"] = response.content_type
        headers["Content-Length"] = str(len(response.body))
    return ResponseStartLine("HTTP/1.1", response.status, HTTPStatus(response.status).phrase), headers
