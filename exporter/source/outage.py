"""Telling the log once when libvirt goes away, and once when it is back."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)

SILENT = (
    "libvirt does not list its domains within the deadline; is the daemon starting, overloaded or stopped?"
)


class Outage:
    """Remembers the last reason, so that it is written when it changes and not with every scrape."""

    def __init__(self, back: str = "libvirt answers again") -> None:
        self._back = back
        self._lock = threading.Lock()
        self._reason = ""

    def report(self, *, up: bool, error: Exception | None = None) -> None:
        """What the latest collection came to."""
        reason = "" if up else " ".join(str(error or SILENT).split())
        with self._lock:
            before, self._reason = self._reason, reason
        if reason and reason != before:
            log.error(reason)
        elif before and not reason:
            log.info(self._back)
