"""Asks guest agents for file systems and more, in the background, on a read-write connection of its own.

A guest that does not answer holds up one of a few threads for a few seconds, and is then asked less often.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libvirt

from exporter.snapshot.guest import Agent, filesystems
from exporter.source.connection import Link, Unreachable
from exporter.source.interview import Interview
from exporter.source.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

log = logging.getLogger(__name__)

CONCURRENCY = 4  # libvirt takes 5 requests at a time from one client
RESPONSE_TIMEOUT = 5  # seconds a guest may take; libvirt's own sync adds as much for one that is silent
LONGEST_PAUSE = 300.0  # seconds until a silent guest is asked again
MISSED = 4  # intervals without an answer after which the last figures are dropped
LOOK = 0.5  # seconds between looks at who is due


@dataclass(slots=True)
class Guest:
    """When a guest is to be asked next (monotonic), and what it last said."""

    due: float = 0.0
    failures: int = 0
    asking: bool = False
    agent: Agent | None = None
    answered: float = 0.0  # monotonic


class Schedule:
    """Who is to be asked when. Plain values; may be used from several threads."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._guests: dict[str, Guest] = {}

    def keep(self, uuids: Collection[str]) -> None:
        """The guests that have an agent and run; all others are forgotten."""
        with self._lock:
            for uuid in self._guests.keys() - set(uuids):
                del self._guests[uuid]
            for uuid in uuids:
                self._guests.setdefault(uuid, Guest())

    def take(self, now: float) -> str | None:
        """The guest that is due for the longest time, if any; it counts as being asked from now on."""
        with self._lock:
            due = [(one.due, uuid) for uuid, one in self._guests.items() if not one.asking and one.due <= now]
            if not due:
                return None
            _, uuid = min(due)
            self._guests[uuid].asking = True
            return uuid

    def answered(self, uuid: str, agent: Agent, now: float) -> None:
        """The guest has answered."""
        with self._lock:
            guest = self._guests.get(uuid)
            if guest is not None:
                self._guests[uuid] = Guest(now + self._interval, agent=agent, answered=now)

    def failed(self, uuid: str, now: float) -> None:
        """The guest has not answered: each time it is left alone for twice as long."""
        with self._lock:
            guest = self._guests.get(uuid)
            if guest is None:
                return
            guest.asking = False
            guest.failures += 1
            guest.due = now + min(self._interval * 2**guest.failures, max(LONGEST_PAUSE, self._interval))
            kept = guest.agent
            fresh = kept is not None and now - guest.answered < MISSED * self._interval
            guest.agent = replace(kept or Agent(up=False), up=False)
            if not fresh:
                guest.agent = replace(guest.agent, filesystems=(), details=None)

    def hurry(self, uuid: str) -> None:
        """The guest's agent has just connected."""
        with self._lock:
            guest = self._guests.get(uuid)
            if guest is not None:
                guest.due, guest.failures = 0.0, 0

    def read(self) -> dict[str, Agent]:
        """What the guests last said, by UUID."""
        with self._lock:
            return {uuid: one.agent for uuid, one in self._guests.items() if one.agent is not None}


class Agents:
    """The poller. `interval` in seconds; `candidates()` gives running domains with an agent channel.

    `detailed` asks for what changes seldom, too; see interview.
    """

    def __init__(
        self, uri: str, interval: float, candidates: Callable[[], Collection[str]], *, detailed: bool = False
    ) -> None:
        self._interview = Interview() if detailed else None
        self.schedule = Schedule(interval)
        self._link = Link(uri, read_write=True)
        self._opening = threading.Lock()
        self._candidates = candidates
        self._stopping = threading.Event()
        self._outage = Outage("guest agents can be asked again")

    def start(self) -> None:
        """Begin to ask."""
        for n in range(CONCURRENCY):
            threading.Thread(target=self._run, name=f"libvirt-agent-{n}", daemon=True).start()

    def stop(self) -> None:
        """Ask nobody any more."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK):
            self.schedule.keep(self._candidates())
            while (uuid := self.schedule.take(time.monotonic())) is not None and not self._stopping.is_set():
                agent = self._ask(uuid)
                if agent is not None:
                    self.schedule.answered(uuid, agent, time.monotonic())
                else:
                    self.schedule.failed(uuid, time.monotonic())

    def _ask(self, uuid: str) -> Agent | None:
        try:
            with self._opening:
                connection = self._link.get()
            self._outage.report(up=True)
            domain = connection.lookupByUUIDString(uuid)
            domain.agentSetResponseTimeout(RESPONSE_TIMEOUT, 0)
            raw = domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_FILESYSTEM, 0)
            details = self._interview.details(uuid, domain) if self._interview else None
        except Unreachable as error:
            self._outage.report(up=False, error=error)
            return None
        except libvirt.libvirtError as error:
            log.debug("no answer from a guest agent", extra={"uuid": uuid, "reason": str(error)})
            return None
        return Agent(True, time.time(), filesystems(raw), details)
