"""Hosts: pressure, swap, file systems, networks, and whether the rest could carry a host that fails."""

from __future__ import annotations

from alert_rules.alert import FLEET, HOST_PAGE, Alert, Area, Severity
from alert_rules.alerts.performance import RATE
from alert_rules.annotations import AGE, RATIO
from alert_rules.layer import HOST, HOST_MOUNT
from alert_rules.promql import largest, rate
from alert_rules.values import Section, Value

VALUES = Section(
    "host",
    "Hosts",
    (
        RATE,
        Value("cpu_pressure", 0.6, "This share of the time some tasks of a host wait for a CPU."),
        Value("memory_pressure", 0.05, "This share of the time all tasks of a host wait for memory."),
        Value("io_pressure", 0.4, "This share of the time all tasks of a host wait for I/O."),
        Value("pressure_for", "15m", "They wait this long before it is reported."),
        Value("swap_bytes", 1_000_000, "A host reads so many bytes per second from swap."),
        Value("filesystem_limit", 0.95, "A host's file system is full from this use on."),
        Value("lasting_for", "10m", "Swapping or a full file system lasts this long before it is reported."),
        Value("network_share", 0.01, "This share of an interface's packets is dropped or has errors."),
        Value("network_per_second", 1, "Fewer such packets per second matter to nobody."),
        Value("rebooted_seconds", 900, "A host rebooted of late if it was up for less."),
        Value("overcommit", 1.5, "The VMs of a host may be promised so many times its memory."),
        Value("overcommit_for", "1h", "More is promised this long before it is reported."),
    ),
)
RESERVE = Section(
    "reserve",
    "Whether the other hosts could carry the one with the most memory (N+1)",
    (
        Value("hosts", ".+", "Hosts that can take over each other's VMs, as a regular expression."),
        Value("reserve_for", "30m", "The reserve is lost this long before it is reported."),
        Value("ahead_seconds", 604_800, "The trend is looked at so far ahead (a week)."),
        Value("trend_window", "3d", "The trend is taken from this time where the forecaster states none."),
        Value("ahead_for", "6h", "The loss is in sight this long before it is reported."),
        Value("ahead_keep_firing_for", "6h", "It is reported this long after it is out of sight."),
    ),
)


def pressure(kind: str, resource: str) -> str:
    """The share of the time in which tasks of a host waited for a resource."""
    return rate(f'libvirt_host_pressure_{kind}_seconds_total{{resource="{resource}"}}', HOST)


def _network(what: str) -> str:
    card = ("instance", "device")
    bad, all_ = (
        " + ".join(rate(f"libvirt_host_network_{way}_{of}_total", card) for way in ("receive", "transmit"))
        for of in (what, "packets")
    )
    return f"""
            ({bad})
              / ({all_} > 0)
              >= $network_share
              and on (instance, device) {bad} >= $network_per_second
        """


THE_HOST = "The host {{ $labels.instance }}"
CARD = "The interface {{ $labels.device }} of the host {{ $labels.instance }}"


def _waits(name: str, kind: str, resource: str, severity: Severity, explains: tuple[str, ...]) -> Alert:
    word = {"cpu": "a CPU", "io": "I/O"}.get(resource, resource)
    who = "some" if kind == "waiting" else "all"
    return Alert(
        name=name,
        expr=f"{pressure(kind, resource)} >= ${resource}_pressure",
        for_="$pressure_for",
        severity=severity,
        kind="actual",
        explains=explains,
        summary=f"{{{{ $labels.instance }}}} waits for {word} {RATIO} of the time",
        description=f"During {RATIO} of the time, {who} tasks of the host {{{{ $labels.instance }}}} "
        f"waited for {word}. Its VMs are slow.",
        dashboard=HOST_PAGE,
    )


