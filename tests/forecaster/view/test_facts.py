"""The inventory from the answers of its facts."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import pytest

from alert_rules import layer
from exporter.collectors.registry import COLLECTORS
from forecaster.view.facts import FACTS, KEYS, PARTS, WHOLES, Fact, inventory
from forecaster.view.inventory import (
    Disk,
    FileSystem,
    Host,
    Interface,
    Inventory,
    Migration,
    Network,
    Path,
    Pool,
    ThinPool,
    Vm,
    each_once,
)

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

NOW = 1_800_000_000
THINGS = {Vm, Disk, FileSystem, Interface, Host, Pool, ThinPool, Network, Path, Migration}


def labels(**given: str) -> Labels:
    return tuple(sorted(given.items()))


def told(fact: Fact, number: float, **key: str) -> tuple[Labels, float]:
    """A series of the fact whose texts are the names of its fields."""
    return labels(
        **key, **{label: f"the {field}" for label, field in {**fact.texts, **fact.lists}.items()}
    ), number


KEY = {"instance": "h1", "domain": "web", "target_device": "vda", "pool": "images", "network": "default",
       "direction": "outgoing", "mountpoint": "/data", "volume_group": "vg", "thin_pool": "thin"}  # fmt: skip
EVERYTHING = {
    fact.name: [told(fact, float(place), **{name: KEY[name] for name in KEYS[fact.thing]})]
    for place, fact in enumerate(FACTS, 1)
}


def test_every_field_of_every_thing_is_told_by_a_fact() -> None:
    found = inventory(EVERYTHING, NOW)
    (vm,), (host,), (pool,), (network,) = found.vms, found.hosts, found.pools, found.networks
    (migration,) = found.migrations
    (disk,), (interface,), (filesystem,) = vm.disks, vm.interfaces, vm.filesystems
    (thin_pool,) = found.thin_pools
    for thing in (vm, host, pool, thin_pool, network, disk, filesystem, interface, migration):
        for field in fields(thing):
            value = getattr(thing, field.name)
            if field.name in KEY:
                assert value == KEY[field.name]
            elif isinstance(value, str):
                assert value == f"the {field.name}"
            elif isinstance(value, tuple) and not is_dataclass(value[0]):
                assert value == (f"the {field.name}",)
            else:
                assert value, f"{type(thing).__name__}.{field.name}"
    numbers = [vm.virtual_cpus, vm.maximum_virtual_cpus, vm.maximum_memory_bytes, disk.capacity_bytes]
    numbers += [host.cpus, host.memory_bytes, pool.capacity_bytes, pool.allocation_bytes, network.active]
    by_name = {fact.name: place for place, fact in enumerate(FACTS, 1)}
    assert numbers == [
        by_name[name]
        for name in (
            "vm_virtual_cpus",
            "vm_maximum_virtual_cpus",
            "vm_memory",
            "disk_capacity",
            "host_cpus",
            "host_memory",
            "pool_capacity",
            "pool_allocation",
            "network_active",
        )
    ]
    assert (found.at, found.missing) == (NOW, ())


def test_what_is_not_told_is_not_known() -> None:
    found = inventory({"vm": [(labels(instance="h1", domain="web", provider="libvirt"), 1.0)]}, NOW)
    assert found == Inventory(NOW, vms=(Vm("h1", "web", provider="libvirt"),))
    assert inventory({}, NOW) == Inventory(NOW)


def test_a_series_without_the_key_is_left_out() -> None:
    strange = [
        (labels(instance="h1"), 1.0),
        (labels(domain="web"), 1.0),
        (labels(instance="", domain="web"), 1.0),
    ]
    assert inventory({"vm": strange, "vm_identity": strange}, NOW).vms == ()


def test_disks_and_interfaces_go_to_their_vm_in_the_order_of_their_names() -> None:
    names = ("vdb", "vda")
    answers = {
        "vm": [(labels(instance=host, domain="web"), 1.0) for host in ("h2", "h1")],
        "disk": [
            (labels(instance="h1", domain="web", target_device=name, source=f"/{name}"), 1.0)
            for name in names
        ],
        "interface": [(labels(instance="h2", domain="web", target_device="vnet0"), 1.0)],
    }
    first, second = inventory(answers, NOW).vms
    assert (first.instance, first.disks) == ("h1", (Disk("vda", source="/vda"), Disk("vdb", source="/vdb")))
    assert (second.instance, second.disks, second.interfaces) == ("h2", (), (Interface("vnet0"),))


def test_a_disk_of_a_vm_nobody_knows_is_left_out() -> None:
    assert (
        inventory({"disk": [(labels(instance="h1", domain="web", target_device="vda"), 1.0)]}, NOW).vms == ()
    )


def test_the_first_of_several_counts() -> None:
    key = {"instance": "h1", "domain": "web"}
    answers = {"vm_virtual_cpus": [(labels(**key), 2.0), (labels(**key, provider="libvirt"), 4.0)]}
    (vm,) = inventory(answers, NOW).vms
    assert vm.virtual_cpus == 2


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_names_fields_of_its_thing(fact: Fact) -> None:
    known = {field.name for field in fields(fact.thing)}
    told = {*fact.texts.values(), *fact.lists.values(), fact.number} - {""}
    assert told <= known
    assert told


def test_the_table_is_whole() -> None:
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert set(KEYS) == set(WHOLES) | set(PARTS) == THINGS
    assert all(re.search(r"libvirt_|vm:|host:|pool:|path:", fact.query) for fact in FACTS)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_the_exporter_has_what_a_fact_asks_for(fact: Fact) -> None:
    rows = {row.name: row for collector in COLLECTORS for row in collector.metrics}
    for name in re.findall(r"\blibvirt_\w+", fact.query):
        assert set(fact.texts) | set(KEYS[fact.thing]) - {"instance"} <= set(rows[name].labels)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_the_normalised_layer_has_what_a_fact_prefers(fact: Fact) -> None:
    for name in re.findall(r"\b(?:vm|host|pool):\w+:\w+", fact.query):
        assert set(layer.BY_NAME[name].labels) == set(KEYS[fact.thing])


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_label_fills_the_field_of_its_name(fact: Fact) -> None:
    known = {field.name for field in fields(fact.thing)}
    assert {label: field for label, field in fact.texts.items() if label in known and label != field} == {}


def at(host: str, state: str, uuid: str = "1", domain: str = "web") -> Vm:
    return Vm(host, domain, state=state, uuid=uuid)


def known(*vms: Vm) -> list[tuple[str, str]]:
    """Where the inventory has which state, if the exporters have told of these."""
    told = [(labels(instance=vm.instance, domain=vm.domain, uuid=vm.uuid), 1.0) for vm in vms]
    states = [(labels(instance=vm.instance, domain=vm.domain, state=vm.state), 1.0) for vm in vms if vm.state]
    return [(vm.instance, vm.state) for vm in inventory({"vm_identity": told, "vm_state": states}, NOW).vms]


@pytest.mark.parametrize(
    ("vms", "kept"),
    [
        ([at("h1", "shutoff"), at("h2", "running")], ["h2"]),
        ([at("h1", "shutoff"), at("h2", "paused"), at("h3", "shutoff")], ["h2"]),
        ([at("h1", "shutoff"), at("h2", "running", domain="renamed")], ["h2"]),
        ([at("h1", "shutoff", "1"), at("h2", "running", "2")], ["h1", "h2"]),
        ([at("h1", "shutoff", ""), at("h2", "running", "")], ["h1", "h2"]),
        ([at("h1", "shutoff"), at("h2", "shutoff")], ["h1"]),  # it was on at one of them
        ([at("h1", "shutoff", ""), at("h2", "shutoff", "")], ["h1", "h2"]),
        ([at("h1", "shutoff"), at("h2", "shutoff", domain="renamed")], ["h1", "h2"]),
        ([at("h1", "shutoff"), at("h2", "")], ["h1", "h2"]),  # who knows
        ([at("h1", "running"), at("h2", "paused")], ["h1", "h2"]),  # it migrates
    ],
)
def test_a_definition_that_a_vm_left_behind_is_no_vm(vms: list[Vm], kept: list[str]) -> None:
    """What `virsh migrate` does without --undefinesource."""
    assert [instance for instance, _ in known(*vms)] == kept


@pytest.mark.parametrize(("came", "kept"), [({"h2": 5.0}, "h2"), ({"h1": 9.0, "h2": 5.0}, "h1"), ({}, "h1")])
def test_a_vm_that_is_off_is_where_it_arrived_last(came: dict[str, float], kept: str) -> None:
    """Its definition stayed at the other host, where it is off, too."""
    hosts = ("h1", "h2")
    told = [(labels(instance=host, domain="web", uuid="1"), 1.0) for host in hosts]
    states = [(labels(instance=host, domain="web", state="shutoff"), 1.0) for host in hosts]
    ends = [
        (labels(instance=host, domain="web", direction="incoming"), ended) for host, ended in came.items()
    ]
    ends += [(labels(instance=host, domain="web", direction="outgoing"), 99.0) for host in hosts]
    found = inventory({"vm_identity": told, "vm_state": states, "migration_ended": ends}, NOW).vms
    assert [vm.instance for vm in found] == [kept]


def test_a_vm_that_migrates_is_where_it_runs() -> None:
    waiting, running, other = at("h2", "paused"), at("h1", "running"), at("h3", "paused", "2")
    assert each_once([waiting, running, other, at("h4", "paused", "")]) == (
        running,
        other,
        at("h4", "paused", ""),
    )
    both = (at("h1", "running"), at("h2", "running"))
    assert each_once(both) == both, "nobody knows which is the right one"


def test_a_network_that_forwards_nothing_is_isolated_and_one_of_which_nothing_is_told_is_not_known() -> None:
    """Prometheus has no empty labels: the series without the label says it."""
    named = [(labels(instance="h1", network=name), 1.0) for name in ("alone", "nat", "unknown")]
    forward = [
        (labels(instance="h1", network="alone"), 1.0),
        (labels(instance="h1", network="nat", mode="nat"), 1.0),
    ]
    found = inventory({"network": named, "network_forward": forward}, NOW).networks
    assert {each.network: (each.mode, each.device) for each in found} == {
        "alone": ("isolated", ""),
        "nat": ("nat", ""),
        "unknown": ("", ""),
    }
