"""The fleet that the planner sees: demand by time of day, what VMs need, what hosts offer."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from forecaster.advice.demand import PARTS, by_part, fleet, pool_of
from forecaster.network_mapping import blocked, mapping
from forecaster.network_mapping.evidence import weigh
from forecaster.network_mapping.mapping import BLOCKED, Mapping, mappings
from forecaster.placement.plan import Plan, balance, evacuate
from forecaster.view.inventory import Disk, Host, Interface, Inventory, Migration, Network, Pool, Vm
from forecaster.view.rollups import Rollup, Rollups
from planted_networks import planted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.network_mapping.attachment import Attachment
    from forecaster.network_mapping.evidence import Candidate

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
    found = by_part(rollup(("h1", "web"), hours).ends, np.array(hours, np.float32)[:, np.newaxis])
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


def test_a_move_takes_as_long_as_migrations_to_its_destination_do() -> None:
    """Migrations to h2 were ten times as fast as those to h3: a VM that writes 200 MB/s ends there alone."""
    vms = tuple(
        Vm("h1", name, state="running", maximum_memory_bytes=GIB, dirty_bytes_per_second=dirty)
        for name, dirty in (("busy", 2e8), ("idle", 0.0))
    )
    told = (("h2", "x", 1_000.0, 1e9), ("h3", "y", 2_000.0, 1e8))
    migrations = tuple(
        Migration(host, name, direction, ended, 1 + 2e9 / rate, 0.2, 2e9, 2e9, 0.0, rate)
        for target, name, ended, rate in told
        for host, direction in (("h1", "outgoing"), (target, "incoming"))
    )
    hosts = tuple(Host(name, cpus=16.0, memory_bytes=64 * GIB) for name in ("h1", "h2", "h3"))
    found = fleet(Rollups(), made(vms, hosts=hosts, migrations=migrations))
    busy, idle = found.guests
    assert idle.way("h2").seconds == pytest.approx(1.0 + GIB / 1e9, rel=0.1)
    assert idle.way("h3").seconds == pytest.approx(1.0 + GIB / 1e8, rel=0.02)
    assert idle.way("h2").downtime < 1
    assert idle.way("h4").seconds == idle.move_seconds
    assert (busy.way("h2").converges, busy.way("h3").converges) == (True, False)
    assert math.isnan(busy.way("h3").seconds)
    moves = evacuate(replace(found, machines=(found.machines[0], found.machines[2])), "h1").moves
    figures = {move.guest: move for move in moves}
    assert figures["h1/idle"].seconds == pytest.approx(1.0 + GIB / 1e8, rel=0.02)
    assert (figures["h1/idle"].converges, figures["h1/busy"].converges) == (True, False)


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
    )
    assert fleet(Rollups(), made(vms)).guests == ()


def test_a_vm_whose_memory_is_not_known_stays_and_is_told() -> None:
    odd = Vm("h1", "odd", state="running", virtual_cpus=1.0)
    assert reasons(planned(odd)) == {"h1/odd": ["has memory of a size that is not known"]}


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
    assert guest.needs == {
        "cluster default",
        "CPU x86_64",
        "pool images",
        "pool ssd",
    }
    assert machine.offers == guest.needs
    assert guest.fixed == "has a device of its host"


BIG = Host("h1", cpus=16.0, memory_bytes=64 * GIB), Host("h2", cpus=16.0, memory_bytes=64 * GIB)


def emptied(vm: Vm, *hosts: Host, shared: tuple[str, ...] = (), **given: object) -> str:
    """Where the VM goes when its host h1 is emptied, or why it stays."""
    plan = evacuate(fleet(Rollups(), made((vm,), hosts=hosts or BIG, **given), shared), "h1")
    (why,) = plan.stranded or (None,)
    return why.reasons[0][0] if why else plan.moves[0].target


def running(**given: object) -> Vm:
    return Vm("h1", "a", state="running", maximum_memory_bytes=GIB, **given)  # type: ignore[arg-type]


IMAGE = Disk("vda", "disk", "/images/a.qcow2", "file")
VOLUME = Disk("vda", "disk", "images/a.qcow2", "volume")
LOGICAL = Disk("vda", "disk", "/dev/vg0/a", "block")


def pools(kind: str, path: str = "/images") -> tuple[Pool, ...]:
    """One of the same name on each of both hosts."""
    return tuple(Pool(host.instance, "images", "libvirt", kind, path) for host in BIG)


@pytest.mark.parametrize(
    ("disk", "kind", "goes"),
    [
        (IMAGE, "dir", "lacks local disk vda"),
        (VOLUME, "dir", "lacks local disk vda"),
        (VOLUME, "logical", "lacks local disk vda"),
        (IMAGE, "fs", "lacks local disk vda"),
        (VOLUME, "zfs", "lacks local disk vda"),
        (Disk("sda", "cdrom", "/images/seed.iso", "file"), "dir", "lacks local cdrom sda"),
        (Disk("sda", "cdrom"), "dir", "h2"),
        (IMAGE, "netfs", "h2"),
        (VOLUME, "rbd", "h2"),
        (VOLUME, "", "h2"),  # of another provider: by name
        (Disk("vda", "disk", "/elsewhere/a.qcow2", "file"), "netfs", "lacks local disk vda"),
        (LOGICAL, "netfs", "lacks local disk vda"),
        (Disk("vda", "disk", "0000:01:00.0/1", "nvme"), "netfs", "lacks local disk vda"),
        (Disk("vda", "disk", "rbd:vms/a", "network"), "netfs", "h2"),
    ],
)
def test_local_storage_keeps_a_vm_where_it_is(disk: Disk, kind: str, goes: str) -> None:
    """A pool of the same name at another host is another pool, if its type is one of local pools."""
    assert emptied(running(disks=(disk,)), pools=pools(kind)) == goes


@pytest.mark.parametrize(
    ("disk", "shared", "goes"),
    [
        (IMAGE, "images", "h2"),
        (VOLUME, "images", "h2"),
        (IMAGE, "/images", "h2"),
        (IMAGE, "/images/", "h2"),
        (VOLUME, "/images", "h2"),
        (IMAGE, "/", "h2"),
        (IMAGE, "/image", "lacks local disk vda"),
        (IMAGE, "image", "lacks local disk vda"),
        (LOGICAL, "/dev/vg0", "h2"),
        (LOGICAL, "images", "lacks local disk vda"),
    ],
)
def test_what_all_hosts_are_said_to_share_keeps_nobody(disk: Disk, shared: str, goes: str) -> None:
    """An NFS mount is a pool of the type `dir`, too, and nothing tells it from a folder."""
    assert emptied(running(disks=(disk,)), pools=pools("dir"), shared=(shared,)) == goes


def test_a_shared_pool_must_be_at_the_other_host() -> None:
    assert (
        emptied(running(disks=(VOLUME,)), pools=pools("dir")[:1], shared=("images",)) == "lacks pool images"
    )


def test_an_interface_on_neither_a_network_nor_a_bridge_keeps_a_vm_where_it_is() -> None:
    """As the mapping of networks has it."""
    macvtap = Interface("macvtap0", "direct")
    why = "an interface of type direct is attached to no network or bridge"
    assert emptied(running(interfaces=(macvtap,))) == why
    pooled = Interface("macvtap0", "direct", source_network="lan")
    networks = tuple(Network(host.instance, "lan", active=1.0) for host in BIG)
    assert emptied(running(interfaces=(pooled,)), networks=networks) == "h2"
    assert emptied(running(interfaces=(Interface("vnet0"),))) == "h2", "nothing is known of it"


def test_a_bridge_may_be_at_a_host_whose_devices_nobody_tells() -> None:
    vm = running(interfaces=(Interface("vnet0", "bridge", source_bridge="br0"),))
    assert emptied(vm) == "h2"
    assert emptied(vm, BIG[0], replace(BIG[1], devices=("eth0",))) == "has nothing like bridge br0"
    assert emptied(vm, BIG[0], replace(BIG[1], devices=("br0",))) == "h2"


def test_a_network_may_be_at_a_host_whose_networks_nobody_tells() -> None:
    vm = running(interfaces=(Interface("vnet0", "network", source_network="prod"),))
    assert emptied(vm) == "h2"
    assert emptied(vm, networks=(Network("h1", "prod", active=1.0),)) == "h2"
    assert emptied(vm, networks=(Network("h2", "dev", active=1.0),)) == "has nothing like network prod"


def test_a_vm_stays_in_its_cluster() -> None:
    assert emptied(running(), replace(BIG[0], cluster="a"), replace(BIG[1], cluster="b")) == "lacks cluster a"
    assert emptied(running(), replace(BIG[0], cluster="a"), BIG[1]) == "lacks cluster a"
    assert emptied(running(), *(replace(host, cluster="a") for host in BIG)) == "h2"


LIBVIRT = {"model": "x86_64", "provider": "libvirt"}
NODE = {"model": "x86_64", "provider": "node"}  # node_exporter beside virtcast's: it records the host
LACKS = "lacks provider proxmox"


@pytest.mark.parametrize(
    ("vm", "here", "there", "goes"),
    [
        ("proxmox", {"provider": "proxmox"}, {"provider": "proxmox"}, "h2"),
        ("proxmox", {"provider": "proxmox"}, LIBVIRT, LACKS),
        ("proxmox", {"provider": "proxmox"}, NODE, LACKS),
        ("proxmox", {"provider": "node"}, LIBVIRT, LACKS),
        ("proxmox", {"provider": "proxmox"}, {"provider": "vmware"}, LACKS),
        ("", {"provider": "proxmox"}, LIBVIRT, LACKS),
        ("linux", {"provider": "proxmox"}, LIBVIRT, LACKS),  # an exporter within the VM
        ("proxmox", {"provider": "proxmox"}, {"provider": "node"}, "h2"),  # which it is, is not known
        ("proxmox", {"provider": "proxmox"}, {}, "h2"),
        ("libvirt", LIBVIRT, NODE, "h2"),
        ("libvirt", NODE, LIBVIRT, "h2"),
        ("linux", NODE, LIBVIRT, "h2"),
        ("opennebula", LIBVIRT, NODE, "h2"),
        ("libvirt", LIBVIRT, {"provider": "proxmox"}, "lacks provider libvirt"),
    ],
)
def test_a_vm_stays_on_its_hypervisor(
    vm: str, here: dict[str, Any], there: dict[str, Any], goes: str
) -> None:
    hosts = replace(BIG[0], **here), replace(BIG[1], **there)
    assert emptied(running(provider=vm), *hosts) == goes


def test_a_host_has_the_hypervisors_of_its_vms() -> None:
    """Node exporters on Proxmox nodes and on those of KubeVirt: the VMs say which are which."""
    hosts = tuple(replace(host, provider="node") for host in THREE)
    mine = replace(running(), provider="proxmox")
    there = replace(other("h2", "shutoff", uuid="", domain="b"), provider="kubevirt")
    plan = planned(mine, there, replace(there, instance="h3", provider="proxmox"), hosts=hosts)
    assert [move.target for move in plan.moves] == ["h3"]
    assert reasons(planned(mine, there, hosts=hosts[:2])) == {"h1/a": [LACKS]}


def of_hosts(**shares: list[float]) -> Rollup:
    ends = DAY * 20_000 + 3_600 * np.arange(1, len(shares["h1"]) + 1)
    table = np.array([*shares.values()], np.float32).T
    return Rollup(tuple((name,) for name in shares), ends, table, table)


def test_what_a_host_has_of_its_memory_itself_is_not_free() -> None:
    """A cache fills nine tenths of h2, which has no VM: 32 GiB do not fit there, as the advice on the loss of
    h1 says, too.
    """
    vm = running(resident_bytes=GIB)
    tables = {
        "vm_cpu": rollup(("h1", "a"), [0.2] * 24),
        "host_memory": of_hosts(h1=[0.5] * 24, h2=[0.9] * 24),
    }
    found = fleet(Rollups(3_600, tables), made((replace(vm, maximum_memory_bytes=32 * GIB),), hosts=BIG))
    assert [machine.memory_base / GIB for machine in found.machines] == pytest.approx([31, 57.6], abs=0.01)
    plan = evacuate(found, "h1")
    assert not plan.moves
    assert plan.stranded[0].reasons == (("has too little memory", 1),)


def test_a_host_that_was_emptied_is_free() -> None:
    """Its VM went to h2 six hours ago: what it took until then is not the host's own."""
    left, came = [0.5] * 18 + [math.nan] * 6, [math.nan] * 18 + [0.5] * 6
    ends = DAY * 20_000 + 3_600 * np.arange(1, 25)
    both = np.array([left, came], np.float32).T
    tables = {
        "vm_cpu": Rollup((("h1", "a"), ("h2", "a")), ends, both, both),
        "host_cpu": of_hosts(h1=[0.6] * 18 + [0.1] * 6, h2=[0.05] * 18 + [0.55] * 6),
        "host_memory": of_hosts(h1=[0.55] * 18 + [0.05] * 6, h2=[0.1] * 18 + [0.6] * 6),
    }
    vm = Vm("h2", "a", state="running", virtual_cpus=16.0, maximum_memory_bytes=40 * GIB)
    inventory = made((replace(vm, resident_bytes=32 * GIB),), hosts=BIG)
    first, second = fleet(Rollups(3_600, tables), inventory).machines
    assert [first.memory_base / GIB, second.memory_base / GIB] == pytest.approx([3.2, 6.4], abs=0.01)
    assert max(first.base) == pytest.approx(1.6, abs=0.01)
    assert max(second.base) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("known", [slice(6, 24), slice(0, 18), slice(0, 0)], ids=["late", "lags", "never"])
