"""What is remembered of advice: issues begin, go on, end, and come back; sizes that follow advice."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import fleet_view
from exporter.web.query import Query
from forecaster.advice.remembering import KEPT, MOST, PAUSE, coursed, recommended, remembered
from forecaster.advice.signs import LATER, REACHED, SOON
from forecaster.advice.sizes import FITS, LARGE, SMALL, UNKNOWN, Size
from forecaster.api import adoptions, issue_history
from forecaster.view.inventory import Inventory
from forecaster.view.remembered import Adoption, Remembered
from forecaster.view.rollups import Rollups

if TYPE_CHECKING:
    from forecaster.advice.issues import Issue

WEB = (("domain", "web"), ("instance", "h1"))
NOW, STEP = 1_800_000_000.0, 300.0


class Said:
    """An issue that says what it is told to."""

    def __init__(self, name: str, kind: str) -> None:
        self.id, self.kind, self.labels = name, kind, WEB

    def text(self) -> str:
        return f"{self.id} is {self.kind}"


def said(*names: str, kind: str = SOON) -> list[Issue]:
    return [Said(name, kind) for name in names]  # type: ignore[misc]


def size(current: float, wanted: float | None = None, verdict: str = LARGE) -> Size:
    return Size(WEB, "cpu", current, {"balanced": current if wanted is None else wanted}, verdict, "", 700)


def test_an_issue_has_one_course_from_first_to_last() -> None:
    found = coursed({}, said("a", kind=LATER), NOW)
    found = coursed(found, said("a", kind=REACHED), NOW + STEP)
    found = coursed(found, said("a", kind=SOON), NOW + 2 * STEP)
    (of,) = found.values()
    assert (of.first, of.last, of.ended) == (NOW, NOW + 2 * STEP, None)
    assert (of.kind, of.text) == (REACHED, f"a is {SOON}")


def test_an_issue_that_is_gone_for_a_while_has_ended_when_it_was_last_seen() -> None:
    found = coursed({}, said("a", "b"), NOW)
    found = coursed(found, said("b"), NOW + PAUSE)
    assert found["a"].ended is None
    found = coursed(found, said("b"), NOW + PAUSE + STEP)
    assert (found["a"].ended, found["b"].ended) == (NOW, None)


def test_one_that_is_soon_back_goes_on_and_one_that_is_late_begins_anew() -> None:
    found = coursed({}, said("a"), NOW)
    soon = coursed(coursed(found, [], NOW + PAUSE), said("a"), NOW + PAUSE)
    assert (soon["a"].first, soon["a"].ended) == (NOW, None)
    late = coursed(coursed(found, [], NOW + PAUSE + 1), said("a"), NOW + PAUSE + STEP)
    assert (late["a"].first, late["a"].ended) == (NOW + PAUSE + STEP, None)


def test_ended_issues_are_forgotten_after_a_month_and_never_too_many() -> None:
    found = coursed(coursed({}, said("a"), NOW), [], NOW + KEPT)
    assert found["a"].ended == NOW
    assert coursed(found, [], NOW + KEPT + 1) == {}
    many = coursed({}, said(*map(str, range(MOST))), NOW)
    more = coursed(coursed(many, [], NOW + PAUSE + 1), said("new"), NOW + PAUSE + 2)
    assert len(more) == MOST
    assert more["new"].ended is None


def test_of_too_many_that_go_on_those_that_began_first_stay() -> None:
    names = [str(number) for number in range(MOST + 1)]
    found = coursed({}, said(*names[:-1]), NOW)
    for step in range(1, 4):
        found = coursed(found, said(*names), NOW + step * STEP)
    assert set(found) == set(names[:-1])
    assert {of.first for of in found.values()} == {NOW}


@pytest.mark.parametrize(
    ("after", "adopted"), [(4.0, True), (3.0, True), (10.0, True), (11.0, False), (20.0, False)]
)
def test_a_size_that_goes_half_the_way_or_more_adopts_the_advice(after: float, adopted: bool) -> None:
    known, none = recommended({}, [size(16, 4)], NOW)
    known, new = recommended(known, [size(16, 4)], NOW + STEP)
    assert none == new == []
    open_now, new = recommended(known, [size(after, verdict=FITS)], NOW + 2 * STEP)
    assert new == ([Adoption(WEB, "cpu", 16, 4, after, NOW, NOW + 2 * STEP)] if adopted else [])
    assert not open_now
    assert recommended(open_now, [size(after, verdict=FITS)], NOW + 3 * STEP)[1] == []


def test_growing_counts_too_and_a_change_without_advice_does_not() -> None:
    known, _ = recommended({}, [size(2, 6, SMALL)], NOW)
    assert [each.after for each in recommended(known, [size(4, 6, SMALL)], NOW)[1]] == [4]
    known, _ = recommended({}, [size(2, verdict=FITS)], NOW)
    assert recommended(known, [size(4, verdict=FITS)], NOW) == ({}, [])


def test_a_size_that_is_adopted_in_steps_counts_from_where_it_began() -> None:
    """Of 7 virtual CPUs that are too many the fourth makes half, and of the 3 that are left the second."""
    known, adopted = recommended({}, [size(8, 1)], NOW)
    for step, current in enumerate((7.0, 6.0, 5.0, 4.0, 4.0, 3.0, 2.0), start=1):
        known, new = recommended(known, [size(current, 1)], NOW + step)
        adopted += new
    assert adopted == [
        Adoption(WEB, "cpu", 8, 1, 4, NOW, NOW + 4),
        Adoption(WEB, "cpu", 4, 1, 2, NOW + 4, NOW + 7),
    ]


def test_a_size_that_goes_the_other_way_begins_anew() -> None:
    known, _ = recommended({}, [size(8, 4)], NOW)
    for current, wanted, verdict in ((9, 4, LARGE), (7, 12, SMALL)):
        found, new = recommended(known, [size(current, wanted, verdict)], NOW + STEP)
        assert [(of.current, of.since) for of in found.values()] == [(current, NOW + STEP)]
        assert new == []
    unjudged = replace(size(7, verdict=UNKNOWN), sizes={})
    known, _ = recommended(known, [unjudged], NOW + STEP)
    assert [each.before for each in recommended(known, [size(4, verdict=FITS)], NOW)[1]] == [8]
    later, _ = recommended(known, [size(7, 6)], NOW + STEP)
    assert recommended(later, [size(7, 6)], NOW + STEP)[1] == [], "it is not given anything"


def test_a_vm_that_moves_takes_its_recommendation_along_and_another_of_its_name_has_none_of_it() -> None:
    known, _ = recommended({}, [replace(size(8, 2), uuid="a")], NOW)
    there = (("domain", "web"), ("instance", "h2"))
    moved, new = recommended(known, [replace(size(8, 2), labels=there, uuid="a")], NOW + STEP, whole=False)
    assert [(key[0], of.since) for key, of in moved.items()] == [(there, NOW)]
    assert new == []
    smaller = replace(size(2, verdict=FITS), labels=there, uuid="a")
    for before in (known, moved):  # on the way, too
        assert recommended(before, [smaller], NOW + STEP)[1] == [
            Adoption(there, "cpu", 8, 2, 2, NOW, NOW + STEP)
        ]
    again = replace(size(3, 2), uuid="b")
    found, new = recommended(known, [again], NOW + STEP)
    assert ([of.since for of in found.values()], new) == ([NOW + STEP], [])
    unknown, _ = recommended(known, [replace(size(8, 2), uuid="")], NOW + STEP)
    assert [(of.since, of.uuid) for of in unknown.values()] == [(NOW, "a")]


def test_two_vms_with_one_uuid_adopt_nothing_from_each_other() -> None:
    """A clone of a disk with its definition, or a definition that was left at another host."""
    large = replace(size(16.0, 10.0), labels=(("domain", "web"), ("instance", "h2")), uuid="1")
    sizes = [replace(size(4.0, 2.0), uuid="1"), large]
    known, _ = recommended({}, sizes, NOW)
    for told in (sizes, sizes[::-1], sizes):
        known, new = recommended(known, told, NOW + STEP)
        assert new == []
    assert [(of.current, of.since) for _, of in sorted(known.items())] == [(4.0, NOW), (16.0, NOW)]


def test_an_issue_of_a_clock_that_was_ahead_ends_once_it_is_right() -> None:
    found = coursed({}, said("a", "b"), NOW + 1e6)
    found = coursed(found, [], NOW)
    assert {(of.first, of.last, of.ended) for of in found.values()} == {(NOW, NOW, None)}
    found = coursed(found, said("b"), NOW + PAUSE + 1)
    assert (found["a"].ended, found["b"].ended) == (NOW, None)
    over = coursed(coursed(coursed({}, said("a"), NOW + 1e6), [], NOW + 2e6), [], NOW)
    assert (over["a"].last, over["a"].ended) == (NOW, NOW)
    known, _ = recommended({}, [size(16, 4)], NOW + 1e6)
    known, _ = recommended(known, [size(16, 4)], NOW)
    assert [of.since for of in known.values()] == [NOW]


def test_a_size_that_is_not_judged_now_stays_recommended() -> None:
    known, _ = recommended({}, [size(16, 4)], NOW)
    unknown = replace(size(16, verdict=UNKNOWN), sizes={})
    assert recommended(known, [unknown], NOW + STEP) == (known, [])
    assert recommended(known, [], NOW + STEP, whole=False) == (known, [])
    assert recommended(known, [], NOW + STEP) == ({}, [])
    open_now, (adoption,) = recommended(known, [replace(unknown, current=4)], NOW + STEP)
    assert (open_now, adoption.after) == ({}, 4)


def test_a_restart_keeps_the_recommendations_that_are_open() -> None:
    """Its first cycles have no past yet, or a part of the inventory; then what is gone is forgotten."""
    view = fleet_view.fleet(60)
    first = remembered(Remembered(), view.fresh(fleet_view.NOW, math.inf))
    assert first.recommended
    bare = Inventory()
    for odd in (
        replace(view, rollups=Rollups(view.rollups.every)),
        replace(view, inventory=bare),
        replace(view, inventory=replace(bare, at=view.inventory.at, missing=("vm",))),
    ):
        again = remembered(first, odd.fresh(fleet_view.NOW + STEP, math.inf))
        assert again.recommended == first.recommended
    gone = replace(view, inventory=replace(bare, at=view.inventory.at, missing=("vm_apart",)))
    assert not remembered(first, gone.fresh(fleet_view.NOW + STEP, math.inf)).recommended


def test_a_vm_of_a_real_fleet_that_is_made_smaller_is_counted_and_told() -> None:
    view = fleet_view.fleet(60)
    first = remembered(Remembered(), view.fresh(fleet_view.NOW, math.inf))
    (labels, part), advice = next(each for each in first.recommended.items() if each[0][1] == "cpu")
    assert first.issues
    names = dict(labels)
    vms = tuple(
        replace(vm, virtual_cpus=advice.size)
        if (vm.instance, vm.domain) == (names["instance"], names["domain"])
        else vm
        for vm in view.inventory.vms
    )
    changed = replace(view, inventory=replace(view.inventory, vms=vms), remembered=first)
    second = remembered(first, changed.fresh(fleet_view.NOW + STEP, math.inf))
    assert second.adopted == {"cpu": 1, "memory": 0}
    assert part == "cpu"
    fresh = replace(changed, remembered=second).fresh(fleet_view.NOW, math.inf)
    (told,) = adoptions.read(fresh, Query())["adoptions"]
    assert told["labels"] == names
    assert (told["before"], told["after"]) == (advice.current, advice.size)
    history = issue_history.read(fresh, Query())
    assert history["total"] == len(second.issues)
    assert {row["ended"] for row in history["issues"]} == {None}


def test_nothing_ends_while_nothing_is_read() -> None:
    view = fleet_view.fleet(60)
    before = remembered(Remembered(), view.fresh(fleet_view.NOW, math.inf))
    assert remembered(before, view.fresh(fleet_view.NOW + 1e6, 900)) is before
