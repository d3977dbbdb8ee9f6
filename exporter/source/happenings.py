"""What libvirt's events and the states of domains say that happened: tables of libvirt's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from exporter.snapshot.event import NO_SPACE, OTHER, Happening

if TYPE_CHECKING:
    from collections.abc import Callable


class Happened(NamedTuple):
    """What happened, and libvirt's reason or action."""

    what: Happening
    reason: str = ""


# virDomainEventType and its detail. QEMU's process ended without being asked to: FAILED; libvirt ended it
# after a panic: CRASHED.
LIFECYCLE = {
    (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_BOOTED): Happened(
        Happening.START, "booted"
    ),
    (libvirt.VIR_DOMAIN_EVENT_CRASHED, libvirt.VIR_DOMAIN_EVENT_CRASHED_PANICKED): Happened(
        Happening.PANIC, "panicked"
    ),
    (libvirt.VIR_DOMAIN_EVENT_CRASHED, libvirt.VIR_DOMAIN_EVENT_CRASHED_CRASHLOADED): Happened(
        Happening.PANIC, "crashloaded"
    ),
    (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED): Happened(
        Happening.CRASH, "crashed"
    ),
    (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_FAILED): Happened(
        Happening.CRASH, "failed"
    ),
}
# virDomainState and its reason: troubles that a domain's state shows for as long as they last.
STATES = {
    (libvirt.VIR_DOMAIN_CRASHED, libvirt.VIR_DOMAIN_CRASHED_PANICKED): Happened(Happening.PANIC, "panicked"),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_CRASHED): Happened(Happening.PANIC, "panicked"),
    (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED): Happened(Happening.CRASH, "crashed"),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR): Happened(Happening.IO_ERROR, ""),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_WATCHDOG): Happened(Happening.WATCHDOG, "pause"),
}
# virDomainEventWatchdogAction, virDomainMemoryFailureActionType, by number
_WATCHDOG = ("none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi")
_MEMORY_FAILURE = ("ignore", "inject", "fatal", "reset")


def _word(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else str(number)


# By the kind of the event (see events.py), from what libvirt passes with it.
EVENTS: dict[str, Callable[..., Happened]] = {
    "reboot": lambda: Happened(Happening.REBOOT),
    "watchdog": lambda action: Happened(Happening.WATCHDOG, _word(_WATCHDOG, action)),
    "io-error": lambda _path, _alias, _action, reason: Happened(Happening.IO_ERROR, io_error_reason(reason)),
    "memory-failure": lambda _recipient, action, _flags: Happened(
        Happening.MEMORY_FAILURE, _word(_MEMORY_FAILURE, action)
    ),
    "balloon-change": lambda _kib: Happened(Happening.BALLOON_CHANGE),
    "device-removed": lambda alias: Happened(Happening.DEVICE_REMOVED, alias),
    "device-removal-failed": lambda alias: Happened(Happening.DEVICE_REMOVAL_FAILED, alias),
    "control-error": lambda: Happened(Happening.CONTROL_ERROR),
}


def io_error_reason(reason: str) -> str:
    """The label value: libvirt has a word for "no space left" only."""
    return NO_SPACE if reason == NO_SPACE else OTHER


def pauses(kind: str, values: tuple[Any, ...]) -> bool:
    """Whether the domain is paused by the event, so that its state shows what happened."""
    return (kind == "io-error" and values[2] == libvirt.VIR_DOMAIN_EVENT_IO_ERROR_PAUSE) or (
        kind == "watchdog" and values[0] == libvirt.VIR_DOMAIN_EVENT_WATCHDOG_PAUSE
    )
