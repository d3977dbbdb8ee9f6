"""Starts measurements of guests' dirty rates, one after the other, on a read-write connection of its own.

Libvirt measures by itself for a second, by sampling pages; the result comes with the statistics.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.source.connection import Link, Unreachable
from exporter.source.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

PERIOD = 1  # seconds a measurement takes
PACE = 1.0  # seconds between two beginnings: one guest at a time is measured
LONGEST_PAUSE = 30.0  # seconds between attempts to reach libvirt


class DirtyRates:
    """A thread. Each domain of `candidates()` (by UUID) is measured about every `interval` seconds."""

    def __init__(self, uri: str, interval: float, candidates: Callable[[], Mapping[str, str]]) -> None:
        self._link = Link(uri, read_write=True)
        self._interval = interval
        self._candidates = candidates
        self._begun: dict[str, float] = {}  # monotonic, by UUID
        self._stopping = threading.Event()
        self._outage = Outage("dirty rates can be measured again")

    def start(self) -> None:
        """Begin to measure."""
        threading.Thread(target=self._run, name="libvirt-dirty-rate", daemon=True).start()

    def stop(self) -> None:
        """End the thread soon."""
        self._stopping.set()

    def next(self, now: float) -> str | None:
        """The domain whose turn it is, if any is due; it counts as measured from now on."""
        running = self._candidates()
        self._begun = {uuid: self._begun.get(uuid, float("-inf")) for uuid in running}
        if not self._begun:
            return None
        uuid = min(self._begun, key=lambda one: self._begun[one])
        if now - self._begun[uuid] < self._interval:
            return None
        self._begun[uuid] = now
        return uuid

    def _run(self) -> None:
        pause = PACE
        while not self._stopping.wait(pause):
            pause = PACE
            try:
                connection = self._link.get()
                self._outage.report(up=True)
            except Unreachable as error:
                self._outage.report(up=False, error=error)
                pause = LONGEST_PAUSE
                continue
            uuid = self.next(time.monotonic())
            if uuid is not None:
                measure(connection, uuid)


def measure(connection: Any, uuid: str) -> None:
    """Begin a measurement; a domain that cannot be measured now has its next turn later."""
    try:
        connection.lookupByUUIDString(uuid).startDirtyRateCalc(PERIOD, 0)
    except libvirt.libvirtError as error:
        log.debug("no dirty rate", extra={"uuid": uuid, "reason": str(error)})
