"""When each guest agent is asked, and what its last answer was. No libvirt, no threads of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from exporter.snapshot.guest import Agent

if TYPE_CHECKING:
    from collections.abc import Collection

CONCURRENCY = 4  # questions at a time
MOST_CALLS = 8  # with those that hang: each holds one of libvirtd's 20 workers
PATIENCE = 15.0  # seconds until a question hangs; libvirt waits for ever for an agent that once answered
LONGEST_PAUSE = 300.0  # seconds until a silent agent is asked again
MOST_DOUBLINGS = 16  # of the pause: more cannot matter, and 2.0**1024 is no number
MISSED = 4  # intervals without an answer after which the last answer is dropped


@dataclass(slots=True)
class Guest:
    """When a guest is due (monotonic seconds), and its last answer."""

    due: float = 0.0
    failures: int = 0
    silent: bool = False  # when it was last asked
    agent: Agent | None = None
    answered: float = float("-inf")  # monotonic


class Schedule:
    """The guests that have an agent. May be used from several threads; `now` is in monotonic seconds."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._guests: dict[str, Guest] = {}
        self._calls: dict[str, float] = {}  # when the questions in progress began

    def keep(self, uuids: Collection[str]) -> None:
        """Set the guests to ask: those that run and have an agent."""
        with self._lock:
            for uuid in self._guests.keys() - set(uuids):
                del self._guests[uuid]
            for uuid in uuids:
                self._guests.setdefault(uuid, Guest())

    def take(self, now: float, most: int = MOST_CALLS) -> str | None:
        """The guest that has been due longest, if one may be asked; nobody takes it again until `ended`.

        `most` questions may be in progress, those that hang included.
        """
        with self._lock:
            hung = self._hung(now)
            if len(self._calls) - hung >= CONCURRENCY or len(self._calls) >= min(most, MOST_CALLS):
                return None
            free = self._guests.keys() - self._calls.keys()
            due = [(self._guests[uuid].due, uuid) for uuid in free if self._guests[uuid].due <= now]
            if not due:
                return None
            _, uuid = min(due)
            self._calls[uuid] = now
            return uuid

    def ended(self, uuid: str, agent: Agent | None, now: float) -> None:
        """The agent answered; None if not: the pause until it is asked again doubles each time."""
        with self._lock:
            self._calls.pop(uuid, None)
            guest = self._guests.get(uuid)
            if guest is None:
                return
            if agent is not None:
                self._guests[uuid] = Guest(now + self._interval, agent=agent, answered=now)
                return
            guest.silent = True
            guest.failures = min(guest.failures + 1, MOST_DOUBLINGS)
            pause = min(self._interval * 2**guest.failures, max(LONGEST_PAUSE, self._interval))
            guest.due = now + pause

    def hurry(self, uuid: str) -> None:
        """The agent has just connected: it is due now."""
        with self._lock:
            guest = self._guests.get(uuid)
            if guest is not None:
                guest.due, guest.failures = 0.0, 0

    def hung(self, now: float) -> int:
        """How many agents took a question and have not answered for long."""
        with self._lock:
            return self._hung(now)

    def read(self, now: float) -> dict[str, Agent]:
        """The agents by UUID, with their last answers; one that was never asked is missing."""
        with self._lock:
            shown = {uuid: self._shown(uuid, guest, now) for uuid, guest in self._guests.items()}
        return {uuid: agent for uuid, agent in shown.items() if agent is not None}

    def _shown(self, uuid: str, guest: Guest, now: float) -> Agent | None:
        """The last answer, as it may be exported. An old one has no figures, for whatever reason."""
        silent = guest.silent or now - self._calls.get(uuid, now) >= PATIENCE
        if guest.agent is None:
            return Agent(up=False) if silent else None
        if now - guest.answered >= MISSED * self._interval:
            return Agent(up=False, updated=guest.agent.updated)
        return replace(guest.agent, up=False) if silent else guest.agent

    def _hung(self, now: float) -> int:
        return sum(now - began >= PATIENCE for began in self._calls.values())
