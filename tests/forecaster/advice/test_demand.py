"""The fleet that the planner sees: demand by time of day, what VMs need, what hosts offer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.advice.demand import PARTS, by_part, fleet, pool_of
from forecaster.placement.plan import balance, evacuate
from forecaster.view.inventory import Disk, Host, Interface, Inventory, Migration, Network, Pool, Vm
from forecaster.view.rollups import Rollup, Rollups

GIB = float(1 << 30)
DAY = 86_400


def rollup(labels: tuple[str, ...], hours: list[float]) -> Rollup:
    ends = DAY * 20_000 + 3_600 * np.arange(1, len(hours) + 1)
    table = np.array(hours, np.float32)[:, np.newaxis]
    return Rollup((labels,), ends, table, table)


def made(vms: tuple[Vm, ...], **given: object) -> Inventory:
    hosts = (Host("h1", cpus=16.0, memory_bytes=64 * GIB, model="x86_64"),)
    return Inventory(1, vms, **{"hosts": hosts, **given})  # type: ignore[arg-type]


def test_demand_is_the_highest_hour_at_each_part_of_the_day() -> None:
    hours = [0.1] * 48
    hours[1], hours[25], hours[23] = 0.5, 0.7, 0.9  # the second hour of two days, and the last of the first
    found = by_part(rollup(("h1", "web"), hours), np.array(hours, np.float32)[:, np.newaxis])
    assert found[:, 0].tolist() == pytest.approx([0.7, *[0.1] * (PARTS - 2), 0.9])


def test_a_vm_demands_its_share_of_its_virtual_cpus_and_the_rest_stays_with_the_host() -> None:
    vm = Vm("h1", "web", state="running", virtual_cpus=4.0, maximum_memory_bytes=2 * GIB)
    tables = {
        "vm_cpu": rollup(("h1", "web"), [0.5] * 24),
        "host_cpu": rollup(("h1",), [0.25] * 24),
    }
    found = fleet(Rollups(3_600, tables), made((vm,)))
    (guest,), (machine,) = found.guests, found.machines
    assert guest.name == "h1/web"
    assert guest.cpu == pytest.approx((2.0,) * PARTS)
    assert machine.base == pytest.approx((2.0,) * PARTS)  # a quarter of 16 CPUs, less the VM's two


def test_a_vm_without_a_past_counts_with_all_it_has() -> None:
    vm = Vm("h1", "new", state="running", virtual_cpus=4.0, maximum_memory_bytes=GIB)
    (guest,) = fleet(Rollups(), made((vm,))).guests
    assert guest.cpu == (4.0,) * PARTS


def test_a_move_takes_as_long_as_the_migration_is_expected_to() -> None:
    dirty = (0.0, 2e8, None)
    vms = tuple(
        Vm("h1", f"vm-{each}", state="running", maximum_memory_bytes=GIB, dirty_bytes_per_second=each)
        for each in dirty
    )
    left = Migration("h1", "old", "outgoing", 1.0, 21.0, 0.2, 2e9, 2e9, 0.0, 1e8)
    idle, busy, unknown = fleet(Rollups(), made(vms, migrations=(left,))).guests
    assert idle.move_seconds == pytest.approx(1.0 + GIB / 1e8, rel=0.01)
    assert (idle.converges, busy.converges, unknown.converges) == (True, False, True)
    assert math.isnan(busy.move_seconds)
    assert math.isnan(unknown.move_seconds)


def test_vms_of_a_group_are_planned_apart_or_together() -> None:
    """Two databases on one host are a fault to mend; the shop and its cache move as one."""
    size = {"state": "running", "virtual_cpus": 1.0, "maximum_memory_bytes": GIB}
    vms = (
        Vm("h1", "db-1", apart=("db",), **size),  # type: ignore[arg-type]
        Vm("h1", "db-2", apart=("db",), **size),  # type: ignore[arg-type]
        Vm("h1", "cache", together=("shop",), **size),  # type: ignore[arg-type]
        Vm("h1", "shop", together=("shop",), **size),  # type: ignore[arg-type]
    )
    hosts = tuple(Host(name, cpus=16.0, memory_bytes=64 * GIB) for name in ("h1", "h2"))
    mended = balance(fleet(Rollups(), made(vms, hosts=hosts)))
    assert [(move.guest[:6], move.target) for move in mended.moves] == [("h1/db-", "h2")]
    emptied = evacuate(fleet(Rollups(), made(vms[2:], hosts=hosts)), "h1")
    assert {(move.guest, move.target) for move in emptied.moves} == {("h1/shop", "h2"), ("h1/cache", "h2")}


def test_vms_that_are_off_or_at_hosts_of_unknown_size_are_left_out() -> None:
    vms = (
        Vm("h1", "off", state="shut off", maximum_memory_bytes=GIB),
        Vm("h2", "far", state="running", maximum_memory_bytes=GIB),
        Vm("h1", "odd", state="running"),
    )
    assert fleet(Rollups(), made(vms)).guests == ()


def test_what_a_vm_needs_and_a_host_offers() -> None:
    vm = Vm(
        "h1",
        "web",
        state="running",
        maximum_memory_bytes=GIB,
        disks=(Disk("vda", source="/images/web.qcow2"), Disk("vdb", source="ssd/web", source_type="volume")),
        interfaces=(Interface("vnet0", source_network="prod"), Interface("vnet1", source_bridge="br0")),
        host_devices=1.0,
    )
    inventory = made(
        (vm,),
        hosts=(Host("h1", cpus=1.0, memory_bytes=GIB, model="x86_64", devices=("br0", "eth0")),),
        pools=(Pool("h1", "images", path="/images/"), Pool("h1", "ssd", path="/dev/ssd")),
        networks=(Network("h1", "prod", bridge="virbr1", active=1.0), Network("h1", "off", active=0.0)),
    )
    found = fleet(Rollups(), inventory)
    (guest,), (machine,) = found.guests, found.machines
    assert guest.needs == {"CPU x86_64", "network prod", "bridge br0", "pool images", "pool ssd"}
    assert machine.offers == guest.needs | {"bridge eth0", "bridge virbr1"}
    assert guest.fixed == "has a device of its host"


def test_a_disk_is_in_the_innermost_pool_above_it() -> None:
    pools = (Pool("h1", "all", path="/srv"), Pool("h1", "vm", path="/srv/vm"), Pool("h1", "v", path="/srv/v"))
    assert pool_of(Disk("vda", source="/srv/vm/web.qcow2"), pools) == "vm"
    assert not pool_of(Disk("vda", source="/elsewhere"), pools)
