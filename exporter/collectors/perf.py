"""Perf events of domains, where their XML enables them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.perf import PERF, Perf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
CACHE = Metric(
    "libvirt_domain_perf_cache_occupancy_bytes",
    Kind.GAUGE,
    "Bytes of the host's last-level cache the domain occupies (event cmt).",
    _LABELS,
    "bytes",
    "cache_occupancy",
)
_COUNTED = (
    ("cpu_cycles", "cpu_cycles", "cycles", "Processor cycles."),
    ("ref_cpu_cycles", "ref_cpu_cycles", "cycles", "Processor cycles, not scaled by the frequency."),
    ("bus_cycles", "bus_cycles", "cycles", "Bus cycles."),
    (
        "stalled_cycles_frontend",
        "stalled_cycles_frontend",
        "cycles",
        "Cycles stalled while instructions are fetched and decoded.",
    ),
    (
        "stalled_cycles_backend",
        "stalled_cycles_backend",
        "cycles",
        "Cycles stalled while instructions are executed.",
    ),
    ("instructions", "instructions", "instructions", "Instructions executed."),
    ("cache_references", "cache_references", "accesses", "Accesses to the last-level cache."),
    ("cache_misses", "cache_misses", "accesses", "Accesses that missed the last-level cache."),
    ("branch_instructions", "branch_instructions", "instructions", "Branches executed."),
    ("branch_misses", "branch_misses", "instructions", "Branches predicted wrongly."),
    ("cpu_clock_seconds", "cpu_clock", "seconds", "Time of the host's CPU clock."),
    ("task_clock_seconds", "task_clock", "seconds", "Time the domain's tasks ran."),
    ("page_faults", "page_faults", "faults", "Page faults."),
    ("page_faults_minor", "page_faults_minor", "faults", "Page faults that needed no disk."),
    ("page_faults_major", "page_faults_major", "faults", "Page faults that needed a disk."),
    ("context_switches", "context_switches", "switches", "Context switches."),
    ("cpu_migrations", "cpu_migrations", "moves", "Moves to another host CPU."),
    ("alignment_faults", "alignment_faults", "faults", "Unaligned accesses the kernel had to handle."),
    ("emulation_faults", "emulation_faults", "faults", "Instructions the kernel had to emulate."),
)
METRICS = (
    CACHE,
    *(
        Metric(
            f"libvirt_domain_perf_{name}_total",
            Kind.COUNTER,
            f"{help_text[:-1]}, by the domain's process.",
            _LABELS,
            unit,
            field,
        )
        for name, field, unit, help_text in _COUNTED
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each event that is enabled."""
    for domain in snapshot.domains:
        yield from read(METRICS, Perf.read(domain.statistics), domain.name)


COLLECTOR = Collector(
    "perf",
    order=210,
    about="perf events that domains enable",
    metrics=METRICS,
    collect=collect,
    needs=(PERF,),
)
