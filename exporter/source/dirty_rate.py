"""Starts measurements of guests' dirty rates, one guest at a time, on a read-write connection.

libvirt measures for a second by sampling pages; the bulk statistics have the result.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.source.outage import Outage
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.source.background import Background
    from exporter.source.shared_links import SharedLinks

log = logging.getLogger(__name__)

PERIOD = 1  # seconds a measurement takes
PACE = 1.0  # seconds between the starts of two measurements, so that one guest at a time is measured


class DirtyRates:
    """Measures each domain of `candidates()` (names by UUID) about every `interval` seconds."""

    def __init__(
        self,
        links: SharedLinks,
        interval: float,
        candidates: Callable[[], Mapping[str, str]],
        background: Background,
    ) -> None:
        self._interval = interval
        self._candidates = candidates
        self._started: dict[str, float] = {}  # monotonic, by UUID
        self._outage = Outage("dirty rates can be measured again")
        self._poller = Poller("dirty-rate", links, self._step, background, self._outage.down)

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def next(self, now: float) -> str | None:
        """The domain to measure at `now` (monotonic seconds), if one is due; its interval starts now."""
        running = self._candidates()
        self._started = {uuid: self._started.get(uuid, float("-inf")) for uuid in running}
        if not self._started:
            return None
        uuid = min(self._started, key=lambda one: self._started[one])
        if now - self._started[uuid] < self._interval:
            return None
        self._started[uuid] = now
        return uuid

    def _step(self, connection: Any) -> float:
        self._outage.up()
        uuid = self.next(time.monotonic())
        if uuid is not None:
            measure(connection, uuid)
        return PACE


def measure(connection: Any, uuid: str) -> None:
    """Start a measurement; if libvirt refuses, the domain is due again after its interval."""
    try:
        connection.lookupByUUIDString(uuid).startDirtyRateCalc(PERIOD, 0)
    except libvirt.libvirtError as error:
        log.debug("no dirty rate", extra={"uuid": uuid, "reason": str(error)})
