"""Pushes the fast lane's scores by remote write, so that they need not wait to be scraped.

Only the newest scores are sent, by a thread of their own: a slow receiver delays no judgement.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.promql.remote_write import HEADERS, Written, body
from forecaster.promql.results import PromqlError
from forecaster.promql.transport import Transport
from forecaster.publish.fast import fast_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.config.model import Backend
    from forecaster.view.fast import FastView

LOG = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5  # what is older is not worth the wait
LOOK_SECONDS = 0.5  # between looks whether the program ends

Key = frozenset[tuple[str, str]]


class Push:
    """Sends until `stopping` is set, if the backend has an address for it. `counts` are by result."""

    def __init__(
        self,
        backend: Backend,
        views: Callable[[], Mapping[str, FastView]],
        stopping: threading.Event,
        replica: Callable[[], str] = str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counts = {"success": 0, "failure": 0}
        self.judged = threading.Event()  # there are newer scores
        self._views, self._stopping, self._replica, self._clock = views, stopping, replica, clock
        self._at: dict[str, int] = {}  # by resource: the time of the newest scores that were sent
        self._standing: dict[str, set[Key]] = {}  # the series that have not ended
        self._failing = False
        self.use(backend)

    def use(self, backend: Backend) -> None:
        """Push to this backend from the next scores on."""
        self._backend = replace(backend, timeout=min(TIMEOUT_SECONDS, backend.timeout))
        self._transport = Transport(self._backend)

    def run(self) -> None:
        """Send whenever there are newer scores."""
        while not self._stopping.is_set():
            if self.judged.wait(LOOK_SECONDS):
                self.judged.clear()
                self.send()

    def send(self) -> None:
        """Send what is newer than what was sent last; a failure is counted, and logged when it begins."""
        url = self._backend.remote_write_url
        newer = {name: view for name, view in self._views().items() if view.at > self._at.get(name, 0)}
        if url is None or not newer:
            return
        now = {name: self._scores(view) for name, view in newer.items()}
        written = [
            Written(dict(key), newer[name].at * 1000, scores.get(key))
            for name, scores in now.items()
            for key in {**scores, **dict.fromkeys(self._standing.get(name, ()))}
        ]
        failure = self._failure(url, body(written))
        self.counts["failure" if failure else "success"] += 1
        if failure and not self._failing:
            LOG.warning("scores cannot be pushed", extra={"err": failure})
        self._failing = bool(failure)
        for name, scores in now.items():
            self._at[name] = newer[name].at
            # An end that was not sent is sent again.
            self._standing[name] = {*scores, *(self._standing.get(name, ()) if failure else ())}

    def _failure(self, url: str, content: bytes) -> str:
        """Why the content cannot be sent; empty if it was."""
        try:
            answer = self._transport.send(url, content, HEADERS)
        except PromqlError as error:
            return str(error)
        return "" if answer.response.ok else f"{url} answered {answer.response.status_code}"

    def _scores(self, view: FastView) -> dict[Key, float]:
        """The samples of a resource, by their labels."""
        found = {}
        samples = fast_samples({view.resource.name: view}, {}, self._clock(), self._replica())
        for metric, labels, value in samples:
            named = {"__name__": metric.name, **dict(zip(metric.labels, labels, strict=True))}
            if isinstance(value, int | float):
                found[frozenset(named.items())] = float(value)
        return found
