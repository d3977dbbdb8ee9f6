"""Perf events of domains, if their XML enables them."""

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
    "Last-level cache of the host that the domain occupies (event cmt).",
    _LABELS,
    "bytes",
    "cache_occupancy",
)
_COUNTED = (
    ("cpu_cycles", "cpu_cycles", "cycles", "CPU cycles."),
    (
        "ref_cpu_cycles",
        "ref_cpu_cycles",
        "cycles",
        "CPU reference cycles, which do not depend on the frequency.",
    ),
    ("bus_cycles", "bus_cycles", "cycles", "Bus cycles."),
    (
        "stalled_cycles_frontend",
        "stalled_cycles_frontend",
        "cycles",
        "CPU cycles stalled in the frontend (fetch and decode).",
    ),
    (
        "stalled_cycles_backend",
        "stalled_cycles_backend",
        "cycles",
        "CPU cycles stalled in the backend (execution).",
    ),
    ("instructions", "instructions", "instructions", "Instructions executed."),
    ("cache_references", "cache_references", "accesses", "Last-level cache accesses."),
    ("cache_misses", "cache_misses", "accesses", "Last-level cache misses."),
    ("branch_instructions", "branch_instructions", "instructions", "Branch instructions executed."),
    ("branch_misses", "branch_misses", "instructions", "Branch mispredictions."),
    ("cpu_clock_seconds", "cpu_clock", "seconds", "Time of the CPU clock."),
    ("task_clock_seconds", "task_clock", "seconds", "Time of the task clock."),
    ("page_faults", "page_faults", "faults", "Page faults."),
    ("page_faults_minor", "page_faults_minor", "faults", "Page faults that did not require disk I/O."),
    ("page_faults_major", "page_faults_major", "faults", "Page faults that required disk I/O."),
    ("context_switches", "context_switches", "switches", "Context switches."),
    ("cpu_migrations", "cpu_migrations", "moves", "Migrations to another host CPU."),
    ("alignment_faults", "alignment_faults", "faults", "Unaligned accesses handled by the kernel."),
    ("emulation_faults", "emulation_faults", "faults", "Instructions emulated by the kernel."),
)
METRICS = (
    CACHE,
    *(
        Metric(
            f"libvirt_domain_perf_{name}_total",
            Kind.COUNTER,
            f"{help_text[:-1]}, counted for the domain's process.",
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
    about="perf events that are enabled in the XML of domains",
    metrics=METRICS,
    collect=collect,
    needs=(PERF,),
)
