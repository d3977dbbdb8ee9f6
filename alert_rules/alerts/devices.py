"""Disks and network interfaces of VMs."""

from __future__ import annotations

from alert_rules.alert import FLEET, VM_PAGE, Alert, Area
from alert_rules.alerts.performance import RATE, pressure
from alert_rules.annotations import DISK, NUMBER, RATIO
from alert_rules.layer import DEVICE
from alert_rules.promql import increased, largest, rate
from alert_rules.values import Section, Value

DISKS = Section(
    "disk",
    "Disks of VMs",
    (
        RATE,
        Value("error_window", "15m", "An I/O error is reported for this long.", demo="1m"),
        Value("latency_seconds", 0.1, "A request takes so long on average."),
        Value("latency_iops", 10, "Fewer requests per second say nothing about latency."),
        Value("latency_for", "15m", "Requests are slow this long before it is reported."),
        Value("limit_share", 0.95, "A disk is at its I/O limit from this share of it on."),
        Value("limit_for", "30m", "A disk is at its limit this long before it is reported."),
        Value("io_pressure", 0.4, "This share of the time all threads of a VM wait for I/O of the host."),
        Value("io_pressure_for", "15m", "They wait this long before it is reported."),
    ),
)
INTERFACES = Section(
    "interface",
    "Network interfaces of VMs",
    (
        RATE,
        Value("drops", 0.01, "This share of the packets is dropped."),
        Value("drops_per_second", 1, "Fewer drops per second matter to nobody."),
        Value("errors_per_second", 1, "So many packets per second have errors."),
        Value("network_for", "15m", "Drops or errors last this long before they are reported."),
        Value("link_for", "15m", "A link is down this long before it is reported."),
        Value("duplicate_for", "30m", "Longer than a migration, during which both ends have the address."),
    ),
)
ERRORS = "libvirt_domain_block_io_errors_total"
INTERFACE = "libvirt_domain_interface_stats"
CARD = "The interface {{ $labels.target_device }} of the VM {{ $labels.domain }} on {{ $labels.instance }}"
DROPS = f"""{rate(f"{INTERFACE}_receive_drops_total", DEVICE)}
                + {rate(f"{INTERFACE}_transmit_drops_total", DEVICE)}"""

DISK_ALERTS = (
    Alert(
        name="VmDiskNoSpace",
        expr=increased(ERRORS + '{reason="enospc"}', DEVICE, "$error_window") + " > 0",
        severity="critical",
        kind="actual",
        summary="The storage of {{ $labels.target_device }} of {{ $labels.domain }} is full",
        description=f"{DISK} could not write {NUMBER} times within the last $error_window: "
        "there is no space left on the host. QEMU usually pauses the VM.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmDiskErrors",
        expr=increased(ERRORS + '{reason="other"}', DEVICE, "$error_window") + " > 0",
        severity="critical",
        kind="actual",
        summary="{{ $labels.target_device }} of {{ $labels.domain }} has I/O errors",
        description=f"{DISK} had {NUMBER} I/O errors within the last $error_window. "
        "Data may be lost; QEMU passes the error on or pauses the VM.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmDiskSlow",
        expr=f"""
            {largest("vm:disk_latency:seconds", DEVICE)} >= $latency_seconds
              and on (instance, domain, target_device) vm:disk_iops:rate >= $latency_iops
        """,
        for_="$latency_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.target_device }} of {{ $labels.domain }} is slow: "
        "{{ $value | humanizeDuration }} a request",
        description=f"{DISK} takes {{{{ $value | humanizeDuration }}}} for a request on average.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmDiskAtLimit",
        expr=f"""
            {largest("vm:disk_iops:rate", DEVICE)}
              / ({largest("libvirt_domain_block_stats_limit_total_requests", DEVICE)} > 0)
              >= $limit_share
        """,
        for_="$limit_for",
        severity="info",
        kind="actual",
        summary=f"{{{{ $labels.target_device }}}} of {{{{ $labels.domain }}}} is at {RATIO} of its I/O limit",
        description=f"{DISK} makes {RATIO} of the requests per second that it may make. Further ones wait.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmIoPressure",
        expr=f"{pressure('stalled', 'io')} >= $io_pressure",
        for_="$io_pressure_for",
        severity="warning",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} stands still for I/O {RATIO} of the time",
        description=f"During {RATIO} of the time, all threads of the VM {{{{ $labels.domain }}}} on "
        "{{ $labels.instance }} waited for storage of the host.",
        dashboard=VM_PAGE,
    ),
)
INTERFACE_ALERTS = (
    Alert(
        name="VmNetworkDrops",
        expr=f"""
            {largest("vm:network_drops:ratio", DEVICE)} >= $drops
              and on (instance, domain, target_device) (
                {DROPS}
              ) >= $drops_per_second
        """,
        for_="$network_for",
        severity="warning",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} loses {RATIO} of its packets on {{{{ $labels.target_device }}}}",
        description=f"{CARD} drops {RATIO} of its packets. The guest does not take them fast enough, "
        "or the host's queue is full.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmNetworkErrors",
        expr=f"""
            {rate(f"{INTERFACE}_receive_errors_total", DEVICE)}
              + {rate(f"{INTERFACE}_transmit_errors_total", DEVICE)}
              >= $errors_per_second
        """,
        for_="$network_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.target_device }} of {{ $labels.domain }} has network errors",
        description=f'{CARD} has {{{{ $value | printf "%.1f" }}}} packets with errors per second.',
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmLinkDown",
        expr=f"""
            {largest("libvirt_domain_interface_link_up", DEVICE)} == 0
              and on (instance, domain) libvirt_domain_state{{state=~"running|blocked"}} == 1
        """,
        for_="$link_for",
        severity="warning",
        kind="actual",
        summary="The link {{ $labels.target_device }} of {{ $labels.domain }} is down",
        description=f"{CARD} has its link set down in libvirt: the guest sees a cable that is pulled.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="NetworkDuplicateMac",
        comment="Over all hosts. Longer than a migration lasts: during one, both ends have the address.",
        expr="""
            count by (mac_address) (
              count by (mac_address, domain, instance) (
                libvirt_domain_interface_stats_info{mac_address!=""}
              )
            ) > 1
        """,
        for_="$duplicate_for",
        severity="warning",
        kind="actual",
        summary="The MAC address {{ $labels.mac_address }} is used on several VMs",
        description=f"{NUMBER} VMs of the fleet have an interface with the MAC address "
        "{{ $labels.mac_address }}. If they share a network, both lose packets.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(DISKS, DISK_ALERTS), Area(INTERFACES, INTERFACE_ALERTS))
