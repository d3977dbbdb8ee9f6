"""The notifications that came: into the audit log first, then into the history that readers see."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

from forecaster.alerts.event import line, of_line
from forecaster.alerts.history import History, after
from forecaster.serve.audit_log import AuditLog
from forecaster.view.view import AlertsView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from forecaster.alerts.event import Event

LOG = logging.getLogger(__name__)


class Notifications:
    """The history of alerts over the audit log in `folder`; several threads may use it.

    The folder must be locked, as `StateFolder` does. Raises OSError where it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._log = AuditLog(folder)
        self._results = {"logged": 0, "failed": 0}
        self._unreadable = 0
        self._history = after(History(), self._logged())
        if self._unreadable:
            LOG.warning("lines of the audit log are no events", extra={"lines": self._unreadable})

    @property
    def view(self) -> AlertsView:
        """What readers see of it."""
        return AlertsView(self._history, dict(self._results), self._log.size)

    def take(self, events: Sequence[Event]) -> None:
        """Log the alerts of a notification, and add them to the history. Raises OSError: nothing is taken."""
        with self._lock:
            try:
                self._log.append(map(line, events))
            except OSError:
                self._results["failed"] += 1
                raise
            self._results["logged"] += 1
            self._history = after(self._history, events)

    def _logged(self) -> Iterator[Event]:
        """The events of the log, the oldest first."""
        for each in self._log.lines():
            try:
                yield of_line(json.loads(each))
            except (ValueError, KeyError, TypeError, AttributeError):
                self._unreadable += 1
