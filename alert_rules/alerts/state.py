"""What happened to VMs: crashes, panics, watchdogs, reboots, pauses, and what did not start."""

from __future__ import annotations

from alert_rules.alert import FLEET_HOST, VM_PAGE, Alert, Area
from alert_rules.annotations import AGE, NUMBER, THE_VM, each
from alert_rules.layer import VM
from alert_rules.promql import increased, largest
from alert_rules.values import Section, Value

VALUES = Section(
    "state",
    "What happened to VMs",
    (
        Value("event_window", "15m", "An event is reported for this long.", demo="1m"),
        Value("reboot_window", "1h", "Reboots and starts are counted within this time."),
        Value("reboots", 3, "So many reboots and starts are a loop."),
        Value("io_paused_for", "30s", "A VM is paused by an I/O error this long.", demo="4s"),
        Value("paused_for", "1h", "A VM is paused this long before it is reported."),
        Value("autostart_for", "15m", "A VM with autostart is off this long before it is reported."),
        Value("agent_for", "30m", "A guest agent is silent this long before it is reported."),
        Value("clock_offset_seconds", 10, "A guest's clock may be wrong by so much."),
        Value("clock_for", "15m", "A guest's clock is wrong this long before it is reported."),
    ),
)
PAUSED = 'libvirt_domain_state{state="paused"} == 1'


def event(name: str) -> str:
    """How often an event of a VM happened of late."""
    return f"""\
{increased(f'libvirt_domain_events_total{{event="{name}"}}', VM, "$event_window")}
  > 0"""


def reason(name: str) -> str:
    """The words of libvirt about the last such event, for a description."""
    last = "libvirt_domain_last_event_timestamp_seconds"
    query = f'{last}{{instance="$instance",domain="$domain",event="{name}",reason!=""}}'
    return each(query, "{{ .Labels.reason }} ", otherwise="no reason given.")


# What `virsh migrate` leaves behind, unless it is told to undefine the source.
ELSEWHERE = each(
    'max by (instance) (libvirt_domain_info and on (instance, domain) libvirt_domain_state{state=~"running|'
    'blocked|paused"} == 1 and on (uuid) libvirt_domain_info{instance="$instance",domain="$domain"})',
    "It runs on {{ .Labels.instance }}: with the next boot of {{ $labels.instance }} it would run twice.",
    otherwise="Either it failed, or its mark is out of date.",
)

