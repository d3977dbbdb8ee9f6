"""The answer of a route's handler, made ready to be sent: entity tag, compression, headers for caches.

This takes time in proportion to the body, so it runs in the handler's thread and not on the event loop.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.web.message import Response
from exporter.web.negotiation import quality

if TYPE_CHECKING:
    from exporter.web.message import Request
    from exporter.web.routing import Route

_WORTH_COMPRESSING = 1024


def render(route: Route, request: Request) -> Response:
    """The answer with the headers that depend on its body. Raises what the handler raises."""
    response = route.handler(request)
    vary = [response.headers["Vary"]] if "Vary" in response.headers else []
    headers = {**response.headers, "Vary": ", ".join([*vary, "Accept-Encoding"])}
    if route.etag and response.status == 200 and request.method in ("GET", "HEAD"):
        etag = entity_tag(response.body)
        headers |= {"ETag": etag, "Cache-Control": "no-cache"}
        if names(request.headers.get("If-None-Match", ""), etag):
            return Response(b"", response.content_type, 304, headers)
    response = replace(response, headers=headers)
    accepts = quality(request.headers.get("Accept-Encoding", ""), "gzip") > 0
    return _compressed(response) if accepts and len(response.body) >= _WORTH_COMPRESSING else response


def entity_tag(body: bytes) -> str:
    """The ETag of a body. It is weak, because it also stands for the compressed body."""
    return f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def names(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header names `etag`, compared weakly (RFC 9110, 13.1.2)."""
    listed = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return listed == ["*"] or etag.removeprefix("W/") in listed


def _compressed(response: Response) -> Response:
    headers = {**response.headers, "Content-Encoding": "gzip"}
    return replace(response, body=response.compressed(), headers=headers)
