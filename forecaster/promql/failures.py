"""Requests without an answer: what each exception says of the backend, and the one line for the operator."""

from __future__ import annotations

from http.client import HTTPException

import requests
from requests import exceptions
from urllib3.exceptions import ProtocolError

from forecaster.promql.results import PromqlError, Result, reason


class BrokenOff(requests.RequestException):
    """An answer that began and did not end."""


class _Unreadable(requests.RequestException):
    """An answer that is no HTTP, or more than is taken."""


class _NoFile(requests.RequestException):
    """A file of tls_config that is not there: requests says so by a plain OSError."""


class _HungUp(requests.RequestException):
    """The other side took the request and closed the connection; see _hung_up."""


# Kinds of exceptions → how to read them; the first row that fits counts.
FAILURES: tuple[tuple[tuple[type[Exception], ...], Result, str], ...] = (
    ((exceptions.SSLError,), Result.UNREACHABLE, "{url}: TLS failed ({reason}): check prometheus.tls_config"),
    ((_NoFile,), Result.UNREACHABLE, "{url} cannot be asked: {reason}: check prometheus.tls_config"),
    (
        (exceptions.ProxyError,),
        Result.UNREACHABLE,
        "{url} cannot be reached through prometheus.proxy_url: {reason}",
    ),
    (
        (exceptions.InvalidURL, exceptions.InvalidSchema),
        Result.INVALID,
        "prometheus.url is not usable: {reason}",
    ),
    # Its text repeats the header.
    ((exceptions.InvalidHeader,), Result.INVALID, "a header in prometheus.headers is not usable"),
    (
        (exceptions.ContentDecodingError,),
        Result.INVALID,
        "{url} sent an answer that cannot be decompressed",
    ),
    ((BrokenOff,), Result.SERVER_ERROR, "{url} broke off its answer: {reason}"),
    # It was reached: the query may have been too much for it.
    ((_HungUp,), Result.SERVER_ERROR, "{url} closed the connection without an answer"),
    ((_Unreadable,), Result.UNREACHABLE, "{url} sends what cannot be read: {reason}"),
    ((Exception,), Result.UNREACHABLE, "{url} cannot be reached: {reason}"),
)


def failed(url: str, error: Exception) -> PromqlError:
    """The error for a request that raised this."""
    kind = next((kind for kind, fits in _TOLD.items() if fits(error)), type(error))
    result, text = next((result, text) for kinds, result, text in FAILURES if issubclass(kind, kinds))
    return PromqlError(result, text.format(url=url, reason=reason(error)))


def _hung_up(error: Exception) -> bool:
    """Whether the other side took the request and closed the connection."""
    return isinstance(_broken(error), ConnectionError)


def _unreadable(error: Exception) -> bool:
    """Whether the other side took the request and sent what is no answer."""
    return isinstance(_broken(error), HTTPException)


def _broken(error: Exception) -> object:
    """What ended the talk of a request that was sent."""
    inner = error.args[0] if error.args else None
    return inner.args[-1] if isinstance(inner, ProtocolError) else None


def _no_file(error: Exception) -> bool:
    return type(error) is OSError and len(error.args) == 1


_TOLD = {_HungUp: _hung_up, _Unreadable: _unreadable, _NoFile: _no_file}
