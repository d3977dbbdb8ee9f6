"""What libvirt says of VMs and hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.spans import spans
from grafana.queries import sizes
from grafana.queries.selectors import HOST, NARROWED, THIS_VM
from grafana.queries.states import KNOWN_HOSTS, RUNNING, running_elsewhere, state_numbers
from grafana.style import colors, fields
from grafana.style.mappings import states_by_number, up_or_down
from grafana.style.thresholds import UP
from grafana.subjects.migration import moving_count

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, statetimeline


def hosts() -> stat.Panel:
    card = Card(
        "Hosts",
        "none",
        "Hosts whose libvirt answers, or that another exporter tells of, and hosts where libvirt or the "
        "exporter does not answer. Nothing is known of the VMs of a host that is down. Clouds tell of no "
        "hosts.",
        "None known",
    )
    up = Query(f"sum({KNOWN_HOSTS} == bool 1)", "up")
    down = Query(f"sum({KNOWN_HOSTS} == bool 0)", "down")
    styles = {"up": fields.fixed(colors.GOOD), "down": fields.counted(colors.BAD)}
    return figures(card, up, down, styles=styles)


def vms() -> stat.Panel:
    card = Card(
        "VMs",
        "none",
        "All defined VMs by their state in libvirt, and how many are in a live migration. Of hosts without "
        "libvirt, VMs with a load run.",
    )
    known = f"libvirt_domain_state{{{NARROWED}}}"
    others = f'label_replace({running_elsewhere(NARROWED)}, "state", "running", "", "")'
    # Summed first: `or` compares every series of one side with all of the other.
    every = f"sum by (state) ({known}) or {others}"
    by_state = Query(f"sum by (state) ({every}) > 0", "{{state}}")
    any_known = f'libvirt_domain_state{{state="running", {NARROWED}}}'  # a series of each VM, of any state
    moving = Query(f"{moving_count(NARROWED)} or 0 * count({any_known})", "moving")
    shown = {state: {"displayName": text, **fields.fixed(color)} for state, text, color in colors.STATES}
    return figures(card, by_state, moving, styles={**shown, "moving": fields.counted(colors.ACTUAL)})


def libvirt() -> stat.Panel:
    card = Card("libvirt", "none", "Whether libvirt on the host answers the exporter.", "unknown")
    return figures(card, Query(f"min(libvirt_up{{{HOST}}})"), steps=UP, words=up_or_down())


def running() -> stat.Panel:
    card = Card("Running VMs", "none", "The number of VMs that run on the host now.", "unknown")
    return figures(card, Query(f"sum({RUNNING} or {running_elsewhere(HOST)})"))


def of_one_vm() -> stat.Panel:
    card = Card(
        "State",
        "none",
        "The state of the VM in libvirt now, by host. Two hosts have one while it moves, or where both have "
        "a VM of this name.",
        "unknown",
    )
    state = Query(state_numbers(THIS_VM), "{{instance}}")
    return figures(card, state, many=True, words=states_by_number())


def size() -> stat.Panel:
    card = Card("Size", "none", "The virtual CPUs of the VM, and the most memory it can be given.", "unknown")
    cpus = Query(f"max({sizes.of_vms('cpu', THIS_VM)})", "vCPUs")
    most = Query(f"max({sizes.of_vms('memory', THIS_VM)})", "Memory")
    return figures(card, cpus, most, styles={"Memory": fields.unit("bytes")})


def life() -> statetimeline.Panel:
    card = Card(
        "State, by host",
        "none",
        "The state of the VM on every host that it was on. In a live migration one row ends where another "
        'begins. Choose "All" hosts above to follow a VM that moves.',
        "not known here",
    )
    seen = f"last_over_time(libvirt_domain_state{{{THIS_VM}}}[$__range] @ end())"
    return spans(card, Query(state_numbers(THIS_VM), "{{instance}}"), seen).mappings([states_by_number()])
