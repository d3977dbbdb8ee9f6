"""What storage pools hold: thin pools, volumes, those of no VM, and the slowest disks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.alerts import storage as alerts
from alert_rules.values import defaults
from grafana.panels.card import Card, Query
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries.rates import mean_of_hosts
from grafana.queries.selectors import HOST, NARROWED
from grafana.style import fields
from grafana.style.thresholds import ANY_IS_WARNING, LATENCY, full_from
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table, timeseries

DEVICE = ("instance", "domain", "target_device")
THIN = alerts.THIN_POOL
VOLUME = ("instance", "pool", "volume")
THIN_POOLS = f'libvirt_scrape_collector_success{{collector="thin-pool", {HOST}}}'
ORPHANS = f"libvirt_pool_orphan_volumes{{{HOST}}}"  # 0, too, of each pool that was looked through
PRESENT = f"count({THIN_POOLS} or libvirt_volume_allocation_bytes{{{HOST}}} or {ORPHANS})"
DISKS = f"count(vm:disk_iops:rate{{{HOST}}})"
BYTES: fields.Style = {**fields.unit("bytes", 1), **fields.width(95)}


def _largest(series: str, by: tuple[str, ...], matchers: str = HOST) -> str:
    return f"max by ({', '.join(by)}) ({series}{{{matchers}}})"


def slowest() -> table.Panel:
    card = Card(
        "Slowest disks",
        "none",
        "The disks whose requests take longest now, with what they do. Many requests and a long time: the "
        "storage is at its limit. Few requests and a long time: a neighbour uses it, or it is failing.",
        "No disk has requests",
    )
    rows = f"topk(10, {_largest('vm:disk_latency:seconds', DEVICE, NARROWED)})"
    asked = {
        "requests": "vm:disk_iops:rate",
        "read": "vm:disk_read_bytes:rate",
        "written": "vm:disk_write_bytes:rate",
    }
    queries = {
        "latency": rows,
        **{name: f"{_largest(each, DEVICE, NARROWED)} and {rows}" for name, each in asked.items()},
    }
    shown = (
        columns.VM,
        Column("target_device", "Disk", fields.width(60)),
        Column(
            "latency", "Latency", {**fields.unit("s", 1), **fields.colored_cell(LATENCY), **fields.width(90)}
        ),
        Column("requests", "Requests/s", {**fields.unit("none", 0), **fields.width(98)}),
        Column("read", "Read", {**fields.unit("binBps", 1), **fields.width(100)}),
        Column("written", "Written", {**fields.unit("binBps", 1), **fields.width(100)}),
        columns.HOST,
    )
    return listing(card, Table(DEVICE, queries, shown, sort="latency", empty="domain"))


def latency() -> timeseries.Panel:
    card = Card(
        "Disk latency, worst of each host",
        "s",
        "The mean time of a request of the slowest disk on each host. When all hosts rise together, look at "
        "the storage that they share.",
        "No disk has requests, or aggregates.rules.yml is not loaded",
    )
    worst = f"max by (instance) ({mean_of_hosts('host:vms_disk_latency:seconds', HOST)})"
    return timeline(card, Query(worst, "{{instance}}"), points=MANY)


def thin_pools() -> table.Panel:
    limits = defaults(alerts.THIN)
    card = Card(
        "LVM thin pools",
        "none",
        "Each thin pool: how full its data and its metadata are, and how much it has promised to its "
        f"volumes. Alerts fire from {float(limits['data']):.0%} of the data and "
        f"{float(limits['metadata']):.0%} of the metadata on: a pool whose metadata are full fails. Extend "
        "it with `lvextend`.",
        "No LVM thin pools on these hosts",
    )
    size = _largest("libvirt_host_thin_pool_size_bytes", THIN)
    queries = {
        "data": _largest("libvirt_host_thin_pool_used_ratio", THIN),
        "metadata": _largest("libvirt_host_thin_pool_metadata_used_ratio", THIN),
        "size": size,
        "promised": f"{_largest('libvirt_host_thin_pool_virtual_size_bytes', THIN)} / ({size} > 0)",
    }
    shown = (
        Column("volume_group", "Volume group"),
        Column("thin_pool", "Thin pool"),
        columns.HOST,
        *(
            Column(part, part.capitalize(), fields.gauge_cell(full_from(float(limits[part]))))
            for part in ("data", "metadata")
        ),
        Column("size", "Size", BYTES),
        Column("promised", "Promised", {**fields.unit("percentunit", 0), **fields.width(90)}),
    )
    source = (f"{THIN_POOLS} == 1", "Not known: --collector.thin-pool is off, or fails")
    return listing(card, Table(THIN, queries, shown, sort="data", empty="thin_pool", source=source))


def largest() -> table.Panel:
    card = Card(
        "Largest volumes",
        "none",
        "The twenty volumes that take most of their pools, with the capacity that their users see. A volume "
        "that takes much less than its capacity can still grow: leave room for it.",
        "No volumes: they need --collector.volume",
    )
    rows = f"topk(20, {_largest('libvirt_volume_allocation_bytes', VOLUME)})"
    queries = {"taken": rows, "capacity": f"{_largest('libvirt_volume_capacity_bytes', VOLUME)} and {rows}"}
    shown = (
        Column("volume", "Volume"),
        Column("pool", "Pool", fields.width(110)),
        columns.HOST,
        Column("taken", "Taken", BYTES),
        Column("capacity", "Capacity", BYTES),
    )
    return listing(card, Table(VOLUME, queries, shown, sort="taken", empty="volume"))


def orphans() -> table.Panel:
    card = Card(
        "Volumes of no VM",
        "none",
        "The twenty largest volumes that no VM of their host uses, defined or running. Make sure that no "
        "other host uses a volume of shared storage before you delete it with `virsh vol-delete`.",
        "Every volume belongs to a VM",
    )
    rows = f"topk(20, {_largest('libvirt_volume_orphan_bytes', VOLUME)} > 0)"
    shown = (
        Column("volume", "Volume"),
        Column("pool", "Pool", fields.width(110)),
        columns.HOST,
        Column("taken", "Taken", BYTES),
    )
    source = (ORPHANS, "Not known: needs --collector.orphan")
    content = Table(VOLUME, {"taken": rows}, shown, sort="taken", empty="volume", source=source)
    return listing(card, content)


def errors() -> table.Panel:
    card = Card(
        "I/O errors of disks",
        "none",
        "The disks with I/O errors within the chosen time, by what QEMU was told. `enospc` means that the "
        "storage below is full: the VM is paused until there is room.",
        "No disk has had an I/O error",
    )
    by = ("instance", "domain", "target_device", "reason")
    rose = f"increase(libvirt_domain_block_io_errors_total{{{NARROWED}}}[$__range])"
    rows = f"sum by ({', '.join(by)}) ({rose}) > 0"
    shown = (
        columns.VM,
        Column("target_device", "Disk", fields.width(60)),
        Column("reason", "Reason"),
        Column("errors", "Errors", {**fields.unit("none", 0), **fields.colored_cell(ANY_IS_WARNING)}),
        columns.HOST,
    )
    return listing(card, Table(by, {"errors": rows}, shown, sort="errors", empty="domain"))
