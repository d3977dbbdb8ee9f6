"""Logs once when libvirt becomes unreachable, and once when it is back."""

from __future__ import annotations

import logging
import threading
from typing import NamedTuple

from exporter.source.connection import Unreachable

log = logging.getLogger(__name__)

SILENT = "libvirt did not list its domains within the deadline: the daemon is starting, overloaded or stopped"


class Reason(NamedTuple):
    """Why libvirt does not answer, and what mends it, if that is known; each on one line."""

    what: str
    mends: str = ""


class Outage:
    """Remembers the last reason, so that the log has each change and not each scrape.

    `reason` is None while libvirt answers.
    """

    def __init__(self, back: str = "libvirt answers again") -> None:
        self._back = back
        self._lock = threading.Lock()
        self.reason: Reason | None = None

    def up(self) -> None:
        """Libvirt answered."""
        with self._lock:
            before, self.reason = self.reason, None
        if before:
            log.info(self._back)

    def down(self, error: Exception | None = None) -> None:
        """Libvirt did not answer, for this reason or within the deadline."""
        reason = _reason(error)
        with self._lock:
            before, self.reason = self.reason, reason
        if reason != before:
            log.error("; ".join(part for part in reason if part))


def _reason(error: Exception | None) -> Reason:
    parts = (error.what, error.mends) if isinstance(error, Unreachable) else (str(error or SILENT), "")
    return Reason(*(" ".join(part.split()) for part in parts))
