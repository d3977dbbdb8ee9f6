"""The query API of Prometheus, Thanos, Mimir, VictoriaMetrics: one query at a time, with its retries.

Errors are one line that says what to do.
"""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from forecaster.promql.circuit import Circuit
from forecaster.promql.decoding import Decoded, decoded, names, tracks
from forecaster.promql.results import RETRIED, PromqlError, Result, Statistics
from forecaster.promql.retention import kept
from forecaster.promql.rules import Rule, loaded
from forecaster.promql.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.config.model import Backend
    from forecaster.series.frame import Track

LOG = logging.getLogger(__name__)

BACKOFF_SECONDS = 0.5  # before the first new try; doubles each time, up to the next line
BACKOFF_LIMIT_SECONDS = 30.0
SAID_AT_MOST = 100  # different warnings that are logged


class Queries:
    """Asks one backend. Not for use by several threads at once.

    `wait(seconds)` pauses between tries and answers true when the program is to stop. `left_out`
    says how many series of the last answer have no samples of numbers.
    """

    def __init__(self, backend: Backend, wait: Callable[[float], bool] | None = None) -> None:
        self.backend = backend
        self.statistics = Statistics()
        self.circuit = Circuit()
        self.left_out = 0
        self._wait = wait or _sleep
        self._warned: set[str] = set()
        self._transport = Transport(backend)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def query(self, expression: str, at: int, retries: int | None = None) -> list[Track]:
        """The series of an instant vector at Unix second `at`, one sample each, in one request."""
        answer = self._ask("query", {"query": expression, "time": str(at)}, retries)
        if answer.kind != "vector":
            raise PromqlError(
                Result.BAD_QUERY,
                f"the query gives a {answer.kind}, not series (an instant vector): {expression}",
            )
        return self._tracks(answer, "value")

    def query_range(
        self, expression: str, start: int, end: int, step: int, retries: int | None = None
    ) -> list[Track]:
        """The series in [start, end], one sample per step, in one request (at most 11,000 per series)."""
        fields = {"query": expression, "start": str(start), "end": str(end), "step": str(step)}
        answer = self._ask("query_range", fields, retries)
        if answer.kind != "matrix":
            raise PromqlError(
                Result.INVALID, f"{self.backend.url} answered a range query with a {answer.kind}"
            )
        return self._tracks(answer, "values")

    def accepted(self, expressions: Sequence[str], at: int) -> str:
        """The first of some ways to ask the same that the backend takes; the last one is taken unasked."""
        for expression in expressions[:-1]:
            try:
                self.query(expression, at)
            except PromqlError as error:
                if error.result is not Result.BAD_QUERY:
                    raise
                LOG.debug("asked in another way: %s", error)
            else:
                return expression
        return expressions[-1]

    def retention(self) -> int | None:
        """Seconds of history that the backend keeps; None when it does not say. Raises PromqlError."""
        return kept(self._transport.get(f"{self.backend.url}/api/v1/status/runtimeinfo"))

    def rules(self) -> tuple[Rule, ...] | None:
        """The rules that the backend evaluates; None where it does not say. Raises PromqlError."""
        return loaded(self._transport.get(f"{self.backend.url}/api/v1/rules"))

    def labels(self, selector: str) -> list[str]:
        """The names of the labels that the selector's series ever had; none where nothing says it."""
        # Without a start, or with one of 0, newer versions of VictoriaMetrics tell those of the newest day.
        url = f"{self.backend.url}/api/v1/labels?{urlencode({'match[]': selector, 'start': 1})}"
        return names(self._transport.get(url))

    def _tracks(self, answer: Decoded, field: str) -> list[Track]:
        found, self.left_out = tracks(answer.series, field)
        return found

    def _ask(self, endpoint: str, fields: dict[str, str], retries: int | None) -> Decoded:
        """One query with its retries, those of the configuration by default; none after one that failed with
        all of them.

        A range query that takes too long says nothing of the backend: it may have been too large. Nor does
        one of fewer `retries`: it tries what the backend may refuse.
        """
        self.circuit.check()
        tries_all = retries is None
        retries = self.backend.retries if retries is None else retries
        try:
            found = self._tried(endpoint, fields, 0 if self.circuit.is_failing else retries)
        except PromqlError as error:
            too_slow = error.result is Result.TIMEOUT
            out_of_order = tries_all and error.result in RETRIED
            if error.result is Result.UNREACHABLE or out_of_order or (too_slow and endpoint == "query"):
                self.circuit.unanswered(str(error))
            elif not too_slow and error.result not in RETRIED:
                self.circuit.answered()
            raise
        self.circuit.answered()
        return found

    def _tried(self, endpoint: str, fields: dict[str, str], retries: int) -> Decoded:
        pause = BACKOFF_SECONDS
        for attempt in range(retries + 1):
            try:
                return self._counted(endpoint, fields)
            except PromqlError as error:
                if error.result not in RETRIED or attempt == retries:
                    raise
                delay = max(pause * random.uniform(0.5, 1.5), error.retry_after)  # noqa: S311 (jitter is no secret)
                LOG.debug("trying again in %.1f s: %s", delay, error)
                if self._wait(min(delay, BACKOFF_LIMIT_SECONDS)):
                    raise
                self.statistics.retries += 1
                pause *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _counted(self, endpoint: str, fields: dict[str, str]) -> Decoded:
        start = time.monotonic()
        result = Result.SUCCESS
        try:
            return self._once(f"{self.backend.url}/api/v1/{endpoint}", fields)
        except PromqlError as error:
            result = error.result
            raise
        finally:
            self.statistics.record(result, time.monotonic() - start)

    def _once(self, url: str, fields: dict[str, str]) -> Decoded:
        own = {**fields, "timeout": f"{self.backend.timeout}s"}
        answer = self._transport.post(url, {**dict(self.backend.params), **own})
        self.statistics.bytes += len(answer.body)
        found = decoded(url, answer)
        self.statistics.partial += found.partial
        self.statistics.warnings += len(found.warnings)
        for text in found.warnings:
            self._say(f"warns, series may be missing: {' '.join(text.split())[:300]}")
        return found

    def _say(self, text: str) -> None:
        """Log what the backend does; each text once."""
        if text not in self._warned and len(self._warned) < SAID_AT_MOST:
            self._warned.add(text)
            LOG.warning("%s %s", self.backend.url, text)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False
