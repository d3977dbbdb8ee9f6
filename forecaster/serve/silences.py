"""Asks Alertmanager now and then: its silences (acknowledgements, and what their tags teach), and its alerts.

No notification says that an alert has ended while it was silenced.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from forecaster.alerts.event import labels_of
from forecaster.alerts.silence import silence
from forecaster.config.model import Backend
from forecaster.promql.results import PromqlError, Result
from forecaster.promql.transport import Transport

if TYPE_CHECKING:
    from threading import Event

    from forecaster.alerts.silence import Silence
    from forecaster.serve.notifications import Notifications

LOG = logging.getLogger(__name__)
SECONDS = 30.0  # between two looks
TIMEOUT = 10  # seconds
LARGEST = 8 << 20  # bytes of an answer


class Silences:
    """Asks the Alertmanager at `url`, and hands on what it says."""

    def __init__(self, url: str, notifications: Notifications, stopping: Event) -> None:
        self._url, self._notifications, self._stopping = url, notifications, stopping
        self._transport = Transport(Backend(url, timeout=TIMEOUT, max_response_bytes=LARGEST))
        self._said = ""  # the failure that was logged last

    def run(self) -> None:
        """Look, and look again, until told to stop."""
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(SECONDS)
        self._transport.close()

    def look(self) -> None:
        """One look; a failure is said once and costs nothing else."""
        try:
            self._notifications.silenced(list(filter(None, map(_silence, self._asked("silences")))))
            self._notifications.known(set(map(labels_of, self._asked("alerts"))))
        except (PromqlError, OSError, ValueError) as error:
            if str(error) != self._said:
                LOG.error("silences cannot be read", extra={"err": str(error)})  # noqa: TRY400 (one line)
            self._said = str(error)
        else:
            self._said = ""

    def _asked(self, what: str) -> list[Any]:
        """What Alertmanager knows: silences, expired ones, too, or alerts, muted ones, too."""
        answer = self._transport.get(f"{self._url}/api/v2/{what}")
        if not answer.response.ok:
            raise PromqlError(Result.SERVER_ERROR, f"{self._url} answers {answer.response.status_code}")
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        if not isinstance(told, list):
            raise PromqlError(Result.INVALID, f"{self._url} does not answer like an Alertmanager")
        return told


def _silence(told: object) -> Silence | None:
    """The silence; None for what is none."""
    try:
        return silence(told)
    except (ValueError, KeyError, TypeError):
        return None
