"""Cost: by owner, with what idle VMs and sizes that are too large waste."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.advice.cost import MONTH, NOBODY, costs
from forecaster.config.prices import Prices
from forecaster.view.inventory import Disk, Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups

GIB = float(1 << 30)
HOURS = 28 * 24
PRICES = Prices("EUR", vcpu_hour=0.01, memory_gib_hour=0.002, storage_gib_month=0.05)


def table(**levels: float) -> Rollup:
    values = np.tile(np.array([*levels.values()], np.float32), (HOURS, 1))
    return Rollup(tuple(("h1", name) for name in levels), np.arange(1, HOURS + 1) * 3600, values, values)


def vm(name: str, owner: str = "") -> Vm:
    disk = Disk("vda", capacity_bytes=100 * GIB)
    return Vm("h1", name, virtual_cpus=8.0, maximum_memory_bytes=16 * GIB, owner=owner, disks=(disk,))


def test_an_owner_pays_for_what_is_given_and_wastes_what_is_not_needed() -> None:
    past = Rollups(
        3600,
        {
            "vm_cpu": table(web=0.5, old=0.01),
            "vm_memory": table(web=0.9, old=0.9),
            "vm_network": table(web=1e6, old=50.0),
        },
    )
    found = costs(past, Inventory(1, (vm("web", "shop"), vm("old", "lab"), vm("new"))), PRICES)
    whole = MONTH * (8 * 0.01 + 16 * 0.002) + 5.0
    by_owner = {each.owner: each for each in found}
    assert [each.owner for each in found] == ["lab", "shop", NOBODY]
    assert {owner: each.month for owner, each in by_owner.items()} == {
        owner: pytest.approx(whole) for owner in ("lab", "shop", NOBODY)
    }
    assert by_owner["lab"].wasted == pytest.approx(whole)
    assert by_owner["shop"].wasted == pytest.approx(MONTH * 0.01 * 3)  # 5 of 8 virtual CPUs are enough
    assert by_owner[NOBODY].wasted == 0
    assert by_owner["shop"].text(1234.5) == "1,234.50 EUR"


def test_a_price_is_none_below_nothing() -> None:
    assert not Prices().known
    for price in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="vcpu_hour must be a price"):
            Prices(vcpu_hour=price)
