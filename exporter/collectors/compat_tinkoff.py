"""Names that dashboards for Tinkoff's exporter use, in addition to those of compat_common.

Its libvirt_domain_vcpu_cpu is not exported: it requires a call for each domain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.block import BLOCK
from exporter.snapshot.memory import BALLOON
from exporter.snapshot.metadata import Nova

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.domain import Domain
    from exporter.snapshot.snapshot import Snapshot

META = Metric(
    "libvirt_domain_info_meta",
    Kind.GAUGE,
    "OpenStack Nova's metadata of the domain; always 1, with empty labels if there is none.",
    (
        "domain", "uuid", "instance_name", "flavor", "user_name", "user_uuid", "project_name", "project_uuid",
        "root_type", "root_uuid",
    ),
)  # fmt: skip
VSTATE = Metric(
    "libvirt_domain_info_vstate",
    Kind.GAUGE,
    "State of the domain as libvirt's number; see libvirt_domain_state.",
    ("domain",),
)
DISK_CACHE = Metric(
    "libvirt_domain_memory_stats_disk_cache_bytes",
    Kind.GAUGE,
    "The same as libvirt_domain_memory_stats_disk_caches_bytes.",
    ("domain",),
    "bytes",
    "disk_caches",
)
SIZES = (
    Metric(
        "libvirt_domain_block_stats_allocation",
        Kind.GAUGE,
        "The same as libvirt_domain_block_stats_allocation_bytes.",
        ("domain", "target_device"),
        "bytes",
        "allocation",
    ),
    Metric(
        "libvirt_domain_block_stats_physicalsize_bytes",
        Kind.GAUGE,
        "The same as libvirt_domain_block_stats_physical_bytes.",
        ("domain", "target_device"),
        "bytes",
        "physical",
    ),
)
BLOCK_META = Metric(
    "libvirt_domain_block_meta",
    Kind.GAUGE,
    "Source of the disk; always 1.",
    (
        "domain", "target_device", "bus", "cache", "discard", "disk_type", "driver_type", "serial",
        "source_file",
    ),
)  # fmt: skip
INTERFACE_META = Metric(
    "libvirt_domain_interface_meta",
    Kind.GAUGE,
    "Bridge and virtual interface of the network interface; always 1.",
    ("domain", "target_device", "source_bridge", "virtual_interface"),
)
METRICS = (META, VSTATE, DISK_CACHE, *SIZES, BLOCK_META, INTERFACE_META)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """These names for each domain."""
    for domain in snapshot.domains:
        if domain.state is not None:
            yield VSTATE.sample(domain.state, domain.name)
        yield from read((DISK_CACHE,), domain.memory, domain.name)
        for block in domain.blocks:
            yield from read(SIZES, block, domain.name, block.device)
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
        source = disk.source.partition(":")[2] if disk.source_type == "network" else disk.source
        labels = (disk.bus, disk.cache, disk.discard, disk.source_type, disk.driver, disk.serial, source)
        yield BLOCK_META.sample(1, domain.name, disk.device, *labels)
    for nic in about.nics:
        yield INTERFACE_META.sample(1, domain.name, nic.device, nic.bridge, nic.interface_id)


COLLECTOR = Collector(
    "compat-tinkoff",
    order=360,
    about="names that dashboards for Tinkoff's exporter use (--compat=tinkoff)",
    metrics=METRICS,
    collect=collect,
    needs=(BALLOON, BLOCK),
    enabled=False,
)
