"""The mapping of the interfaces of VMs to the networks of a target host, and its problems."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from forecaster.network_mapping.attachment import (
    KINDS,
    NETWORK,
    Attachment,
    assumed,
    offered,
    own_vlans,
    used,
)
from forecaster.network_mapping.evidence import CLOSE, LIKELY, SURE, Candidate, Offers, confidence, weigh
from forecaster.view.inventory import ISOLATED, Path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forecaster.view.inventory import Host, Interface, Inventory, Network, Vm

MAPPED, CHECK, BLOCKED = VERDICTS = ("mapped", "check", "blocked")
"""Nothing speaks against it; somebody should look at it; a migration would fail or cut the guest off."""


class Problem(NamedTuple):
    """What is wrong with an interface's mapping. `blocks`: the VM must not move before it is mended."""

    name: str
    text: str
    blocks: bool


@dataclass(frozen=True)
class Mapping:
    """Where one interface goes: the target (None: nowhere), how sure that is, why, and what is wrong."""

    vm: Vm
    interface: Interface
    source: Attachment | None
    target: Attachment | None
    confidence: float
    reasons: tuple[str, ...]
    problems: tuple[Problem, ...]
    path: Path | None = None  # to the target host over that network, where another exporter measures it

    @property
    def verdict(self) -> str:
        """In a word."""
        if any(problem.blocks for problem in self.problems):
            return BLOCKED
        return MAPPED if self.confidence >= SURE and not self.problems else CHECK


class _Target(NamedTuple):
    """The target host with what it offers to an interface, by the kind that the interface is on."""

    host: Host
    networks: list[Network]
    offers: dict[str, Offers]
    taken: Counter[str]  # MAC addresses at the target host and of the VMs that move
    paths: dict[str, Path]  # to the target host, by network

    def to(self, source: Attachment) -> Iterator[Attachment]:
        """What could take an interface that is attached to `source`, and has something like it."""
        yield from self.offers[source.kind].alike(source)
        yield from assumed(source, self.networks, self.host)

    def path(self, network: str) -> Path | None:
        """Over a network; where nobody measures that, over whatever network."""
        return self.paths.get(network) or self.paths.get(WHATEVER)


class _Case(NamedTuple):
    """One interface with what its problems are seen from."""

    interface: Interface
    source: Attachment | None
    target: Attachment | None
    namesake: Candidate | None  # what has the source's name there
    host: Host
    candidates: int
    sure: float
    taken: Counter[str]
    path: Path | None
    guests: int  # interfaces that are to go to the target
    networks_known: bool  # of the target host


class _Check(NamedTuple):
    """A problem: whether a case has it, and its text over the case."""

    name: str
    blocks: bool
    found: Callable[[_Case], bool]
    text: Callable[[_Case], str]


NOTHING = Attachment("", "")
WHATEVER = "*"
"""The network of a path where nobody says which one it is."""
UNKNOWN = Path("", WHATEVER)
LOSSY = 0.01
"""Share of lost packets from which TCP falls far below the rate of a link nearby, by judgement."""
FAR = 0.01
"""Seconds of a round trip that no network within a data centre takes, by judgement."""


def _goes(case: _Case) -> Attachment:
    """The target."""
    return case.target or NOTHING


def _from(case: _Case) -> Attachment:
    """The source."""
    return case.source or NOTHING


def _way(case: _Case) -> Path:
    """The way to the target host; where nobody measures it, nothing is known of it."""
    return case.path or UNKNOWN


def _free(case: _Case) -> float | None:
    return _goes(case).free_addresses


def _assumed(case: _Case) -> bool:
    """Whether it goes to a network of which nobody tells that it is there."""
    return _goes(case).kind == NETWORK and not case.networks_known


def _over(case: _Case) -> str:
    return "" if _way(case).network == WHATEVER else f" over network {_way(case).network}"