def test_hours_in_which_nobody_told_of_the_vms_are_not_the_host_s_own(known: slice) -> None:
    """h1's exporter tells of `a`, which takes 8 of 16 CPUs and 32 of 64 GiB, in these hours and in the last;
    h2's tells of `b` all along.
    """
    told = np.full((24, 2), 0.5, np.float32)
    told[:, 0] = math.nan
    told[known, 0] = told[-1, 0] = 0.5
    ends = DAY * 20_000 + 3_600 * np.arange(1, 25)
    tables = {
        "vm_cpu": Rollup((("h1", "a"), ("h2", "b")), ends, told, told),
        "host_cpu": of_hosts(h1=[0.5625] * 24, h2=[0.5625] * 24),
        "host_memory": of_hosts(h1=[0.5625] * 24, h2=[0.5625] * 24),
    }
    vm = running(virtual_cpus=16.0, resident_bytes=32 * GIB)
    inventory = made((vm, replace(vm, instance="h2", domain="b")), hosts=BIG)
    for machine in fleet(Rollups(3_600, tables), inventory).machines:
        assert machine.base == pytest.approx((1.0,) * PARTS)
        assert machine.memory_base / GIB == pytest.approx(4)


def test_hours_that_the_row_of_vms_does_not_have_are_not_known() -> None:
    tables = {"vm_cpu": rollup(("h1", "a"), [0.5] * 24), "host_cpu": of_hosts(h1=[0.5] * 30)}
    (machine,) = fleet(Rollups(3_600, tables), made((running(virtual_cpus=16.0),))).machines
    assert machine.base == pytest.approx((0.0,) * PARTS)


