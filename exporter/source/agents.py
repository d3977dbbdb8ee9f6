"""Asks guest agents for file systems and details, in the background, on a read-write connection.

An agent that does not respond occupies one of a few threads for some seconds, and is then asked less often.
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
from exporter.source.guest_details import GuestDetails
from exporter.source.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

log = logging.getLogger(__name__)

CONCURRENCY = 4  # libvirt takes 5 requests at a time from one client
RESPONSE_TIMEOUT = 5  # seconds an agent may take; libvirt adds as much to synchronise with a silent one
LONGEST_PAUSE = 300.0  # seconds until a silent agent is asked again
MISSED = 4  # intervals without an answer after which the last answer is dropped
LOOK = 0.5  # seconds between looks at which guests are due


@dataclass(slots=True)
class Guest:
    """When a guest is due (monotonic seconds), and its last answer."""

    due: float = 0.0
    failures: int = 0
    asking: bool = False
    agent: Agent | None = None
    answered: float = 0.0  # monotonic


class Schedule:
    """When each guest is asked. May be used from several threads."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._guests: dict[str, Guest] = {}

    def keep(self, uuids: Collection[str]) -> None:
        """Set the guests to ask: those that run and have an agent."""
        with self._lock:
            for uuid in self._guests.keys() - set(uuids):
                del self._guests[uuid]
            for uuid in uuids:
                self._guests.setdefault(uuid, Guest())

    def take(self, now: float) -> str | None:
        """The guest that has been due longest, if any; nobody else takes it until it answered or failed."""
        with self._lock:
            due = [(one.due, uuid) for uuid, one in self._guests.items() if not one.asking and one.due <= now]
            if not due:
                return None
            _, uuid = min(due)
            self._guests[uuid].asking = True
            return uuid

    def answered(self, uuid: str, agent: Agent, now: float) -> None:
        """The agent answered."""
        with self._lock:
            guest = self._guests.get(uuid)
            if guest is not None:
                self._guests[uuid] = Guest(now + self._interval, agent=agent, answered=now)

    def failed(self, uuid: str, now: float) -> None:
        """The agent did not answer: the pause until it is asked again doubles each time."""
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
        """The agent has just connected: it is due now."""
        with self._lock:
            guest = self._guests.get(uuid)
            if guest is not None:
                guest.due, guest.failures = 0.0, 0

    def read(self) -> dict[str, Agent]:
        """The last answers by UUID."""
        with self._lock:
            return {uuid: one.agent for uuid, one in self._guests.items() if one.agent is not None}


class Agents:
    """Threads that ask every `interval` seconds; `candidates()` are running domains with an agent channel."""

    def __init__(self, uri: str, interval: float, candidates: Callable[[], Collection[str]]) -> None:
        self._details: GuestDetails | None = None
        self.schedule = Schedule(interval)
        self._link = Link(uri, read_write=True)
        self._opening = threading.Lock()
        self._candidates = candidates
        self._stopping = threading.Event()
        self._outage = Outage("guest agents can be asked again")

    def ask_details(self) -> None:
        """Ask for what changes rarely, too; see guest_details."""
        self._details = GuestDetails()

    def start(self) -> None:
        for n in range(CONCURRENCY):
            threading.Thread(target=self._run, name=f"libvirt-agent-{n}", daemon=True).start()

    def stop(self) -> None:
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
            self._outage.up()
            domain = connection.lookupByUUIDString(uuid)
            domain.agentSetResponseTimeout(RESPONSE_TIMEOUT, 0)
            raw = domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_FILESYSTEM, 0)
            details = self._details.get(uuid, domain) if self._details else None
        except Unreachable as error:
            self._outage.down(error)
            return None
        except libvirt.libvirtError as error:
            log.debug("a guest agent did not answer", extra={"uuid": uuid, "reason": str(error)})
            return None
        return Agent(True, time.time(), filesystems(raw), details)
