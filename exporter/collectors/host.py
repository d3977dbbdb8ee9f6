"""Processors, memory, load and pressure of the machine the exporter runs on (local libvirt only)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.machine import MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
BOOT = Metric("libvirt_host_boot_time_seconds", GAUGE, "When the host booted.", (), "Unix time", "boot_time")
CPUS = Metric("libvirt_host_cpus", GAUGE, "CPUs of the host that are online.", (), "CPUs", "cpus")
CPU = Metric(
    "libvirt_host_cpu_seconds_total",
    COUNTER,
    "Time of all CPUs of the host by mode; guests' time stands under guest and is part of user, too.",
    ("mode",),
    "seconds",
)
LOAD = tuple(
    Metric(name, GAUGE, "Tasks that run or wait, averaged over this many minutes.", (), "tasks")
    for name in ("libvirt_host_load1", "libvirt_host_load5", "libvirt_host_load15")
)
_MEMORY = (
    Metric("libvirt_host_memory_total_bytes", GAUGE, "Memory of the host.", (), "bytes", "total"),
    Metric(
        "libvirt_host_memory_available_bytes",
        GAUGE,
        "Memory of the host that programs can have without swapping.",
        (),
        "bytes",
        "available",
    ),
    Metric("libvirt_host_memory_free_bytes", GAUGE, "Memory nobody uses.", (), "bytes", "free"),
    Metric("libvirt_host_memory_buffers_bytes", GAUGE, "Memory in buffers.", (), "bytes", "buffers"),
    Metric("libvirt_host_memory_cached_bytes", GAUGE, "Memory that caches files.", (), "bytes", "cached"),
    Metric("libvirt_host_swap_total_bytes", GAUGE, "Swap of the host.", (), "bytes", "swap_total"),
    Metric("libvirt_host_swap_free_bytes", GAUGE, "Swap nobody uses.", (), "bytes", "swap_free"),
    Metric("libvirt_host_swap_in_bytes_total", COUNTER, "Read back from swap.", (), "bytes", "swap_in"),
    Metric("libvirt_host_swap_out_bytes_total", COUNTER, "Written to swap.", (), "bytes", "swap_out"),
)
_PRESSURE = (
    Metric(
        "libvirt_host_pressure_waiting_seconds_total",
        COUNTER,
        "Time in which some task waited for the resource (pressure stall information).",
        ("resource",),
        "seconds",
        "waiting",
    ),
    Metric(
        "libvirt_host_pressure_stalled_seconds_total",
        COUNTER,
        "Time in which no task did anything but wait for the resource (pressure stall information).",
        ("resource",),
        "seconds",
        "stalled",
    ),
)
METRICS = (BOOT, CPUS, CPU, *LOAD, *_MEMORY, *_PRESSURE)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Samples of the machine, if it is libvirt's host."""
    machine = snapshot.get(MACHINE)
    if machine is None:
        return
    yield from read((BOOT, CPUS), machine)
    for mode, seconds in machine.cpu.items():
        yield CPU.sample(seconds, mode)
    for metric, tasks in zip(LOAD, machine.load, strict=True):
        yield metric.sample(tasks)
    yield from read(_MEMORY, machine.memory)
    for resource, pressure in machine.pressure.items():
        yield from read(_PRESSURE, pressure, resource)


COLLECTOR = Collector(
    "host",
    order=300,
    about="CPUs and memory of this machine, if libvirt is local",
    metrics=METRICS,
    collect=collect,
    needs=(MACHINE,),
)