def test_a_host_s_own_use_is_known_while_its_vms_are_elsewhere_or_off() -> None:
    """h1 is busy with a copy of its own once its VM has left, and when it is off, where that is known."""
    left, came = [0.5] * 12 + [math.nan] * 12, [math.nan] * 12 + [0.5] * 12
    ends = DAY * 20_000 + 3_600 * np.arange(1, 25)
    both = np.array([left, came], np.float32).T
    busy = {"host_cpu": of_hosts(h1=[0.5] * 24, h2=[0.5] * 24)}
    moved = busy | {"vm_cpu": Rollup((("h1", "a"), ("h2", "a")), ends, both, both)}
    vm = replace(running(virtual_cpus=16.0), instance="h2")
    first, second = fleet(Rollups(3_600, moved), made((vm,), hosts=BIG)).machines
    assert (max(first.base), max(second.base)) == pytest.approx((8, 8))
    assert (min(first.base), min(second.base)) == pytest.approx((0, 0))
    stopped = busy | {"vm_cpu": rollup(("h1", "a"), left)}
    off = replace(vm, instance="h1", state="shutoff")
    first, _ = fleet(Rollups(3_600, stopped), made((off,), hosts=BIG)).machines
    assert max(first.base) == pytest.approx(8)


def test_a_vm_that_was_made_smaller_used_what_it_had_then() -> None:
    """It had 16 virtual CPUs and used 10; now it has 2, which are busy, and nothing is the host's own."""
    tables = {
        "vm_cpu": rollup(("h1", "web"), [0.625] * 24 + [1.0] * 24),
        "vm_size": rollup(("h1", "web", "cpu"), [16.0] * 24 + [2.0] * 24),
        "host_cpu": rollup(("h1",), [0.625] * 24 + [0.125] * 24),
    }
    vm = Vm("h1", "web", state="running", virtual_cpus=2.0, maximum_memory_bytes=2 * GIB)
    found = fleet(Rollups(3_600, tables), made((vm,)))
    assert found.machines[0].base == pytest.approx((0.0,) * PARTS)
    assert found.guests[0].cpu == (2.0,) * PARTS, "no more than it has"


