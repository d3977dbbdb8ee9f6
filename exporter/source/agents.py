"""Asks guest agents for file systems and details, in the background, on a read-write connection.

A guest may be hostile. What it does to its agent costs that guest only: an answer that cannot be read is no
answer; an agent that takes a question and never answers holds one call, beside which others go on. Nothing is
set on the domain: a time limit for its agent, say, would hold for all users of libvirt, and stay.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.guest import Agent, filesystems
from exporter.source.agent_schedule import MOST_CALLS, Schedule
from exporter.source.connection import Unreachable
from exporter.source.guest_details import GuestDetails
from exporter.source.outage import Outage
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from exporter.source.background import Background
    from exporter.source.outage import Reason
    from exporter.source.shared_links import SharedLinks

log = logging.getLogger(__name__)

TASK = "agent"
LOOK = 0.5  # seconds between looks at which guests are due


class Silent(Exception):  # noqa: N818 (a state, not a mistake)
    """The agent did not answer, although libvirt reported no error."""


class Agents:
    """Asks every `interval` seconds; `candidates()` are running domains with an agent channel.

    `room()` is how many of libvirtd's workers questions may hold now.
    """

    def __init__(
        self,
        links: SharedLinks,
        interval: float,
        candidates: Callable[[], Collection[str]],
        background: Background,
        room: Callable[[], int] = lambda: MOST_CALLS,
    ) -> None:
        self.schedule = Schedule(interval)
        self._details: GuestDetails | None = None
        self._links = links
        self._candidates = candidates
        self._background = background
        self._room = room
        self._outage = Outage("guest agents can be asked again")
        self._poller = Poller("agents", links, self._step, background, self._outage.down)

    def ask_details(self) -> None:
        """Ask for what changes rarely, too; see guest_details."""
        self._details = GuestDetails(partial(self._background.failed, TASK))

    @property
    def refusal(self) -> Reason | None:
        """Why no agent can be asked; None if there is no such reason."""
        return self._outage.reason

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def _step(self, _connection: Any) -> float:
        self._outage.up()
        self.schedule.keep(self._candidates())
        while (uuid := self.schedule.take(time.monotonic(), self._room())) is not None:
            self._background.run(TASK, partial(self._ask, uuid))
        return LOOK

    def _ask(self, uuid: str) -> None:
        agent = None
        try:
            with self._links.use() as connection:
                agent = self._answer(connection.lookupByUUIDString(uuid), uuid)
        except (libvirt.libvirtError, Unreachable, Silent) as error:
            log.debug("a guest agent did not answer", extra={"uuid": uuid, "reason": str(error)})
        finally:  # whatever was raised: the guest is free to be asked again
            self.schedule.ended(uuid, agent, time.monotonic())
            self._poller.wake()

    def _answer(self, domain: Any, uuid: str) -> Agent:
        """What the agent tells. Raises libvirtError, Silent, or anything that its answer provokes."""
        raw = domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_FILESYSTEM, 0)
        # libvirt's answer is empty if the guest has no file system on a disk, and if its agent is silent for
        # longer than a limit that another client has set.
        if "fs.count" not in raw and not domain.getTime():
            raise Silent("an empty answer")
        details = self._details.get(uuid, domain) if self._details else None
        return Agent(True, time.time(), *filesystems(raw), details)