PRESSURE_ALERTS = (
    _waits("HostCpuPressure", "waiting", "cpu", "info", ("VmCpuPressure",)),
    _waits("HostMemoryPressure", "stalled", "memory", "critical", ("VmMemoryPressure",)),
    _waits("HostIoPressure", "stalled", "io", "warning", ("VmIoPressure", "VmDiskSlow")),
)
ALERTS = (
    Alert(
        name="HostSwapping",
        expr=f"""
            {rate("libvirt_host_swap_in_bytes_total", HOST)} >= $swap_bytes
              and on (instance) {rate("libvirt_host_swap_out_bytes_total", HOST)} > 0
        """,
        for_="$lasting_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.instance }} swaps: {{ $value | humanize1024 }}B/s read back",
        description=f"{THE_HOST} reads {{{{ $value | humanize1024 }}}}B/s from swap and writes to it. "
        "Memory of VMs is on disk; they stall.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostFilesystemFull",
        expr=f"{largest('host:filesystem_utilization:ratio', HOST_MOUNT)} >= $filesystem_limit",
        for_="$lasting_for",
        severity="critical",
        kind="actual",
        summary=f"{{{{ $labels.mountpoint }}}} of {{{{ $labels.instance }}}} is full: {RATIO} used",
        description="The file system {{ $labels.mountpoint }} of the host {{ $labels.instance }} is "
        f"{RATIO} used. Images on it cannot grow, and libvirt may fail.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostNetworkDrops",
        expr=_network("drops"),
        for_="$lasting_for",
        severity="warning",
        kind="actual",
        explains=("VmNetworkDrops",),
        summary=f"{{{{ $labels.device }}}} of {{{{ $labels.instance }}}} drops {RATIO} of its packets",
        description=f"{CARD} drops {RATIO} of its packets.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostNetworkErrors",
        expr=_network("errors"),
        for_="$lasting_for",
        severity="warning",
        kind="actual",
        explains=("VmNetworkErrors",),
        summary=f"{RATIO} of the packets on {{{{ $labels.device }}}} of {{{{ $labels.instance }}}} have "
        "errors",
        description=f"{CARD} has errors in {RATIO} of its packets: suspect the cable, the port or the "
        "driver.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostRebooted",
        comment="Its age in seconds; a host that was only not scraped keeps its boot time.",
        expr=f"time() - {largest('libvirt_host_boot_time_seconds', HOST)} < $rebooted_seconds",
        severity="info",
        kind="actual",
        summary="{{ $labels.instance }} rebooted",
        description=f"{THE_HOST} booted {AGE} ago. VMs without autostart are off.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostMemoryOvercommitted",
        comment="What running VMs may have at most; a balloon can give it to them.",
        expr=f"""
            sum by (instance) (
              {largest("libvirt_domain_info_maximum_memory_bytes", ("instance", "domain"))}
                and on (instance, domain) libvirt_domain_state{{state=~"running|blocked|paused"}} == 1
            )
              / ({largest("libvirt_node_memory_total_bytes", HOST)} > 0)
              > $overcommit
        """,
        for_="$overcommit_for",
        severity="info",
        kind="actual",
        summary='The VMs of {{ $labels.instance }} are promised {{ $value | printf "%.1f" }} times '
        "its memory",
        description="The running VMs of the host {{ $labels.instance }} may have "
        '{{ $value | printf "%.1f" }} times its memory together. If they use it, the host swaps.',
        dashboard=HOST_PAGE,
    ),
)

MEMORY = 'max by (instance) (libvirt_node_memory_total_bytes{instance=~"$hosts"})'
USED = f"sum(max by (instance) (host:memory_utilization:ratio) * on (instance) {MEMORY})"
TREND = """(
      max by (instance) (virtcast_trend_per_second{resource="host_memory"})
      or
      max by (instance) (deriv(host:memory_utilization:ratio[$trend_window]))
    )"""
LESS_ONE = f"(sum({MEMORY}) - max({MEMORY}))"
AHEAD = f"""(
    max by (instance) (host:memory_utilization:ratio)
      + on (instance) $ahead_seconds * {TREND}
  )"""
RESERVE_ALERTS = (
    Alert(
        name="HostReserveLost",
        comment="Memory in use on all hosts, over the memory of all but the largest host.",
        expr=f"""
            {USED}
              / ({LESS_ONE} > 0)
              > 1
        """,
        for_="$reserve_for",
        severity="warning",
        kind="actual",
        labels={"resource": "host_memory"},
        summary=f"The fleet cannot lose a host: {RATIO} of what would remain is in use",
        description=f"The memory in use on all hosts is {RATIO} of that of all hosts but the largest. "
        "If that one fails, its VMs do not all find a place.",
        dashboard=FLEET,
    ),
    Alert(
        name="HostReserveLossPredicted",
        comment="By the forecaster's trend, or a straight line where it states none; and half is used today.",
        expr=f"""
            sum({AHEAD} * on (instance) {MEMORY})
              / ({LESS_ONE} > 0)
              > 1
              and
            {USED}
              > 0.5 * {LESS_ONE}
        """,
        for_="$ahead_for",
        keep_firing_for="$ahead_keep_firing_for",
        severity="warning",
        kind="predicted",
        labels={"resource": "host_memory"},
        summary=f"The fleet will not be able to lose a host: {RATIO} of what would remain within a week",
        description=f"If memory use goes on growing as it does, {RATIO} of the memory of all hosts but the "
        "largest is in use within a week. If that host fails then, its VMs do not all find a place.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(VALUES, (*PRESSURE_ALERTS, *ALERTS)), Area(RESERVE, RESERVE_ALERTS))
