"""Service levels: how fast VMs burn the budgets of their objectives, in a short and a long window at once.

The long window says that it matters, the short one that it still goes on. The factors are those at which 2 %
of the budget of 30 days is gone in 1 h, 5 % in 6 h, and 10 % in 3 d (The Site Reliability Workbook, ch. 5).
"""

from __future__ import annotations

from typing import NamedTuple

from alert_rules.alert import VM_PAGE, Alert, Area, Severity
from alert_rules.annotations import RATIO
from alert_rules.layer import DEVICE, VM
from alert_rules.promql import grouped, largest, stated
from alert_rules.values import Section, Value

CRITICAL = Value("critical", "high|critical", "Criticality of VMs with the higher objective.")
AVAILABILITY = Section(
    "availability",
    "Service level: VMs run",
    (
        CRITICAL,
        Value("objective", 0.999, "Share of the time in which a VM that should run runs."),
        Value("critical_objective", 0.9995, "The same for VMs with a high criticality."),
    ),
)
LATENCY = Section(
    "latency",
    "Service level: disks are fast",
    (
        CRITICAL,
        Value(
            "objective", 0.99, "Share of the time in which a disk is fast; see recording.fast_disk_seconds."
        ),
        Value("critical_objective", 0.995, "The same for VMs with a high criticality."),
    ),
)


class Burn(NamedTuple):
    """One speed: its two windows, the multiple of the allowed rate, and who is told at most."""

    name: str
    long: str
    short: str
    factor: float
    severity: Severity


BURNS = (
    Burn("Fast", "1h", "5m", 14.4, "critical"),
    Burn("Slow", "6h", "30m", 6, "warning"),
    Burn("Lasting", "3d", "6h", 1, "info"),
)


class Objective(NamedTuple):
    """What is promised: the series that is 1 while it is kept and 0 while not, and its words."""

    name: str
    series: str
    by: tuple[str, ...]
    what: str  # "was not available"
    subject: str
    severity: Severity  # at most: a slow disk wakes nobody


AVAILABLE = Objective(
    "VmAvailabilityBurn", "vm:available:ratio", VM, "was not available", "{{ $labels.domain }}", "critical"
)
FAST = Objective(
    "VmDiskLatencyBurn",
    "vm:disk_fast:ratio",
    DEVICE,
    "was slow",
    "{{ $labels.target_device }} of {{ $labels.domain }}",
    "warning",
)


def missed(objective: Objective, window: str) -> str:
    """The share of the time in a window in which the objective was missed."""
    return f"1 - {largest(f'avg_over_time({objective.series}[{window}])', objective.by)}"


def burns(objective: Objective, burn: Burn) -> str:
    """The share missed in the long window, where both windows are over the multiple of what is allowed.

    Of a series that is younger than the long window, the share says too little.
    """
    by, every = grouped(objective.by), largest(objective.series, objective.by)
    return f"""\
({missed(objective, burn.long)})
  > on {by} {allowed(every, f"{burn.factor} * ")}
  and on {by} ({missed(objective, burn.short)})
  > on {by} {allowed(every, f"{burn.factor} * ")}
  and on {by} {objective.series} offset {burn.long}"""


def allowed(of: str, times: str = "") -> str:
    """The share of the time that each series of `of` may miss, `times` a factor; VMs with a high criticality
    may miss less. The section's values are not filled in.
    """
    high = f"""{of} and on {grouped(VM)} libvirt_domain_virtcast_info{{criticality=~"$critical"}}"""
    share, less = f"{times}(1 - $objective)", f"{times}(1 - $critical_objective)"
    return stated(f"clamp({high}, {less}, {less})", f"clamp({of}, {share}, {share})")


def alert(objective: Objective, burn: Burn) -> Alert:
    """The alert of an objective at one speed."""
    return Alert(
        name=objective.name + burn.name,
        expr=burns(objective, burn),
        severity=objective.severity if burn.severity == "critical" else burn.severity,
        kind="actual",
        supersedes=tuple(objective.name + slower.name for slower in BURNS[BURNS.index(burn) + 1 :]),
        summary=f"{objective.subject} {objective.what} {RATIO} of the last {burn.long}",
        description=f"{objective.subject} on {{{{ $labels.instance }}}} {objective.what} during {RATIO} of "
        "the "
        f"last {burn.long}, and it goes on. At {burn.factor:g} times the allowed rate, the budget of 30 days "
        f"lasts {30 / burn.factor:.0f} days.",
        dashboard=VM_PAGE,
        runbook=objective.name + BURNS[0].name if burn is not BURNS[0] else "",
    )


AREAS = (
    Area(AVAILABILITY, tuple(alert(AVAILABLE, burn) for burn in BURNS)),
    Area(LATENCY, tuple(alert(FAST, burn) for burn in BURNS)),
)
