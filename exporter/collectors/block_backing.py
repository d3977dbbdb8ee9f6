"""Backing chains of disks: every image, by the index that libvirt gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.backing import BACKING_CHAINS, Backing
from exporter.snapshot.block import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

LONGEST_CHAIN = 64  # images that are exported per disk, from the topmost down

_LABELS = ("domain", "target_device", "backing_index")
INFO = Metric(
    "libvirt_domain_block_backing_info",
    Kind.GAUGE,
    "An image in the disk's backing chain; always 1. The source is empty if the image is not a file.",
    (*_LABELS, "source"),
)
IMAGES = Metric(
    "libvirt_domain_block_backing_images",
    Kind.GAUGE,
    "Number of images in the disk's backing chain, including the topmost one.",
    ("domain", "target_device"),
    "images",
)
_COUNTERS = (
    ("read_bytes", "bytes", "Bytes read from the image."),
    ("read_requests", "requests", "Read requests to the image."),
    ("write_bytes", "bytes", "Bytes written to the image."),
    ("write_requests", "requests", "Write requests to the image."),
)
_GAUGES = (
    ("allocation", "Offset of the highest byte written to the image."),
    ("capacity", "Size of the disk that the image contains."),
    ("physical", "Storage used by the image on the host."),
)
_READ = (
    *(
        Metric(f"libvirt_domain_block_backing_{name}_total", Kind.COUNTER, help_text, _LABELS, unit, name)
        for name, unit, help_text in _COUNTERS
    ),
    *(
        Metric(f"libvirt_domain_block_backing_{name}_bytes", Kind.GAUGE, help_text, _LABELS, "bytes", name)
        for name, help_text in _GAUGES
    ),
)
METRICS = (IMAGES, INFO, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The chain of each disk."""
    for domain in snapshot.domains:
        lengths: dict[str, int] = {}
        for image in Backing.read(domain.statistics):
            lengths[image.device] = lengths.get(image.device, 0) + 1
            if lengths[image.device] <= LONGEST_CHAIN:
                yield INFO.sample(1, domain.name, image.device, image.index, image.path)
                yield from read(_READ, image, domain.name, image.device, image.index)
        for device, length in lengths.items():
            yield IMAGES.sample(length, domain.name, device)


COLLECTOR = Collector(
    "block-backing",
    order=140,
    about="each image of the backing chains of disks",
    metrics=METRICS,
    collect=collect,
    needs=(BLOCK, BACKING_CHAINS),
    enabled=False,
)
