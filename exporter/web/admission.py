"""Checks of a request's head, before its body is read: rate, sizes, certificate, password, route, body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.web.auth import user_of
from exporter.web.refusal import Refusal
from exporter.web.tls import names
from exporter.web.turns import TooMany, client_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.httputil import HTTPHeaders

    from exporter.web.auth import BearerToken
    from exporter.web.gate import Rules
    from exporter.web.routing import Match, Route
    from exporter.web.site import Site

RETRY_LATER = {"Retry-After": "1"}
_JSON = "application/json"
_LONGEST_LENGTH = 15  # digits of a Content-Length


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body. `target` is path and query; `certificate` is the client's, verified."""

    method: str
    target: str
    version: str
    headers: HTTPHeaders
    client: str
    certificate: Mapping[str, Any] | None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def has_body(self) -> bool:
        return self.declared_bytes != 0 or self.is_chunked

    @property
    def waits_for_leave(self) -> bool:
        return self.headers.get("Expect", "").lower() == "100-continue"

    @property
    def is_chunked(self) -> bool:
        return "Transfer-Encoding" in self.headers

    @property
    def declared_bytes(self) -> int:
        """The Content-Length; 0 if there is none, and more than any limit if it is not one number."""
        text = self.headers.get("Content-Length", "0")
        is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_LENGTH
        return int(text) if is_number else 10**_LONGEST_LENGTH


async def identify(site: Site, head: Head) -> str:
    """Who asks: the user, else the names of the client's certificate, else an empty text. Raises a Refusal
    if a check fails; cheap checks come first. A route with a token of its own asks for that.
    """
    rules = site.gate.rules
    if not rules.bucket.take():
        raise Refusal(429, headers=RETRY_LATER)
    _check_sizes(site, head)
    if not rules.knows(head.certificate):
        raise Refusal(403)
    token = site.router.token(head.method, head.path)
    if token is not None:
        await _check_token(token, head)
        return ""
    await _authenticate(rules, head)
    return (
        user_of(_authorization(head)) if rules.auth.asks else ",".join(sorted(names(head.certificate or {})))
    )


def routed(site: Site, head: Head) -> Match:
    """The route of a request that is identified. Raises a Refusal."""
    match = site.router.find(head.method, head.path)
    _check_body(match.route, head)
    return match


def _check_sizes(site: Site, head: Head) -> None:
    if len(head.target) > site.limits.target_bytes:
        raise Refusal(414, f"path and query: more than {site.limits.target_bytes} bytes")
    if sum(len(name) + len(value) for name, value in head.headers.get_all()) > site.limits.header_bytes:
        raise Refusal(431)
    if head.version == "HTTP/1.1" and "Host" not in head.headers:
        raise Refusal(400)


async def _authenticate(rules: Rules, head: Head) -> None:
    try:
        allowed = await rules.auth.allows(_authorization(head), client_of(head.client))
    except TooMany as error:
        raise Refusal(503, headers=RETRY_LATER) from error
    if not allowed:
        raise Refusal(401, headers={"WWW-Authenticate": 'Basic realm="metrics", charset="UTF-8"'})


async def _check_token(token: BearerToken, head: Head) -> None:
    if not await token.allows(_authorization(head)):
        raise Refusal(401, headers={"WWW-Authenticate": 'Bearer realm="alerts"'})


def _authorization(head: Head) -> str:
    return head.headers.get("Authorization", "")


def _check_body(route: Route, head: Head) -> None:
    if not head.has_body:
        return
    if not route.body:
        raise Refusal(400)
    if head.declared_bytes > route.body:
        raise too_large(route)
    media_type = head.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != _JSON or head.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, f"body: expected {_JSON}, not encoded")


def too_large(route: Route) -> Refusal:
    return Refusal(413, f"body: more than {route.body} bytes")
