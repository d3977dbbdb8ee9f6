"""I/O limits of disks (iotune); a limit that is not set has no sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "target_device")
_WAYS = ("total", "read", "write")
# What is limited, in the words of libvirt and of the metrics, and the name of the metric of a burst's length.
_LIMITED = (
    ("bytes", "bytes", "burst_{way}_bytes_length_seconds"),
    ("iops", "requests", "burst_length_{way}_requests_seconds"),
)


def _rows(way: str, limited: str, unit: str, length: str) -> Iterator[tuple[str, Metric]]:
    """The limits, by the name of their element in <iotune>."""
    rows = (
        ("", f"{way}_{unit}", f"Limit of {way} {unit} per second."),
        ("_max", f"burst_{way}_{unit}", f"Limit of {way} {unit} per second during a burst."),
        ("_max_length", length.format(way=way), f"Maximum duration of a burst of {way} {unit}."),
    )
    for suffix, name, help_text in rows:
        full_name = f"libvirt_domain_block_stats_limit_{name}"
        base = "seconds" if suffix == "_max_length" else f"{unit} per second"
        yield f"{way}_{limited}_sec{suffix}", Metric(full_name, Kind.GAUGE, help_text, _LABELS, base)


_LIMITS = dict(row for way in _WAYS for limited in _LIMITED for row in _rows(way, *limited))
_LIMITS["size_iops_sec"] = Metric(
    "libvirt_domain_block_stats_size_iops_bytes",
    Kind.GAUGE,
    "Size up to which a request counts as one against the limits of requests; larger ones count as several.",
    _LABELS,
    "bytes",
)
METRICS = tuple(_LIMITS.values())


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The limits that are set."""
    for domain in snapshot.domains:
        for disk in domain.description.disks if domain.description else ():
            for name, metric in _LIMITS.items():
                if name in disk.limits:
                    yield metric.sample(disk.limits[name], domain.name, disk.device)


COLLECTOR = Collector(
    "block-limits",
    order=130,
    about="I/O limits of disks",
    metrics=METRICS,
    collect=collect,
)
