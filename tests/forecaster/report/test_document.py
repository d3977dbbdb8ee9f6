"""A report says of a period what the series of the period say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import fleet_view
from forecaster.advice.finding import LEARNING
from forecaster.advice.output import ELSEWHERE
from forecaster.config.prices import Prices
from forecaster.report.document import ROWS, cell, document
from forecaster.report.usage import usages
from forecaster.view.inventory import Disk, Inventory, Migration, Vm
from forecaster.view.owned import owned, owner_of, owners
from forecaster.view.rollups import Rollup, Rollups

if TYPE_CHECKING:
    from forecaster.report.document import Document
    from forecaster.view.view import View

GIB = float(1 << 30)
ENDS = np.arange(1, 49) * 3600 + 1_800_000_000 // 3600 * 3600


DISKS = Disk("vda", capacity_bytes=3 * GIB), Disk("sda", "cdrom", capacity_bytes=4 * GIB)


def hours(**values: np.ndarray) -> Rollup:
    table = np.stack([*values.values()], axis=1).astype(np.float32)
    return Rollup(tuple(("h1", name) for name in values), ENDS, table, table + np.float32(0.05))


def small(view: View) -> View:
    """Two VMs over two days: `web` uses half of 4 CPUs, then all; `db` has 10 CPUs and comes after a day."""
    half = np.r_[np.full(24, 0.5), np.full(24, 1.0)]
    late = np.r_[np.full(24, np.nan), np.full(24, 0.1)]
    vms = (
        Vm("h1", "web", virtual_cpus=4.0, maximum_memory_bytes=8 * GIB, owner="shop"),
        Vm("h1", "db", virtual_cpus=10.0, project_name="lab", disks=DISKS),
    )
    past = Rollups(3600, {"vm_cpu": hours(web=half, db=late), "vm_memory": hours(web=np.full(48, 0.25))})
    return replace(view, rollups=past, inventory=Inventory(int(ENDS[-1]), vms), prices=Prices(), resources=())


def report(view: View, hours: int = 48) -> Document:
    return document(view.fresh(view.made_at, math.inf), hours)


def test_while_every_series_is_learnt_nothing_is_not_said_to_be_in_sight(view: View) -> None:
    """A file system may be full all the same."""
    young = tuple(replace(each, rows=each.rows and each.rows.take(())) for each in view.resources)
    found = [report(of).sections[1] for of in (view, replace(view, resources=young))]
    assert [each.title for each in found] == ["Look at first"] * 2
    assert [each.nothing == LEARNING for each in found] == [False, True]


def test_the_period_is_the_last_hours_that_are_known(view: View) -> None:
    whole, day = report(small(view)), report(small(view), 24)
    assert (whole.since, whole.until) == (ENDS[0] - 3600, ENDS[-1])
    assert (day.since, day.until) == (ENDS[23], ENDS[-1])
    assert whole.period == "2027-01-15 08:00 to 2027-01-17 08:00 UTC"


def test_advice_is_from_four_weeks_and_load_from_the_whole_period(view: View) -> None:
    """Two months ago `web` was full for a day: that is load, and no reason for its size today."""
    days = 60
    level = np.where(np.arange(days * 24) < 24, 1.0, 0.1).astype(np.float32)[:, None]
    ends = 3600 * np.arange(1, days * 24 + 1) + int(ENDS[-1]) - days * 86_400
    past = Rollups(3600, {"vm_cpu": Rollup((("h1", "web"),), ends, level, level)})
    made = report(replace(small(view), rollups=past), days * 24)
    assert dict(made.facts)["Advice is from"] == "the last 28 days"
    assert (made.until - made.since) / 86_400 == days
    (size,) = [each for each in made.items["sizes"] if each["part"] == "cpu" and each["hours"]]
    assert size["hours"] == 28 * 24
    assert size["peak"] == pytest.approx(0.4)
    (web,) = [of for of in made.usages if of.vm.domain == "web"]
    assert web.peaks["vm_cpu"] == 1.0
    assert web.size("cpu") == 1


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "nothing: no past is known"),
        (1, "the last hour"),
        (30, "the last 30 hours"),
        (75, "the last 3 days"),
    ],
)
def test_the_past_that_advice_is_from_is_what_is_known(view: View, hours: int, said: str) -> None:
    level = np.full((28 * 24, 1), 0.1, np.float32)
    level[: len(level) - hours] = np.nan
    ends = 3600 * np.arange(1, len(level) + 1) + int(ENDS[-1]) - 28 * 86_400
    past = Rollups(3600, {"vm_cpu": Rollup((("h1", "web"),), ends, level, level)})
    made = report(replace(small(view), rollups=past), 28 * 24)
    assert dict(made.facts)["Advice is from"] == said


def test_used_is_a_share_of_what_ran(view: View) -> None:
    """CPU hours: 48 + 96 of `web`, 24 of `db`; it had 192 and 240."""
    found = dict(report(small(view)).facts)
    assert (found["VMs"], found["vCPUs"], found["Memory"]) == ("2", "14", "8 GiB")
    assert found["CPU used"] == f"{100 * (48 + 96 + 24) / (192 + 240):.0f} %"
    assert found["Memory used"] == "25 %"
    assert "Cost in a month" not in found
    assert dict(report(small(view), 24).facts)["CPU used"] == f"{100 * (96 + 24) / (96 + 240):.0f} %"


def test_used_is_what_a_share_was_of_then(view: View) -> None:
    """`web` had 8 CPUs on the first day: 96 + 96 CPU hours of 192 + 96, and 24 of 240 of `db`."""
    past = small(view)
    size = np.r_[np.full(24, 8), np.full(24, 4)].astype(np.float32)[:, None]
    told = Rollup((("h1", "web", "cpu"),), ENDS, size, size)
    found = dict(report(replace(past, rollups=past.rollups.having("vm_size", told))).facts)
    assert found["CPU used"] == f"{100 * (96 + 96 + 24) / (192 + 96 + 240):.0f} %"
    assert found["vCPUs"] == "14"


def test_each_vm_has_a_row_with_what_it_used(view: View) -> None:
    web, db = usages(small(view), 48)  # 3 CPUs in the mean, 1 CPU
    assert [web.vm.domain, db.vm.domain] == ["web", "db"]
    assert (web.hours, db.hours) == (48, 24)
    assert web.means["vm_cpu"] == pytest.approx(0.75)
    assert web.peaks["vm_cpu"] == pytest.approx(1.05)
    assert db.means["vm_cpu"] == pytest.approx(0.1)
    assert db.means["vm_memory"] is None
    rows = {each.title: (each.read(web), each.read(db)) for each in report(small(view)).usage_columns}
    assert rows["CPU mean (%)"] == pytest.approx((75, 10))
    assert rows["Memory (GiB)"] == (8, None)
    assert rows["Disks (GiB)"] == (None, 3)
    assert rows["Owner"] == ("shop", "lab")
    assert rows["CPU verdict"] == ("unknown", "unknown")
    assert not any("month" in title for title in rows)


def test_a_fleet_has_all_sections_and_says_what_it_leaves_out(made: Document) -> None:
    named = {each.name: each for each in made.sections}
    assert list(named) == [
        *("load", "issues", "runway", "reserve", "commitment", "sizes", "service_levels", "waste"),
        *("cost", "compare", "patterns", "vms"),
    ]
    assert len(named["load"].plots) == 2
    assert len(named["vms"].rows) == ROWS
    assert named["vms"].left_out == 60 - ROWS
    assert named["issues"].rows
    costs = dict(made.facts)
    assert costs["Cost in a month"].endswith(" EUR")
    assert len(made.items["sizes" if "sizes" in made.items else "recommendations"]) == 120


def test_an_owner_sees_nothing_of_others(view: View) -> None:
    names = owners(view.inventory)
    assert len(names) > 1
    mine = owned(view, names[0])
    made = document(mine.fresh(fleet_view.NOW, math.inf), 48, names[0])
    others = {vm.domain for vm in view.inventory.vms if owner_of(vm) != names[0]}
    told = repr((made.facts, made.sections, made.items, [of.vm for of in made.usages]))
    assert {of.vm.domain for of in made.usages} == {vm.domain for vm in view.inventory.vms} - others
    assert not [name for name in others if name in told]
    assert made.title == f"VMs of {names[0]}"
    assert not {"reserve", "commitment"} & {each.name for each in made.sections}
    assert "Hosts" not in dict(made.facts)
    assert {
        labels for row in mine.resources for labels in row.states if "domain" not in dict(labels)
    } == set()


def test_a_pool_that_is_called_like_a_vm_is_of_nobody(view: View) -> None:
    past = small(view)
    rollups = past.rollups.having("pool", hours(web=np.linspace(0.5, 0.8, 48)))
    mine = owned(replace(past, rollups=rollups, steps=Rollups()), "shop").rollups
    assert set(mine.tables) == {"vm_cpu", "vm_memory"}
    assert mine["vm_cpu"].labels == (("h1", "web"),)


KEYS = (("h0", "web"), ("h1", "web"), ("h0", "db"), ("h1", "db"))


def seen_at_h0(view: View, *migrations: Migration, vms: tuple[Vm, ...] = ()) -> View:
    """VMs called as those at h1 were at h0, too."""
    past = small(view)
    columns = np.full((48, 4), 0.5, np.float32)
    known = replace(past.inventory, vms=(*past.inventory.vms, *vms), migrations=migrations)
    rollups = past.rollups.having("vm_cpu", Rollup(KEYS, ENDS, columns, columns))
    return replace(past, rollups=rollups, inventory=known, steps=Rollups())


def came(source: str, target: str, ended: float, name: str = "web") -> tuple[Migration, Migration]:
    """A migration as both hosts tell it."""
    return Migration(source, name, "outgoing", ended), Migration(target, name, "incoming", ended + 1)


@pytest.mark.parametrize(
    ("told", "mine"),
    [
        (came("h0", "h1", float(ENDS[11])), KEYS[:2]),
        ((*came("h0", "h7", float(ENDS[11])), *came("h7", "h1", float(ENDS[30]))), KEYS[:2]),
        ((), KEYS[1:2]),  # of a VM that was deleted
        (came("h0", "h7", float(ENDS[11])), KEYS[1:2]),  # and at h7, perhaps
        (came("h0", "h1", float(ENDS[11]), "db"), KEYS[1:2]),
        (came("h0", "h1", float(ENDS[11]))[1:], KEYS[1:2]),  # from where is not told
    ],
)
def test_an_owner_has_the_hours_of_a_vm_before_it_moved_if_it_is_told_that_it_did(
    view: View, told: tuple[Migration, ...], mine: tuple[tuple[str, str], ...]
) -> None:
    """`web` of another owner may have been at h0, and made again there since."""
    found = owned(seen_at_h0(view, *told), "shop").rollups["vm_cpu"]
    assert found.labels == mine
    assert np.isfinite(found.mean).sum(axis=0).tolist() == [12 + 1, 48][-len(mine) :]
    assert found.peak is found.mean


def test_an_owner_has_no_hour_of_a_namesake(view: View) -> None:
    """There is another `web`, of the lab, and where it is tells whose the hours at h0 are."""
    moved, lab = came("h0", "h1", float(ENDS[11])), Vm("h3", "web", owner="lab", uuid="b")
    assert owned(seen_at_h0(view, *moved, vms=(lab,)), "shop").rollups["vm_cpu"].labels == KEYS[:2]
    assert owned(seen_at_h0(view, vms=(lab,)), "shop").rollups["vm_cpu"].labels == KEYS[1:2]
    at_h0 = replace(lab, instance="h0")
    assert owned(seen_at_h0(view, *moved, vms=(at_h0,)), "shop").rollups["vm_cpu"].labels == KEYS[1:2]


def test_an_owner_has_the_hours_of_the_same_vm_by_its_uuid(view: View) -> None:
    """While it migrates, both hosts have it, and one of them may tell no owner."""
    both = Vm("h0", "cache", uuid="a"), Vm("h1", "cache", uuid="a", owner="cache")
    moving = seen_at_h0(view, vms=both)
    hours = Rollup((("h0", "cache"), ("h1", "cache")), ENDS, *(np.full((48, 2), 0.5, np.float32),) * 2)
    moving = replace(moving, rollups=moving.rollups.having("vm_cpu", hours))
    assert owned(moving, "cache").rollups["vm_cpu"].labels == hours.labels


def test_a_vm_that_migrates_is_one(view: View) -> None:
    past = small(view)
    vms = tuple(replace(vm, uuid=vm.domain, state="running") for vm in past.inventory.vms)
    arriving = replace(vms[0], instance="h9", state="paused")
    once, twice = (
        report(replace(past, inventory=replace(past.inventory, vms=each))) for each in (vms, (*vms, arriving))
    )
    assert dict(twice.facts) == dict(once.facts)
    assert [each.vm for each in twice.usages] == [each.vm for each in once.usages]
    assert dict(once.facts)["VMs"] == str(len(vms))


def test_a_shard_that_advises_on_nothing_says_who_does(view: View) -> None:
    made = report(replace(small(view), shard="2/2"))
    assert not any(made.items.values())
    assert {each.nothing for each in made.sections if each.name in {"runway", "cost"}} == {ELSEWHERE}


def test_nothing_known_is_said(view: View) -> None:
    bare = replace(view, rollups=Rollups(), steps=Rollups(), inventory=Inventory(), resources=())
    made = report(bare)
    assert made.until - made.since == 48 * 3600
    assert dict(made.facts)["CPU used"] == "unknown"
    assert all(not each.rows and not each.plots and each.nothing for each in made.sections)


def test_cells_have_the_digits_that_people_read() -> None:
    assert [cell(each) for each in (None, float("nan"), 1234.5, 99.94, 0.01234, "a\x1bb")] == [
        *("", "", "1,234", "99.9", "0.0123", "a\\x1bb")
    ]
