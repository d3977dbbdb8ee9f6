"""The loss of a host: who has no room elsewhere, at the same time of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.reserve import WEEK, reserves
from forecaster.view.inventory import Host, Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups

if TYPE_CHECKING:
    from forecaster.advice.reserve import Reserve

GIB = float(1 << 30)
NIGHT, DAYTIME = (np.arange(WEEK) % 24 < 12), (np.arange(WEEK) % 24 >= 12)


def table(values: dict[tuple[str, ...], np.ndarray]) -> Rollup:
    hours = np.stack([*values.values()], axis=1).astype(np.float32)
    return Rollup(tuple(values), 3600 * np.arange(1, WEEK + 1), hours, hours)


def loss_of_h1(busy: np.ndarray, host_busy: np.ndarray, memory: float = 4.0, days: int = 7) -> Reserve:
    """Of two hosts with 8 CPUs and 16 GiB; h1 has a VM of 8 CPUs and `memory` GiB that is `busy`."""
    cpu = table({("h1", "web"): busy})
    hosts = table({("h1",): np.zeros(WEEK), ("h2",): host_busy})
    tables = {
        "vm_cpu": cpu,
        "vm_memory": table({("h1", "web"): np.full(WEEK, 1.0)}),
        "host_cpu": hosts,
        "host_memory": table({("h1",): np.zeros(WEEK), ("h2",): np.full(WEEK, 0.25)}),
    }
    short = {
        name: Rollup(each.labels, each.ends[: 24 * days], each.mean[: 24 * days], each.peak[: 24 * days])
        for name, each in tables.items()
    }
    inventory = Inventory(
        1,
        (Vm("h1", "web", virtual_cpus=8.0, maximum_memory_bytes=memory * GIB),),
        (Host("h1", cpus=8.0, memory_bytes=16 * GIB), Host("h2", cpus=8.0, memory_bytes=16 * GIB)),
    )
    found = reserves(Rollups(3600, short), inventory)
    return next(each for each in found if each.labels == (("instance", "h1"),))


def test_vms_that_are_busy_at_different_hours_share_cpus() -> None:
    assert loss_of_h1(0.8 * NIGHT, 0.8 * DAYTIME).homeless == ()
    assert loss_of_h1(0.8 * NIGHT, 0.8 * NIGHT).homeless == ("web",)


def test_memory_must_fit_too() -> None:
    assert loss_of_h1(0.1 * NIGHT, 0.1 * NIGHT, memory=10.0).homeless == ()
    found = loss_of_h1(0.1 * NIGHT, 0.1 * NIGHT, memory=11.0)
    assert found.homeless == ("web",)
    assert found.text() == "no room for web"


def test_nothing_is_known_without_a_week_or_another_host() -> None:
    found = loss_of_h1(0.1 * NIGHT, 0.1 * NIGHT, days=6)
    assert found.homeless is None
    assert found.text().startswith("not known")
    alone = reserves(Rollups(), Inventory(1, hosts=(Host("h1", cpus=1.0, memory_bytes=GIB),)))
    assert alone[0].homeless is None


def test_what_was_promised_is_told_without_any_past() -> None:
    vms = tuple(Vm("h1", f"vm-{at}", virtual_cpus=4.0, maximum_memory_bytes=2 * GIB) for at in range(3))
    (found,) = reserves(Rollups(), Inventory(1, vms, (Host("h1", cpus=4.0, memory_bytes=8 * GIB),)))
    assert (found.vms, found.cpus, found.memory) == (3, 3.0, 0.75)


def pair(*more: Host, vms: tuple[Vm, ...] = (), cluster: str = "", busy: float = 0.1) -> dict[str, Reserve]:
    """h1 and h2 of 8 CPUs and 16 GiB, `busy` both, and other hosts, which are idle; h1 has a VM of 4 CPUs and
    4 GiB that uses two fifths of them.
    """
    hosts = (*(Host(name, cluster=cluster, cpus=8.0, memory_bytes=16 * GIB) for name in ("h1", "h2")), *more)
    level: dict[tuple[str, ...], np.ndarray] = {
        (host.instance,): np.full(WEEK, 0.0 if host in more else busy) for host in hosts
    }
    used = table({("h1", "web"): np.full(WEEK, 0.4)})
    tables = {"vm_cpu": used, "vm_memory": used, "host_cpu": table(level), "host_memory": table(level)}
    web = Vm("h1", "web", state="running", virtual_cpus=4.0, maximum_memory_bytes=4 * GIB)
    found = reserves(Rollups(3600, tables), Inventory(1, (web, *vms), hosts))
    return {dict(each.labels)["instance"]: each for each in found}


def test_another_program_s_machine_is_no_host_of_vms() -> None:
    """A node_exporter beside the fleet tells its load, not its size: the advice on the others goes on."""
    found = pair(Host("database", provider="node"))
    assert {name: each.homeless for name, each in found.items()} == {"h1": (), "h2": ()}


def test_a_host_with_vms_and_without_a_size_makes_its_cluster_unknown() -> None:
    lost = Vm("h3", "lost", state="running", virtual_cpus=1.0, maximum_memory_bytes=GIB)
    found = pair(Host("h3"), vms=(lost,))
    assert {name: each.homeless for name, each in found.items()} == {"h1": None, "h2": None, "h3": None}
    assert "unknown size" in found["h1"].text()
    elsewhere = pair(Host("h3", cluster="edge"), vms=(lost,))
    assert {name: each.homeless for name, each in elsewhere.items()} == {"h1": (), "h2": (), "h3": None}


def test_hosts_of_another_cluster_take_nobody() -> None:
    roomy = Host("b1", cluster="b", cpus=8.0, memory_bytes=64 * GIB)
    assert pair(roomy, cluster="a", busy=0.85)["h1"].homeless == ("web",)
    assert pair(roomy, cluster="b", busy=0.85)["h1"].homeless == ()
    assert pair(roomy, cluster="a")["b1"].homeless is None, "alone in its cluster"


def test_the_past_of_a_namesake_in_another_cluster_is_not_taken_for_a_vm_s_own() -> None:
    """Without a past of its own a VM needs all that it was promised, whatever the other one needs."""
    other = Vm("b1", "web", state="running", virtual_cpus=64.0, maximum_memory_bytes=4 * GIB)
    roomy = tuple(Host(name, cluster="b", cpus=32.0, memory_bytes=64 * GIB) for name in ("b1", "b2"))
    found = pair(*roomy, vms=(other,), cluster="a")
    assert found["b1"].homeless == ("web",)


def test_vms_that_are_off_need_nothing() -> None:
    """Neither of what was promised, nor room elsewhere."""
    off = Vm("h1", "off", state="shutoff", virtual_cpus=64.0, maximum_memory_bytes=64 * GIB)
    found = pair(vms=(off,))["h1"]
    assert (found.vms, found.cpus, found.memory, found.homeless) == (1, 0.5, 0.25, ())


def test_a_share_of_what_the_balloon_leaves_or_a_vm_had_is_none_of_its_maximum() -> None:
    """It may take 32 GiB, has 4, and uses half of these; its 16 CPUs were 2 until now, and busy."""
    tables = {
        "vm_cpu": table({("h1", "web"): np.full(WEEK, 0.9)}),
        "vm_memory": table({("h1", "web"): np.full(WEEK, 0.5)}),
        "vm_size": table({("h1", "web", "cpu"): np.full(WEEK, 2.0)}),
        "host_cpu": table({("h1",): np.zeros(WEEK), ("h2",): np.full(WEEK, 0.5)}),
        "host_memory": table({("h1",): np.zeros(WEEK), ("h2",): np.full(WEEK, 0.5)}),
    }
    hosts = tuple(Host(name, cpus=8.0, memory_bytes=16 * GIB) for name in ("h1", "h2"))
    web = Vm("h1", "web", virtual_cpus=16.0, maximum_memory_bytes=32 * GIB, current_memory_bytes=4 * GIB)
    found = reserves(Rollups(3600, tables), Inventory(1, (web,), hosts))
    assert [each.homeless for each in found] == [(), ()]
