"""The connection to libvirt, and what libvirt reports about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection to libvirt.

    `unreadable` counts domains that could not be listed, `stuck` statistics connections that wait for a stuck
    domain, `hung_agents` guest agents that took a question and do not answer, `failures` what background work
    raised, by task.
    """

    uri: str
    up: bool
    opened: int = 0
    connections: int = 0
    stuck: int = 0
    unreadable: int = 0
    hung_agents: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    library_version: str | None = None
    daemon_version: str | None = None
    hypervisor: str | None = None
    hypervisor_version: str | None = None
    hostname: str | None = None


def version(number: int) -> str:
    """A version of libvirt or of its hypervisor: 9000001 is 9.0.1."""
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
