"""QEMU processes of domains, as the host's kernel reports them; seconds and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Process:
    """The process of a domain; None for what the exporter's user may not read."""

    domain: str
    pid: int
    start_time: float
    resident: float
    virtual: float
    user: float
    system: float
    threads: int
    descriptors: int | None = None
    read_bytes: float | None = None
    write_bytes: float | None = None


PROCESSES: Reading[tuple[Process, ...]] = Reading("processes")


def uuid_of(command: Sequence[str]) -> str | None:
    """The UUID of the domain, from QEMU's command line; None for other programs."""
    if not command or not ("qemu" in command[0] or "kvm" in command[0]):
        return None
    try:
        return command[command.index("-uuid") + 1]
    except (ValueError, IndexError):
        return None