CHECKS = (
    _Check(
        "not_mapped",
        blocks=True,
        found=lambda case: case.source is None,
        text=lambda case: (
            f"an interface of type {case.interface.interface_type or 'unknown'} is attached to"
            " no network or bridge"
        ),
    ),
    _Check(
        "network_missing",
        blocks=True,
        found=lambda case: bool(case.source and not case.target and not case.namesake),
        text=lambda case: f"{case.host.instance} has nothing like {_from(case).kind} {_from(case).name}",
    ),
    _Check(
        "network_differs",
        blocks=True,
        found=lambda case: bool(not case.target and case.namesake),
        text=lambda case: (
            f"{_from(case).name} is another network there: "
            + "; ".join(case.namesake.unlike if case.namesake else ())
        ),
    ),
    _Check(
        "network_inactive",
        blocks=True,
        found=lambda case: case.target is not None and case.target.active is False,
        text=lambda case: f"network {_goes(case).name} is not active",
    ),
    _Check(
        "bridge_missing",
        blocks=True,
        found=lambda case: bool(
            case.target
            and case.target.host_bridge
            and case.target.bridge
            and case.host.devices
            and case.target.bridge not in case.host.devices
        ),
        text=lambda case: f"{case.host.instance} has no bridge {_goes(case).bridge}",
    ),
    _Check(
        "device_missing",
        blocks=True,
        found=lambda case: bool(
            _goes(case).device and case.host.devices and _goes(case).device not in case.host.devices
        ),
        text=lambda case: f"{case.host.instance} has no device {_goes(case).device}",
    ),
    _Check(
        "bridge_unknown",
        blocks=False,
        found=lambda case: not _goes(case).is_bridge,
        text=lambda case: f"whether {case.host.instance} has a bridge {_goes(case).bridge} is not known",
    ),
    _Check(
        "network_unknown",
        blocks=False,
        found=_assumed,
        text=lambda case: f"the networks of {case.host.instance} are not known",
    ),
    _Check(
        "network_isolated",
        blocks=True,
        found=lambda case: _goes(case).forwards == ISOLATED and _from(case).forwards not in {"", ISOLATED},
        text=lambda case: f"network {_goes(case).name} reaches nothing but its VMs and its host",
    ),
    _Check(
        "mode_differs",
        blocks=False,
        found=lambda case: (
            _goes(case).forwards != ISOLATED
            and bool(_goes(case).forwards and _from(case).forwards)
            and _goes(case).forwards != _from(case).forwards
        ),
        text=lambda case: f"mode {_goes(case).forwards} there, {_from(case).forwards} here",
    ),
    _Check(
        "mtu_smaller",
        blocks=False,
        found=lambda case: bool(
            case.source
            and case.target
            and case.source.mtu_bytes
            and case.target.mtu_bytes
            and case.target.mtu_bytes < case.source.mtu_bytes
        ),
        text=lambda case: f"MTU {_goes(case).mtu_bytes:.0f} there, {_from(case).mtu_bytes:.0f} here",
    ),
    _Check(
        "vlan_unknown",
        blocks=False,
        found=lambda case: bool(
            case.source
            and case.target
            and case.source.vlans
            and not case.target.vlans
            and not own_vlans(case.interface, case.source)
        ),
        text=lambda case: f"VLAN {', '.join(_from(case).vlans)} here; {_goes(case).name} says none",
    ),
    _Check(
        "vlan_added",
        blocks=False,
        found=lambda case: bool(
            case.source and _goes(case).vlans and not case.source.vlans and not case.interface.vlans
        ),
        text=lambda case: f"VLAN {', '.join(_goes(case).vlans)} there; {_from(case).name} says none",
    ),
    _Check(
        "duplicate_mac",
        blocks=True,
        found=lambda case: case.taken[case.interface.mac_address.lower()] > 1,
        text=lambda case: f"MAC address {case.interface.mac_address} is used twice",
    ),
    _Check(
        "link_down",
        blocks=False,
        found=lambda case: case.interface.link_up == 0,
        text=lambda _case: "its link is down now",
    ),
    _Check(
        "dhcp_full",
        blocks=False,
        found=lambda case: (math.inf if (free := _free(case)) is None else free) < case.guests,
        text=lambda case: (
            f"DHCP of network {_goes(case).name} has "
            + (
                f"{_free(case):.0f} free, {case.guests} interfaces are to go there"
                if _free(case)
                else "no free address"
            )
        ),
    ),
    _Check(
        "packet_loss",
        blocks=False,
        found=lambda case: (_way(case).loss_ratio or 0.0) >= LOSSY,
        text=lambda case: (
            f"{100 * (_way(case).loss_ratio or 0.0):.3g} % of echo requests to {case.host.instance} get lost"
            f"{_over(case)}"
        ),
    ),
    _Check(
        "far",
        blocks=False,
        found=lambda case: (_way(case).round_trip_seconds or 0.0) >= FAR,
        text=lambda case: (
            f"a round trip to {case.host.instance} takes"
            f" {1000 * (_way(case).round_trip_seconds or 0.0):.3g} ms{_over(case)}"
        ),
    ),
    _Check(
        "uncertain",
        blocks=False,
        found=lambda case: (
            case.target is not None and case.sure < SURE and (case.candidates > 1 or not _assumed(case))
        ),
        text=lambda case: "another network fits nearly as well" if case.candidates > 1 else "little is known",
    ),
)


