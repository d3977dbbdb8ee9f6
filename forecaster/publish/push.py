"""Pushes the fast lane's scores by remote write, so that they need not wait to be scraped.

Only the newest scores are sent, by a thread of their own: a slow receiver delays no judgement.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.promql.remote_write import HEADERS, Written, body, refused
from forecaster.promql.results import PromqlError
from forecaster.promql.transport import Transport
from forecaster.publish.fast import fast_samples, is_standing
from forecaster.publish.metrics import FAST_SCORE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.config.model import Backend
    from forecaster.view.fast import FastView

LOG = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5  # what is older is not worth the wait
RETRY_SECONDS = 2  # between tries to send the ends of scores that are not judged any more
LOOK_SECONDS = 0.5  # between looks whether the program ends, or scores have become too old

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
        # By resource: the time of the scores that were sent last, and of all that was.
        self._judged: dict[str, int] = {}
        self._tried: dict[str, int] = {}
        self._standing: dict[str, set[Key]] = {}  # the series that have not ended
        self._failing = False
        self.use(backend)

    def use(self, backend: Backend) -> None:
        """Push to this backend from the next scores on."""
        self._backend = replace(backend, timeout=min(TIMEOUT_SECONDS, backend.timeout))
        self._transport = Transport(self._backend)

    def run(self) -> None:
        """Send whenever there are new scores, or some are not judged any more."""
        while not self._stopping.is_set():
            self.judged.wait(LOOK_SECONDS)
            self.judged.clear()
            self.send()

    def send(self) -> None:
        """Send what was not sent yet, and the ends; a failure is counted, and logged when it begins."""
        url, views = self._backend.remote_write_url, self._views()
        due = {} if url is None else self._due(views)
        if url is None or not due:
            return
        now = {name: self._scores(views[name]) if name in views else {} for name in due}
        written = [
            Written(dict(key), at * 1000, now[name].get(key))
            for name, at in due.items()
            for key in {**now[name], **dict.fromkeys(self._standing.get(name, ()))}
        ]
        failure = self._failure(url, body(written))
        self.counts["failure" if failure else "success"] += 1
        if failure and not self._failing:
            LOG.warning("scores cannot be pushed", extra={"err": failure})
        self._failing = bool(failure)
        for name, scores in now.items():
            self._tried[name] = due[name]
            if name in views:
                self._judged[name] = views[name].at
            # An end that was not sent is sent again.
            self._standing[name] = {*scores, *(self._standing.get(name, ()) if failure else ())}

    def _due(self, views: Mapping[str, FastView]) -> dict[str, int]:
        """The resources of which something is to be sent, and the time of it: scores that are new, or the
        ends of those that are not judged any more.
        """
        now = int(self._clock())
        # Those of a clock that was set back are new, too.
        due = {name: view.at for name, view in views.items() if view.at != self._judged.get(name)}
        for name in self._standing.keys() - due.keys():
            view = views.get(name)
            over = view is None or not is_standing(view, now)
            if over and abs(now - self._tried[name]) >= RETRY_SECONDS and self._scored(name):
                due[name] = now
        return due

    def _scored(self, name: str) -> bool:
        """Whether scores of the resource have not ended."""
        return any(("__name__", FAST_SCORE.name) in key for key in self._standing[name])

    def _failure(self, url: str, content: bytes) -> str:
        """Why the content cannot be sent; empty if it was."""
        try:
            return refused(url, self._transport.send(url, content, HEADERS))
        except PromqlError as error:
            return str(error)

    def _scores(self, view: FastView) -> dict[Key, float]:
        """The samples of a resource, by their labels."""
        found = {}
        samples = fast_samples({view.resource.name: view}, {}, self._clock(), self._replica())
        for metric, labels, value in samples:
            named = {"__name__": metric.name, **dict(zip(metric.labels, labels, strict=True))}
            if isinstance(value, int | float):
                found[frozenset(named.items())] = float(value)
        return found
