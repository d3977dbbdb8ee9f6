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
        self._silences: dict[str, Silence] = {}  # replaced, never changed, once others read it
        self._seen: dict[str, float] = {}  # when each silence of the last answer was updated, by its id
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
        """Log the silences that are new or have changed, and learn from their tags; they are all that
        Alertmanager has. Raises OSError.
        """
        with self._lock:
            told = list(found)
            news = [each for each in told if self._seen.get(each.id) != each.updated_at]
            self._log.append(map(silence.line, news))
            self._seen = {each.id: each.updated_at for each in told}
            known = dict(self._silences)
            for each in news:
                known.pop(each.id, None)
                known[each.id] = each
            self._silences = _kept(known, self._clock())
            self._learn()

    def known(self, standing: AbstractSet[Labels]) -> None:
        """End the alerts that Alertmanager has not known for a while: `standing` are the labels of those that
        it knows. Raises OSError.
        """
        now = self._clock()
        with self._lock:
            absent = {
                key: min(self._absent.get(key, now), now)
                for key, record in self._history.records.items()
                if record.ends_at is None and record.labels not in standing
            }
            over = [key for key, since in absent.items() if now - since >= ABSENT]
            ends = [ended(self._history.records[key], now) for key in over]
            self._log.append(map(event.line, ends))
            self._history, self._absent = after(self._history, ends), absent

    def _learn(self) -> None:
        self._lessons = tuple(lessons(self._history, self._silences.values(), self._clock()))

    def _logged(self) -> Iterator[Event]:
        """The events of the log, the oldest first; silences are kept meanwhile."""
        known: dict[str, Silence] = {}
        for each in self._log.lines():
            try:
                told = json.loads(each)
                if told["kind"] == "silence":
                    of = silence.of_line(told)
                    known.pop(of.id, None)
                    known[of.id] = of
                    self._seen[of.id] = of.updated_at
                else:
                    yield event.of_line(told)
            except (ValueError, KeyError, TypeError, AttributeError):
                self._unreadable += 1
            if len(known) > 2 * MOST:
                known = _kept(known, self._clock())
        self._silences = _kept(known, self._clock())


def _kept(known: dict[str, Silence], now: float) -> dict[str, Silence]:
    """No more than are kept, in their order: those that have ended and teach nothing go first, then those
    changed first.
    """
    if len(known) <= MOST:
        return known
    by_use = sorted(known.values(), key=lambda each: each.ends_at > now or bool(each.tags))
    gone = {each.id for each in by_use[: len(known) - MOST]}
    return {name: each for name, each in known.items() if name not in gone}
