"""Starts measurements of guests' dirty rates, one guest at a time, on a read-write connection.

libvirt samples pages at both ends of a period; the bulk statistics have the result. Short periods tell how
fast a guest writes, long ones whether it writes to the same pages again.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.source.lanes import MOST, Lanes
from exporter.source.outage import Outage
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.source.background import Background
    from exporter.source.shared_links import SharedLinks

log = logging.getLogger(__name__)

TASK = "dirty-rate"
PERIODS = (
    1,
    1,
    1,
    30,
)  # seconds that measurements take, in turn; libvirt allows 1 to 60. Short ones vary more
SETTLING = (
    30.0  # seconds after a migration in which measurements are far too high: deploy/bench/migrations.py
)
PACE = 1.0  # seconds between the starts of two measurements, so that one guest's pages are read at a time


class DirtyRates:
    """Measures each domain of `candidates()` (names by UUID) about every `interval` seconds.

    A measurement that is longer than the shortest one delays the next by as much. `room()` as lanes.Lanes.
    """

    def __init__(
        self,
        links: SharedLinks,
        interval: float,
        candidates: Callable[[], Mapping[str, str]],
        background: Background,
        room: Callable[[], int] = lambda: MOST,
    ) -> None:
        self._interval = interval
        self._candidates = candidates
        self._due: dict[str, float] = {}  # monotonic, by UUID
        self._turns: dict[str, int] = {}  # of measurements that were begun, by UUID
        self._outage = Outage("dirty rates can be measured again")
        self._poller = Poller(TASK, links, self._step, background, self._outage.down)
        self._lanes = Lanes(TASK, links, measure, background, room=room)

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def next(self, now: float) -> tuple[str, int] | None:
        """The domain to measure at `now` (monotonic seconds), if one is due, and for how many seconds."""
        running = self._candidates()
        self._due = {uuid: self._due.get(uuid, float("-inf")) for uuid in running}
        self._turns = {uuid: self._turns.get(uuid, 0) for uuid in running}
        uuid = min(self._due, key=lambda one: self._due[one], default=None)
        if uuid is None or now < self._due[uuid]:
            return None
        period = PERIODS[self._turns[uuid] % len(PERIODS)]
        self._due[uuid] = now + self._interval + period - min(PERIODS)
        self._turns[uuid] += 1
        return uuid, period

    def _step(self, _connection: Any) -> float:
        self._outage.up()
        due = self.next(time.monotonic())
        if due is not None:
            self._lanes.put(dict([due]))
        return PACE


def measure(domain: Any, uuid: str, seconds: int) -> None:
    """Start a measurement; if libvirt refuses, the domain is due again after its interval."""
    if domain is None:
        return
    try:
        domain.startDirtyRateCalc(seconds, 0)
    except libvirt.libvirtError as error:
        log.debug("no dirty rate", extra={"uuid": uuid, "reason": str(error)})
