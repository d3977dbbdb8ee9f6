"""What one VM does: the graphs that have no forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.alerts.devices import DISKS
from alert_rules.values import defaults
from grafana.panels.card import Card, Query
from grafana.panels.timeline import timeline
from grafana.queries.forecasts import newest
from grafana.queries.rates import rate
from grafana.queries.selectors import THIS_VM
from grafana.style import colors
from grafana.style.fields import DASHES, Style, fixed, properties
from grafana.subjects.contention import alerted

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import timeseries

DOWN: Style = {"custom.transform": "negative-Y"}
NO_DISK = "No disk, or the VM does not run"
LIMIT = "limit of {{target_device}}"
SLOW = float(defaults(DISKS)["latency_seconds"])


def _of_vm(metric: str, by: str = "") -> str:
    return f"max{by and f' by ({by}) '}({newest(f'{metric}{{{THIS_VM}}}')})"


def _by_device(metric: str) -> str:
    return _of_vm(metric, "target_device")


def _both_ways(card: Card, up: Query, down: Query) -> timeseries.Panel:
    """`up` above the axis, `down` below; a legend is a device and a word for the way."""
    panel = timeline(card, up, down).axis_centered_zero(True).fill_opacity(12)
    return panel.override_by_regexp(f".* {down.legend.split()[-1]}", properties(DOWN))


def network() -> timeseries.Panel:
    card = Card(
        "Network",
        "binBps",
        "What the VM receives (up) and sends (down), by interface.",
        "No interface, or the VM does not run",
    )
    received = Query(_by_device("vm:network_receive_bytes:rate"), "{{target_device}} in")
    return _both_ways(
        card, received, Query(_by_device("vm:network_transmit_bytes:rate"), "{{target_device}} out")
    )


def disk_bytes() -> timeseries.Panel:
    card = Card("Disk throughput", "binBps", "What the VM reads (up) and writes (down), by disk.", NO_DISK)
    read = Query(_by_device("vm:disk_read_bytes:rate"), "{{target_device}} read")
    return _both_ways(card, read, Query(_by_device("vm:disk_write_bytes:rate"), "{{target_device}} write"))


def disk_requests() -> timeseries.Panel:
    card = Card(
        "Disk requests",
        "iops",
        "Reads and writes per second, by disk; dashed, where one is set, the limit of the disk. A flat top "
        "below it is often one of the storage.",
        NO_DISK,
    )
    done = Query(_by_device("vm:disk_iops:rate"), "{{target_device}}")
    limit = Query(f"{_by_device('libvirt_domain_block_stats_limit_total_requests')} > 0", LIMIT)
    panel = timeline(card, done, limit)
    line = {**fixed(colors.LIMIT), "custom.lineStyle": DASHES}
    return panel.override_by_regexp(LIMIT.replace("{{target_device}}", ".*"), properties(line))


def disk_latency() -> timeseries.Panel:
    card = Card(
        "Disk latency",
        "s",
        "Mean time of a read or write request, by disk; a gap means no requests. When it rises and the "
        "number of requests does not, look at the host's storage and at the other VMs on it. From "
        f"{SLOW:g} s on, the dashed line, an alert fires.",
        "No requests in this time",
    )
    return alerted(timeline(card, Query(_by_device("vm:disk_latency:seconds"), "{{target_device}}")), SLOW)


def swap() -> timeseries.Panel:
    card = Card(
        "Swap of the guest",
        "binBps",
        "What the guest reads back from its swap (up) and writes to it (down). Reading back that goes on "
        "means that its programs need more memory than it has: give it more, or stop one.",
        "No swap figures: the guest's balloon driver reports none",
    )
    into, out = (rate(f"libvirt_domain_memory_stats_swap_{way}_bytes", THIS_VM) for way in ("in", "out"))
    panel = timeline(card, Query(into, "read back"), Query(out, "written"), styles={"written": DOWN})
    return panel.axis_centered_zero(True)


def memory() -> timeseries.Panel:
    card = Card(
        "Memory of the guest and on the host",
        "bytes",
        "Given: what the balloon leaves to the guest. Usable: what its programs can still get. On the host: "
        "what the VM takes there (resident); it does not shrink when the guest frees memory.",
        "No balloon statistics",
    )
    shown = {"actual_balloon": "Given", "usable": "Usable", "rss": "On the host"}
    queries = [
        Query(_of_vm(f"libvirt_domain_memory_stats_{part}_bytes"), name) for part, name in shown.items()
    ]
    return timeline(card, *queries)
