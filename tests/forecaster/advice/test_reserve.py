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
