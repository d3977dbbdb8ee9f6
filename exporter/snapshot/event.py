"""What happened to domains since the exporter started, by libvirt's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Happening(StrEnum):
    """What is counted, as the label value."""

    START = "start"
    REBOOT = "reboot"
    CRASH = "crash"
    PANIC = "panic"
    WATCHDOG = "watchdog"
    IO_ERROR = "io_error"
    MEMORY_FAILURE = "memory_failure"
    BALLOON_CHANGE = "balloon_change"
    DEVICE_REMOVED = "device_removed"
    DEVICE_REMOVAL_FAILED = "device_removal_failed"
    CONTROL_ERROR = "control_error"


class Latest(NamedTuple):
    """The last event of a kind: Unix time, and libvirt's reason or action; empty if it gives none."""

    time: float
    reason: str = ""


GUEST, HOST = "guest", "host"
RESET_BY = (GUEST, HOST)  # who asked for a reset

NO_SPACE, OTHER = "enospc", "other"
IO_ERROR_REASONS = (NO_SPACE, OTHER)  # QEMU tells no space on the host from all other errors


@dataclass(frozen=True, slots=True)
class DomainEvents:
    """Events of one domain.

    `io_errors` counts by libvirt's alias of the disk and by reason, `resets` by who asked.
    """

    uuid: str
    domain: str
    counts: Mapping[Happening, int] = field(default_factory=dict)
    latest: Mapping[Happening, Latest] = field(default_factory=dict)
    io_errors: Mapping[tuple[str, str], int] = field(default_factory=dict)
    resets: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Events:
    """Events by the UUID of their domain, and how often the connection that brings them was interrupted.

    A domain without events is missing. One that no longer exists remains for an hour after its last event.
    `tells_resets` is whether QEMU is heard of who asked for resets.
    """

    domains: Mapping[str, DomainEvents] = field(default_factory=dict)
    interruptions: int = 0
    tells_resets: bool = False
