"""Perf events of domains, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import NANOSECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

PERF = Need("perf")


@dataclass(frozen=True, slots=True)
class Perf:
    """Perf events of the domain's process; an event that is not enabled (XML, `virsh perf`) has no value.

    The events mbmt and mbml are left out: libvirt does not say in which unit the kernel counts them.
    """

    cache_occupancy: float | None = None
    cpu_cycles: float | None = None
    ref_cpu_cycles: float | None = None
    bus_cycles: float | None = None
    stalled_cycles_frontend: float | None = None
    stalled_cycles_backend: float | None = None
    instructions: float | None = None
    cache_references: float | None = None
    cache_misses: float | None = None
    branch_instructions: float | None = None
    branch_misses: float | None = None
    cpu_clock: float | None = None
    task_clock: float | None = None
    page_faults: float | None = None
    page_faults_minor: float | None = None
    page_faults_major: float | None = None
    context_switches: float | None = None
    cpu_migrations: float | None = None
    alignment_faults: float | None = None
    emulation_faults: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Perf:
        return cls(**values(raw, _PERF, "perf."))


# Fields whose key is another, or whose unit is not one.
_OTHERS = {
    "cache_occupancy": Field("cache_occupancy", "cmt"),
    "page_faults_minor": Field("page_faults_minor", "page_faults_min"),
    "page_faults_major": Field("page_faults_major", "page_faults_maj"),
    "cpu_clock": Field("cpu_clock", "cpu_clock", NANOSECONDS),
    "task_clock": Field("task_clock", "task_clock", NANOSECONDS),
}
_PERF = tuple(_OTHERS.get(name, Field(name, name)) for name in Perf.__dataclass_fields__)
