"""The notifications that came: into the audit log first, then into the history that readers see."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import TYPE_CHECKING

from forecaster.alerts import event, silence
from forecaster.alerts.feedback import lessons
from forecaster.alerts.history import History, after, ended
from forecaster.serve.audit_log import AuditLog
from forecaster.view.view import AlertsView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from forecaster.alerts.event import Event
    from forecaster.alerts.feedback import Lesson
    from forecaster.alerts.history import Key
    from forecaster.alerts.silence import Silence
    from forecaster.series.labels import Labels

LOG = logging.getLogger(__name__)
MOST = 1_000  # silences that are kept in memory, those changed last
ABSENT = 300  # seconds; an Alertmanager that was started anew hears of all alerts within a minute or two


class Notifications:
    """The history of alerts over the audit log in `folder`; several threads may use it.

    The folder must be locked, as `StateFolder` does. Raises OSError where it cannot be written.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lessons: tuple[Lesson, ...] = ()
        self._silences: dict[str, Silence] = {}
        self._absent: dict[Key, float] = {}  # since when Alertmanager does not know what should fire
        self._lock = threading.Lock()
        self._log = AuditLog(folder)
        self._results = {"logged": 0, "failed": 0}
        self._unreadable = 0
        self._history = after(History(), self._logged())
        self._learn()
        if self._unreadable:
            LOG.warning("lines of the audit log are no events", extra={"lines": self._unreadable})

    @property
    def view(self) -> AlertsView:
        """What readers see of it."""
        silences = tuple(self._silences.values())
        return AlertsView(self._history, dict(self._results), self._log.size, silences, self._lessons)

    def take(self, events: Sequence[Event]) -> None:
        """Log the alerts of a notification, and add them to the history. Raises OSError: nothing is taken."""
        with self._lock:
            try:
                self._log.append(map(event.line, events))
            except OSError:
                self._results["failed"] += 1
                raise
            self._results["logged"] += 1
            self._history = after(self._history, events)
            if any(each.tags for each in self._silences.values()):
                self._learn()

    def silenced(self, found: Iterable[Silence]) -> None:
        """Log the silences that are new or have changed, and learn from their tags. Raises OSError."""
        with self._lock:
            news = [each for each in found if self._silences.get(each.id) != each]
            self._log.append(map(silence.line, news))
            for each in news:
                self._keep(each)
            self._learn()

    def known(self, standing: AbstractSet[Labels]) -> None:
        """End the alerts that Alertmanager has not known for a while: `standing` are the labels of those that
        it knows. Raises OSError.
        """
        now = self._clock()
        with self._lock:
            absent = {
                key: self._absent.get(key, now)
                for key, record in self._history.records.items()
                if record.ends_at is None and record.labels not in standing
            }
            over = [key for key, since in absent.items() if now - since >= ABSENT]
            ends = [ended(self._history.records[key], now) for key in over]
            self._log.append(map(event.line, ends))
            self._history, self._absent = after(self._history, ends), absent

    def _keep(self, each: Silence) -> None:
        self._silences.pop(each.id, None)
        self._silences[each.id] = each
        if len(self._silences) > MOST:
            del self._silences[next(iter(self._silences))]

    def _learn(self) -> None:
        self._lessons = tuple(lessons(self._history, self._silences.values(), self._clock()))

    def _logged(self) -> Iterator[Event]:
        """The events of the log, the oldest first; silences are kept at once."""
        for each in self._log.lines():
            try:
                told = json.loads(each)
                if told["kind"] == "silence":
                    self._keep(silence.of_line(told))
                else:
                    yield event.of_line(told)
            except (ValueError, KeyError, TypeError, AttributeError):
                self._unreadable += 1