FAULTS = (
    Alert(
        name="VmCrashed",
        comment="An exporter that was not there for the event sees the state.",
        expr=f"""\
{event("crash")}
  or
{largest('libvirt_domain_state{state="crashed"} == 1', VM)}""",
        severity="critical",
        kind="actual",
        summary="{{ $labels.domain }} crashed",
        description=f"{THE_VM} crashed within the last $event_window, or is crashed. libvirt's reason: "
        + reason("crash"),
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmPanicked",
        expr=event("panic"),
        severity="critical",
        kind="actual",
        summary="The kernel of {{ $labels.domain }} panicked",
        description=f"The guest's kernel told its panic device of a panic: {THE_VM[4:]}, "
        f"{NUMBER} within the last $event_window.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmWatchdogFired",
        expr=event("watchdog"),
        severity="critical",
        kind="actual",
        summary="The watchdog of {{ $labels.domain }} fired",
        description=f"{THE_VM} did not feed its watchdog device. What libvirt did: {reason('watchdog')}",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMemoryFailure",
        expr=event("memory_failure"),
        severity="warning",
        kind="actual",
        summary="A memory error of the host hit {{ $labels.domain }}",
        description=f"{THE_VM} had {NUMBER} uncorrected errors of the host's memory within the last "
        "$event_window. The host's memory module is probably failing.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmControlLost",
        comment="A QEMU that ends can tell of an error, too: then the VM does not run on.",
        expr=f"""\
{event("control_error")}
  and on (instance, domain) libvirt_domain_state{{state=~"running|blocked|paused"}} == 1""",
        severity="warning",
        kind="actual",
        summary="libvirt has lost control of {{ $labels.domain }}",
        description=f"{THE_VM} runs on, but libvirt cannot talk to its monitor any more: it cannot be "
        "migrated, changed or shut down cleanly.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmDeviceRemovalFailed",
        expr=event("device_removal_failed"),
        severity="info",
        kind="actual",
        summary="{{ $labels.domain }} refuses to release a device",
        description=f"{THE_VM} refused {NUMBER} removals of devices within the last $event_window. "
        "The device is still attached.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmRebootLoop",
        comment="A reboot by the guest, a reset and a start of a VM that was off all count.",
        expr="""
            sum by (instance, domain) (
              max by (instance, domain, event) (
                increase(libvirt_domain_events_total{event=~"reboot|start"}[$reboot_window])
              )
            ) >= $reboots
        """,
        severity="warning",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} started or rebooted {NUMBER} times within $reboot_window",
        description=f"{THE_VM} started or rebooted {NUMBER} times within the last $reboot_window. "
        "It probably fails during its start.",
        dashboard=VM_PAGE,
    ),
)
PAUSES = (
    Alert(
        name="VmPausedOnIoError",
        comment="Reason 5 of the state paused: VIR_DOMAIN_PAUSED_IOERROR.",
        expr=f"""
            max by (instance, domain) ({PAUSED})
              and on (instance, domain) libvirt_domain_state_reason == 5
        """,
        for_="$io_paused_for",
        severity="critical",
        kind="actual",
        summary="{{ $labels.domain }} is paused after an I/O error",
        description=f"{THE_VM} stands still: a disk returned an error, most often because the storage is "
        "full. "
        "It goes on after the cause is mended and the VM is resumed.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmPaused",
        comment="By a user or a program (reasons 0 and 1); other pauses have alerts of their own, or end.",
        expr=f"""
            max by (instance, domain) ({PAUSED})
              and on (instance, domain) libvirt_domain_state_reason <= 1
        """,
        for_="$paused_for",
        severity="info",
        kind="actual",
        summary="{{ $labels.domain }} has been paused for $paused_for",
        description=f"{THE_VM} has been paused for $paused_for or more. Somebody or a program paused it.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmAutostartOff",
        expr="""
            max by (instance, domain) (libvirt_domain_autostart) == 1
              and on (instance, domain) libvirt_domain_state{state=~"shutoff|crashed"} == 1
        """,
        for_="$autostart_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.domain }} is off, but should start with the host",
        description=f"{THE_VM} is marked for autostart and has been off for $autostart_for. " + ELSEWHERE,
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmGuestAgentSilent",
        expr="""
            max by (instance, domain) (libvirt_domain_guest_agent_up) == 0
              and on (instance, domain) libvirt_domain_state{state=~"running|blocked"} == 1
        """,
        for_="$agent_for",
        severity="info",
        kind="actual",
        summary="The guest agent of {{ $labels.domain }} does not answer",
        description=f"{THE_VM} has a guest agent that has not answered for $agent_for. There are no "
        "figures of "
        "its file systems, and backups of it are not consistent.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmClockWrong",
        expr="max by (instance, domain) (abs(libvirt_domain_guest_clock_offset_seconds)) > "
        "$clock_offset_seconds",
        for_="$clock_for",
        severity="warning",
        kind="actual",
        summary=f"The clock of {{{{ $labels.domain }}}} is wrong by {AGE}",
        description=f"The clock of the VM {{{{ $labels.domain }}}} and that of its host "
        f"{{{{ $labels.instance }}}} differ by {AGE}. Certificates, logs and clusters suffer.",
        dashboard=VM_PAGE,
    ),
)
CONFIGURATION = (
    Alert(
        name="VmDuplicateMac",
        expr="max by (instance, domain, mac_address) (libvirt_domain_duplicate_mac_interfaces) > 1",
        for_="$agent_for",
        severity="warning",
        kind="actual",
        summary="The MAC address {{ $labels.mac_address }} of {{ $labels.domain }} is used twice",
        description=f"{NUMBER} interfaces of VMs on {{{{ $labels.instance }}}} have the MAC address "
        "{{ $labels.mac_address }}, one of them in the VM {{ $labels.domain }}. "
        "If they share a network, both lose packets.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMachineTypeUnsupported",
        expr="max by (instance, domain) (libvirt_domain_machine_supported) == 0",
        severity="warning",
        kind="actual",
        summary="{{ $labels.domain }} cannot start again on this host: its machine type is unknown",
        description=f"{THE_VM} has a machine type that the hypervisor of the host does not offer. "
        "It does not start here, and cannot be migrated here.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMachineTypeDeprecated",
        expr="max by (instance, domain) (libvirt_domain_machine_deprecated) == 1",
        severity="info",
        kind="actual",
        summary="The machine type of {{ $labels.domain }} is deprecated",
        description=f"{THE_VM} has a machine type that a later version of the hypervisor removes.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmStuck",
        comment="A VM that arrives by a live migration answers nothing until all of it is there: paused for "
        "reason 2, VIR_DOMAIN_PAUSED_MIGRATION, or running for reason 10, VIR_DOMAIN_RUNNING_POSTCOPY.",
        expr=f"""
            max by (instance, domain) (libvirt_domain_stats_stale) == 1
              unless on (instance, domain) (
                {PAUSED} and on (instance, domain) libvirt_domain_state_reason == 2
                or libvirt_domain_state{{state="running"}} == 1
                  and on (instance, domain) libvirt_domain_state_reason == 10
              )
        """,
        for_="$autostart_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.domain }} has not answered libvirt for $autostart_for",
        description=f"{THE_VM} does not answer libvirt's questions. A job blocks it, or its storage hangs. "
        "Some of its metrics are missing, and alerts on them are silent.",
        dashboard=VM_PAGE,
    ),
)
HOST = (
    Alert(
        name="LibvirtEventsInterrupted",
        expr="max by (instance) (increase(libvirt_event_interruptions_total[$reboot_window])) > 0",
        severity="info",
        kind="actual",
        summary="Events of libvirt on {{ $labels.instance }} were interrupted",
        description=f"The connection that brings events of VMs on {{{{ $labels.instance }}}} was interrupted "
        f"{NUMBER} times within $reboot_window. Reboots and watchdogs in the meantime are not counted.",
        dashboard=FLEET_HOST,
    ),
)

AREAS = (Area(VALUES, (*FAULTS, *PAUSES, *CONFIGURATION, *HOST)),)
