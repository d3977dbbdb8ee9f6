"""What VMs and hosts wait for, and who takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode

from alert_rules.alerts import hosts as host_alerts
from alert_rules.alerts import performance
from alert_rules.values import defaults
from grafana.panels.card import Card, Query
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import timeline
from grafana.queries import sizes
from grafana.queries.forecasts import newest
from grafana.queries.rates import rate, share
from grafana.queries.selectors import HOST, NAME, THIS_VM
from grafana.queries.states import on_a_host
from grafana.style import colors, fields
from grafana.style.thresholds import STEAL, thresholds
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table, timeseries

STALLED = {"memory": "stalled", "io": "stalled", "cpu": "waiting"}  # of a CPU, some always wait
WORDS = {"cpu": "CPU", "memory": "Memory", "io": "I/O"}
PSI = (
    "Pressure stall information of Linux. CPU: the share of time in which some threads waited for a CPU. "
    "Memory and I/O: the share in which all of them waited. "
)


def alerted(panel: timeseries.Panel, value: float) -> timeseries.Panel:
    """With a dashed line at the value from which on an alert fires."""
    line = GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(thresholds(((None, "transparent"), (value, colors.LIMIT)))).thresholds_style(line)


def cpu_waits() -> timeseries.Panel:
    """Of one VM."""
    alert = float(defaults(performance.CPU)["steal"])
    card = Card(
        "CPU: waiting and throttled",
        "percentunit",
        "Steal: the share of time in which the virtual CPUs were ready and waited for a CPU of the host. "
        "Throttled: the share of periods in which the CPU limit of the VM itself stopped it. Steal that "
        f"stays above {alert:.0%}, the dashed line, slows the VM down: move it, or a neighbour. Throttling "
        "needs a higher limit, not another host.",
        "No figures: the VM does not run",
    )
    throttled, periods = (
        rate(f"libvirt_domain_cpu_{each}_total", THIS_VM) for each in ("throttled_periods", "periods")
    )
    queries = (
        Query(f"max({newest(f'vm:cpu_steal:ratio{{{THIS_VM}}}')})", "Steal"),
        Query(share(throttled, periods), "Throttled"),
    )
    styles = {"Steal": fields.fixed(colors.WARN), "Throttled": fields.fixed(colors.PREDICTED)}
    return alerted(timeline(card, *queries, styles=styles).axis_soft_max(alert), alert)


def of_vm() -> timeseries.Panel:
    card = Card(
        "Pressure",
        "percentunit",
        f"{PSI}I/O that stalls while the disks are fast points at a limit of the VM.",
        "No pressure figures: the kernel or the cgroups of this host report none",
    )
    return _pressure(card, "domain", THIS_VM)


def of_host() -> timeseries.Panel:
    alert = float(defaults(host_alerts.VALUES)["io_pressure"])
    card = Card(
        "Pressure",
        "percentunit",
        f"{PSI}Memory that stalls for more than a few percent means that the host swaps or reclaims: move a "
        f"VM away before its kernel ends one. An alert fires from {alert:.0%} of I/O on, the dashed line.",
        "No pressure figures: the kernel of this host reports none",
    )
    return alerted(_pressure(card, "host", HOST), alert)


def _pressure(card: Card, whose: str, matchers: str) -> timeseries.Panel:
    queries = [
        Query(
            rate(
                f"libvirt_{whose}_pressure_{kind}_seconds_total",
                f'resource="{resource}", {matchers}',
                "resource",
            ),
            WORDS[resource],
        )
        for resource, kind in STALLED.items()
    ]
    palette = colors.told_apart(WORDS.values())
    styles = {name: fields.fixed(color) for name, color in palette.items()}
    return timeline(card, *queries, styles=styles).axis_soft_max(0.1)


def neighbours() -> table.Panel:
    """The other VMs on the host of one VM."""
    card = Card(
        "Neighbours that compete",
        "none",
        "The other VMs on the host of this VM, those first that use most CPUs. Compare them when this VM "
        "has steal or slow disks: moving one of them away helps as much as moving this one.",
        "None, or it is off",
    )
    here = f"and on (instance) ({on_a_host(THIS_VM)})"
    others = f"domain!={NAME}, {HOST}"

    used = (
        f"max by (instance, domain) (vm:cpu_utilization:ratio{{{others}}}) * on (instance, domain) "
        f"{sizes.of_vms('cpu', others)}"
    )
    rows = f"topk(10, {used} {here})"
    among = f"and on (instance, domain) {rows}"

    def total(series: str) -> str:
        by_device = f"max by (instance, domain, target_device) ({series}{{{others}}})"
        return f"sum by (instance, domain) ({by_device}) {among}"

    queries = {
        "cpus": rows,
        "steal": f"max by (instance, domain) (vm:cpu_steal:ratio{{{others}}}) {among}",
        "requests": total("vm:disk_iops:rate"),
        "read": total("vm:disk_read_bytes:rate"),
        "written": total("vm:disk_write_bytes:rate"),
    }
    rate_style = {**fields.unit("binBps", 1), **fields.width(105)}
    shown = (
        columns.ANYBODYS_VM,
        Column("cpus", "CPUs used", {**fields.unit("none", 2), **fields.width(95)}),
        Column("steal", "Steal", {**fields.unit("percentunit", 1), **fields.colored_cell(STEAL)}),
        Column("requests", "Requests/s", {**fields.unit("none", 0), **fields.width(100)}),
        Column("read", "Read", rate_style),
        Column("written", "Written", rate_style),
        columns.HOST,
    )
    return listing(card, Table(("instance", "domain"), queries, shown, sort="cpus", empty="domain"))
