"""The page of networks: who is on which, what flows, what is lost, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.fleet_aggregates import LOSSES
from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, Section
from grafana.queries.selectors import HOST
from grafana.style.colors import BAD
from grafana.subjects import network, topology

if TYPE_CHECKING:
    from grafana.profile import Profile


def page(profile: Profile) -> Page:
    return Page(
        "network",
        "Network",
        "Virtual networks and interfaces: who is on which, what flows, what is lost, and what is wrong.",
        Entry("Network", "Networks and interfaces: traffic, losses, leases, topology"),
        variables=(
            *variables.scope(),
            variables.vms(),
            variables.networks(),
            variables.horizon(profile, hidden=True),
            variables.sampled(LOSSES[0], variables.MONTH),
            variables.halves(),
        ),
        marks=(
            marks.alerts("Network alerts", BAD, f'alertname=~".*Network.*|VmLinkDown", {HOST}', profile.mark),
        ),
        sections=(
            Section("", 0, _now()),
            Section("Traffic", 20, _traffic(), needs=network.PRESENT),
            Section("Losses", 30, _losses(), needs=network.PRESENT),
            Section("Topology", 40, [Band(14, [Placed(41, topology.topology())])], needs=topology.PRESENT),
        ),
    )


def _now() -> list[Band]:
    wrong = (
        Placed(1, network.links_down(), 4),
        Placed(2, network.duplicate_addresses(), 4),
        Placed(3, network.inactive(), 4),
        Placed(4, network.networks()),
    )
    return [Band(5, wrong)]


def _traffic() -> list[Band]:
    panels = (
        Placed(21, network.total(), 10),
        Placed(22, network.top_receivers()),
        Placed(23, network.top_senders()),
    )
    return [Band(9, panels)]


def _losses() -> list[Band]:
    return [Band(8, (Placed(31, network.losses()), Placed(32, network.host_losses("$sampled"))))]
