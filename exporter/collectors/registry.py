"""The collectors there are: a name makes the flag --[no-]collector.NAME and the label `collector`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.collectors import (
    block,
    connection,
    cpu,
    dirtyrate,
    domain,
    filesystem,
    interface,
    iothread,
    job,
    kvm,
    memory,
    memory_bandwidth,
    migration,
    perf,
    vcpu,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exporter.metric import Metric, Sample
    from exporter.snapshot import Snapshot


class Collector(NamedTuple):
    """A collector; `enabled` unless its flag says otherwise."""

    name: str
    metrics: tuple[Metric, ...]
    collect: Callable[[Snapshot], Iterator[Sample]]
    about: str
    enabled: bool = True


COLLECTORS = (
    Collector("connection", connection.METRICS, connection.collect, "the connection to libvirt"),
    Collector("domain", domain.METRICS, domain.collect, "state and identity of domains"),
    Collector("cpu", cpu.METRICS, cpu.collect, "processor time of domains"),
    Collector("vcpu", vcpu.METRICS, vcpu.collect, "processor time of each virtual CPU, steal included"),
    Collector("memory", memory.METRICS, memory.collect, "memory of domains and what their guests report"),
    Collector("block", block.METRICS, block.collect, "disks of domains"),
    Collector("interface", interface.METRICS, interface.collect, "network interfaces of domains"),
    Collector("job", job.METRICS, job.collect, "running jobs: live migration, backup, save"),
    Collector("migration", migration.METRICS, migration.collect, "ended live migrations, at both ends"),
    Collector(
        "filesystem",
        filesystem.METRICS,
        filesystem.collect,
        "file systems in guests (with --libvirt.read-write)",
    ),
    Collector("iothread", iothread.METRICS, iothread.collect, "I/O threads of domains", enabled=False),
    Collector("perf", perf.METRICS, perf.collect, "perf events that domains enable"),
    Collector(
        "dirtyrate",
        dirtyrate.METRICS,
        dirtyrate.collect,
        "measured dirty rate of guests' memory",
        enabled=False,
    ),
    Collector(
        "memory-bandwidth",
        memory_bandwidth.METRICS,
        memory_bandwidth.collect,
        "memory bandwidth that domains monitor",
    ),
    Collector("kvm", kvm.METRICS, kvm.collect, "KVM's own statistics, by KVM's names", enabled=False),
)
