"""CPU and memory of VMs: who waits, who is throttled, who swaps."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE, Alert, Area
from alert_rules.annotations import RATIO, THE_VM, each
from alert_rules.layer import VM
from alert_rules.promql import largest, rate
from alert_rules.values import Section, Value

RATE = Value("rate_window", "5m", "Window of rates.", demo="10s")
CPU = Section(
    "contention",
    "VMs that wait for CPUs of the host",
    (
        RATE,
        Value("steal", 0.1, "This share of its time a VM waits for CPUs of the host."),
        Value("steal_for", "15m", "It waits this long before it is reported."),
        Value("throttled", 0.25, "In this share of the periods a CPU limit throttles a VM."),
        Value("throttled_for", "15m", "It is throttled this long before it is reported."),
        Value("pressure", 0.5, "This share of the time some threads of a VM wait for a CPU."),
        Value("pressure_for", "15m", "They wait this long before it is reported."),
    ),
)
MEMORY = Section(
    "memory_pressure",
    "VMs that lack memory",
    (
        RATE,
        Value("stalled", 0.1, "This share of the time all threads of a VM wait for memory of the host."),
        Value("stalled_for", "10m", "They wait this long before it is reported."),
        Value("swap_bytes", 1_000_000, "A guest reads so many bytes per second from swap."),
        Value("swap_for", "15m", "It swaps this long before it is reported."),
        Value("balloon_share", 0.5, "A starved VM has at most this share of its maximum memory."),
        Value("balloon_use", 0.9, "A starved VM uses at least this share of what it has."),
        Value("balloon_for", "15m", "A VM is starved this long before it is reported."),
    ),
)
BUSIEST = (
    'topk(3, max by (domain) (vm:cpu_utilization:ratio{instance="$instance"}) '
    '* on (domain) max by (domain) (libvirt_domain_info_virtual_cpus{instance="$instance"}))'
)


def pressure(kind: str, resource: str) -> str:
    """The share of the time in which threads of a VM waited for a resource of the host."""
    return rate(f'libvirt_domain_pressure_{kind}_seconds_total{{resource="{resource}"}}', VM)


CPU_ALERTS = (
    Alert(
        name="VmCpuStolen",
        expr=f"{largest('vm:cpu_steal:ratio', VM)} >= $steal",
        for_="$steal_for",
        severity="warning",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} waits for CPUs of its host {RATIO} of the time",
        description=f"{THE_VM} was ready to run and waited {RATIO} of its time. CPUs used most on this host: "
        + each(
            BUSIEST,
            '{{ .Labels.domain }} ({{ .Value | printf "%.1f" }}) ',
            otherwise="by no VM: look at the host's own processes.",
        ),
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmCpuThrottled",
        expr=f"""
            {rate("libvirt_domain_cpu_throttled_periods_total", VM)}
              / ({rate("libvirt_domain_cpu_periods_total", VM)} > 0)
              >= $throttled
        """,
        for_="$throttled_for",
        severity="warning",
        kind="actual",
        summary=f"The CPU limit of {{{{ $labels.domain }}}} throttles it in {RATIO} of the periods",
        description=f"{THE_VM} reaches its own CPU limit in {RATIO} of the periods and stands still "
        "for the rest of each. The host need not be busy.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmCpuPressure",
        expr=f"{pressure('waiting', 'cpu')} >= $pressure",
        for_="$pressure_for",
        severity="info",
        kind="actual",
        summary=f"Threads of {{{{ $labels.domain }}}} wait for CPUs {RATIO} of the time",
        description=f"During {RATIO} of the time, some threads of the VM {{{{ $labels.domain }}}} on "
        "{{ $labels.instance }} waited for a CPU: the host is busy, or the VM reaches its limit.",
        dashboard=VM_PAGE,
    ),
)
MEMORY_ALERTS = (
    Alert(
        name="VmMemoryPressure",
        expr=f"{pressure('stalled', 'memory')} >= $stalled",
        for_="$stalled_for",
        severity="warning",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} stands still for lack of memory {RATIO} of the time",
        description=f"During {RATIO} of the time, all threads of the VM {{{{ $labels.domain }}}} on "
        "{{ $labels.instance }} waited for memory of the host: it swaps, or reclaims.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmSwapping",
        comment="Both ways: a guest that only swaps out has put aside what it does not need.",
        expr=f"""
            {rate("libvirt_domain_memory_stats_swap_in_bytes", VM)} >= $swap_bytes
              and on (instance, domain) {rate("libvirt_domain_memory_stats_swap_out_bytes", VM)} > 0
        """,
        for_="$swap_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.domain }} swaps: {{ $value | humanize1024 }}B/s read back",
        description=f"{THE_VM} reads {{{{ $value | humanize1024 }}}}B/s from its swap and writes to it: "
        "its programs need more memory than it has.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmBalloonStarved",
        expr=f"""
            {largest("libvirt_domain_memory_stats_actual_balloon_bytes", VM)}
              / ({largest("libvirt_domain_info_maximum_memory_bytes", VM)} > 0)
              <= $balloon_share
              and on (instance, domain) vm:memory_utilization:ratio >= $balloon_use
        """,
        for_="$balloon_for",
        severity="warning",
        kind="actual",
        summary=f"The balloon leaves {{{{ $labels.domain }}}} only {RATIO} of its memory, and it needs more",
        description=f"{THE_VM} has {RATIO} of its maximum memory: the balloon took the rest. "
        "What is left is nearly all in use.",
        dashboard=VM_PAGE,
    ),
)

AREAS = (Area(CPU, CPU_ALERTS), Area(MEMORY, MEMORY_ALERTS))
