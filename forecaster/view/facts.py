"""Which series tell what of the inventory: a table of facts, and the inventory built from their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.view.inventory import (
    ISOLATED,
    Disk,
    FileSystem,
    Host,
    Interface,
    Inventory,
    Migration,
    Network,
    Path,
    Pool,
    ThinPool,
    Vm,
    without_left_copies,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.series.labels import Labels

    Thing = Vm | Disk | FileSystem | Interface | Host | Pool | ThinPool | Network | Path | Migration
    Fields = dict[str, Any]


class Fact(NamedTuple):
    """Which series tell something of `thing`; `texts` are fields by label, `number` the field of the value.
    `lists` are the fields that hold the label of each series, in order. `empty` has the values of fields
    whose label is empty, where that says something, too.

    A query that other providers' rules may answer, too, begins with the normalised series.
    """

    name: str
    thing: type[Thing]
    query: str
    texts: Mapping[str, str] = {}
    number: str = ""
    lists: Mapping[str, str] = {}
    empty: Mapping[str, str] = {}


def _same(*names: str) -> dict[str, str]:
    """Labels whose names are the fields' names."""
    return {name: name for name in names}


KEYS: Mapping[type[Thing], tuple[str, ...]] = {
    Vm: ("instance", "domain"),
    Disk: ("instance", "domain", "target_device"),
    FileSystem: ("instance", "domain", "mountpoint"),
    Interface: ("instance", "domain", "target_device"),
    Host: ("instance",),
    Pool: ("instance", "pool"),
    ThinPool: ("instance", "volume_group", "thin_pool"),
    Network: ("instance", "network"),
    Path: ("instance", "network"),
    Migration: ("instance", "domain", "direction"),
}
WHOLES: Mapping[type[Thing], str] = {
    Vm: "vms",
    Host: "hosts",
    Pool: "pools",
    ThinPool: "thin_pools",
    Network: "networks",
    Path: "paths",
    Migration: "migrations",
}
PARTS: Mapping[type[Thing], str] = {
    Disk: "disks",
    FileSystem: "filesystems",
    Interface: "interfaces",
}  # of a VM


def _dirty(period: str) -> str:
    """The usual dirty rate of measurements of a period in seconds."""
    rate = "libvirt_domain_dirty_rate_bytes_per_second"
    measured = f"({rate} and libvirt_domain_dirty_rate_period_seconds {period})"
    return f"quantile_over_time(0.5, {measured}[1d:5m])"


def _last(name: str) -> str:
    return f'libvirt_domain_last_migration_{name}{{result="success"}}'