def test_a_vm_that_was_made_larger_demands_what_it_used() -> None:
    tables = {
        "vm_cpu": rollup(("h1", "web"), [0.75] * 24 + [0.1875] * 24),
        "vm_size": rollup(("h1", "web", "cpu"), [2.0] * 24 + [8.0] * 24),
    }
    vm = Vm("h1", "web", state="running", virtual_cpus=8.0, maximum_memory_bytes=2 * GIB)
    (guest,) = fleet(Rollups(3_600, tables), made((vm,))).guests
    assert guest.cpu == pytest.approx((1.5,) * PARTS)


HELD = {"vm_cpu": rollup(("h1", "a"), [0.2] * 4), "host_memory": of_hosts(h1=[0.5, 0.75, math.nan, 0.5])}


@pytest.mark.parametrize(
    ("vm", "own"),
    [
        (running(resident_bytes=8 * GIB), 40),
        (replace(running(), maximum_memory_bytes=16 * GIB), 32),  # its process's is not known
        (replace(running(resident_bytes=GIB, huge_pages=1.0), maximum_memory_bytes=16 * GIB), 32),
        (replace(running(resident_bytes=60 * GIB), maximum_memory_bytes=64 * GIB), 0),
        (
            Vm("h1", "a", state="shutoff", maximum_memory_bytes=GIB),
            32,
        ),  # what it had is not known: now counts
        (Vm("h2", "a", state="running", maximum_memory_bytes=GIB, resident_bytes=8 * GIB), 40),
    ],
)
def test_memory_of_vms_is_what_they_have_of_the_host(vm: Vm, own: float) -> None:
    found = fleet(Rollups(3_600, HELD), made((vm,)))
    assert found.machines[0].memory_base / GIB == pytest.approx(own)