def mappings(inventory: Inventory, vms: Iterable[Vm], target: str) -> list[Mapping]:
    """Of each interface of the VMs to the host `target`, in their order. Raises LookupError if the inventory
    does not have that host.
    """
    host = next((each for each in inventory.hosts if each.instance == target), None)
    if host is None:
        raise LookupError(f"host {target} is not known")
    moving = list(vms)
    networks: dict[str, list[Network]] = {}
    for network in inventory.networks:
        networks.setdefault(network.instance, []).append(network)
    known = networks.get(target, [])
    bridges = _bridges(inventory, target)
    there = {kind: Offers(offered(known, host, kind, bridges)) for kind in KINDS}
    paths = {path.network: path for path in inventory.paths if path.instance == target}
    target_side = _Target(host, known, there, _mac_addresses(inventory, moving, target), paths)
    choices = [
        _chosen(vm, interface, used(interface, networks.get(vm.instance, [])), target_side)
        for vm in moving
        for interface in vm.interfaces
    ]
    guests = Counter(each.target.name for each in choices if each.target and each.target.kind == NETWORK)
    return [_mapping(each, target_side, guests) for each in choices]


def _bridges(inventory: Inventory, target: str) -> set[str]:
    """The bridges of a host that its networks and VMs use."""
    there = (vm for vm in inventory.vms if vm.instance == target)
    networks = {each.bridge for each in inventory.networks if each.instance == target}
    return networks | {interface.source_bridge for vm in there for interface in vm.interfaces}


class _Choice(NamedTuple):
    """An interface, and the candidates for it, the one that most speaks for first."""

    vm: Vm
    interface: Interface
    source: Attachment | None
    candidates: list[Candidate]
    best: Candidate | None  # the first, if it is likely

    @property
    def target(self) -> Attachment | None:
        """Where it goes."""
        return self.best.attachment if self.best else None


def _chosen(vm: Vm, interface: Interface, source: Attachment | None, target: _Target) -> _Choice:
    candidates = [weigh(source, each) for each in target.to(source)] if source else []
    candidates.sort(key=lambda each: (-each.odds, each.attachment.name))
    best = candidates[0] if candidates and candidates[0].confidence >= LIKELY else None
    return _Choice(vm, interface, source, candidates, best)


def _mapping(of: _Choice, target: _Target, guests: Counter[str]) -> Mapping:
    """What is wrong with a choice; `guests` are the interfaces that are to go to each network."""
    best, source, goes = of.best, of.source, of.target
    sure = confidence(of.candidates)
    close = sum(best is not None and best.odds - each.odds < CLOSE for each in of.candidates)
    namesake = next((each for each in of.candidates if source and each.attachment.name == source.name), None)
    path = target.path(goes.name) if goes else None
    case = _Case(
        of.interface,
        source,
        goes,
        namesake,
        target.host,
        close,
        sure,
        target.taken,
        path,
        guests[goes.name] if goes else 0,
        bool(target.networks),
    )
    problems = (Problem(each.name, each.text(case), each.blocks) for each in CHECKS if each.found(case))
    reasons = best.alike if best else ()
    return Mapping(of.vm, of.interface, source, goes, sure if best else 0.0, reasons, tuple(problems), path)


def _mac_addresses(inventory: Inventory, moving: Iterable[Vm], target: str) -> Counter[str]:
    """How many VMs have each address, of those at the target and those that move, each VM once."""
    vms = {}
    for vm in (*moving, *(vm for vm in inventory.vms if vm.instance == target)):
        vms[vm.uuid or (vm.instance, vm.domain)] = vm
    return Counter(
        address
        for vm in vms.values()
        for address in {interface.mac_address.lower() for interface in vm.interfaces if interface.mac_address}
    )
