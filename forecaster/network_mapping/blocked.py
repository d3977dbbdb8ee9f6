"""Which hosts the mapping of networks blocks for a VM: by distinct attachments, so that all pairs of VMs and
hosts are cheap.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.network_mapping.attachment import used
from forecaster.network_mapping.mapping import mappings
from forecaster.view.inventory import Inventory, Vm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.network_mapping.attachment import Attachment
    from forecaster.network_mapping.mapping import Mapping as Found
    from forecaster.view.inventory import Host, Interface, Network

    Kind = tuple[Attachment | None, Interface]
    Kinds = frozenset[Kind]


class Blocked:
    """What the mapping says of pairs, but for what is of one VM alone: its MAC addresses."""

    def __init__(self, inventory: Inventory, vms: Iterable[Vm]) -> None:
        self._networks: dict[str, list[Network]] = defaultdict(list)
        for network in inventory.networks:
            self._networks[network.instance].append(network)
        self._examples: dict[Kind, Vm] = {}
        for vm in vms:
            for kind in self.kinds(vm):
                self._examples.setdefault(kind, Vm(vm.instance, vm.domain, interfaces=(kind[1],)))
        self._told: dict[str, Mapping[Kind, str]] = {}

    def kinds(self, vm: Vm) -> Kinds:
        """What its interfaces are attached to, as far as that matters to another host. One of which nothing
        is known is none.
        """
        return frozenset(
            self._kind(vm.instance, interface)
            for interface in vm.interfaces
            if interface.interface_type or interface.source_network or interface.source_bridge
        )

    def _kind(self, instance: str, interface: Interface) -> Kind:
        bare = replace(interface, target_device="", mac_address="", model_type="", link_up=None)
        source = used(bare, self._networks[instance])
        return source and replace(source, active=None, free_addresses=None), bare

    def why(self, kinds: Kinds, host: Host) -> str:
        """Why a host is blocked for interfaces of these kinds, in words after its name; empty: it is not."""
        if not kinds:
            return ""
        if host.instance not in self._told:
            self._told[host.instance] = self._all(host)
        told = self._told[host.instance]
        return min(filter(None, (told[kind] for kind in kinds)), default="")

    def _all(self, host: Host) -> Mapping[Kind, str]:
        vms = self._examples.values()
        at = sorted({vm.instance for vm in vms} | {host.instance})
        networks = tuple(network for name in at for network in self._networks[name])
        found = mappings(Inventory(hosts=(host,), networks=networks), vms, host.instance)
        return {kind: _reason(each, host) for kind, each in zip(self._examples, found, strict=True)}


def _reason(found: Found, host: Host) -> str:
    """The first problem that blocks."""
    texts = (problem.text for problem in found.problems if problem.blocks)
    return next(texts, "").removeprefix(f"{host.instance} ")
