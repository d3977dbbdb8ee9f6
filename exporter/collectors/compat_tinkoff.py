"""Names that dashboards made for Tinkoff's exporter read beside those all exporters share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.metadata import Nova
from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot import Domain, Snapshot

META = Metric(
    "libvirt_domain_info_meta",
    Kind.GAUGE,
    "The domain as OpenStack Nova describes it; always 1, with empty labels where there is no such metadata.",
    (
        "domain", "uuid", "instance_name", "flavor", "user_name", "user_uuid", "project_name", "project_uuid",
        "root_type", "root_uuid",
    ),
)  # fmt: skip
VSTATE = Metric(
    "libvirt_domain_info_vstate",
    Kind.GAUGE,
    "State of the domain as libvirt's number for it; libvirt_domain_state has it by name.",
    ("domain",),
)
USED = Metric(
    "libvirt_domain_memory_stats_used_percent",
    Kind.GAUGE,
    "Memory the guest could not use without swapping, in percent of what its kernel sees.",
    ("domain",),
    "percent",
)
BLOCK = Metric(
    "libvirt_domain_block_meta",
    Kind.GAUGE,
    "Where the disk's bytes come from; always 1.",
    ("domain", "target_device", "bus", "cache", "disk_type", "driver_type", "serial", "source_file"),
)
INTERFACE = Metric(
    "libvirt_domain_interface_meta",
    Kind.GAUGE,
    "What the interface is attached to; always 1.",
    ("domain", "target_device", "source_bridge", "virtual_interface"),
)
METRICS = (META, VSTATE, USED, BLOCK, INTERFACE)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The names above for each domain."""
    for domain in snapshot.domains:
        if domain.state is not None:
            yield VSTATE.sample(domain.state, domain.name)
        usable, available = domain.memory.usable, domain.memory.available
        if usable is not None and available:
            yield USED.sample(100 * (1 - usable / available), domain.name)
        yield from _described(domain)


def _described(domain: Domain) -> Iterator[Sample]:
    about = domain.description
    if about is None:
        return
    nova = about.metadata.nova or Nova()
    yield META.sample(
        1, domain.name, domain.uuid, nova.instance_name, nova.flavor_name, nova.user_name, nova.user_id,
        nova.project_name, nova.project_id, nova.root_type, nova.root_id,
    )  # fmt: skip
    for disk in about.disks:
        labels = (disk.bus, disk.cache, disk.source_type, disk.driver, disk.serial, disk.source)
        yield BLOCK.sample(1, domain.name, disk.device, *labels)
    for nic in about.nics:
        yield INTERFACE.sample(1, domain.name, nic.device, nic.bridge, nic.interface_id)
