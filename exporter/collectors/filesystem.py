"""File systems in guests, as guest agents report them (needs --libvirt.read-write)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.guest import GUEST_AGENTS, MOST_FILESYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "mountpoint")
UP = Metric(
    "libvirt_domain_guest_agent_up",
    Kind.GAUGE,
    "Whether the guest agent answered when it was last asked.",
    ("domain",),
)
UPDATED = Metric(
    "libvirt_domain_guest_agent_last_update_timestamp_seconds",
    Kind.GAUGE,
    "Time of the guest agent's last answer; its values are of that time.",
    ("domain",),
    "Unix time",
)
INFO = Metric(
    "libvirt_domain_filesystem_info",
    Kind.GAUGE,
    "A file system that is mounted in the guest, at its shortest mount point; always 1.",
    (*_LABELS, "device", "fstype"),
)
_READ = (
    Metric(
        "libvirt_domain_filesystem_size_bytes",
        Kind.GAUGE,
        "Size of the file system in the guest.",
        _LABELS,
        "bytes",
        "size",
    ),
    Metric(
        "libvirt_domain_filesystem_used_bytes",
        Kind.GAUGE,
        "Used space of the file system in the guest.",
        _LABELS,
        "bytes",
        "used",
    ),
)
LEFT_OUT = Metric(
    "libvirt_domain_filesystems_left_out",
    Kind.GAUGE,
    f"File systems of the guest that are not exported: all but the {MOST_FILESYSTEMS} fullest, and the "
    "smaller of two under one mount point.",
    ("domain",),
    "file systems",
)
METRICS = (UP, UPDATED, *_READ, INFO, LEFT_OUT)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The state of each agent, and the file systems of its guest."""
    for domain in snapshot.domains:
        agent = domain.agent
        if agent is None:
            continue
        yield UP.sample(agent.up, domain.name)
        if agent.updated is not None:
            yield UPDATED.sample(agent.updated, domain.name)
        for filesystem in agent.filesystems:
            yield from read(_READ, filesystem, domain.name, filesystem.mountpoint)
            about = (filesystem.mountpoint, filesystem.device, filesystem.type)
            yield INFO.sample(1, domain.name, *about)
        if agent.filesystems:
            yield LEFT_OUT.sample(agent.left_out, domain.name)


COLLECTOR = Collector(
    "filesystem",
    order=110,
    about="file systems in guests (needs --libvirt.read-write)",
    metrics=METRICS,
    collect=collect,
    needs=(GUEST_AGENTS,),
)
