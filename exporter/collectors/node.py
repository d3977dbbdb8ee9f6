"""The host as libvirt reports it, local or remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.node import NODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

GAUGE = Kind.GAUGE
INFO = Metric(
    "libvirt_node_info",
    GAUGE,
    "CPU model and topology of the host: NUMA cells, and sockets, cores and threads each; always 1.",
    ("model", "cells", "sockets", "cores", "threads"),
)
CPU = Metric(
    "libvirt_node_cpu_seconds_total",
    Kind.COUNTER,
    "CPU time of the host by mode, over all CPUs.",
    ("mode",),
    "seconds",
)
_READ = (
    Metric("libvirt_node_cpus", GAUGE, "Number of online CPUs of the host.", (), "CPUs", "cpus"),
    Metric("libvirt_node_cpu_frequency_hertz", GAUGE, "CPU frequency of the host.", (), "hertz", "frequency"),
    Metric(
        "libvirt_node_memory_total_bytes", GAUGE, "Total memory of the host.", (), "bytes", "memory_total"
    ),
    Metric("libvirt_node_memory_free_bytes", GAUGE, "Free memory of the host.", (), "bytes", "memory_free"),
    Metric(
        "libvirt_node_memory_buffers_bytes", GAUGE, "Memory used for buffers.", (), "bytes", "memory_buffers"
    ),
    Metric(
        "libvirt_node_memory_cached_bytes",
        GAUGE,
        "Memory used for file caches.",
        (),
        "bytes",
        "memory_cached",
    ),
)
_CELL = (
    Metric(
        "libvirt_node_cell_memory_free_bytes",
        GAUGE,
        "Free memory of the NUMA cell.",
        ("cell",),
        "bytes",
        "free",
    ),
    Metric(
        "libvirt_node_cell_memory_total_bytes",
        GAUGE,
        "Total memory of the NUMA cell.",
        ("cell",),
        "bytes",
        "total",
    ),
)
FREE_PAGES = Metric(
    "libvirt_node_cell_free_pages",
    GAUGE,
    "Free pages of the NUMA cell by page size in bytes; huge pages are reserved ones that are not in use.",
    ("cell", "page_size"),
    "pages",
)
METRICS = (INFO, CPU, *_READ, *_CELL, FREE_PAGES)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """CPUs and memory, in total and by NUMA cell."""
    node = snapshot.get(NODE)
    if node is None:
        return
    shape = (node.cells_count, node.sockets, node.cores, node.threads)
    yield INFO.sample(1, node.model, *map(str, shape))
    for mode, seconds in node.cpu.items():
        yield CPU.sample(seconds, mode)
    yield from read(_READ, node)
    for cell in node.cells:
        yield from read(_CELL, cell, str(cell.number))
        for size, pages in cell.pages.items():
            yield FREE_PAGES.sample(pages, str(cell.number), str(size))


COLLECTOR = Collector(
    "node",
    order=250,
    about="CPUs and memory of the host, as libvirt reports them",
    metrics=METRICS,
    collect=collect,
    needs=(NODE,),
)