def test_a_vm_that_was_paused_still_has_its_memory() -> None:
    tables = HELD | {"vm_cpu": rollup(("h1", "a"), [0.2, math.nan, math.nan, math.nan])}
    found = fleet(Rollups(3_600, tables), made((replace(running(resident_bytes=8 * GIB), state="paused"),)))
    assert found.machines[0].memory_base / GIB == pytest.approx(40)


@pytest.mark.parametrize("tables", [{}, {"host_memory": HELD["host_memory"]}])
def test_before_the_past_is_read_all_vms_were_there(tables: dict[str, Rollup]) -> None:
    found = fleet(Rollups(3_600, tables), made((running(resident_bytes=8 * GIB),)))
    assert found.machines[0].memory_base / GIB == (40 if tables else 0)
    busy = {"host_cpu": rollup(("h1",), [0.5] * 24)}
    found = fleet(Rollups(3_600, busy), made((running(virtual_cpus=4.0),)))
    assert found.machines[0].base == pytest.approx((4.0,) * PARTS)


def test_a_disk_is_in_the_innermost_pool_above_it() -> None:
    pools = (Pool("h1", "all", path="/srv"), Pool("h1", "vm", path="/srv/vm"), Pool("h1", "v", path="/srv/v"))
    assert pool_of(Disk("vda", source="/srv/vm/web.qcow2"), pools) == "vm"
    assert not pool_of(Disk("vda", source="/elsewhere"), pools)


THREE = *BIG, Host("h3", cpus=16.0, memory_bytes=64 * GIB)


def other(host: str, state: str = "running", uuid: str = "u2", domain: str = "a") -> Vm:
    return Vm(host, domain, uuid=uuid, state=state, maximum_memory_bytes=GIB)


def planned(*vms: Vm, hosts: tuple[Host, ...] = BIG, **given: object) -> Plan:
    """Emptying h1."""
    return evacuate(fleet(Rollups(), made(vms, hosts=hosts, **given)), "h1")


def reasons(plan: Plan) -> dict[str, list[str]]:
    return {each.guest: [why for why, _ in each.reasons] for each in plan.stranded}


