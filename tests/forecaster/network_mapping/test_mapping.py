"""The mapping of a host with 60 VMs to one with other names and planted faults, and each rule by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forecaster.network_mapping.mapping import BLOCKED, CHECK, CHECKS, MAPPED, Mapping, mappings
from forecaster.view.inventory import Host, Interface, Inventory, Network, Path, Vm
from planted_networks import HERE, THERE, faults, network, nic, planted, vm


def by_vm(found: list[Mapping]) -> dict[str, Mapping]:
    return {each.vm.domain: each for each in found}


def test_every_planted_fault_is_found_and_nothing_else() -> None:
    inventory = planted()
    found = by_vm(mappings(inventory, [each for each in inventory.vms if each.instance == HERE], THERE))
    assert len(found) == 60
    for number in range(60):
        assert {problem.name for problem in found[f"vm{number:02d}"].problems} == faults(number), number


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


OVS = {"bridge": "ovs0"}
TRUNK = ("10", "20", "30")


@pytest.mark.parametrize(
    ("network_here", "network_there", "own", "problems"),
    [
        (TRUNK, TRUNK, ("10", "20"), []),
        ((), (), ("10",), []),
        (TRUNK, (), ("10",), []),
        (TRUNK, (), (), ["vlan_unknown"]),
        (TRUNK, (), TRUNK, ["vlan_unknown"]),  # libvirt writes a network's VLANs at its interfaces, too
        (TRUNK, ("40",), ("10",), ["network_differs"]),
    ],
)
def test_vlans_of_an_interface_go_with_it(
    network_here: tuple[str, ...], network_there: tuple[str, ...], own: tuple[str, ...], problems: list[str]
) -> None:
    """They count before the network's at both hosts: the networks' own VLANs are what may differ."""
    found = one(
        nic(1, "trunk", vlans=own),
        [network(THERE, "trunk", vlans=network_there, **OVS)],
        network(HERE, "trunk", vlans=network_here, **OVS),
    )
    assert [problem.name for problem in found.problems] == problems
    assert found.verdict == (MAPPED if not problems else CHECK if "vlan_unknown" in problems else BLOCKED)


def test_an_interface_with_a_vlan_of_its_own_stays_in_its_network() -> None:
    there = [network(THERE, "prod", vlans=("7",)), network(THERE, "dev", vlans=("8",))]
    found = one(nic(1, "prod", vlans=("8",)), there, network(HERE, "prod", vlans=("7",)))
    assert found.target is not None
    assert found.target.name == "prod"


def test_a_vlan_at_a_bridge_is_that_of_a_network_over_it() -> None:
    tagged = Interface("vnet1", "bridge", source_bridge="ovs0", vlans=("10",))
    there = [network(THERE, "ten", vlans=("10",)), network(THERE, "twenty", vlans=("20",))]
    found = one(tagged, there, devices=("eth0",))
    assert found.target is not None
    assert found.target.name == "ten"
    untagged = one(tagged, [], devices=("ovs0",))
    assert (untagged.verdict, untagged.problems) == (MAPPED, ())


def test_a_bridge_of_a_host_whose_devices_nobody_tells_is_to_be_looked_at() -> None:
    """An exporter for several hosts sees no devices: that is not known, not missing."""
    bridged = Interface("vnet1", "bridge", source_bridge="br0")
    found = one(bridged, [])
    assert (found.verdict, found.target and (found.target.kind, found.target.name)) == (
        CHECK,
        ("bridge", "br0"),
    )
    assert [problem.text for problem in found.problems] == ["whether h2 has a bridge br0 is not known"]
    nat = one(bridged, [Network(THERE, "default", bridge="br0", mode="nat", active=1.0)]).target
    assert nat is None or nat.kind == "network", "the bridge of that name is libvirt's own"


@pytest.mark.parametrize("devices", [(), ("br0", "eth0"), ("eth0",)])
@pytest.mark.parametrize("here", [(), (network(HERE, "prod", bridge="br0", vlans=("7",)),)])
def test_a_network_of_a_host_whose_networks_nobody_tells_is_to_be_looked_at(
    here: tuple[Network, ...], devices: tuple[str, ...]
) -> None:
    found = one(nic(1, "prod"), [], *here, devices=devices)
    assert found.target is not None
    assert (found.verdict, found.target.kind, found.target.name) == (CHECK, "network", "prod")
    assert found.problems[0].text == "the networks of h2 are not known"
    told = one(nic(1, "prod"), [network(THERE, "other")], *here, devices=("eth0",))
    assert [problem.text for problem in told.problems] == ["h2 has nothing like network prod"]


def said(found: Mapping) -> list[str]:
    return [problem.name for problem in found.problems]


NAT: dict[str, Any] = {"bridge": "virbr1", "subnets": ("10.9.0.0/24",), "mode": "nat"}
ALONE = NAT | {"mode": "isolated"}


@pytest.mark.parametrize(
    ("here", "there", "problems", "verdict"),
    [
        (NAT, NAT, [], MAPPED),
        (ALONE, ALONE, [], MAPPED),
        (NAT, ALONE, ["network_isolated"], BLOCKED),
        (ALONE, NAT, ["mode_differs"], CHECK),
        (NAT, NAT | {"mode": "route"}, ["mode_differs"], CHECK),
        (NAT, NAT | {"mode": ""}, [], MAPPED),  # not known
        (NAT | {"mode": ""}, ALONE, [], MAPPED),
        (NAT | {"mtu_bytes": 9000.0}, NAT, ["mtu_smaller"], CHECK),  # libvirt's bridge has 1500
        (NAT, NAT | {"mtu_bytes": 1400.0}, ["mtu_smaller"], CHECK),
        (NAT, NAT | {"mtu_bytes": 9000.0}, [], MAPPED),
        (NAT, NAT | {"vlans": ("20",)}, ["vlan_added"], CHECK),
        (NAT | {"device": "eth1"}, NAT | {"device": "eth0"}, [], MAPPED),
        (NAT | {"device": "eth0"}, NAT | {"device": "eth7"}, ["device_missing"], BLOCKED),
    ],
)
def test_what_one_network_says_and_the_other_does_not_may_be_a_difference(
    here: dict[str, Any], there: dict[str, Any], problems: list[str], verdict: str
) -> None:
    networks = [replace(network(host, "lan"), **facts) for host, facts in ((HERE, here), (THERE, there))]
    found = one(nic(1, "lan"), networks[1:], networks[0], devices=("eth0", "virbr1"))
    assert (said(found), found.verdict) == (problems, verdict)


def test_what_is_wrong_between_two_networks_is_said_in_words() -> None:
    here, (there, other) = {**NAT, "mtu_bytes": 9000.0}, (ALONE, NAT | {"device": "eth7", "vlans": ("20",)})
    texts = [
        problem.text
        for facts in (there, other)
        for problem in one(
            nic(1, "lan"),
            [replace(network(THERE, "lan"), **facts)],
            replace(network(HERE, "lan"), **here),
            devices=("eth0",),
        ).problems
    ]
    assert texts == [
        "network lan reaches nothing but its VMs and its host",
        "MTU 1500 there, 9000 here",
        "h2 has no device eth7",
        "MTU 1500 there, 9000 here",
        "VLAN 20 there; lan says none",
    ]


def test_a_network_of_macvtap_needs_its_device() -> None:
    found = one(
        nic(1, "lan"), [network(THERE, "lan", device="eth7")], network(HERE, "lan"), devices=("eth0",)
    )
    assert "device_missing" in said(found)
    assert found.verdict == BLOCKED
    afar = one(nic(1, "lan"), [network(THERE, "lan", device="eth7")], network(HERE, "lan"))
    assert "device_missing" not in said(afar), "an exporter for several hosts sees no devices"


@pytest.mark.parametrize("others", [0, 5, 60])
def test_other_devices_and_networks_say_nothing_of_the_one_of_the_name(others: int) -> None:
    """A host with 60 network cards knows its br0 no less than one with none."""
    on_bridge = Interface("vnet1", "bridge", source_bridge="br0")
    devices = ("br0", *(f"eth{at}" for at in range(others)))
    there = [network(THERE, "prod", vlans=("7",)), *(network(THERE, f"n{at}") for at in range(others))]
    for interface in (on_bridge, nic(1, "prod")):
        found = one(interface, there, network(HERE, "prod", vlans=("7",)), devices=devices)
        assert (said(found), found.verdict) == ([], MAPPED)


def test_a_device_of_the_name_of_a_bridge_may_be_none() -> None:
    """Only names of devices are known: one that a VM or a network uses as a bridge is one."""
    on_lan = Interface("vnet1", "bridge", source_bridge="lan0")
    found = one(on_lan, [], devices=("eth0", "lan0"))
    assert (said(found), found.verdict) == (["bridge_unknown"], CHECK)
    assert found.problems[0].text == "whether h2 has a bridge lan0 is not known"
    over = one(on_lan, [network(THERE, "office", bridge="lan0")], devices=("eth0", "lan0"))
    assert said(over) == []
    other = Vm(THERE, "other", uuid="other", interfaces=(replace(on_lan, mac_address="52:54:00:00:00:99"),))
    inventory = Inventory(1, (vm(1, on_lan), other), (Host(HERE), Host(THERE, devices=("lan0",))))
    (used,) = mappings(inventory, inventory.vms[:1], THERE)
    assert (said(used), used.verdict) == ([], MAPPED)


@pytest.mark.parametrize(("free", "full"), [(2.0, True), (59.0, True), (60.0, False), (0.0, True)])
def test_the_addresses_of_a_network_are_for_all_that_are_to_go_there(free: float, full: bool) -> None:
    networks = (
        network(HERE, "lan", **OVS),
        network(THERE, "lan", **OVS, vlans=(), dhcp_addresses=100.0, dhcp_leases=100.0 - free),
    )
    vms = tuple(vm(number, nic(number, "lan")) for number in range(60))
    inventory = Inventory(1, vms, (Host(HERE), Host(THERE, devices=("ovs0",))), (), networks)
    found = mappings(inventory, vms, THERE)
    assert {tuple(said(each)) for each in found} == {("dhcp_full",) if full else ()}
    if free == 2:
        text = "DHCP of network lan has 2 free, 60 interfaces are to go there"
        assert found[0].problems[0].text == text
        assert said(mappings(inventory, vms[:1], THERE)[0]) == []


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


OVER_PROD, WHATEVER = Path(THERE, "prod", 0.02), Path(THERE, "*", 0.5)
SHORT, LONG = Path(THERE, "prod", 0.009, 0.0099), Path(THERE, "prod", 1.0, 0.0234)


@pytest.mark.parametrize(
    ("paths", "taken", "said"),
    [
        ((), None, []),
        ((SHORT,), SHORT, []),
        ((OVER_PROD, WHATEVER), OVER_PROD, ["2 % of echo requests to h2 get lost over network prod"]),
        ((Path(THERE, "other", 1.0), WHATEVER), WHATEVER, ["50 % of echo requests to h2 get lost"]),
        ((Path(THERE, "other", 1.0), Path(HERE, "prod", 1.0)), None, []),
        (
            (LONG,),
            LONG,
            [
                "100 % of echo requests to h2 get lost over network prod",
                "a round trip to h2 takes 23.4 ms over network prod",
            ],
        ),
    ],
)
def test_loss_and_latency_to_the_target_are_looked_at_where_they_are_measured(
    paths: tuple[Path, ...], taken: Path | None, said: list[str]
) -> None:
    networks = network(HERE, "prod", vlans=("7",)), network(THERE, "prod", vlans=("7",))
    inventory = Inventory(1, (vm(1, nic(1, "prod")),), (Host(HERE), Host(THERE)), (), networks, paths=paths)
    (found,) = mappings(inventory, inventory.vms, THERE)
    assert [problem.text for problem in found.problems] == said
    assert found.verdict == (CHECK if said else MAPPED)
    assert found.path == taken
