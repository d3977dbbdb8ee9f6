"""Error answers: below /api/ the error object of Prometheus' HTTP API, elsewhere one line of text."""

from __future__ import annotations

import json
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "/api/"
"""Paths that start with this answer in JSON, errors included."""

# The error types of Prometheus where it has one for the status; the others are named after the HTTP reason.
_ERROR_TYPES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    422: "execution",
    429: "unavailable",
    503: "unavailable",
}


class Refusal(Exception):  # noqa: N818 (not an error of the program)
    """An answer with a 4xx or 5xx status. A handler raises it, and the server writes it.

    `message` is one line for the reader; by default it is the standard phrase of the status. It must not
    repeat what the client sent, nor tell about the inside of the program.
    """

    def __init__(self, status: int, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status, self.message = HTTPStatus(status), message
        self.headers: Mapping[str, str] = MappingProxyType(dict(headers or {}))

    def body(self, path: str) -> tuple[bytes, str]:
        """Body and content type for a request of `path`."""
        if path.startswith(API):
            return error_object(self.status, self.message or self.status.phrase), "application/json"
        return self._line().encode(errors="replace"), "text/plain; charset=utf-8"

    def _line(self) -> str:
        return f"{self.message or f'{self.status.value} {self.status.phrase}'}\n"


def bad_request(what: str, why: str) -> Refusal:
    """A 400 that says which part of the request is wrong, and why."""
    return Refusal(400, f"{what}: {why}")


def error_object(status: int, message: str) -> bytes:
    """{"status": "error", "errorType": …, "error": message}, as Prometheus' HTTP API has it."""
    default = "internal" if status >= 500 else "bad_data"
    kind = _ERROR_TYPES.get(status, default)
    return json.dumps({"status": "error", "errorType": kind, "error": message}).encode()
