"""The node of libvirt's test driver."""

from __future__ import annotations

from typing import Any

import libvirt

from exporter.source.calls import Skips
from exporter.source.readings import node


def test_the_node_of_a_connection(connection: Any) -> None:
    info = connection.getInfo()
    found = node.node(connection, Skips())
    assert (found.model, found.cpus, found.frequency) == (info[0], info[2], info[3] * 1_000_000)
    assert (found.cells_count, found.sockets, found.cores, found.threads) == tuple(info[4:])
    assert found.memory_total == info[1] * 1024 * 1024  # this driver has no other figures of it
    assert found.memory_free is None
    assert found.cells == ()


def test_numa_cells_of_a_node() -> None:
    connection = libvirt.openReadOnly("test:///default")
    free = connection.getCellsFreeMemory(0, 2)
    cells = node.node(connection, Skips()).cells
    assert [(cell.number, cell.free) for cell in cells] == [(0, free[0]), (1, free[1])]
    assert free[0] != free[1]


class Pages:
    """A host that has pages of 4 KiB and 2 MiB, and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def getFreePages(self, sizes: list[int], _start: int, cells: int) -> dict[int, dict[int, int]]:  # noqa: N802 (libvirt's)
        self.asked += sizes
        if sizes[0] not in {4, 2048}:
            raise libvirt.libvirtError("page size is not available")
        return {cell: {sizes[0]: 100 * cell + sizes[0]} for cell in range(cells)}


def test_free_pages_and_that_refused_sizes_are_not_asked_for_again() -> None:
    host = Pages()
    expected = [{4096: 4, 2097152: 2048}, {4096: 104, 2097152: 2148}]
    assert node._free_pages(host, 2) == expected
    assert host.asked == list(node.PAGE_SIZES)
    assert node._free_pages(host, 2) == expected
    assert host.asked == [*node.PAGE_SIZES, 4, 2048]
