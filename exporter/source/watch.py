"""Listens to libvirt's events: keeps descriptions, and the records of what happened, up to date."""

from __future__ import annotations

import contextlib
import logging
import queue
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.description import Description
from exporter.snapshot.migration import Direction
from exporter.source import calls
from exporter.source.backups import BackupRecord
from exporter.source.connection import Link, Unreachable
from exporter.source.descriptions import Descriptions
from exporter.source.event_record import EventRecord
from exporter.source.events import Event, subscribe
from exporter.source.happenings import EVENTS
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.background import Background
    from exporter.source.migrations import MigrationRecord

log = logging.getLogger(__name__)

COMPLETED = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
TASK = "watch"
TICK = 0.5  # seconds between looks at migrations that may be over
IDLE_TICK = 2.0  # seconds between looks at whether the connection is alive


class Watch:
    """`about` is what libvirt reports about itself; `on_agent(uuid)` hears of new agents.

    `link` is a connection for it and for others that never wait for a guest. `reached` is whether it was open
    when it was last used.
    """

    def __init__(
        self, uri: str, record: MigrationRecord, on_agent: Callable[[str], None], background: Background
    ) -> None:
        self.link = Link(uri, on_open=self._opened)
        self._background = background
        self._poller = Poller(TASK, self.link, self._step, background, self._unreachable)
        self.reached = False
        self.about: dict[str, str] = {}
        self.backups = BackupRecord()
        self.events = EventRecord()
        self.descriptions = Descriptions(lambda uuid: self._put(Event("describe", uuid, ""), self._orders))
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._orders: queue.SimpleQueue[Event] = queue.SimpleQueue()  # of descriptions
        self._record = record
        self._on_agent = on_agent
        self._handlers = {
            "lifecycle": self._lifecycle,
            "job-completed": self._job_completed,
            "migration-iteration": self._iteration,
            "agent": self._agent,
            "changed": self._change,
            "describe": self._describe,
            **dict.fromkeys(EVENTS, self._happened),
            "device-removed": self._removed,
        }

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def _step(self, connection: Any) -> float:
        """Handle all events; another one cuts the pause short.

        Raises Unreachable if the connection breaks meanwhile: the rest waits for the next one.
        """
        self.reached = True
        while (event := self._next()) is not None:
            self._background.guarded(TASK, self._handlers[event.kind], connection, event)
            if self.link.is_broken(connection):
                raise Unreachable("the connection to libvirt broke")
        self._settle(connection)
        return TICK if self._record.is_unsettled() else IDLE_TICK

    def _unreachable(self, _error: Unreachable) -> None:
        self.reached = False

    def _put(self, event: Event, to: queue.SimpleQueue[Event] | None = None) -> None:
        (to or self._queue).put(event)
        self._poller.wake()

    def _next(self) -> Event | None:
        """What is to be handled next: events, then orders, which may be changed by them."""
        for waiting in (self._queue, self._orders):
            with contextlib.suppress(queue.Empty):
                return waiting.get_nowait()
        return None

    def _opened(self, connection: Any) -> list[Callable[[], object]]:
        self._drop_orders()  # all descriptions are ordered again below: a queue of both would grow each time
        ends = subscribe(connection, self._put, self._background)
        self.events.connected()
        self._record.connected()
        self.descriptions.changed_all()
        self._background.run("about", self._read_about)
        return ends

    def _drop_orders(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._orders.get_nowait()

    def _read_about(self) -> None:
        """On a connection of its own: libvirt may start a QEMU to find its version."""
        with contextlib.suppress(Unreachable):
            self.about = calls.about(Link(self.link.uri).get())

    def _lifecycle(self, _connection: Any, event: Event) -> None:
        kind, detail = event.values
        self._record.lifecycle(event.uuid, event.domain, kind, detail)
        self.events.lifecycle(event.uuid, event.domain, kind, detail)
        self.descriptions.changed(event.uuid)

    def _settle(self, connection: Any) -> None:
        """Read the statistics of migrations that arrived, and count those that are over."""
        for uuid in self._record.unheard():
            self._background.guarded(TASK, self._look, connection, uuid)
        for uuid in self._record.arriving():
            self._background.guarded(TASK, self._arrive, connection, uuid)
        self._record.settle()

    def _look(self, connection: Any, uuid: str) -> None:
        try:
            state, reason = connection.lookupByUUIDString(uuid).state()
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                self._record.looked(uuid, None)
        else:
            self._record.looked(uuid, (state, reason))

    def _arrive(self, connection: Any, uuid: str) -> None:
        try:
            raw = connection.lookupByUUIDString(uuid).jobStats(COMPLETED)
        except libvirt.libvirtError as error:
            log.debug("no statistics of a completed job", extra={"uuid": uuid, "reason": str(error)})
        else:
            self._record.arrived(uuid, raw)

    def _job_completed(self, _connection: Any, event: Event) -> None:
        self._record.completed(event.uuid, event.domain, event.values[0])
        self.backups.completed(event.uuid, event.domain, event.values[0])

    def _iteration(self, _connection: Any, event: Event) -> None:
        self._record.began(event.uuid, event.domain, Direction.OUTGOING)

    def _agent(self, _connection: Any, event: Event) -> None:
        if event.values[0] == libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED:
            self._on_agent(event.uuid)

    def _happened(self, _connection: Any, event: Event) -> None:
        self.events.happened(event.uuid, event.domain, event.kind, event.values)

    def _removed(self, connection: Any, event: Event) -> None:
        self._happened(connection, event)
        self._change(connection, event)

    def _change(self, _connection: Any, event: Event) -> None:
        self.descriptions.changed(event.uuid)

    def _describe(self, connection: Any, event: Event) -> None:
        description = None
        try:
            description = Description.from_xml(connection.lookupByUUIDString(event.uuid).XMLDesc(0))
        except libvirt.libvirtError as error:
            if self.link.is_broken(connection):
                self._orders.put(event)
                return
            log.debug("no description", extra={"uuid": event.uuid, "reason": str(error)})
        except Exception:  # noqa: BLE001 (whatever it is, it costs the description of this domain only)
            self._background.failed(TASK)
        self.descriptions.put(event.uuid, description)
