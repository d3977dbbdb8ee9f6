"""Disks and their backing chains."""

from __future__ import annotations

from exporter.snapshot.backing import Backing
from exporter.snapshot.block import Block


def test_a_device_that_stands_twice_counts_once() -> None:
    raw = {
        "block.count": 2,
        "block.0.name": "vda",
        "block.0.rd.reqs": 1,
        "block.1.name": "vda",
        "block.1.rd.reqs": 2,
    }
    assert Block.read(raw) == (Block("vda", read_requests=1),)


def test_images_without_an_index_are_of_no_chain() -> None:
    raw = {"block.count": 2, "block.0.name": "vda", "block.1.name": "vda", "block.1.backingIndex": 2}
    assert Backing.read(raw) == (Backing("vda", "2", ""),)
