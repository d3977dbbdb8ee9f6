"""From a tornado request to a page's function and back."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gzip
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tornado.web import HTTPError, RequestHandler

from exporter.web.message import Handler, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tornado.http1connection import HTTP1Connection
    from tornado.iostream import IOStream

    from exporter.web.limits import Connections, Limits, Slots

log = logging.getLogger(__name__)

T = TypeVar("T")

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
        if sum(len(name) + len(value) for name, value in self.request.headers.get_all()) > self._header_bytes:
            self._refuse(431)

    async def get(self) -> None:
        handler = self.site.routes.get(self.request.path)
        if handler is None:
            self._refuse(404)
            return
        slots, client = self.site.slots[self.request.path], self.request.remote_ip or ""
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

    async def _answer(self, handler: Handler, request: Request) -> None:
        compressible = _accepts_gzip(request.headers.get("Accept-Encoding", ""))
        response, compressed = await in_thread(lambda: _render(handler, request, compressible))
        self.set_status(response.status)
        self.set_header("Content-Type", response.content_type)
        self.set_header("Vary", "Accept-Encoding")
        if compressed:
            self.set_header("Content-Encoding", "gzip")
        written = self.finish(response.body)
        _done, late = await asyncio.wait({written}, timeout=self.site.limits.write_seconds)
        if late:
            log.warning(
                "client reads too slowly", extra={"path": request.path, "client": self.request.remote_ip}
            )
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

    @property
    def _header_bytes(self) -> int:
        return self.site.limits.header_bytes

    @property
    def _stream(self) -> IOStream:
        return cast("HTTP1Connection", self.request.connection).stream


def log_request(page: RequestHandler) -> None:
    """Tornado's hook: refusals are worth a line, the scrape every few seconds is not."""
    status = page.get_status()
    level = logging.WARNING if status in _WORTH_WARNING else logging.DEBUG
    request = page.request
    log.log(
        level,
        "request",
        extra={"status": status, "method": request.method, "path": request.path, "client": request.remote_ip},
    )


async def in_thread(work: Callable[[], T]) -> T:
    """`work()` in a thread of its own.

    Callers bound how many there are. The threads are daemons: a page that never returns must not keep the
    program from ending, as an executor's threads would.
    """
    future: concurrent.futures.Future[T] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    threading.Thread(target=_settle, args=(future, work), name="page", daemon=True).start()
    return await asyncio.wrap_future(future)


def _settle(future: concurrent.futures.Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 (whatever a page raises is for the waiting request to see)
        future.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))


def _render(handler: Handler, request: Request, compressible: bool) -> tuple[Response, bool]:
    """The page's answer, compressed here and not on the event loop."""
    response = handler(request)
    if not compressible or len(response.body) < _WORTH_COMPRESSING:
        return response, False
    body = gzip.compress(response.body, compresslevel=_COMPRESSION, mtime=0)
    return Response(body, response.content_type, response.status), True


def _accepts_gzip(accept_encoding: str) -> bool:
    for choice in accept_encoding.lower().split(","):
        coding, _, quality = choice.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "").rstrip("0").rstrip(".") != "q="
    return False
