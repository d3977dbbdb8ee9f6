"""The node: units."""

from __future__ import annotations

from exporter.snapshot.node import Node


def test_units_of_the_node() -> None:
    node = Node.read(("m", 1, 2, 3, 4, 5, 6, 7), {"kernel": 1_500_000_000, "new": 1}, {"total": 2, "free": 1})
    assert (node.memory_total, node.memory_free, node.cpu) == (2048, 1024, {"system": 1.5})
