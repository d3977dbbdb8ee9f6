"""What a host does as a machine: load, memory, disks, file systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.alerts import hosts as alerts
from alert_rules.values import defaults
from grafana.panels.card import Card, Query
from grafana.panels.timeline import timeline
from grafana.queries.forecasts import newest
from grafana.queries.rates import rate, share
from grafana.queries.selectors import HOST
from grafana.style import colors, fields
from grafana.subjects.contention import alerted

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import timeseries

UNKNOWN = "No figures of the host: its exporter reads /proc of its own machine only"


def _of_host(metric: str) -> str:
    return f"max({newest(f'{metric}{{{HOST}}}')})"


PRESENT = f"count(libvirt_host_load1{{{HOST}}})"  # an exporter on the host itself


def load() -> timeseries.Panel:
    card = Card(
        "Load",
        "none",
        "The number of tasks that run or wait, over 1 and 15 minutes, and the number of CPUs. Load above the "
        "CPUs for long: VMs wait for one another, and have steal.",
        UNKNOWN,
    )
    queries = (
        Query(_of_host("libvirt_host_load1"), "1 minute"),
        Query(_of_host("libvirt_host_load15"), "15 minutes"),
        Query(_of_host("libvirt_host_cpus"), "CPUs"),
    )
    limit = {**fields.fixed(colors.LIMIT), "custom.lineStyle": fields.DASHES}
    return timeline(card, *queries, styles={"CPUs": limit})


def memory() -> timeseries.Panel:
    card = Card(
        "Memory and swap",
        "bytes",
        "What programs on the host can still get, what its VMs take there (resident), and what is in swap. "
        "Swap that grows while little is available: move a VM away.",
        UNKNOWN,
    )
    total, free = (_of_host(f"libvirt_host_swap_{each}_bytes") for each in ("total", "free"))
    queries = (
        Query(_of_host("libvirt_host_memory_available_bytes"), "Available"),
        Query(f"sum(max by (domain) (libvirt_domain_memory_stats_rss_bytes{{{HOST}}}))", "VMs"),
        Query(f"{total} - {free}", "In swap"),
    )
    styles = {"In swap": fields.fixed(colors.BAD)}
    return timeline(card, *queries, styles=styles)


def disks() -> timeseries.Panel:
    card = Card(
        "Disks: time busy",
        "percentunit",
        "The share of time in which each disk of the host was busy. Near 100 % a single spindle is at its "
        "limit; an SSD can do several requests at once: look at its latency.",
        UNKNOWN,
    )
    busy = rate("libvirt_host_disk_busy_seconds_total", HOST, "device")
    return timeline(card, Query(busy, "{{device}}")).axis_soft_max(1)


def disk_latency() -> timeseries.Panel:
    card = Card(
        "Disks: latency",
        "s",
        "The mean time of a read or write request, by disk of the host; a gap means no requests. If it "
        "rises with the number of requests, the disk is at its limit.",
        "No requests in this time, or no figures of the host",
    )
    time, requests = (
        " + ".join(rate(f"libvirt_host_disk_{way}_{what}_total", HOST, "device") for way in ("read", "write"))
        for what in ("time_seconds", "requests")
    )
    return timeline(card, Query(share(f"({time})", f"({requests})"), "{{device}}"))


def filesystems() -> timeseries.Panel:
    limit = float(defaults(alerts.VALUES)["filesystem_limit"])
    card = Card(
        "File systems of the host",
        "percentunit",
        f"How full each file system of the host is. From {limit:.0%}, the dashed line, an alert fires: "
        "images on a full one cannot grow, and libvirt may fail.",
        "No figures of file systems",
    )
    used = f"max by (mountpoint) ({newest(f'host:filesystem_utilization:ratio{{{HOST}}}')})"
    return alerted(timeline(card, Query(used, "{{mountpoint}}")).max(1), limit)