IO_ERROR = 5  # reason of the state paused: VIR_DOMAIN_PAUSED_IOERROR
PAUSED_BY_ERROR = (
    'libvirt_domain_state{state="paused"} == 1 and on (instance, domain) '
    f"libvirt_domain_state_reason == {IO_ERROR}"
)
# Of hosts alone: other programs have that label, too.
CLUSTER = 'group by (instance, cluster) (up{cluster!=""}) and on (instance) host:cpu_utilization:ratio'
FACTS: tuple[Fact, ...] = (
    Fact("vm", Vm, "group by (provider, instance, domain) (vm:cpu_utilization:ratio)", _same("provider")),
    Fact("vm_identity", Vm, "libvirt_domain_info", _same("uuid", "title")),
    Fact("vm_state", Vm, "libvirt_domain_state == 1", _same("state")),
    Fact("vm_paused_by_error", Vm, PAUSED_BY_ERROR, number="paused_by_error"),
    Fact(
        "vm_io_error",
        Vm,
        'libvirt_domain_last_event_timestamp_seconds{event="io_error"}',
        {"reason": "io_error"},
    ),
    Fact(
        "vm_virtual_cpus",
        Vm,
        "vm:virtual_cpus:count or libvirt_domain_info_virtual_cpus",
        number="virtual_cpus",
    ),
    Fact(
        "vm_maximum_virtual_cpus",
        Vm,
        "libvirt_domain_info_maximum_virtual_cpus",
        number="maximum_virtual_cpus",
    ),
    Fact(
        "vm_memory",
        Vm,
        "vm:maximum_memory:bytes or libvirt_domain_info_maximum_memory_bytes",
        number="maximum_memory_bytes",
    ),
    Fact("vm_current_memory", Vm, "libvirt_domain_info_memory_usage_bytes", number="current_memory_bytes"),
    Fact(
        "vm_lowest_free",
        Vm,
        "min_over_time(libvirt_domain_memory_stats_unused_bytes[1h])",
        number="lowest_free_bytes",
    ),
    Fact("vm_resident", Vm, "libvirt_domain_memory_stats_rss_bytes", number="resident_bytes"),
    Fact("vm_huge_pages", Vm, "libvirt_domain_memory_hugepages == 1", number="huge_pages"),
    Fact("vm_dirty", Vm, _dirty("<= 2"), number="dirty_bytes_per_second"),
    Fact("vm_lasting_dirty", Vm, _dirty("> 2"), number="lasting_dirty_bytes_per_second"),
    Fact("vm_cpuset", Vm, "libvirt_domain_cpuset_info", _same("cpuset")),
    Fact("vm_numa", Vm, 'libvirt_domain_numa_memory_info{cell=""}', {"nodeset": "numa_nodeset"}),
    Fact("vm_guest", Vm, "libvirt_domain_guest_info", _same("os_name")),
    Fact("vm_snapshots", Vm, "libvirt_domain_snapshots", number="snapshots"),
    Fact(
        "vm_oldest_snapshot",
        Vm,
        "libvirt_domain_snapshot_oldest_timestamp_seconds",
        number="oldest_snapshot",
    ),
    Fact("vm_openstack", Vm, "libvirt_domain_openstack_info", _same("project_name", "flavor_name")),
    Fact(
        "vm_metadata",
        Vm,
        "libvirt_domain_virtcast_info",
        _same("owner", "criticality", "maintenance_window", "cost_centre"),
    ),
    Fact("vm_apart", Vm, 'libvirt_domain_virtcast_group_info{rule="apart"}', lists={"group": "apart"}),
    Fact(
        "vm_together",
        Vm,
        'libvirt_domain_virtcast_group_info{rule="together"}',
        lists={"group": "together"},
    ),
    Fact(
        "vm_host_devices",
        Vm,
        "sum by (instance, domain) (libvirt_domain_hostdevs)",
        number="host_devices",
    ),
    Fact(
        "disk",
        Disk,
        "libvirt_domain_block_stats_info",
        _same("disk_type", "source", "source_type", "target_bus", "serial"),
    ),
    Fact("disk_capacity", Disk, "libvirt_domain_block_stats_capacity_bytes", number="capacity_bytes"),
    Fact("disk_physical", Disk, "libvirt_domain_block_stats_physical_bytes", number="physical_bytes"),
    Fact(
        "disk_chain",
        Disk,
        "sum by (instance, domain, target_device) (libvirt_domain_block_backing_physical_bytes)",
        number="chain_bytes",
    ),
    Fact("filesystem", FileSystem, "libvirt_domain_filesystem_info", _same("device")),
    Fact("filesystem_size", FileSystem, "libvirt_domain_filesystem_size_bytes", number="size_bytes"),
    Fact("filesystem_used", FileSystem, "libvirt_domain_filesystem_used_bytes", number="used_bytes"),
    Fact(
        "interface",
        Interface,
        "libvirt_domain_interface_stats_info",
        _same("interface_type", "mac_address", "model_type", "source_bridge", "source_network"),
    ),
    Fact("interface_link", Interface, "libvirt_domain_interface_link_up", number="link_up"),
    Fact("interface_mtu", Interface, "libvirt_domain_interface_mtu_bytes", number="mtu_bytes"),
    Fact("interface_vlan", Interface, "libvirt_domain_interface_vlan_info", lists={"tag": "vlans"}),
    Fact("host", Host, "group by (provider, instance) (host:cpu_utilization:ratio)", _same("provider")),
    Fact("host_node", Host, "libvirt_node_info", {"model": "model", "cells": "numa_cells"}),
    Fact("host_cluster", Host, CLUSTER, _same("cluster")),
    Fact("host_versions", Host, "libvirt_versions_info", _same("hypervisor")),
    Fact("host_cpus", Host, "host:cpus:count or libvirt_node_cpus", number="cpus"),
    Fact("host_memory", Host, "host:memory:bytes or libvirt_node_memory_total_bytes", number="memory_bytes"),
    Fact(
        "host_device",
        Host,
        'libvirt_host_network_receive_bytes_total{device!~"lo|vnet.*|tap.*"}',
        lists={"device": "devices"},
    ),
    Fact("pool", Pool, "group by (provider, instance, pool) (pool:utilization:ratio)", _same("provider")),
    Fact("pool_info", Pool, "libvirt_pool_info", _same("type", "path")),
    Fact("pool_capacity", Pool, "libvirt_pool_info_capacity_bytes", number="capacity_bytes"),
    Fact("pool_allocation", Pool, "libvirt_pool_info_allocation_bytes", number="allocation_bytes"),
    Fact("pool_orphans", Pool, "libvirt_pool_orphan_volume_bytes", number="orphan_bytes"),
    Fact("thin_pool_size", ThinPool, "libvirt_host_thin_pool_size_bytes", number="size_bytes"),
    Fact("thin_pool_virtual", ThinPool, "libvirt_host_thin_pool_virtual_size_bytes", number="virtual_bytes"),
    Fact("thin_pool_used", ThinPool, "libvirt_host_thin_pool_used_ratio", number="used_ratio"),
    Fact("network", Network, "libvirt_network_info", _same("uuid", "bridge")),
    Fact("network_active", Network, "libvirt_network_active", number="active"),
    Fact(
        "network_forward",
        Network,
        "libvirt_network_forward_info",
        _same("mode", "device"),
        empty={"mode": ISOLATED},
    ),
    Fact("network_mtu", Network, "libvirt_network_mtu_bytes", number="mtu_bytes"),
    Fact("network_vlan", Network, "libvirt_network_vlan_info", lists={"tag": "vlans"}),
    Fact("network_subnet", Network, "libvirt_network_subnet_info", lists={"subnet": "subnets"}),
    Fact("network_dhcp_addresses", Network, "libvirt_network_dhcp_addresses", number="dhcp_addresses"),
    Fact("network_dhcp_leases", Network, "libvirt_network_dhcp_leases", number="dhcp_leases"),
    Fact("path_loss", Path, "max by (instance, network) (path:loss:ratio)", number="loss_ratio"),
    Fact(
        "path_round_trip",
        Path,
        "max by (instance, network) (path:round_trip:seconds)",
        number="round_trip_seconds",
    ),
    *(
        Fact(f"migration_{field}", Migration, _last(name), number=field)
        for field, name in (
            ("ended", "timestamp_seconds"),
            ("seconds", "duration_seconds"),
            ("downtime", "downtime_seconds"),
            ("transferred_bytes", "transferred_bytes"),
            ("memory_bytes", "memory_total_bytes"),
            ("constant_bytes", "memory_constant_bytes"),
            ("bytes_per_second", "memory_bytes_per_second"),
            ("dirty_bytes_per_second", "memory_dirty_bytes_per_second"),
        )
    ),
)


