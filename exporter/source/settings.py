"""What the source reads, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from exporter.snapshot.need import Need

# For statistics, spare ones included. A stuck call holds one of libvirtd's 20 workers, and a libvirtd
# without a free one answers nobody: some are left to those who manage guests.
MOST_CONNECTIONS = 16
# For the list of domains and events; for readings and jobs. With `read_write` there is one more, for agents.
SHARED = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """What to read and how. `include` and `exclude` are matched against the whole name of a domain."""

    uri: str = "qemu:///system"
    connections: int = 4
    read_write: bool = False
    include: re.Pattern[str] | None = None
    exclude: re.Pattern[str] | None = None
    needs: frozenset[Need] = frozenset()
    agent_interval: float = 10.0  # seconds
    dirty_rate_interval: float | None = None  # seconds; None: nothing is measured

    @property
    def usual_connections(self) -> int:
        """Connections that are open while no call hangs: see source.host."""
        return self.connections + SHARED + self.read_write