@pytest.mark.parametrize("there", ["running", "shutoff"])
def test_a_host_takes_no_second_vm_of_a_name(there: str) -> None:
    """By libvirt, also where the other one is off. Another host takes the VM."""
    vms = replace(running(), uuid="u1"), other("h2", there)
    assert reasons(planned(*vms)) == {"h1/a": ["has another VM a"]}
    assert [move.target for move in planned(*vms, hosts=THREE).moves] == ["h3"]


def test_names_of_vms_without_a_uuid_are_not_unique() -> None:
    """Libvirt, which refuses a second one, tells UUIDs; Proxmox takes any number of a name."""
    vms = replace(running(), provider="proxmox"), replace(other("h2", uuid=""), provider="proxmox")
    assert [move.target for move in planned(*vms).moves] == ["h2"]
    assert [move.target for move in planned(replace(running(), uuid="u1"), vms[1]).moves] == ["h2"]


def test_a_host_takes_no_second_vm_of_a_uuid_under_another_name() -> None:
    vms = replace(running(), uuid="u1"), other("h2", uuid="u1", domain="copy")
    assert reasons(planned(*vms)) == {"h1/a": ["has a VM with the same UUID, copy"]}


def test_a_definition_that_the_vm_left_behind_is_no_obstacle() -> None:
    vms = replace(running(), uuid="u1"), other("h2", "shutoff", uuid="u1")
    assert [move.target for move in planned(*vms).moves] == ["h2"]


def test_two_vms_of_a_name_do_not_come_to_one_host() -> None:
    """The second one went to h3 meanwhile, where a device keeps it."""
    vms = replace(running(), uuid="u1"), replace(other("h2", uuid="u2"), host_devices=1.0)
    found = fleet(Rollups(), made(vms, hosts=THREE))
    assert reasons(evacuate(found.moved((0, 2)), "h1")) == {
        "h1/a": ["has another VM a", "would break the group VMs named a"]
    }
    for guest in found.guests:
        assert guest.apart == {"VMs named a"}


def test_a_vm_that_migrates_now_is_not_planned_again() -> None:
    vms = replace(running(), uuid="u1"), other("h2", "paused", uuid="u1")
    plan = planned(*vms, hosts=THREE)
    assert not plan.moves
    assert reasons(plan) == {"h1/a": ["migrates now"]}


SMALL = BIG[0], Host("h2", cpus=8.0, memory_bytes=64 * GIB, numa_cells="1")


@pytest.mark.parametrize(
    ("given", "goes"),
    [
        ({"cpuset": "8-15"}, "lacks CPUs 8-15"),
        ({"cpuset": "0-11,^9"}, "lacks CPUs 8,10-11"),
        ({"cpuset": "0-7"}, "h2"),
        ({"cpuset": "all"}, "h2"),
        ({"numa_nodeset": "1"}, "lacks NUMA cells 1"),
        ({"numa_nodeset": "0"}, "h2"),
        ({"virtual_cpus": 12.0}, "has 8 CPUs, fewer than it"),
        ({"virtual_cpus": 8.0}, "h2"),
    ],
)
def test_a_pinned_vm_goes_where_its_cpus_and_cells_are(given: dict[str, Any], goes: str) -> None:
    assert emptied(running(**given), *SMALL) == goes


@pytest.mark.parametrize(
    ("given", "has"),
    [
        ({"cpuset": "32,40"}, {"cpus": 20.0}),  # SMT off: 0, 8, 16, ...
        ({"numa_nodeset": "8"}, {"numa_cells": "2"}),
        ({"numa_nodeset": "0-1"}, {"numa_cells": "1"}),  # libvirt could not tell the topology
    ],
)
def test_what_the_host_of_a_pinned_vm_would_lack_too_says_nothing(
    given: dict[str, Any], has: dict[str, Any]
) -> None:
    """Ids have gaps: a host has CPU 40 among 20."""
    twins = tuple(replace(host, **has) for host in BIG)
    assert emptied(running(**given), *twins) == "h2"


def test_a_vm_with_more_cpus_than_its_host_may_have_more_than_another() -> None:
    twins = tuple(replace(host, cpus=4.0) for host in BIG)
    assert emptied(running(virtual_cpus=12.0), *twins) == "h2"


def test_cells_of_a_host_that_nobody_tells_are_not_asked_for() -> None:
    assert emptied(running(numa_nodeset="1")) == "h2"


