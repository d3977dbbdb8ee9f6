"""Where domains may run and where their memory lies: pinning, CPU limits, NUMA, huge pages."""

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
    "Host CPUs the domain's vCPUs may run on unless they are pinned one by one; always 1.",
    (*_LABELS, "cpuset"),
)
PINNING = Metric(
    "libvirt_domain_vcpu_pinning_info",
    Kind.GAUGE,
    "Host CPUs the virtual CPU is pinned to; always 1, absent when it is not pinned.",
    (*_LABELS, "vcpu", "cpuset"),
)
PINNED = Metric(
    "libvirt_domain_vcpu_pinned_host_cpus",
    Kind.GAUGE,
    "Number of host CPUs the virtual CPU is pinned to.",
    (*_LABELS, "vcpu"),
    "CPUs",
)
EMULATOR = Metric(
    "libvirt_domain_emulator_pinning_info",
    Kind.GAUGE,
    "Host CPUs the emulator's own threads are pinned to; always 1.",
    (*_LABELS, "cpuset"),
)
IOTHREAD = Metric(
    "libvirt_domain_iothread_pinning_info",
    Kind.GAUGE,
    "Host CPUs the I/O thread is pinned to; always 1.",
    (*_LABELS, "iothread", "cpuset"),
)
SHARES = Metric(
    "libvirt_domain_cpu_shares",
    Kind.GAUGE,
    "Weight of the domain when host CPUs are scarce, as configured.",
    _LABELS,
)
LIMIT = Metric(
    "libvirt_domain_vcpu_limit_ratio",
    Kind.GAUGE,
    "Host CPUs each virtual CPU may use at most (quota by period); absent when not limited.",
    _LABELS,
    "CPUs",
)
MEMORY = Metric(
    "libvirt_domain_numa_memory_info",
    Kind.GAUGE,
    "Host NUMA nodes the memory is taken from; always 1. The cell is the guest's, empty for all memory.",
    (*_LABELS, "cell", "mode", "nodeset", "placement"),
)
CELL = Metric(
    "libvirt_domain_numa_cell_info",
    Kind.GAUGE,
    "Virtual CPUs of a NUMA node the guest sees; always 1.",
    (*_LABELS, "cell", "cpus"),
)
CELL_MEMORY = Metric(
    "libvirt_domain_numa_cell_memory_bytes",
    Kind.GAUGE,
    "Memory of a NUMA node the guest sees.",
    (*_LABELS, "cell"),
    "bytes",
)
HUGEPAGES = Metric(
    "libvirt_domain_memory_hugepages",
    Kind.GAUGE,
    "Whether huge pages of the host back the domain's memory.",
    _LABELS,
)
PAGE_SIZE = Metric(
    "libvirt_domain_memory_hugepage_size_bytes",
    Kind.GAUGE,
    "Size of the huge pages that back the guest's nodes; absent for the host's default size.",
    (*_LABELS, "nodeset"),
    "bytes",
)
METRICS = (
    CPUSET, PINNING, PINNED, EMULATOR, IOTHREAD, SHARES, LIMIT,
    MEMORY, CELL, CELL_MEMORY, HUGEPAGES, PAGE_SIZE,
)  # fmt: skip


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """What each domain's XML says."""
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
