"""One HTTP request to the backend: credentials, TLS, a deadline and a bound for the whole answer.

Only what is configured counts: the environment's proxies, CA bundles and netrc are not read.
"""

from __future__ import annotations

import base64
import logging
import time
import weakref
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.auth import AuthBase
from urllib3.exceptions import InsecureRequestWarning, ReadTimeoutError

from forecaster.config.headers import is_secret
from forecaster.promql import secret_file
from forecaster.promql.deadline import CuttableAdapter, Deadlines
from forecaster.promql.failures import BrokenOff, failed
from forecaster.promql.results import PromqlError, Result, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.config.model import Backend

    Fields = Mapping[str, str | tuple[str, ...]]

LOG = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 16
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CONNECT_SECONDS = 10
# What json.loads makes of a text takes more memory than the text: a sample of Prometheus 189 bytes with three
# marks, "[]," 71 bytes with two (measured with Python 3.11).
VALUE_BYTES = 64
MARKS = b"[{,:"
# Bytes of a secret that is looked for, in answers and in errors: a short one may occur in numbers by chance.
LEAST_MASKED, LEAST_MASKED_IN_ERRORS = 8, 4


class Answer(NamedTuple):
    """An answer as it came: status, headers, decompressed body."""

    response: requests.Response
    body: bytes


class Transport:
    """Asks one backend. Not for use by several threads at once."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._adapter = CuttableAdapter()
        self._deadlines = Deadlines(self._adapter, backend.timeout)
        self._session = requests.Session()
        weakref.finalize(self, self._session.close)  # urllib3 1.26 leaves that to whoever made it
        self._session.trust_env = False
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._session.verify = str(backend.ca_file) if backend.ca_file else not backend.insecure_skip_verify
        if backend.insecure_skip_verify:  # asked for, and check-config says it
            urllib3.disable_warnings(InsecureRequestWarning)
        if backend.proxy_url:
            self._session.proxies = {"http": backend.proxy_url, "https": backend.proxy_url}
        if backend.cert_file:
            self._session.cert = (str(backend.cert_file), str(backend.key_file or backend.cert_file))
        self._session.headers.update({"User-Agent": "virtcast-forecaster"})
        if is_loopback(backend.url) and not backend.proxy_url:
            self._session.headers["Accept-Encoding"] = "identity"
        self._session.headers.update(backend.headers)
        self._headers = tuple(value.encode() for name, value in backend.headers if is_secret(name))
        self._credentials = self._session.auth = _Credentials(backend)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def post(self, url: str, fields: Fields) -> Answer:
        """The answer within `timeout` of the backend, whatever its status; raises PromqlError."""
        return self._asked("POST", url, urlencode(fields, doseq=True), FORM)

    def get(self, url: str) -> Answer:
        """The same for what is not asked with a POST."""
        return self._asked("GET", url, None)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The same for a body that is no form."""
        return self._asked("POST", url, body, headers)

    def _asked(
        self, method: str, url: str, body: bytes | str | None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        timeout = self._backend.timeout
        late = f"{url} did not answer in {timeout} s: raise prometheus.timeout?"
        with self._deadlines.request() as deadline:
            try:
                answer = self._answer(method, url, body, headers)
            except (requests.RequestException, OSError) as error:
                if deadline.over or isinstance(error, requests.Timeout):
                    raise PromqlError(Result.TIMEOUT, late) from None
                failure = failed(url, error)
                raise PromqlError(failure.result, self._masked(str(failure))) from None
            except PromqlError:
                raise
            except Exception as error:  # its text may hold a header, and with it a secret
                LOG.exception("a request failed unexpectedly")
                text = f"{url} cannot be asked: unexpected {type(error).__name__}, see the log"
                raise PromqlError(Result.INVALID, text) from None
        if deadline.over:  # a head that is cut off reads like one that has ended
            raise PromqlError(Result.TIMEOUT, late)
        return answer

    def _masked(self, text: str) -> str:
        """A text from the backend or about it, without the secrets that were sent."""
        return _masked(text.encode(errors="replace"), self._secrets, LEAST_MASKED_IN_ERRORS).decode()

    @property
    def _secrets(self) -> tuple[bytes, ...]:
        return (*self._credentials.sent, *self._headers)

    def _answer(
        self, method: str, url: str, sent: bytes | str | None, headers: Mapping[str, str] | None
    ) -> Answer:
        timeout = self._backend.timeout
        with self._session.request(
            method,
            url,
            data=sent,
            headers=headers,
            timeout=(min(CONNECT_SECONDS, timeout), timeout),
            stream=True,
            allow_redirects=False,
        ) as response:
            try:
                body = self._body(response, time.monotonic() + timeout)
            except (requests.exceptions.ChunkedEncodingError, requests.ConnectionError) as error:
                if error.args and isinstance(error.args[0], ReadTimeoutError):
                    raise requests.Timeout from error
                raise BrokenOff(str(reason(error))) from error
            response.reason = self._masked(response.reason or "")
            if "Location" in response.headers:
                response.headers["Location"] = self._masked(response.headers["Location"])
            least = LEAST_MASKED if response.ok else LEAST_MASKED_IN_ERRORS
            return Answer(response, _masked(body, self._secrets, least))

    def _body(self, response: requests.Response, until: float) -> bytes:
        """The whole answer, decompressed, within the bounds of size and time."""
        limit = self._backend.max_response_bytes
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(CHUNK_BYTES):
            parts.append(part)
            size += len(part) + VALUE_BYTES * _values(part)
            if size > limit:
                raise PromqlError(
                    Result.TOO_LARGE,
                    f"the answer exceeds prometheus.max_response_bytes ({limit}), as text and as values",
                )
            if time.monotonic() > until:
                raise requests.Timeout
        length = response.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and response.raw.tell() < int(length):
            raise BrokenOff("it is shorter than announced")
        return b"".join(parts)


class _Credentials(AuthBase):
    """The Authorization header; files are read for each request, so that a rotated secret is taken up.

    `sent` is what must not come back to readers, however the other side words its answer.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.sent: tuple[bytes, ...] = ()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        backend = self._backend
        if backend.credentials_file is not None:
            secret = secret_file.token(backend.credentials_file)
            request.headers["Authorization"] = f"{backend.credentials_type} {secret}"
            self.sent = (secret.encode(),)
        elif backend.username is not None and backend.password_file is not None:
            password = secret_file.password(backend.password_file).encode()
            pair = base64.b64encode(backend.username.encode() + b":" + password)
            request.headers["Authorization"] = f"Basic {pair.decode()}"
            self.sent = (pair, password)
        return request


def is_loopback(url: str) -> bool:
    """Whether the backend runs on this machine: to compress an answer takes it as long there as to answer."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _values(part: bytes) -> int:
    """About how many values the part of a JSON text has: the marks that begin or part them."""
    return len(part) - len(part.translate(None, MARKS))


def _masked(body: bytes, secrets: tuple[bytes, ...], least: int) -> bytes:
    """The body without the secrets of at least so many bytes."""
    for secret in secrets:
        if len(secret) >= least:
            body = body.replace(secret, b"<secret>")
    return body
