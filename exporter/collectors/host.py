"""CPUs, memory, load and pressure of the machine that the exporter runs on (local libvirt only)."""

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
BOOT = Metric(
    "libvirt_host_boot_time_seconds", GAUGE, "Time when the host booted.", (), "Unix time", "boot_time"
)
CPUS = Metric("libvirt_host_cpus", GAUGE, "Number of online CPUs of the host.", (), "CPUs", "cpus")
CPU = Metric(
    "libvirt_host_cpu_seconds_total",
    COUNTER,
    "CPU time of the host by mode, over all CPUs; user includes guest.",
    ("mode",),
    "seconds",
)
LOAD = tuple(
    Metric(f"libvirt_host_load{n}", GAUGE, f"Load average of the host over {n} min.", (), "tasks")
    for n in (1, 5, 15)
)
_MEMORY = (
    Metric("libvirt_host_memory_total_bytes", GAUGE, "Total memory of the host.", (), "bytes", "total"),
    Metric(
        "libvirt_host_memory_available_bytes",
        GAUGE,
        "Memory of the host that is available without swapping.",
        (),
        "bytes",
        "available",
    ),
    Metric("libvirt_host_memory_free_bytes", GAUGE, "Free memory of the host.", (), "bytes", "free"),
    Metric("libvirt_host_memory_buffers_bytes", GAUGE, "Memory used for buffers.", (), "bytes", "buffers"),
    Metric("libvirt_host_memory_cached_bytes", GAUGE, "Memory used for file caches.", (), "bytes", "cached"),
    Metric("libvirt_host_swap_total_bytes", GAUGE, "Total swap of the host.", (), "bytes", "swap_total"),
    Metric("libvirt_host_swap_free_bytes", GAUGE, "Free swap of the host.", (), "bytes", "swap_free"),
    Metric("libvirt_host_swap_in_bytes_total", COUNTER, "Bytes read from swap.", (), "bytes", "swap_in"),
    Metric("libvirt_host_swap_out_bytes_total", COUNTER, "Bytes written to swap.", (), "bytes", "swap_out"),
)
_PRESSURE = (
    Metric(
        "libvirt_host_pressure_waiting_seconds_total",
        COUNTER,
        "Time during which some tasks waited for the resource (pressure stall information).",
        ("resource",),
        "seconds",
        "waiting",
    ),
    Metric(
        "libvirt_host_pressure_stalled_seconds_total",
        COUNTER,
        "Time during which all tasks waited for the resource (pressure stall information).",
        ("resource",),
        "seconds",
        "stalled",
    ),
)
METRICS = (BOOT, CPUS, CPU, *LOAD, *_MEMORY, *_PRESSURE)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The machine, if it is the host of libvirt."""
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
    about="CPUs, memory, load and pressure of this machine, if libvirt is local",
    metrics=METRICS,
    collect=collect,
    needs=(MACHINE,),
)
