"""Host CPUs and NUMA nodes that domains may use: pinning, CPU limits, NUMA, huge pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.placement import cpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.placement import Placement
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
CPUSET = Metric(
    "libvirt_domain_cpuset_info",
    Kind.GAUGE,
    "Host CPUs for virtual CPUs of the domain that are not pinned; always 1.",
    (*_LABELS, "cpuset"),
)
PINNING = Metric(
    "libvirt_domain_vcpu_pinning_info",
    Kind.GAUGE,
    "Host CPUs to which the virtual CPU is pinned; always 1, absent if it is not pinned.",
    (*_LABELS, "vcpu", "cpuset"),
)
PINNED = Metric(
    "libvirt_domain_vcpu_pinned_host_cpus",
    Kind.GAUGE,
    "Number of host CPUs to which the virtual CPU is pinned.",
    (*_LABELS, "vcpu"),
    "CPUs",
)
EMULATOR = Metric(
    "libvirt_domain_emulator_pinning_info",
    Kind.GAUGE,
    "Host CPUs to which the emulator threads are pinned; always 1.",
    (*_LABELS, "cpuset"),
)
IOTHREAD = Metric(
    "libvirt_domain_iothread_pinning_info",
    Kind.GAUGE,
    "Host CPUs to which the I/O thread is pinned; always 1.",
    (*_LABELS, "iothread", "cpuset"),
)
SHARES = Metric(
    "libvirt_domain_cpu_shares",
    Kind.GAUGE,
    "CPU shares of the domain: its weight among others when host CPUs are contended.",
    _LABELS,
)
LIMIT = Metric(
    "libvirt_domain_vcpu_limit_ratio",
    Kind.GAUGE,
    "CPU limit of each virtual CPU in host CPUs (quota divided by period); absent if not limited.",
    _LABELS,
    "CPUs",
)
MEMORY = Metric(
    "libvirt_domain_numa_memory_info",
    Kind.GAUGE,
    "Host NUMA nodes of the guest's memory; always 1. The cell is a node of the guest, empty for all memory.",
    (*_LABELS, "cell", "mode", "nodeset", "placement"),
)
CELL = Metric(
    "libvirt_domain_numa_cell_info",
    Kind.GAUGE,
    "Virtual CPUs of a NUMA node of the guest; always 1.",
    (*_LABELS, "cell", "cpus"),
)
CELL_MEMORY = Metric(
    "libvirt_domain_numa_cell_memory_bytes",
    Kind.GAUGE,
    "Memory of a NUMA node of the guest.",
    (*_LABELS, "cell"),
    "bytes",
)
HUGEPAGES = Metric(
    "libvirt_domain_memory_hugepages",
    Kind.GAUGE,
    "Whether huge pages of the host back the memory of the domain.",
    _LABELS,
)
PAGE_SIZE = Metric(
    "libvirt_domain_memory_hugepage_size_bytes",
    Kind.GAUGE,
    "Size of the huge pages for these NUMA nodes of the guest; absent for the host's default size.",
    (*_LABELS, "nodeset"),
    "bytes",
)
METRICS = (
    CPUSET, PINNING, PINNED, EMULATOR, IOTHREAD, SHARES, LIMIT,
    MEMORY, CELL, CELL_MEMORY, HUGEPAGES, PAGE_SIZE,
)  # fmt: skip


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The placement in the XML of each domain."""
    for domain in snapshot.domains:
        if domain.description is not None:
            yield from _processors(domain.name, domain.description.placement)
            yield from _memory(domain.name, domain.description.placement)


def _processors(name: str, placement: Placement) -> Iterator[Sample]:
    if placement.cpuset:
        yield CPUSET.sample(1, name, placement.cpuset)
    for vcpu, cpuset in placement.vcpu_pins:
        yield PINNING.sample(1, name, vcpu, cpuset)
        count = cpus(cpuset)
        if count is not None:
            yield PINNED.sample(count, name, vcpu)
    if placement.emulator_pin:
        yield EMULATOR.sample(1, name, placement.emulator_pin)
    for iothread, cpuset in placement.iothread_pins:
        yield IOTHREAD.sample(1, name, iothread, cpuset)
    if placement.cpu_shares is not None:
        yield SHARES.sample(placement.cpu_shares, name)
    if placement.cpu_limit is not None:
        yield LIMIT.sample(placement.cpu_limit, name)


def _memory(name: str, placement: Placement) -> Iterator[Sample]:
    for one in placement.memory:
        yield MEMORY.sample(1, name, one.cell, one.mode, one.nodeset, one.placement)
    for cell in placement.cells:
        yield CELL.sample(1, name, cell.cell, cell.cpus)
        if cell.memory is not None:
            yield CELL_MEMORY.sample(cell.memory, name, cell.cell)
    yield HUGEPAGES.sample(bool(placement.hugepages), name)
    for pages in placement.hugepages:
        if pages.size is not None:
            yield PAGE_SIZE.sample(pages.size, name, pages.nodeset)


COLLECTOR = Collector(
    "placement",
    order=150,
    about="pinning, CPU limits, NUMA and huge pages",
    metrics=METRICS,
    collect=collect,
)
