"""Listens to libvirt's events: keeps descriptions, and the records of what happened, up to date."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
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

    from exporter.source.migrations import MigrationRecord

log = logging.getLogger(__name__)

COMPLETED = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
TICK = 0.5  # seconds to wait for an event before other work is done


class Watch:
    """A thread. `about` is what libvirt reports about itself; `on_agent(uuid)` hears of new agents."""

    def __init__(self, uri: str, record: MigrationRecord, on_agent: Callable[[str], None]) -> None:
        self._link = Link(uri, on_open=self._opened)
        self._poller = Poller("libvirt-watch", self._link, self._step)
        self.about: dict[str, str] = {}
        self.backups = BackupRecord()
        self.events = EventRecord()
        self.descriptions = Descriptions(lambda uuid: self._queue.put(Event("describe", uuid, "")))
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
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
        """The next step follows at once: this one waits for an event."""
        self._handle(connection)
        self._settle(connection)
        return 0.0

    def _opened(self, connection: Any) -> list[Callable[[], object]]:
        ends = subscribe(connection, self._queue.put)
        self.events.connected()
        self.descriptions.changed_all()
        threading.Thread(target=self._read_about, name="libvirt-about", daemon=True).start()
        return ends

    def _read_about(self) -> None:
        """On a connection of its own: libvirt may start a QEMU to find its version."""
        with contextlib.suppress(Unreachable):
            self.about = calls.about(Link(self._link.uri).get())

    def _handle(self, connection: Any) -> None:
        """Wait for an event and handle it."""
        try:
            event = self._queue.get(timeout=TICK)
        except queue.Empty:
            return
        self._handlers[event.kind](connection, event)

    def _lifecycle(self, _connection: Any, event: Event) -> None:
        kind, detail = event.values
        self._record.lifecycle(event.uuid, event.domain, kind, detail)
        self.events.lifecycle(event.uuid, event.domain, kind, detail)
        self.descriptions.changed(event.uuid)

    def _settle(self, connection: Any) -> None:
        """Read the statistics of migrations that arrived, and count those that are over."""
        for uuid in self._record.arriving():
            try:
                raw = connection.lookupByUUIDString(uuid).jobStats(COMPLETED)
            except libvirt.libvirtError as error:
                log.debug("no statistics of a completed job", extra={"uuid": uuid, "reason": str(error)})
            else:
                self._record.arrived(uuid, raw)
        self._record.settle()

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
            if self._link.is_broken():
                self._queue.put(event)
                return
            log.debug("no description", extra={"uuid": event.uuid, "reason": str(error)})
        self.descriptions.put(event.uuid, description)
