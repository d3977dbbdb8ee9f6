"""Backing chains; the topmost image is the disk of test_block.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from example_host import with_statistics
from exporter.collectors import block_backing

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

STATISTICS = {
    "block.count": 2,
    "block.0.backingIndex": 3,
    "block.0.path": "/images/web.qcow2",
    "block.1.name": "vda",
    "block.1.backingIndex": 4,
    "block.1.path": "/images/base.qcow2",
    "block.1.rd.bytes": 6001,
    "block.1.rd.reqs": 6002,
    "block.1.wr.bytes": 6003,
    "block.1.wr.reqs": 6004,
    "block.1.allocation": 6005,
    "block.1.capacity": 6006,
    "block.1.physical": 6007,
}
VIRSH = """
[described] domstats {domain} --iothread --block --backing --raw
1        block.count                  libvirt_domain_block_backing_images
=source  block.1.path                 libvirt_domain_block_backing_info{backing_index=1}
1        block.0.rd.bytes             libvirt_domain_block_backing_read_bytes_total{backing_index={top}}
1        block.0.rd.reqs              libvirt_domain_block_backing_read_requests_total{backing_index={top}}
1        block.0.wr.bytes             libvirt_domain_block_backing_write_bytes_total{backing_index={top}}
1        block.0.wr.reqs              libvirt_domain_block_backing_write_requests_total{backing_index={top}}
1        block.1.allocation           libvirt_domain_block_backing_allocation_bytes{backing_index=1}
1        block.1.capacity             libvirt_domain_block_backing_capacity_bytes{backing_index=1}
1        block.1.physical             libvirt_domain_block_backing_physical_bytes{backing_index=1}
"""


def test_a_long_chain_is_cut_and_counted_whole(snapshot: Snapshot) -> None:
    length = block_backing.LONGEST_CHAIN + 9
    raw: dict[str, Any] = {"block.count": length}
    for n in range(length):
        raw |= {f"block.{n}.name": "vda", f"block.{n}.backingIndex": n}
    samples = list(block_backing.collect(with_statistics(snapshot, raw)))
    assert len(samples) == block_backing.LONGEST_CHAIN + 1
    assert samples[-1].value == length
