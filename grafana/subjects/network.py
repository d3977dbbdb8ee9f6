"""Virtual networks and interfaces: traffic, losses, leases, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.alerts import storage as alerts
from alert_rules.values import defaults
from grafana.links import VM_SERIES
from grafana.panels.bars import ROOM, bars
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries.counts import counted
from grafana.queries.rates import mean_of_hosts, rate
from grafana.queries.selectors import CHOSEN_VMS, HOST, THIS_VM
from grafana.style import colors, fields
from grafana.style.thresholds import ANY_IS_BAD, ANY_IS_WARNING, GOING, LOSS, full_from
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries

PRESENT = f"count(vm:network_receive_bytes:rate{{{HOST}}})"
NO_INTERFACE = "No VM has a network interface"
WAYS = {"receive": "in", "transmit": "out"}
DEVICE = "instance, domain, target_device"
ERRORS_ALONE = 1e-12  # ranks interfaces by their errors below all that drop packets; shown as 0 %


def _top(title: str, way: str, about: str) -> bargauge.Panel:
    card = Card(
        title, "binBps", f"The ten VMs that {about} most now. Open one to see since when.", NO_INTERFACE
    )
    by_device = f"max by ({DEVICE}) (vm:network_{way}_bytes:rate{{{CHOSEN_VMS}}})"
    query = Query(f"sort_desc(topk(10, sum by (instance, domain) ({by_device})))")
    return bars(card, query, GOING).data_links([VM_SERIES]).display_name(f"${{__field.labels.domain}}{ROOM}")


def top_receivers() -> bargauge.Panel:
    return _top("Most received", "receive", "receive")


def top_senders() -> bargauge.Panel:
    return _top("Most sent", "transmit", "send")


def total() -> timeseries.Panel:
    card = Card(
        "Traffic of all VMs",
        "binBps",
        "What the VMs of each host receive (up) and send (down) together. Compare it with what the "
        "interfaces of the hosts can carry.",
        "No VM has a network interface, or aggregates.rules.yml is not loaded",
    )
    queries = [
        Query(
            f"max by (instance) ({mean_of_hosts(f'host:vms_network_{way}_bytes:rate', HOST)})",
            f"{{{{instance}}}} {word}",
        )
        for way, word in WAYS.items()
    ]
    panel = timeline(card, *queries, points=MANY).axis_centered_zero(True)
    return panel.override_by_regexp(".* out", fields.properties({"custom.transform": "negative-Y"}))


def losses() -> table.Panel:
    card = Card(
        "Interfaces that lose packets",
        "none",
        "The virtual interfaces with the highest share of dropped packets, then those with errors only; and "
        "the errors per second of each. Drops on the way in: the guest is too slow to fetch its packets, or "
        "a queue is too short. Errors: look at the driver of the guest.",
        "No interface loses packets",
    )
    errors = " + ".join(
        rate(f"libvirt_domain_interface_stats_{way}_errors_total", CHOSEN_VMS, DEVICE) for way in WAYS
    )
    drops = f"max by ({DEVICE}) (vm:network_drops:ratio{{{CHOSEN_VMS}}}) > 0"
    rows = f"topk(10, {drops} or {ERRORS_ALONE:g} * ({errors} > 0))"
    queries = {"drops": rows, "errors": f"({errors}) and on ({DEVICE}) {rows}"}
    shown = (
        columns.VM,
        Column("target_device", "Interface"),
        Column("drops", "Dropped", {**fields.unit("percentunit", 2), **fields.colored_cell(LOSS)}),
        Column("errors", "Errors/s", {**fields.unit("none", 1), **fields.width(85)}),
        columns.HOST,
    )
    labels = ("instance", "domain", "target_device")
    return listing(card, Table(labels, queries, shown, sort="drops", empty="domain"))


def of_one_vm() -> timeseries.Panel:
    card = Card(
        "Packets lost",
        "percentunit",
        "The share of packets that were dropped, by interface. Values that stay above a percent slow down "
        "everything that uses the network: look at the load of the guest and of the host's interface.",
        "No interface, or no packets",
    )
    drops = f"max by (target_device) (vm:network_drops:ratio{{{THIS_VM}}})"
    return timeline(card, Query(drops, "{{target_device}}")).axis_soft_max(0.01)


def networks() -> table.Panel:
    values = defaults(alerts.OTHER)
    card = Card(
        "Virtual networks",
        "none",
        "Each network of libvirt: whether it is active, how many addresses its range has, and how many are "
        f"leased. An alert fires from {float(values['leased']):.0%} of them on: enlarge the range of the "
        "network, or shorten its leases. A range that libvirt does not know counts as "
        f"{values['addresses']} addresses.",
        "No virtual networks",
    )
    by = "instance, network"
    addresses = f"max by ({by}) (libvirt_network_dhcp_addresses{{{HOST}}}) > 0"
    leases = f"max by ({by}) (libvirt_network_dhcp_leases{{{HOST}}})"
    queries = {
        "active": f"max by ({by}) (libvirt_network_active{{{HOST}}})",
        "autostart": f"max by ({by}) (libvirt_network_autostart{{{HOST}}})",
        "addresses": addresses,
        "leases": leases,
        "leased": f"{leases} / {_range(addresses, leases)}",
    }
    yes_or_no = {"1": ("yes", "text"), "0": ("no", "text")}
    active = fields.colored_words({"1": ("yes", colors.GOOD), "0": ("no", colors.BAD)})
    leased = fields.gauge_cell(full_from(float(values["leased"])))
    shown = (
        Column("network", "Network", fields.at_least(110)),
        columns.HOST,
        Column("active", "Active", {**active, **fields.width(60)}),
        Column("autostart", "Autostart", {**fields.words(yes_or_no), **fields.width(80)}),
        Column("addresses", "Addresses", fields.width(88)),
        Column("leases", "Leases", fields.width(68)),
        Column("leased", "Leased", {**leased, **fields.width(75)}),
    )
    labels = ("instance", "network")
    content = Table(labels, queries, shown, sort="network", descending=False, empty="network")
    return listing(card, content)


def _range(addresses: str, leases: str) -> str:
    """As many addresses as the alert takes a range for."""
    usual = defaults(alerts.OTHER)["addresses"]
    return f"({addresses} or clamp({leases}, {usual}, {usual}))"


def links_down() -> stat.Panel:
    card = Card(
        "Links down",
        "none",
        "How many interfaces of running VMs have a link that is down. An alert names them. Whether a link "
        "is up is read every ten minutes.",
        "not known",
    )
    running = f'on (instance, domain) libvirt_domain_state{{state=~"running|blocked", {HOST}}} == 1'
    link = f"libvirt_domain_interface_link_up{{{CHOSEN_VMS}}}"
    down = f"max by ({DEVICE}) ({link}) == 0 and {running}"
    return figures(card, Query(counted(down, link)), steps=ANY_IS_WARNING)


def duplicate_addresses() -> stat.Panel:
    card = Card(
        "Duplicate MACs",
        "none",
        "How many MAC addresses several VMs have, on any host. Both of such VMs lose packets: give one of "
        "them a new address. VMs that move are left out: during a live migration both ends have it.",
        "not known",
    )
    seen = 'count by (mac_address, domain, instance) (libvirt_domain_interface_stats_info{mac_address!=""})'
    moves = 'unless on (domain) libvirt_domain_job_info{operation=~"migration_.*"}'
    several = f"count by (mac_address) ({seen} {moves}) > 1"
    number = counted(several, "libvirt_domain_interface_stats_info")
    return figures(card, Query(number), steps=ANY_IS_BAD)


def inactive() -> stat.Panel:
    card = Card(
        "Inactive networks",
        "none",
        "How many networks should start with libvirt and are not active: VMs on them do not start. "
        "`virsh net-start` starts one.",
        "not known",
    )
    networks = f"libvirt_network_autostart{{{HOST}}}"
    wanted = f"max by (instance, network) ({networks}) == 1"
    off = f"{wanted} and on (instance, network) libvirt_network_active{{{HOST}}} == 0"
    return figures(card, Query(counted(off, networks)), steps=ANY_IS_BAD)


def of_host() -> timeseries.Panel:
    card = Card(
        "Interfaces of the host",
        "binBps",
        "What the host's own interfaces receive (up) and send (down). A flat top near the speed of the "
        "link: spread VMs over more hosts, or bond interfaces.",
        "No figures of the host's interfaces",
    )
    queries = [
        Query(rate(f"libvirt_host_network_{way}_bytes_total", HOST, "device"), f"{{{{device}}}} {word}")
        for way, word in WAYS.items()
    ]
    panel = timeline(card, *queries, points=MANY).axis_centered_zero(True)
    return panel.override_by_regexp(".* out", fields.properties({"custom.transform": "negative-Y"}))


def host_losses(suffix: str = "") -> timeseries.Panel:
    """`suffix` is of the counters' names: the variable `sampled`, on a page that has it."""
    card = Card(
        "Packets lost by hosts",
        "suffix: p/s",  # Grafana's pps says 200 mp/s
        "Packets per second that the hosts' own interfaces dropped, or that had errors. Errors point at the "
        "cable, the port or the driver; drops at a host that is too busy.",
        "No figures of the hosts' interfaces",
    )
    queries = [Query(_lost(what, suffix), f"{{{{instance}}}}: {what}") for what in ("drops", "errors")]
    return timeline(card, *queries, points=MANY).axis_soft_max(1)


def _lost(what: str, suffix: str) -> str:
    """Of all interfaces of a host, both ways."""
    ways = (
        rate(f"libvirt_host_network_{way}_{what}_total{suffix}", HOST, "instance, device") for way in WAYS
    )
    return " + ".join(f"sum by (instance) ({way})" for way in ways)
