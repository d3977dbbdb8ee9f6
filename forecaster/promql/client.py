"""PromQL over HTTP: the only module that talks to the backend. Bounded in time, size and number of tries.

Works with what speaks Prometheus' query API: Prometheus, Thanos, Mimir, VictoriaMetrics. Errors are one line
that says what to do. Only failures that may pass (no connection, 429, 5xx) are tried again.
"""

from __future__ import annotations

import json
import logging
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth

from forecaster.promql.results import RETRIED, PromqlError, Result, Statistics, failure, reason
from forecaster.series.frame import Track
from forecaster.series.labels import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forecaster.config.model import Backend

LOG = logging.getLogger(__name__)

MAX_POINTS = 11_000  # Prometheus refuses a range query with more points per series
BACKOFF_SECONDS = 0.5  # before the first new try; doubles each time, up to the next line
BACKOFF_LIMIT_SECONDS = 30.0


class Client:
    """Asks one backend. Not for use by several threads at once.

    `wait(seconds)` pauses between tries and answers true when the program is to stop.
    """

    def __init__(self, backend: Backend, wait: Callable[[float], bool] | None = None) -> None:
        self.backend = backend
        self.statistics = Statistics()
        self._wait = wait or _sleep
        self._warned: set[str] = set()
        self._session = requests.Session()
        self._session.trust_env = True  # HTTPS_PROXY and NO_PROXY, as for every other client of the machine
        self._session.mount("http://", HTTPAdapter(max_retries=0))
        self._session.mount("https://", HTTPAdapter(max_retries=0))
        self._session.verify = str(backend.ca_file) if backend.ca_file else not backend.insecure_skip_verify
        if backend.cert_file:
            self._session.cert = (str(backend.cert_file), str(backend.key_file or backend.cert_file))
        self._session.headers.update({"User-Agent": "virtcast-forecaster", **dict(backend.headers)})

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def query(self, expression: str, at: int) -> list[Track]:
        """The series of an instant vector at Unix second `at`, one sample each."""
        data = self._ask("query", {"query": expression, "time": str(at)})
        kind = data.get("resultType")
        if kind != "vector":
            raise PromqlError(
                Result.BAD_QUERY, f"the query gives a {kind}, not series (an instant vector): {expression}"
            )
        return [_track(series["metric"], [series["value"]]) for series in data["result"]]

    def query_range(self, expression: str, start: int, end: int, step: int) -> list[Track]:
        """The series in [start, end], one sample per step, in one request (at most MAX_POINTS per series)."""
        fields = {"query": expression, "start": str(start), "end": str(end), "step": str(step)}
        data = self._ask("query_range", fields)
        if data.get("resultType") != "matrix":
            raise PromqlError(
                Result.INVALID, f"{self.backend.url} answered a range query with a {data.get('resultType')}"
            )
        return [_track(series["metric"], series["values"]) for series in data["result"]]

    def windows(
        self, expression: str, start: int, end: int, step: int, points: int = MAX_POINTS
    ) -> Iterator[tuple[int, int, list[Track]]]:
        """The series in [start, end] in windows of at most `points` steps, oldest first: (first, last,
        tracks).

        A window the backend (or this client's own bound) finds too large is halved, down to a single step.
        """
        points = max(1, min(points, MAX_POINTS))
        first = start
        while first <= end:
            last = min(end, first + (points - 1) * step)
            try:
                tracks = self.query_range(expression, first, last, step)
            except PromqlError as error:
                if error.result is not Result.TOO_LARGE or last == first:
                    raise
                points = max(1, ((last - first) // step + 1) // 2)
                continue
            yield first, last, tracks
            first = last + step

    def _ask(self, endpoint: str, fields: dict[str, str]) -> dict[str, Any]:
        """One query with its retries; the `data` of the answer."""
        pause = BACKOFF_SECONDS
        for attempt in range(self.backend.retries + 1):
            try:
                return self._counted(endpoint, fields)
            except PromqlError as error:
                if error.result not in RETRIED or attempt == self.backend.retries:
                    raise
                delay = max(pause * random.uniform(0.5, 1.5), error.retry_after)  # noqa: S311 (jitter is no secret)
                LOG.debug("trying again in %.1f s: %s", delay, error)
                if self._wait(min(delay, BACKOFF_LIMIT_SECONDS)):
                    raise
                self.statistics.retries += 1
                pause *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _counted(self, endpoint: str, fields: dict[str, str]) -> dict[str, Any]:
        start = time.monotonic()
        result = Result.SUCCESS
        try:
            return self._once(f"{self.backend.url}/api/v1/{endpoint}", fields)
        except PromqlError as error:
            result = error.result
            raise
        finally:
            self.statistics.record(result, time.monotonic() - start)

    def _once(self, url: str, fields: dict[str, str]) -> dict[str, Any]:
        timeout = self.backend.timeout
        deadline = time.monotonic() + timeout
        try:
            with self._session.post(
                url,
                data={**fields, "timeout": f"{timeout}s"},
                headers=self._credentials(),
                auth=self._basic_auth(),
                timeout=(min(10, timeout), timeout),
                stream=True,
                allow_redirects=False,
            ) as response:
                body = self._body(response, deadline)
                return self._data(url, response, body)
        except requests.exceptions.SSLError as error:
            raise PromqlError(
                Result.UNREACHABLE, f"{url}: TLS failed ({reason(error)}): check prometheus.tls_config"
            ) from None
        except requests.Timeout:
            raise PromqlError(
                Result.TIMEOUT, f"{url} did not answer in {timeout} s: raise prometheus.timeout?"
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise PromqlError(Result.INVALID, f"prometheus.url is not usable: {reason(error)}") from None
        except requests.RequestException as error:
            raise PromqlError(Result.UNREACHABLE, f"{url} cannot be reached: {reason(error)}") from None

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        """The whole answer, decompressed, within the bounds of size and time."""
        limit = self.backend.max_response_bytes
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(1 << 18):
            parts.append(part)
            size += len(part)
            if size > limit:
                raise PromqlError(
                    Result.TOO_LARGE, f"the answer exceeds prometheus.max_response_bytes ({limit})"
                )
            if time.monotonic() > deadline:
                raise requests.Timeout
        self.statistics.bytes += size
        return b"".join(parts)

    def _data(self, url: str, response: requests.Response, body: bytes) -> dict[str, Any]:
        if response.is_redirect:
            where = response.headers.get("Location", "elsewhere")
            raise PromqlError(
                Result.NOT_FOUND, f"{url} redirects to {where}: set prometheus.url to the final address"
            )
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if response.status_code != requests.codes.ok:
            raise failure(url, response, answer, body)
        if (
            not isinstance(answer, dict)
            or answer.get("status") != "success"
            or not isinstance(answer.get("data"), dict)
        ):
            start = body[:60].decode("utf-8", "replace")
            raise PromqlError(Result.INVALID, f"{url} is no Prometheus API: its answer begins {start!r}")
        self._warn(url, answer.get("warnings") or [])
        data: dict[str, Any] = answer["data"]
        return data

    def _warn(self, url: str, warnings: list[str]) -> None:
        """Warnings mean a partial answer (Thanos, Mimir); each text is logged once."""
        self.statistics.warnings += len(warnings)
        for text in warnings:
            if text not in self._warned and len(self._warned) < 100:
                self._warned.add(text)
                LOG.warning("%s warns, series may be missing: %s", url, " ".join(text.split())[:300])

    def _credentials(self) -> dict[str, str]:
        """The Authorization header; the file is read each time, so that a rotated token is taken up."""
        if self.backend.credentials_file is None:
            return {}
        return {"Authorization": f"{self.backend.credentials_type} {_secret(self.backend.credentials_file)}"}

    def _basic_auth(self) -> HTTPBasicAuth | None:
        if self.backend.username is None or self.backend.password_file is None:
            return None
        # As bytes: requests would take text as Latin-1.
        return HTTPBasicAuth(self.backend.username.encode(), _secret(self.backend.password_file).encode())


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _secret(path: Any) -> str:
    try:
        text: str = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise PromqlError(Result.UNAUTHORIZED, f"cannot read the secret {path}: {error.strerror}") from None
    return text


def _track(metric: dict[str, str], points: list[Any]) -> Track:
    try:
        times = np.array([point[0] for point in points], dtype=np.float64)
        values = np.array([float(point[1]) for point in points], dtype=np.float64)
    except (TypeError, ValueError, IndexError):
        raise PromqlError(Result.INVALID, f"not a series of samples: {str(points)[:80]}") from None
    return Track(identity(metric), times, values)
