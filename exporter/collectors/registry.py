"""The collectors there are: a name makes the flag --[no-]collector.NAME and the label `collector`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.collectors import (
    backup,
    block,
    block_backing,
    block_limits,
    compat_common,
    compat_inovex,
    compat_tinkoff,
    connection,
    cpu,
    dirtyrate,
    domain,
    filesystem,
    guest,
    history,
    host,
    host_network,
    host_storage,
    hostdev,
    info,
    interface,
    iothread,
    job,
    kvm,
    lease,
    memory,
    memory_bandwidth,
    metadata,
    migration,
    network,
    node,
    perf,
    placement,
    pool,
    process,
    reading,
    vcpu,
    volume,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exporter.metric import Metric, Sample
    from exporter.snapshot.snapshot import Snapshot


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
    Collector("info", info.METRICS, info.collect, "processor time, virtual CPUs and memory of domains"),
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
    Collector("guest", guest.METRICS, guest.collect, "systems in guests (with --libvirt.read-write)"),
    Collector("block-limits", block_limits.METRICS, block_limits.collect, "limits on disks' throughput"),
    Collector(
        "block-backing",
        block_backing.METRICS,
        block_backing.collect,
        "every image of disks' backing chains",
        enabled=False,
    ),
    Collector("placement", placement.METRICS, placement.collect, "pinning, CPU limits, NUMA and huge pages"),
    Collector("hostdev", hostdev.METRICS, hostdev.collect, "host devices and vGPUs passed to domains"),
    Collector(
        "metadata", metadata.METRICS, metadata.collect, "OpenStack's and virtcast's metadata of domains"
    ),
    Collector("history", history.METRICS, history.collect, "snapshots and checkpoints of domains"),
    Collector("backup", backup.METRICS, backup.collect, "ended backup jobs"),
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
    Collector("node", node.METRICS, node.collect, "the host as libvirt reports it"),
    Collector("pool", pool.METRICS, pool.collect, "storage pools"),
    Collector("volume", volume.METRICS, volume.collect, "volumes of storage pools", enabled=False),
    Collector("network", network.METRICS, network.collect, "virtual networks"),
    Collector("lease", lease.METRICS, lease.collect, "each DHCP lease of virtual networks", enabled=False),
    Collector("host", host.METRICS, host.collect, "CPUs and memory of this machine, if libvirt is local"),
    Collector(
        "host-storage", host_storage.METRICS, host_storage.collect, "disks and file systems of this machine"
    ),
    Collector(
        "host-network", host_network.METRICS, host_network.collect, "network interfaces of this machine"
    ),
    Collector("process", process.METRICS, process.collect, "QEMU processes on this machine", enabled=False),
    Collector("reading", reading.METRICS, reading.collect, "age of what is read beside the domains"),
    Collector(
        "compat-common",
        compat_common.METRICS,
        compat_common.collect,
        "names of dashboards for more than one other exporter (any --compat)",
        enabled=False,
    ),
    Collector(
        "compat-tinkoff",
        compat_tinkoff.METRICS,
        compat_tinkoff.collect,
        "names of dashboards for Tinkoff's exporter (--compat=tinkoff)",
        enabled=False,
    ),
    Collector(
        "compat-inovex",
        compat_inovex.METRICS,
        compat_inovex.collect,
        "names of dashboards for inovex' exporter (--compat=inovex)",
        enabled=False,
    ),
)
