"""Reads the host's CPUs and memory from libvirt."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import libvirt

from exporter.snapshot.node import NODE, Cell, Node
from exporter.snapshot.units import KIB
from exporter.source.calls import answer
from exporter.source.reader import EACH_SCRAPE
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from exporter.source.calls import Skips
    from exporter.source.readings.row import Connection

MOST_CELLS = 1_000
PAGE_SIZES = (4, 64, 2_048, 1_048_576)  # KiB
_page_sizes: WeakKeyDictionary[Connection, list[int]] = WeakKeyDictionary()  # those a host has not refused


def node(connection: Connection, _skips: Skips) -> Node:
    """CPUs and memory; drivers differ in what they report."""
    info = connection.getInfo()
    cpu = answer(connection.getCPUStats, libvirt.VIR_NODE_CPU_STATS_ALL_CPUS, 0)
    memory = answer(connection.getMemoryStats, libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS, 0)
    free = answer(connection.getCellsFreeMemory, 0, min(info[4], MOST_CELLS)) or ()
    pages = _free_pages(connection, len(free))
    cells = tuple(Cell(n, size, _cell_total(connection, n), pages[n]) for n, size in enumerate(free))
    return Node.read(info, cpu or {}, memory or {}, cells)


def _cell_total(connection: Connection, number: int) -> float | None:
    memory = answer(connection.getMemoryStats, number, 0)
    return memory["total"] / KIB if memory and "total" in memory else None


def _free_pages(connection: Connection, cells: int) -> list[dict[int, int]]:
    """By cell: free pages by size in bytes. A refused size is not asked for again: daemons log refusals."""
    found: list[dict[int, int]] = [{} for _ in range(cells)]
    sizes = _page_sizes.setdefault(connection, list(PAGE_SIZES)) if cells else []
    for size in sizes.copy():
        counts = answer(connection.getFreePages, [size], 0, cells)
        if counts is None:
            sizes.remove(size)
        for number, by_size in (counts or {}).items():
            found[number] |= {int(size / KIB): count for count in by_size.values()}
    return found


READINGS = (Remote(NODE, node, EACH_SCRAPE),)
