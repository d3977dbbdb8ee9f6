"""Aggregates that graphs of whole fleets read over weeks: of hosts, VMs, scores, objectives, counters."""

from __future__ import annotations

from alert_rules import layer
from alert_rules.aggregate import Aggregate, over_time
from alert_rules.anomaly import ONSET


def of_host(name: str) -> str:
    """The name of a VMs' series that is taken together by host."""
    return name.replace("vm:", "host:vms_", 1)


LABELS = {output.name: output.labels for output in layer.OUTPUTS}
OF_SERIES = tuple(dict.fromkeys(label for labels in LABELS.values() for label in labels))
SCORE = "virtcast_anomaly_score"
PROBABILITY = "virtcast_exhaustion_probability_ratio"
POSSIBLE = 0.005  # a probability from which on pages show 1 % or more
# What there is a mean of, and how many VMs have it: the weights of hosts in the mean of all.
ALL_VMS = "host:vms:count"
MEAN_OF_VMS = {
    "vm:cpu_utilization:ratio": ALL_VMS,
    "vm:memory_utilization:ratio": "host:vms_memory:count",
}
# How the VMs of a host are taken together, by series.
TOGETHER = {
    **dict.fromkeys(MEAN_OF_VMS, "avg"),
    "vm:network_receive_bytes:rate": "sum",
    "vm:network_transmit_bytes:rate": "sum",
    "vm:disk_latency:seconds": "max",
}
# What lines of each host show as means over weeks: of its VMs together with their numbers, and its own.
OF_EACH_HOST = (
    *map(of_host, TOGETHER),
    *dict.fromkeys(MEAN_OF_VMS.values()),
    "host:cpu_utilization:ratio",
    "host:memory_utilization:ratio",
)
# Whether an objective is kept. Means of half hours that do not overlap are exact over longer times, and few.
OBJECTIVES = ("vm:available:ratio", "vm:disk_fast:ratio")
BUDGET_WINDOW = "30d"  # of a budget; pages look at all VMs' each time that they are drawn
COLLECTOR_TIME = "libvirt_scrape_collector_duration_seconds"
LOSSES = tuple(
    f"libvirt_host_network_{way}_{what}_total"
    for what in ("drops", "errors")
    for way in ("receive", "transmit")
)
# Counters that are kept less often: which of their series, and the labels that tell those apart on a host.
LEFT, OF_LEFT = '{direction="outgoing"}', ("direction",)  # migrations, on the hosts that the VMs left
SAMPLED: dict[str, tuple[str, tuple[str, ...]]] = {
    "libvirt_migrations_total": ("", ("direction", "result")),
    **{
        f"libvirt_migration_{what}_bucket": (LEFT, (*OF_LEFT, "le"))
        for what in ("duration_seconds", "downtime_seconds", "transferred_bytes")
    },
    **dict.fromkeys(LOSSES, ("", ("device",))),
    "libvirt_backups_total": ("", ("result",)),
}


def _together(name: str, reduce: str) -> Aggregate:
    """A series that several providers record counts once."""
    once = f"max by ({', '.join(LABELS[name])}) ({name})"
    return Aggregate(of_host(name), f"{reduce} by (instance) ({once})", layer.HOST)


def _highest_score(window: str) -> Aggregate:
    """Of each VM, over its resources."""
    by = ", ".join(("provider", *layer.VM))
    highest = f'max by ({by}) (max_over_time({SCORE}{{domain!=""}}[{window}]))'
    return Aggregate(f"{SCORE}:max{window}", highest, layer.VM)


def _slowest(window: str) -> Aggregate:
    return over_time(COLLECTOR_TIME, "max", window, ("job", "instance", "collector"))


def _sampled(window: str, suffix: str = "") -> tuple[Aggregate, ...]:
    """The highest of a window, at the longer interval of the group: what an exporter had counted before it
    began anew, when a host is emptied and starts again, is not lost.
    """
    return tuple(
        Aggregate(
            f"{counter}:sampled{suffix}",
            f"max_over_time({counter}{matchers}[{window}])",
            ("job", "instance", *labels),
        )
        for counter, (matchers, labels) in SAMPLED.items()
    )


def _of_a_budget(name: str) -> Aggregate:
    """The share of a budget's window in which an objective was kept, by the means before it in the group."""
    expr = f"avg_over_time({name}:avg30m[{BUDGET_WINDOW}])"
    return Aggregate(f"{name}:avg{BUDGET_WINDOW}", expr, LABELS[name])


def _busiest(name: str) -> Aggregate:
    """The hour of a day with the highest mean."""
    return Aggregate(f"{name}:busiest1d", f"max_over_time({name}:avg1h[1d])", LABELS[name])


EACH_MINUTE = (
    *(_together(name, reduce) for name, reduce in TOGETHER.items()),
    *(
        Aggregate(number, f"count by (instance) (max by (instance, domain) ({name}))", layer.HOST)
        for name, number in MEAN_OF_VMS.items()
    ),
    Aggregate(
        f"{SCORE}:lasting",
        f"{SCORE} >= {ONSET}",
        ("resource", *OF_SERIES),
    ),
    Aggregate(f"{SCORE}:count", f"count by (resource) ({SCORE})", ("resource",)),
    Aggregate(f"{PROBABILITY}:possible", f"{PROBABILITY} > {POSSIBLE}", ("resource", "horizon", *OF_SERIES)),
)
OVER_MINUTES = (_highest_score("5m"), _slowest("5m"))
OVER_AN_HOUR = (
    *(over_time(name, "avg", "1h", LABELS[name]) for name in OBJECTIVES),
    *_sampled("5m"),
)
OVER_HALF_AN_HOUR = (
    *(over_time(name, "avg", "30m", LABELS[name]) for name in (*MEAN_OF_VMS, *OBJECTIVES)),
    *map(_of_a_budget, OBJECTIVES),
    *(over_time(name, "avg", "30m", layer.HOST) for name in OF_EACH_HOST),
    _highest_score("30m"),
    Aggregate(
        f"{SCORE}:lasting30m",
        f"max_over_time({SCORE}:lasting[30m])",
        ("resource", *OF_SERIES),
    ),
    _slowest("30m"),
    *map(_busiest, MEAN_OF_VMS),
    *_sampled("30m", "30m"),
)
