"""The mapping of a host with 60 VMs to one with other names and planted faults, and each rule by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forecaster.network_mapping.mapping import BLOCKED, CHECK, CHECKS, MAPPED, Mapping, mappings
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


def by_vm(found: list[Mapping]) -> dict[str, Mapping]:
    return {each.vm.domain: each for each in found}


def test_every_planted_fault_is_found_and_nothing_else() -> None:
    inventory = planted()
    found = by_vm(mappings(inventory, [each for each in inventory.vms if each.instance == HERE], THERE))
    assert len(found) == 60
    faults = {
        11: ("network_missing",),
        10: ("network_inactive",),
        9: ("network_differs",),
        8: ("mtu_smaller",),
        7: ("dhcp_full",),
        3: ("bridge_missing",),
    }
    for number in range(60):
        expected = set(faults.get(number % 12, ()))
        expected |= {"link_down"} if number == 0 else set()
        expected |= {"duplicate_mac"} if number == 1 else set()
        assert {problem.name for problem in found[f"vm{number:02d}"].problems} == expected, number


def test_renamed_networks_are_recognised_by_vlan_and_subnet() -> None:
    inventory = planted()
    found = mappings(inventory, [each for each in inventory.vms if each.domain in {"vm04", "vm17"}], THERE)
    assert [(each.target.name if each.target else "", each.verdict) for each in found] == [
        ("renamed4", MAPPED),
        ("renamed5", MAPPED),
    ]
    assert found[0].reasons == ("same VLAN 104", "same subnet 10.0.4.0/24", "same mode bridge")


def test_what_is_wrong_is_said_in_words() -> None:
    inventory = planted()
    found = by_vm(mappings(inventory, inventory.vms[:12], THERE))
    texts = {name: [problem.text for problem in each.problems] for name, each in found.items()}
    assert texts["vm11"] == ["h2 has nothing like network net11"]
    assert texts["vm10"] == ["network net10 is not active"]
    assert texts["vm09"] == ["net9 is another network there: VLAN 999 there; subnet 172.16.0.0/24 there"]
    assert texts["vm08"] == ["MTU 1400 there, 1500 here"]
    assert texts["vm07"] == ["DHCP of network net7 has no free address"]
    assert texts["vm03"] == ["h2 has no bridge gone"]
    assert texts["vm01"] == ["MAC address 52:54:00:00:00:01 is used twice"]
    assert texts["vm00"] == ["its link is down now"]
    assert [found[f"vm{at:02d}"].verdict for at in (11, 10, 8, 2)] == [BLOCKED, BLOCKED, CHECK, MAPPED]


def one(interface: Interface, there: list[Network], *here: Network, devices: tuple[str, ...] = ()) -> Mapping:
    inventory = Inventory(
        1, (vm(1, interface),), (Host(HERE), Host(THERE, devices=devices)), (), (*here, *there)
    )
    (found,) = mappings(inventory, inventory.vms, THERE)
    return found


def test_a_bridge_goes_to_the_bridge_of_its_name() -> None:
    bridged = Interface("vnet1", "bridge", source_bridge="br0")
    found = one(bridged, [], devices=("br0", "br1", "eth0"))
    assert (found.verdict, found.target and (found.target.kind, found.target.name)) == (
        MAPPED,
        ("bridge", "br0"),
    )
    missing = one(bridged, [], devices=("br1",))
    assert [problem.name for problem in missing.problems] == ["network_missing"]


def test_two_networks_that_fit_alike_are_to_be_looked_at() -> None:
    here = network(HERE, "prod", vlans=("7",))
    found = one(nic(1, "prod"), [network(THERE, name, vlans=("7",)) for name in ("a", "b")], here)
    assert found.target is not None
    assert [(problem.name, problem.text) for problem in found.problems] == [
        ("uncertain", "another network fits nearly as well")
    ]
    assert found.verdict == CHECK


def test_a_vlan_of_the_interface_counts_before_that_of_its_network() -> None:
    there = [network(THERE, "prod", vlans=("7",)), network(THERE, "dev", vlans=("8",))]
    found = one(nic(1, "prod", vlans=("8",)), there, network(HERE, "prod", vlans=("7",)))
    assert found.target is not None
    assert found.target.name == "dev"


def test_an_interface_that_is_attached_to_neither_cannot_be_mapped() -> None:
    found = one(Interface("vnet1", "direct"), [network(THERE, "prod")])
    assert [(problem.name, problem.blocks) for problem in found.problems] == [("not_mapped", True)]


def test_a_vm_that_is_at_both_hosts_while_it_migrates_has_its_address_once() -> None:
    inventory = planted()
    same = replace(inventory.vms[2], instance=THERE)
    found = mappings(replace(inventory, vms=(*inventory.vms, same)), [inventory.vms[2]], THERE)
    assert found[0].verdict == MAPPED


def test_an_unknown_host_is_refused() -> None:
    with pytest.raises(LookupError, match="host h9 is not known"):
        mappings(planted(), [], "h9")


def test_the_names_of_problems_are_different() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
