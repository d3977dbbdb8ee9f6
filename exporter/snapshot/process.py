"""The QEMU process of a domain as the host's kernel sees it: seconds and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Process:
    """A domain's process; what the exporter's user may not read is None."""

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


def uuid_of(command: Sequence[str]) -> str | None:
    """The UUID libvirt gives QEMU on its command line; None of other programs."""
    if not command or not ("qemu" in command[0] or "kvm" in command[0]):
        return None
    try:
        return command[command.index("-uuid") + 1]
    except (ValueError, IndexError):
        return None
