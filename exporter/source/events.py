"""libvirt's events as plain values. Callbacks run in libvirt's event loop and only pass a value on."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.background import Background

log = logging.getLogger(__name__)


class Event(NamedTuple):
    """An event of a domain; `kind` as in the tables below, `values` as libvirt passes them."""

    kind: str
    uuid: str
    domain: str
    values: tuple[Any, ...] = ()


_KINDS = {
    libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE: "lifecycle",
    libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED: "job-completed",
    libvirt.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION: "migration-iteration",
    libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE: "agent",
    libvirt.VIR_DOMAIN_EVENT_ID_REBOOT: "reboot",
    libvirt.VIR_DOMAIN_EVENT_ID_WATCHDOG: "watchdog",
    libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON: "io-error",
    libvirt.VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE: "memory-failure",
    libvirt.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE: "balloon-change",
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED: "device-removed",
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED: "device-removal-failed",
    libvirt.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR: "control-error",
}
# Events after which the XML of a domain is different.
_CHANGES = (
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
    libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
    libvirt.VIR_DOMAIN_EVENT_ID_DISK_CHANGE,
    libvirt.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE,
    libvirt.VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2,
    libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE,
)


def subscribe(
    connection: Any, put: Callable[[Event], None], background: Background
) -> list[Callable[[], object]]:
    """Pass the events of all domains to `put`; returns what ends that. Not all drivers have all events."""
    ends: list[Callable[[], object]] = []
    kinds = {**_KINDS, **dict.fromkeys(_CHANGES, "changed")}
    for event, kind in kinds.items():
        try:
            number = connection.domainEventRegisterAny(None, event, _callback(put, background), kind)
        except libvirt.libvirtError as error:
            log.debug("event not available", extra={"event": kind, "reason": str(error)})
        else:
            ends.append(partial(connection.domainEventDeregisterAny, number))
    return ends


def _callback(put: Callable[[Event], None], background: Background) -> Callable[..., None]:
    def happened(_connection: Any, domain: Any, *values: Any) -> None:
        put(Event(values[-1], domain.UUIDString(), domain.name(), values[:-1]))

    return partial(background.guarded, "events", happened)
