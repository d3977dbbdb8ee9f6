"""Logs once when libvirt becomes unreachable, and once when it is back."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)

SILENT = "libvirt did not list its domains within the deadline: the daemon is starting, overloaded or stopped"


class Outage:
    """Remembers the last reason, so that the log has each change and not each scrape."""

    def __init__(self, back: str = "libvirt answers again") -> None:
        self._back = back
        self._lock = threading.Lock()
        self._reason = ""

    def up(self) -> None:
        """Libvirt answered."""
        with self._lock:
            before, self._reason = self._reason, ""
        if before:
            log.info(self._back)

    def down(self, error: Exception | None = None) -> None:
        """Libvirt did not answer, for this reason or within the deadline."""
        reason = " ".join(str(error or SILENT).split())
        with self._lock:
            before, self._reason = self._reason, reason
        if reason != before:
            log.error(reason)
