"""Hears from QEMU who asked for a reset, on a read-write connection: libvirt's event does not say it.

libvirt passes QEMU's own events on to clients that may write. The connection is used for nothing else.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import libvirt_qemu

from exporter.source.calls import answer
from exporter.source.connection import Link
from exporter.source.outage import Outage
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.background import Background

LOOK = 2.0  # seconds between looks whether the connection is alive


class Resets:
    """Keeps listening; `record(uuid, domain, by_guest)` is called for each reset."""

    def __init__(self, uri: str, record: Callable[[str, str, bool], None], background: Background) -> None:
        self._record = record
        self.listened = False  # whether QEMU has been heard, or could have been
        self._outage = Outage("resets are told apart again")
        link = Link(uri, read_write=True, on_open=self.subscribe)
        self._poller = Poller("libvirt-resets", link, self._step, background, self._outage.down)

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def subscribe(self, connection: Any) -> list[Callable[[], object]]:
        """Have resets passed on; returns what ends that. Other drivers than QEMU's have no such events."""
        register = libvirt_qemu.qemuMonitorEventRegister
        number = answer(register, connection, None, "RESET", self._reset, None)
        end = libvirt_qemu.qemuMonitorEventDeregister
        if number is None:
            return []
        self.listened = True
        return [partial(end, connection, number)]

    def _reset(self, _connection: Any, domain: Any, _event: str, *values: Any) -> None:
        _seconds, _micros, details, _ = values
        by_guest = json.loads(details or "{}").get("guest")
        if by_guest is not None:
            self._record(domain.UUIDString(), domain.name(), by_guest)

    def _step(self, _connection: Any) -> float:
        self._outage.up()
        return LOOK
