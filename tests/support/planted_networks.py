"""A host of 60 VMs, and another whose networks have other names and faults, all of them known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forecaster.view.inventory import Host, Interface, Inventory, Network, Vm

HERE, THERE = "h1", "h2"


def network(instance: str, name: str, **given: Any) -> Network:
    return Network(instance, name, active=1.0, mode="bridge", **given)


def vm(number: int, *interfaces: Interface) -> Vm:
    return Vm(HERE, f"vm{number:02d}", uuid=f"uuid-{number}", interfaces=interfaces)


def nic(number: int, name: str, **given: Any) -> Interface:
    return Interface(
        f"vnet{number}", "network", f"52:54:00:00:00:{number:02x}", "virtio", source_network=name, **given
    )


def planted() -> Inventory:
    """Twelve networks, five VMs each. There three are as here, three have other names, six a fault."""
    here, there = [], []
    for at in range(12):
        facts: dict[str, Any] = {
            "vlans": (str(100 + at),),
            "subnets": (f"10.0.{at}.0/24",),
            "bridge": f"br{at}",
            "mtu_bytes": 1500.0,
            "dhcp_addresses": 200.0,
            "dhcp_leases": 10.0,
        }
        here.append(network(HERE, f"net{at}", **facts))
        there.append(network(THERE, f"net{at}", **facts))
    for at in (4, 5, 6):
        there[at] = replace(there[at], network=f"renamed{at}", bridge=f"ovs{at}")
    del there[11]  # missing
    there[10] = replace(there[10], active=0.0)
    there[9] = replace(
        there[9], vlans=("999",), subnets=("172.16.0.0/24",)
    )  # another network of the same name
    there[8] = replace(there[8], mtu_bytes=1400.0)
    there[7] = replace(there[7], dhcp_leases=200.0)
    there[3] = replace(there[3], bridge="gone")
    vms = [vm(number, nic(number, f"net{number % 12}")) for number in range(60)]
    vms[0] = replace(vms[0], interfaces=(replace(vms[0].interfaces[0], link_up=0.0),))
    stranger = Vm(THERE, "stranger", uuid="other", interfaces=(replace(vms[1].interfaces[0]),))
    devices = tuple(sorted({each.bridge for each in there} - {"gone"} | {"eth0"}))
    return Inventory(1, (*vms, stranger), (Host(HERE), Host(THERE, devices=devices)), (), (*here, *there))


FAULTS = {  # by the number of the network
    11: "network_missing",
    10: "network_inactive",
    9: "network_differs",
    8: "mtu_smaller",
    7: "dhcp_full",
    3: "bridge_missing",
}


def faults(number: int) -> set[str]:
    """Those that are planted for a VM."""
    found = {FAULTS[number % 12]} if number % 12 in FAULTS else set()
    return found | {0: {"link_down"}, 1: {"duplicate_mac"}}.get(number, set())
