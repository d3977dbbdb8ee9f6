"""Cost: by owner, with what idle VMs and sizes that are too large waste."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.advice.cost import MONTH, costs, month_of
from forecaster.config.prices import Prices
from forecaster.view.facts import inventory
from forecaster.view.inventory import Disk, Inventory, Vm
from forecaster.view.owned import NOBODY
from forecaster.view.rollups import Rollup, Rollups

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

GIB = float(1 << 30)
HOURS = 28 * 24
PRICES = Prices("EUR", vcpu_hour=0.01, memory_gib_hour=0.002, storage_gib_month=0.05)
BY_HOUR = replace(PRICES, storage_gib_month=0.0)


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


JUNE, NOON_OF_10TH = 1_717_200_000, 1_717_200_000 + (9 * 24 + 12) * 3600  # 2024


def test_a_month_costs_what_each_vm_was_there_for() -> None:
    """Of 30 days; it is noon of the 10th. `new` came at noon of the 8th; `lately` has no hour yet."""
    values = np.full((HOURS, 2), 0.5, np.float32)
    values[: HOURS - 48, 1] = np.nan
    ends = NOON_OF_10TH - np.arange(HOURS)[::-1] * 3600
    past = Rollups(3600, {"vm_cpu": Rollup((("h1", "old"), ("h1", "new")), ends, values, values)})
    off, lately = replace(vm("off", "c"), state="shut off"), replace(vm("lately", "d"), state="running")
    fleet = Inventory(NOON_OF_10TH, (vm("old", "a"), vm("new", "b"), off, lately))
    found = {each.owner: each for each in costs(past, fleet, BY_HOUR)}
    hourly = found["a"].month / MONTH
    assert {owner: round(each.spent / hourly) for owner, each in found.items()} == {
        "a": 9.5 * 24,
        "b": 48,
        "c": 9.5 * 24,
        "d": 0,
    }
    assert {owner: round(each.expected / hourly) for owner, each in found.items()} == {
        "a": 30 * 24,
        "b": 48 + 20.5 * 24,
        "c": 30 * 24,
        "d": 20.5 * 24,
    }


@pytest.mark.parametrize("state", ["shutoff", "running"])
@pytest.mark.parametrize("ran", [0, 1, 48])
def test_a_vm_that_was_off_is_paid_for_from_its_definition_on(state: str, ran: int) -> None:
    """It was defined five days ago, ran in the last `ran` hours, and is now as `state` says: neither changes
    what it has cost. `old` has always been there, and was off until an hour ago.
    """
    keys = (("h1", "old"), ("h1", "web"), ("h1", "other"))
    ends = NOON_OF_10TH - np.arange(HOURS)[::-1] * 3600
    size, load = np.full((HOURS, 3), 8.0, np.float32), np.full((HOURS, 3), 0.5, np.float32)
    size[: HOURS - 120, 1] = load[: HOURS - ran, 1] = load[: HOURS - 1, 0] = np.nan
    rows = {
        "vm_cpu": Rollup(keys, ends, load, load),
        "vm_size": Rollup(tuple((*key, "cpu") for key in keys), ends, size, size),
    }
    fleet = Inventory(NOON_OF_10TH, (vm("old", "a"), replace(vm("web", "b"), state=state), vm("now", "c")))
    found = {each.owner: each for each in costs(Rollups(3600, rows), fleet, BY_HOUR)}
    hours = {owner: round(each.spent / each.month * MONTH) for owner, each in found.items()}
    assert hours == {"a": 9.5 * 24, "b": 120, "c": 0}


@pytest.mark.parametrize(("had", "has"), [(8.0, 4.0), (4.0, 8.0), (8.0, 8.0)])
@pytest.mark.parametrize("ago", [0, 6, 100])
def test_what_was_spent_stays_spent_when_a_vm_is_resized(had: float, has: float, ago: int) -> None:
    """Its size changed `ago` hours ago; what is to come costs what it has now."""
    ends = NOON_OF_10TH - np.arange(HOURS)[::-1] * 3600
    size = np.full((HOURS, 2), (had, had * GIB), np.float32)
    size[HOURS - ago :] = has, has * GIB
    row = Rollup((("h1", "web", "cpu"), ("h1", "web", "memory")), ends, size, size)
    now = replace(vm("web"), virtual_cpus=has, maximum_memory_bytes=has * GIB)
    (found,) = costs(Rollups(3600, {"vm_size": row}), Inventory(NOON_OF_10TH, (now,)), BY_HOUR)
    spent = (0.01 + 0.002) * (had * (9.5 * 24 - ago) + has * ago)
    assert found.spent == pytest.approx(spent)
    assert found.expected == pytest.approx(spent + (0.01 + 0.002) * has * 20.5 * 24)


def test_what_a_balloon_takes_costs_as_before() -> None:
    """The hours tell what it leaves."""
    ends = NOON_OF_10TH - np.arange(HOURS)[::-1] * 3600
    size = np.full((HOURS, 1), 16 * GIB, np.float32)
    size[-100:-50] = 2 * GIB
    past = Rollups(3600, {"vm_size": Rollup((("h1", "web", "memory"),), ends, size, size)})
    for leaves in (2, 16):
        now = replace(vm("web"), current_memory_bytes=leaves * GIB)
        (found,) = costs(past, Inventory(NOON_OF_10TH, (now,)), BY_HOUR)
        assert found.spent == pytest.approx(found.month / MONTH * 9.5 * 24)


@pytest.mark.parametrize("month", ["2026-02", "2026-10", "2024-02"])
def test_storage_costs_its_price_in_any_month(month: str) -> None:
    begin, end = month_of(int(datetime.fromisoformat(f"{month}-15T00:00Z").timestamp()))
    gib = replace(PRICES, vcpu_hour=0.0, memory_gib_hour=0.0)
    for at in (begin, (begin + end) // 2, end - 3600):
        (found,) = costs(Rollups(), Inventory(at, (vm("web"),)), gib)
        assert found.month == found.expected == pytest.approx(5.0)
        assert found.spent == pytest.approx(5.0 * (at - begin) / (end - begin))


@pytest.mark.parametrize("drive", ["cdrom", "floppy"])
def test_what_lies_in_a_drive_is_nobody_s_storage(drive: str) -> None:
    """All VMs may have the same image in it."""
    inserted = Disk("sda", drive, source="/srv/images/debian.iso", capacity_bytes=4 * GIB)
    one = vm("web")
    found = [
        costs(Rollups(), Inventory(JUNE, (each,)), PRICES)
        for each in (one, replace(one, disks=(*one.disks, inserted)))
    ]
    assert found[0] == found[1]


def test_hours_cost_their_price() -> None:
    """October has 744 of them, a twelfth of a year 730.5."""
    (found,) = costs(Rollups(), Inventory(1_790_812_800 + 3600, (vm("web"),)), BY_HOUR)
    assert found.spent == pytest.approx(8 * 0.01 + 16 * 0.002)
    assert found.expected == pytest.approx(744 * found.spent)


def test_a_vm_that_migrates_is_paid_for_once() -> None:
    known = replace(vm("web", "shop"), uuid="1", state="running")
    there = replace(known, instance="h2", state="paused")
    once, twice = (costs(Rollups(), Inventory(1, vms), PRICES) for vms in ((known,), (there, known)))
    assert twice == once
    other = replace(there, uuid="2")
    assert [each.vms for each in costs(Rollups(), Inventory(1, (known, other)), PRICES)] == [2]


def test_a_definition_that_a_vm_left_behind_costs_nothing_and_hides_no_hours() -> None:
    """It moved three days ago, and needs 4 of its 8 virtual CPUs."""
    values = np.full((HOURS, 2), 0.44, np.float32)
    values[HOURS - 72 :, 0] = values[: HOURS - 72, 1] = np.nan
    keys = (("h1", "web"), ("h2", "web"))
    past = Rollups(3600, {"vm_cpu": Rollup(keys, np.arange(1, HOURS + 1) * 3600, values, values)})
    told = {
        "vm_identity": [(pairs(host, uuid="1"), 1.0) for host in ("h1", "h2")],
        "vm_state": [(pairs("h1", state="shutoff"), 1.0), (pairs("h2", state="running"), 1.0)],
        "vm_virtual_cpus": [(pairs(host), 8.0) for host in ("h1", "h2")],
    }
    (found,) = costs(past, inventory(told, 1), PRICES)
    assert found.vms == 1
    assert found.month == pytest.approx(MONTH * 8 * 0.01)
    assert found.wasted == pytest.approx(MONTH * 4 * 0.01)


def pairs(host: str, **more: str) -> Labels:
    return tuple(sorted({"instance": host, "domain": "web", **more}.items()))


def test_what_a_backend_no_longer_keeps_is_no_absence() -> None:
    """It has the last day only; `new` came at noon. Before anything is read, nothing is known of absences."""
    values = np.full((HOURS, 2), 0.5, np.float32)
    values[: HOURS - 24, 0], values[: HOURS - 12, 1] = np.nan, np.nan
    ends = NOON_OF_10TH - np.arange(HOURS)[::-1] * 3600
    past = Rollups(3600, {"vm_cpu": Rollup((("h1", "old"), ("h1", "new")), ends, values, values)})
    running = [replace(vm(name, name), state="running") for name in ("old", "new", "lately")]
    fleet = Inventory(NOON_OF_10TH, tuple(running))
    found = {rollups: costs(rollups, fleet, BY_HOUR) for rollups in (past, Rollups())}
    hours = {
        rollups: {each.owner: round(each.spent / each.month * MONTH) for each in told}
        for rollups, told in found.items()
    }
    assert list(hours.values()) == [
        {"old": 9.5 * 24, "new": 12, "lately": 0},
        dict.fromkeys(("old", "new", "lately"), 9.5 * 24),
    ]


@pytest.mark.parametrize(
    ("at", "days"), [(JUNE, 30), (JUNE - 1, 31), (1_735_689_599, 31), (1_709_164_800, 29)]
)
def test_a_month_is_that_of_the_calendar(at: int, days: int) -> None:
    begin, end = month_of(at)
    assert begin <= at < end
    assert end - begin == days * 86_400


def test_a_price_is_none_below_nothing() -> None:
    assert not Prices().known
    for price in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="vcpu_hour must be a price"):
            Prices(vcpu_hour=price)
