"""The table of routes: which handler answers which method and path.

    ROUTES = (
        Route("/metrics", metrics),
        Route("/api/v1/series/{resource}", series, etag=True),
        Route("/api/v1/what-if", what_if, methods=("POST",), body=64 * 1024),
    )

A parameter in braces matches one segment that is not empty; its value is percent-decoded. Two rows may match
the same path only if their patterns are equal and their methods differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from exporter.web.message import WebError
from exporter.web.percent import decoded
from exporter.web.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.web.auth import BearerToken
    from exporter.web.message import Handler

LITERAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]*")
"""A segment of a pattern: the characters of RFC 3986 that need no encoding."""
_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_READING = frozenset(("GET",))
_METHODS = _READING | {"POST", "PUT", "PATCH", "DELETE"}


class Segment(NamedTuple):
    """A part of a pattern between slashes: a literal, which may be empty, or the name of a parameter."""

    literal: str
    parameter: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A row of the table. Raises WebError if it is not valid.

    GET includes HEAD. `body` is the largest JSON body in bytes, 0 if the route takes none. With `etag`, the
    answer has a hash of its body, and a request with a matching If-None-Match is answered with 304. That is
    for documents; metrics differ at each scrape. A `probe` is asked every second by some supervisors: its
    answers are logged when their status changes, and a 503 is no warning. With a `token`, that is asked for
    in place of the users of the web configuration.
    """

    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET",)
    body: int = 0
    etag: bool = False
    probe: bool = False
    token: BearerToken | None = None

    def __post_init__(self) -> None:
        names = [each.parameter for each in self.segments() if each.parameter]
        if len(set(names)) < len(names):
            raise WebError(f"route {self.path}: a parameter is named twice")
        if not self.methods or not _METHODS.issuperset(self.methods):
            raise WebError(f"route {self.path}: methods must be of {', '.join(sorted(_METHODS))}")
        if self.body and _READING.intersection(self.methods):
            raise WebError(f"route {self.path}: GET takes no body")

    def segments(self) -> tuple[Segment, ...]:
        """The parts of the pattern."""
        if not self.path.startswith("/"):
            raise WebError(f"route {self.path}: must start with /")
        return tuple(self._segment(text) for text in self.path[1:].split("/"))

    def _segment(self, text: str) -> Segment:
        parameter = _PARAMETER.fullmatch(text)
        if parameter:
            return Segment("", parameter[1])
        if not LITERAL.fullmatch(text):
            raise WebError(f"route {self.path}: {text!r} is neither a literal segment nor a {{parameter}}")
        return Segment(text)


class Match(NamedTuple):
    """A route, and the values of the parameters in its path."""

    route: Route
    parameters: Mapping[str, str]


class Router:
    """Finds the route of a request. Raises WebError when it is made if a path could match two routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        for one, other in combinations(self.routes, 2):
            _check_apart(one, other)
        self._by_length: dict[int, list[tuple[Route, tuple[Segment, ...]]]] = {}
        for route in self.routes:
            segments = route.segments()
            self._by_length.setdefault(len(segments), []).append((route, segments))

    def find(self, method: str, path: str) -> Match:
        """The route of a request; `path` is percent-encoded. Raises a Refusal: 400, 404, 405 with Allow."""
        candidates = self._by_length.get(path.count("/"), [])
        if not candidates or not path.startswith("/"):
            raise Refusal(404)
        given = [decoded(text, "path") for text in path[1:].split("/")]
        matches = [
            Match(route, parameters)
            for route, segments in candidates
            if (parameters := _parameters(segments, given)) is not None
        ]
        if not matches:
            raise Refusal(404)
        wanted = "GET" if method == "HEAD" else method
        for match in matches:
            if wanted in match.route.methods:
                return match
        raise Refusal(405, headers={"Allow": _allowed(matches)})

    def token(self, method: str, path: str) -> BearerToken | None:
        """The token that a request needs; None where users are asked for, if anybody."""
        try:
            return self.find(method, path).route.token
        except Refusal:
            return None


def _parameters(segments: Iterable[Segment], given: list[str]) -> dict[str, str] | None:
    """The values of the parameters; None if the path does not match."""
    found = {}
    for (literal, name), value in zip(segments, given, strict=True):
        if name and value:
            found[name] = value
        elif name or literal != value:
            return None
    return found


def _allowed(matches: Iterable[Match]) -> str:
    methods = {method for match in matches for method in match.route.methods}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def _check_apart(one: Route, other: Route) -> None:
    """Raise WebError if a request could be meant for both."""
    mine, theirs = one.segments(), other.segments()
    if len(mine) != len(theirs) or not all(map(_overlap, mine, theirs)):
        return
    if mine != theirs:
        raise WebError(f"routes {one.path} and {other.path}: a path could match both")
    if set(one.methods) & set(other.methods):
        raise WebError(f"route {one.path}: defined twice for the same method")


def _overlap(mine: Segment, theirs: Segment) -> bool:
    """Whether a text could match both. An empty text matches no parameter."""
    if mine.parameter and theirs.parameter:
        return True
    if mine.parameter or theirs.parameter:
        return bool(mine.literal or theirs.literal)
    return mine.literal == theirs.literal
