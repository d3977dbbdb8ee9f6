"""What one VM does: the graphs that have no forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import style
from grafana.forecast import recent
from grafana.panels import Card, Query, override, states, timeline
from grafana.resources import THIS_VM, state_numbers

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import statetimeline, timeseries

DOWN = {"custom.transform": "negative-Y"}


def _by_device(metric: str) -> str:
    return f"max by (target_device) (last_over_time({metric}{{{THIS_VM}}}[$__rate_interval]))"


def network(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Network",
        "binBps",
        "What the VM receives (up) and sends (down), by interface.",
        "No interface, or the VM does not run",
    )
    queries = (
        Query(_by_device("vm:network_receive_bytes:rate"), "{{target_device}} in"),
        Query(_by_device("vm:network_transmit_bytes:rate"), "{{target_device}} out"),
    )
    panel = timeline(card, *queries).axis_centered_zero(True).fill_opacity(12)
    return panel.override_by_regexp(".* out", style.properties(DOWN))


def disk_bytes(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Disk throughput",
        "binBps",
        "What the VM reads (up) and writes (down), by disk.",
        "No disk, or the VM does not run",
    )
    queries = (
        Query(_by_device("vm:disk_read_bytes:rate"), "{{target_device}} read"),
        Query(_by_device("vm:disk_write_bytes:rate"), "{{target_device}} write"),
    )
    panel = timeline(card, *queries).axis_centered_zero(True).fill_opacity(12)
    return panel.override_by_regexp(".* write", style.properties(DOWN))


def disk_requests(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Disk requests",
        "iops",
        "Reads and writes per second, by disk. A flat top is often a limit: of the storage, or set for this "
        "VM.",
        "No disk, or the VM does not run",
    )
    return timeline(card, Query(_by_device("vm:disk_iops:rate"), "{{target_device}}"))


def disk_latency(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Disk latency",
        "s",
        "Mean time of a read or write request, by disk; gaps where there were no requests. When it rises "
        "while requests do not, look at the host's storage and at the neighbours.",
        "No requests in this time",
    )
    return timeline(card, Query(_by_device("vm:disk_latency:seconds"), "{{target_device}}"))


def starved(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "CPU steal and dropped packets",
        "percentunit",
        "Steal: share of time the virtual CPUs were ready and waited for the host's. Drops: share of the "
        "packets that were lost. Lasting values above a few percent are felt in the VM: move it, or its "
        "neighbours.",
        "No figures: the VM does not run",
    )
    queries = (
        Query(recent("vm:cpu_steal:ratio", THIS_VM), "CPU steal"),
        Query(_by_device("vm:network_drops:ratio"), "{{target_device}} drops"),
    )
    panel = timeline(card, *queries).axis_soft_max(0.05)
    return override(panel, {"CPU steal": style.fixed(style.WARN)})


def memory(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Memory of the guest and on the host",
        "bytes",
        "Given: what the balloon leaves the guest. Usable: what its programs can still have. On the host: "
        "what the VM takes there (resident), which does not shrink by itself when the guest frees memory.",
        "No balloon statistics",
    )
    parts = {"actual_balloon": "Given", "usable": "Usable", "rss": "On the host"}
    queries = [
        Query(recent(f"libvirt_domain_memory_stats_{part}_bytes", THIS_VM), name)
        for part, name in parts.items()
    ]
    return timeline(card, *queries)


def life(number: int) -> statetimeline.Panel:
    card = Card(
        number,
        "State, by host",
        "none",
        "What state the VM was in, on every host it was on: a live migration shows as one row ending where "
        "another begins. "
        'Choose "All" hosts above to follow a VM that moves.',
        "libvirt does not know this VM",
    )
    panel = states(card, Query(state_numbers(THIS_VM), "{{instance}}"))
    return panel.mappings([style.states_by_number()])
