"""How PromQL requests end: results, the one line an operator needs, and the client's counters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from http.client import BadStatusLine, IncompleteRead, LineTooLong, RemoteDisconnected, UnknownProtocol
from typing import TYPE_CHECKING, Any

from exporter.metric import Histogram
from forecaster.series.printable import printable

if TYPE_CHECKING:
    import requests

DURATION_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # seconds


class Result(StrEnum):
    """How a request ended."""

    SUCCESS = "success"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    BAD_QUERY = "bad_query"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    TOO_LARGE = "too_large"
    INVALID = "invalid"


# A timeout is not tried again at once: it has cost its time already, and the next cycle asks anyway.
RETRIED = frozenset({Result.UNREACHABLE, Result.OVERLOADED, Result.SERVER_ERROR})
# A range query that fails so may succeed with fewer points, whatever the backend's words are.
REFUSED = frozenset(
    {
        Result.TOO_LARGE,
        Result.TIMEOUT,
        Result.BAD_QUERY,
        Result.SERVER_ERROR,
        Result.OVERLOADED,
        Result.INVALID,
    }
)
# A query that fails so at a single instant may succeed for fewer series. Not after a timeout: it has cost its
# time already.
DIVIDED = REFUSED - {Result.TIMEOUT}
# No query can succeed, whatever it asks.
DOWN = frozenset({Result.UNREACHABLE})
# A proxy may refuse one query so, or an address all: whether another one is answered tells.
DENIED = frozenset({Result.UNAUTHORIZED, Result.NOT_FOUND, Result.INVALID})


class PromqlError(Exception):
    """A query that failed; one line for people, `result` for the counters."""

    def __init__(self, result: Result, message: str, retry_after: float = 0.0) -> None:
        super().__init__(printable(" ".join(message.split())))
        self.result = result
        self.retry_after = retry_after


@dataclass
class Statistics:
    """What the client did so far: requests by result, retries, warnings, and how long requests took."""

    requests: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    retries: int = 0
    warnings: int = 0
    partial: int = 0  # answers
    bytes: int = 0
    windows_refused: int = 0  # queries that were asked again in smaller windows, or in parts
    durations: Histogram = field(default_factory=lambda: Histogram(DURATION_BUCKETS))

    def record(self, result: Result, seconds: float) -> None:
        """Count one request."""
        self.requests[result] += 1
        self.durations.observe(seconds)


# HTTP status → how to read it, and what the operator can do. `{url}` and `{text}` are filled in.
STATUSES: dict[int, tuple[Result, str]] = {
    400: (Result.BAD_QUERY, "{url} does not accept the query: {text}"),
    401: (
        Result.UNAUTHORIZED,
        "{url} refuses the credentials (401): check prometheus.basic_auth or .authorization; it says: {text}",
    ),
    403: (
        Result.UNAUTHORIZED,
        "{url} forbids the query (403): check the credentials and tenant headers; it says: {text}",
    ),
    404: (Result.NOT_FOUND, "{url} does not exist (404): check the path in prometheus.url"),
    405: (Result.NOT_FOUND, "{url} takes no POST requests (405): allow them in the proxy in front of it"),
    413: (Result.TOO_LARGE, "{url} finds the query too large (413): {text}"),
    422: (Result.BAD_QUERY, "{url} cannot run the query: {text}"),
    429: (Result.OVERLOADED, "{url} asks for fewer queries (429): {text}"),
    503: (Result.SERVER_ERROR, "{url} gave up on the query or is starting (503): {text}"),
}
OF_KIND = {"bad_data": 400, "execution": 422, "canceled": 503, "timeout": 503, "unavailable": 503}
"""The status of each kind of error in Prometheus' API, for an answer whose status a proxy has made 200."""
TOO_MANY = re.compile(
    r"too many samples|maxSamples|max-?Series|exceed\w* the (maximum|limit)|limit exceeded", re.IGNORECASE
)


def failure(url: str, response: requests.Response, answer: Any, body: bytes) -> PromqlError:
    """The error for an answer that is not 200, or says in its body that it is an error."""
    text = answer.get("error") if isinstance(answer, dict) else body[:200].decode("utf-8", "replace")
    text = str(text or response.reason)[:500]
    status = response.status_code
    if status == HTTPStatus.OK:
        status = OF_KIND.get(str(answer.get("errorType")), 500)
    fallback = (
        Result.SERVER_ERROR if status >= 500 else Result.INVALID,
        f"{{url}} answered {status}: {{text}}"
        if status >= 500
        else f"{{url}} answered {status}: check prometheus.url; it says: {{text}}",
    )
    result, line = STATUSES.get(status, fallback)
    if result in (Result.BAD_QUERY, Result.OVERLOADED, Result.SERVER_ERROR) and TOO_MANY.search(text):
        result = Result.TOO_LARGE
    return PromqlError(result, line.format(url=url, text=text), _retry_after(response))


def _retry_after(response: requests.Response) -> float:
    """Seconds of a Retry-After header; its date form is rare here and counts as none."""
    value = response.headers.get("Retry-After", "")
    return float(value) if re.fullmatch("[0-9]{1,6}", value) else 0.0


# What http.client says of an answer that is no HTTP repeats the answer, which may repeat the request.
_QUOTING: dict[type[Exception], str] = {
    BadStatusLine: "it is no HTTP",
    LineTooLong: "a line of it is too long",
    UnknownProtocol: "it is of an unknown version of HTTP",
    IncompleteRead: "it is shorter than announced",
}


def reason(error: Exception) -> str:
    """The innermost reason: "Connection refused" instead of three nested reprs."""
    inner: BaseException = error
    while (within := _within(inner)) is not None:
        inner = within
    told = (said for kind, said in _QUOTING.items() if isinstance(inner, kind))
    if not isinstance(inner, RemoteDisconnected) and (said := next(told, "")):
        return said
    text = str(inner) or type(inner).__name__
    text = re.sub(r"^.*?object at 0x\w+>: |^HTTPS?Connection\w*\([^)]*\): ", "", text)
    return text[:200]


def _within(error: BaseException) -> BaseException | None:
    """The exception that another one tells of, first or last: urllib3 has ("Connection aborted.", reason)."""
    ends = (*error.args[:1], *error.args[-1:])
    told = (getattr(each, "reason", each) for each in ends)
    return next((each for each in told if isinstance(each, BaseException)), None)
