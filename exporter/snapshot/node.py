"""A host as libvirt reports it; seconds and bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Reading
from exporter.snapshot.units import KIB, NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MHZ = 1_000_000
MIB = 1024 * 1024
_MODES = {"user": "user", "kernel": "system", "idle": "idle", "iowait": "iowait", "intr": "irq"}


@dataclass(frozen=True, slots=True)
class Cell:
    """The memory of a NUMA cell; `pages` counts free pages by page size in bytes."""

    number: int
    free: float
    total: float | None = None
    pages: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """CPUs and memory of the host. `cpu` is seconds by mode over all CPUs."""

    model: str
    cpus: int
    frequency: float
    cells_count: int
    sockets: int
    cores: int
    threads: int
    memory_total: float
    memory_free: float | None = None
    memory_buffers: float | None = None
    memory_cached: float | None = None
    cpu: Mapping[str, float] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()

    @classmethod
    def read(
        cls,
        info: Sequence[Any],
        cpu: Mapping[str, int],
        memory: Mapping[str, int],
        cells: tuple[Cell, ...] = (),
    ) -> Node:
        """From virNodeGetInfo (memory in MiB), virNodeGetCPUStats (ns), virNodeGetMemoryStats (KiB)."""
        model, mebibytes, cpus, megahertz, nodes, sockets, cores, threads = info
        total, free, buffers, cached = (
            memory[key] / KIB if key in memory else None for key in ("total", "free", "buffers", "cached")
        )
        return cls(
            str(model), cpus, megahertz * MHZ, nodes, sockets, cores, threads,
            mebibytes * MIB if total is None else total, free, buffers, cached,
            {_MODES[key]: value / NANOSECONDS for key, value in cpu.items() if key in _MODES}, cells,
        )  # fmt: skip


NODE: Reading[Node] = Reading("node")