def test_a_host_takes_no_second_vm_with_a_mac_address() -> None:
    """It is off, or on; a copy of the VM itself is none."""
    nic = Interface("vnet0", "network", "52:54:00:AA:00:01", source_network="lan")
    networks = tuple(Network(host.instance, "lan", active=1.0) for host in BIG)
    mine = replace(running(interfaces=(nic,)), uuid="u1")
    there = replace(
        other("h2", "shutoff", domain="b"),
        interfaces=(replace(nic, mac_address="52:54:00:aa:00:01"),),
    )
    assert reasons(planned(mine, there, networks=networks)) == {
        "h1/a": ["has MAC address 52:54:00:aa:00:01, at b"]
    }
    assert planned(mine, networks=networks).helps


def test_a_plan_goes_where_the_mapping_of_networks_does() -> None:
    """Networks with other names are as good. Not so one with another VLAN, one that is not active, and one
    whose bridge the host lacks.
    """
    planted_here = planted()
    size = {"state": "running", "virtual_cpus": 0.1, "maximum_memory_bytes": GIB}
    vms = tuple(replace(vm, **size) for vm in planted_here.vms)  # type: ignore[arg-type]
    hosts = tuple(replace(host, cpus=64.0, memory_bytes=256 * GIB) for host in planted_here.hosts)
    inventory = replace(planted_here, vms=vms, hosts=hosts)
    plan = evacuate(fleet(Rollups(), inventory), "h1")
    verdicts = mappings(inventory, [vm for vm in vms if vm.instance == "h1"], "h2")
    lost = {f"h1/{each.vm.domain}" for each in verdicts if each.verdict == BLOCKED}
    assert {each.guest for each in plan.stranded} == lost
    assert len(plan.moves) == 60 - len(lost) > 20
    told = {why for each in plan.stranded for why, _ in each.reasons}
    assert told >= {"has nothing like network net11", "network net10 is not active", "has no bridge gone"}


def test_the_mapping_is_asked_once_for_vms_with_alike_interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 VMs at 20 hosts, alike but for leases: one mapping for each host."""
    asked: list[int] = []

    def counting(inventory: Inventory, vms: Sequence[Vm], target: str) -> list[Mapping]:
        asked.append(len(vms))
        return mappings(inventory, vms, target)

    monkeypatch.setattr(blocked, "mappings", counting)
    names = [f"h{at:02}" for at in range(20)]
    hosts = tuple(Host(name, cpus=32.0, memory_bytes=512 * GIB) for name in names)
    networks = tuple(
        Network(name, f"net{at}", active=1.0, dhcp_addresses=200.0, dhcp_leases=float(leases))
        for leases, name in enumerate(names)
        for at in range(4)
    )
    vms = tuple(
        Vm(names[at % 20], f"vm-{at:03}", state="running", maximum_memory_bytes=GIB,
           interfaces=(Interface(f"vnet{at}", "network", f"52:54:00:00:{at // 256:02x}:{at % 256:02x}",
                                 source_network=f"net{at % 4}"),))
        for at in range(500)
    )  # fmt: skip
    found = fleet(Rollups(), made(vms, hosts=hosts, networks=networks))
    assert all(guest.refused == () for guest in found.guests)
    assert asked == [4] * 20


def test_bridges_of_single_vms_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the hybrid bridges of OpenStack: no host has one of another's, and all have hundreds."""
    compared: list[str] = []

    def counting(source: Attachment, target: Attachment) -> Candidate:
        compared.append(target.name)
        return weigh(source, target)

    monkeypatch.setattr(mapping, "weigh", counting)
    names = [f"h{at}" for at in range(6)]
    vms = tuple(
        Vm(names[at % 6], f"vm-{at}", state="running", maximum_memory_bytes=GIB,
           interfaces=(Interface(f"tap{at}", "bridge", source_bridge=f"qbr{at}"),))
        for at in range(60)
    )  # fmt: skip
    hosts = tuple(
        Host(
            name,
            cpus=32.0,
            memory_bytes=512 * GIB,
            devices=("eth0", *(f"qbr{at}" for at in range(own, 60, 6))),
        )
        for own, name in enumerate(names)
    )
    found = fleet(Rollups(), made(vms, hosts=hosts))
    assert {len(guest.refused) for guest in found.guests} == {5}
    assert len(compared) == 60