def inventory(
    answers: Mapping[str, Iterable[tuple[Labels, float]]], at: int, missing: Iterable[str] = ()
) -> Inventory:
    """The inventory from the answers by the facts' names: labels and value of each series.

    Of several series that tell the same field of the same thing, the first counts. Series without the labels
    of the thing's key are left out, and so are definitions that VMs left behind at other hosts. `missing` are
    the facts whose answers are old, or have never come.
    """
    told: dict[type[Thing], dict[tuple[str, ...], Fields]] = {thing: {} for thing in KEYS}
    for fact in FACTS:
        for labels, value in answers.get(fact.name, ()):
            _tell(fact, told[fact.thing], dict(labels), value)
    for thing, field in PARTS.items():
        for key, fields in sorted(told[thing].items()):
            if key[:2] in told[Vm]:
                vm = told[Vm][key[:2]]
                vm[field] = (*vm.get(field, ()), thing(**_without(fields, KEYS[Vm])))
    wholes: dict[str, Any] = {
        field: tuple(thing(**fields) for _, fields in sorted(told[thing].items()))
        for thing, field in WHOLES.items()
    }
    wholes[WHOLES[Vm]] = without_left_copies(wholes[WHOLES[Vm]], wholes[WHOLES[Migration]])
    return Inventory(at=at, missing=tuple(missing), **wholes)


def _tell(fact: Fact, told: dict[tuple[str, ...], Fields], labels: Mapping[str, str], value: float) -> None:
    """Add what one series says to the fields of its thing."""
    key = {name: labels.get(name, "") for name in KEYS[fact.thing]}
    if not all(key.values()):
        return
    fields = told.setdefault(tuple(key.values()), dict(key))
    for label, name in fact.texts.items():
        if said := labels.get(label) or fact.empty.get(name):
            fields.setdefault(name, said)
    for label, name in fact.lists.items():
        if labels.get(label):
            fields[name] = tuple(sorted({*fields.get(name, ()), labels[label]}))
    if fact.number:
        fields.setdefault(fact.number, value)


def _without(fields: Fields, names: Iterable[str]) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}
