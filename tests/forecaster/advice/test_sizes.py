"""Sizes of VMs: from what was seen, never below it, and nothing without a week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fleets import AFTER, DAY, GIB, SEEN, fleet
from forecaster.advice.sizes import FITS, LARGE, SMALL, UNKNOWN, sizes_of
from forecaster.advice.sizing import AGGRESSIVE, BALANCED, CONSERVATIVE, memory_step, trend
from forecaster.view.inventory import Host, Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.advice.sizes import Size

WEEKS = 24 * 28
KEY = ("h1", "web")


def table(mean: NDArray[np.float64], peak: NDArray[np.float64] | None = None) -> Rollup:
    high = mean if peak is None else peak
    ends = 3600 * np.arange(1, len(mean) + 1)
    return Rollup((KEY,), ends, mean.astype(np.float32)[:, None], high.astype(np.float32)[:, None])


def size(part: str, **tables: Rollup) -> Size:
    vm = Vm(*KEY, virtual_cpus=8, maximum_memory_bytes=8 * GIB)
    found = sizes_of(Rollups(3600, tables), Inventory(1, vms=(vm,)))
    return next(each for each in found if each.part == part)


def steady(level: float, hours: int = WEEKS) -> NDArray[np.float64]:
    return np.full(hours, level)


def test_a_rare_peak_counts_as_much_as_a_usual_one() -> None:
    peaks = steady(0.1)
    peaks[5] = 0.6
    found = size("cpu", vm_cpu=table(steady(0.1), peaks))
    assert found.verdict == LARGE
    assert found.sizes == {CONSERVATIVE: 6.0, BALANCED: 6.0, AGGRESSIVE: 5.0}
    assert found.peak == pytest.approx(4.8, rel=1e-6)
    assert found.usual == pytest.approx(0.8, rel=1e-6)
    assert found.reason == "needed at most 4.8 vCPUs in 28 days, in 95 % of the hours at most 0.8 vCPUs"


def test_without_a_week_of_hours_there_is_no_size() -> None:
    found = size("cpu", vm_cpu=table(steady(0.1, 167)))
    assert (found.verdict, found.sizes) == (UNKNOWN, {})
    assert found.reason == "not enough history: 7.0 of 7 days seen"
    assert size("cpu", vm_cpu=table(steady(0.1, 168))).verdict == LARGE
    assert size("memory", vm_cpu=table(steady(0.1))).verdict == UNKNOWN


def test_steal_is_demand_that_was_not_met() -> None:
    lone = size("cpu", vm_cpu=table(steady(0.3)))
    waits = size("cpu", vm_cpu=table(steady(0.3)), vm_steal=table(steady(0.3)))
    assert (lone.sizes[BALANCED], waits.sizes[BALANCED]) == (3.0, 6.0)


def test_a_vm_that_waits_for_the_host_gets_no_more_virtual_cpus() -> None:
    found = size("cpu", vm_cpu=table(steady(0.95)), vm_steal=table(steady(0.3)))
    assert found.verdict == FITS
    assert "more virtual CPUs would not help" in found.reason


def test_a_full_vm_is_too_small_unless_it_is_for_a_moment() -> None:
    full = size("cpu", vm_cpu=table(steady(0.95)))
    assert full.verdict == SMALL
    assert full.sizes[BALANCED] >= 10
    moment = steady(0.5)
    moment[-1] = 0.95
    assert size("cpu", vm_cpu=table(moment, steady(1.0))).verdict == FITS


def test_a_guest_that_swaps_lacks_memory_and_gives_none_away() -> None:
    calm = size("memory", vm_memory=table(steady(0.3)), vm_swap=table(steady(0.0)))
    swaps = size("memory", vm_memory=table(steady(0.3)), vm_swap=table(steady(1e6)))
    assert (calm.verdict, swaps.verdict) == (LARGE, SMALL)
    assert swaps.sizes[BALANCED] > 8 * GIB
    assert swaps.reason.endswith("the guest reads from swap")


class Operated:
    """A VM that needs so many virtual CPUs and bytes in each hour of a week, and whose operator gives it what
    is advised each day. `now` has what it has, by part.
    """

    def __init__(self, cpus: NDArray[np.float64], used: NDArray[np.float64], **now: float) -> None:
        self.need = {"cpu": cpus, "memory": used}
        self.now = now
        self.given = {part: np.full(WEEKS, size) for part, size in now.items()}

    def advised(self, *, told: bool = True) -> dict[str, Size]:
        tables = {}
        for part, need in self.need.items():
            tables[f"vm_{part}"] = table(np.minimum(np.tile(need, 4) / self.given[part], 1.0))
        sizes = np.stack([*self.given.values()], axis=1).astype(np.float32)
        keys = tuple((*KEY, part) for part in self.given)
        if told:
            tables["vm_size"] = Rollup(keys, 3600 * np.arange(1, WEEKS + 1), sizes, sizes)
        vm = Vm(*KEY, virtual_cpus=self.now["cpu"], maximum_memory_bytes=self.now["memory"])
        return {each.part: each for each in sizes_of(Rollups(3600, tables), Inventory(1, vms=(vm,)))}

    def adopt(self) -> tuple[float, float]:
        """A day later: what it has of CPUs and GiB."""
        for part, size in self.advised().items():
            self.now[part] = size.sizes[BALANCED]
            self.given[part] = np.append(self.given[part][24:], np.full(24, self.now[part]))
        return self.now["cpu"], self.now["memory"] / GIB


@pytest.mark.parametrize(
    ("cpus", "memory", "sizes"),
    [(None, None, (10, 10)), (64, 64, (10, 10)), (9, 8.5, (9, 8.5)), (8, 7.9, (8, 8)), (4, 4, (8, 8))],
)
def test_no_size_is_beyond_the_host(
    cpus: float | None, memory: float | None, sizes: tuple[float, float]
) -> None:
    """Both parts are full: 8 virtual CPUs and 8 GiB. The VM keeps what it has."""
    vm = Vm(*KEY, virtual_cpus=8, maximum_memory_bytes=8 * GIB)
    host = Host("h1", cpus=cpus, memory_bytes=memory and memory * GIB + 1000)
    past = Rollups(3600, {f"vm_{part}": table(steady(0.97)) for part in ("cpu", "memory")})
    found = {each.part: each for each in sizes_of(past, Inventory(1, (vm,), (Host("h2", cpus=1), host)))}
    assert {each.verdict for each in found.values()} == {SMALL}
    assert (found["cpu"].sizes[BALANCED], found["memory"].sizes[BALANCED] / GIB) == sizes
    said = {each.reason.endswith("it needs more than its host has") for each in found.values()}
    assert said == {sizes != (10, 10)}


def test_a_vm_that_migrates_has_one_size_and_all_of_its_hours() -> None:
    """It came from h0 three days ago, and is on its way to h2."""
    here = Vm(*KEY, uuid="a", state="running", virtual_cpus=8, maximum_memory_bytes=8 * GIB)
    there = Vm("h2", "web", uuid="a", state="paused", virtual_cpus=8, maximum_memory_bytes=8 * GIB)
    level = np.full((WEEKS, 2), 0.1, np.float32)
    level[WEEKS - 72 :, 0] = level[: WEEKS - 72, 1] = np.nan
    row = Rollup((("h0", "web"), KEY), 3600 * np.arange(1, WEEKS + 1), level, level)
    past = Rollups(3600, {"vm_cpu": row, "vm_memory": row})
    found = sizes_of(past, Inventory(1, vms=(here, there)))
    assert [(dict(each.labels)["instance"], each.hours) for each in found] == [("h1", WEEKS)] * 2
    assert found == sizes_of(past, Inventory(1, vms=(here,)))


def weekly(usual: float, peak: float) -> NDArray[np.float64]:
    """A job once a week, two days ago."""
    need = np.full(24 * 7, usual)
    need[-48] = peak
    return need


def test_a_smaller_size_that_was_adopted_is_advised_again_for_weeks() -> None:
    vm = Operated(weekly(0.4, 2.0), weekly(4 * GIB, 8 * GIB), cpu=8.0, memory=32 * GIB)
    assert [vm.adopt() for _ in range(40)] == [(3.0, 10.0)] * 40
    found = vm.advised()
    assert {part: each.verdict for part, each in found.items()} == dict.fromkeys(found, FITS)
    assert found["cpu"].peak == pytest.approx(2.0)


def test_a_larger_size_that_was_adopted_is_not_too_small_for_what_the_old_one_lacked() -> None:
    vm = Operated(np.full(168, 1.9), np.full(168, 3.9 * GIB), cpu=2.0, memory=4 * GIB)
    assert {part: each.verdict for part, each in vm.advised().items()} == {"cpu": SMALL, "memory": SMALL}
    assert [vm.adopt() for _ in range(10)] == [(3.0, 5.0)] * 10


def test_a_size_that_is_still_too_small_is_raised_again_once_that_is_seen() -> None:
    vm = Operated(np.full(168, 7.0), np.full(168, 1.0 * GIB), cpu=2.0, memory=2 * GIB)
    assert [vm.adopt()[0] for _ in range(7)] == [3.0, 4.0, 5.0, 7.0, 9.0, 8.0, 8.0]
    vm.now["cpu"] = 12.0
    vm.given["cpu"][-5:] = 12.0
    assert vm.advised()["cpu"].verdict == LARGE


@pytest.mark.parametrize("need", [1.0, 1.9, 2.73, 5.46, 7.25, 7.28, 8.19, 14.4, 15.95])
def test_what_a_steady_load_is_given_is_neither_too_large_nor_too_small(need: float) -> None:
    vm = Operated(np.full(168, need), np.full(168, need * GIB), cpu=18.0, memory=24 * GIB)
    first = vm.adopt()
    assert [vm.adopt() for _ in range(2)] == [first] * 2
    assert {each.verdict for each in vm.advised().values()} == {FITS}


def test_little_is_given_away_at_once_and_no_more_of_it_before_that_is_forgotten() -> None:
    """A quarter of its memory stays, whatever it uses; a quarter of that would have stayed a day later."""
    vm = Operated(weekly(0.1, 0.2), weekly(GIB / 2, GIB / 2), cpu=1.0, memory=32 * GIB)
    assert [vm.adopt()[1] for _ in range(28)] == [8.0] * 28
    assert vm.adopt()[1] == 2.0


def test_where_sizes_of_the_past_are_not_known_the_present_one_stands_for_them() -> None:
    vm = Operated(weekly(0.4, 2.0), weekly(4 * GIB, 8 * GIB), cpu=8.0, memory=32 * GIB)
    known, guessed = vm.advised(), vm.advised(told=False)
    assert known == guessed


def test_a_guest_that_read_from_swap_until_it_was_given_more_needs_no_more() -> None:
    swaps = np.where(np.arange(WEEKS) < WEEKS - 24, 1e6, 0.0)
    had = np.where(np.arange(WEEKS) < WEEKS - 24, 6 * GIB, 8 * GIB)[:, None].astype(np.float32)
    sizes = Rollup(((*KEY, "memory"),), 3600 * np.arange(1, WEEKS + 1), had, had)
    tables = {"vm_memory": table(steady(0.7)), "vm_swap": table(swaps)}
    assert size("memory", **tables).verdict == SMALL
    found = size("memory", **tables, vm_size=sizes)
    assert (found.verdict, found.sizes[BALANCED]) == (FITS, 8 * GIB), "nor does it give it back at once"
    assert found.reason.endswith("the guest read from swap while it had less")


def ballooned(share: float, swaps: float = 0.0, left: float = 4 * GIB) -> Size:
    """A VM of 16 GiB, of which the balloon leaves so much, and it uses this share."""
    vm = Vm(*KEY, maximum_memory_bytes=16 * GIB, current_memory_bytes=left)
    tables = {"vm_memory": table(steady(share)), "vm_swap": table(steady(swaps))}
    (found,) = sizes_of(Rollups(3600, tables), Inventory(1, vms=(vm,)))
    return found


def test_what_the_balloon_took_is_not_used_and_not_lacked() -> None:
    starved = ballooned(0.97)
    assert starved.peak == pytest.approx(0.97 * 4 * GIB)
    assert (starved.verdict, starved.sizes[BALANCED]) == (FITS, 16 * GIB)
    assert starved.reason.endswith("what is left is full: deflate it first")
    assert ballooned(0.5, swaps=1e6).reason == ballooned(0.97).reason.replace("3.88 GiB", "2 GiB")
    calm = ballooned(0.5)
    assert (calm.verdict, calm.peak) == (LARGE, 2 * GIB)
    nearly = ballooned(0.99, left=15.9 * GIB)
    assert (nearly.verdict, nearly.sizes[BALANCED]) == (FITS, 16 * GIB)
    whole = ballooned(0.97, left=16 * GIB)
    assert (whole.verdict, whole.reason[-9:]) == (SMALL, "last week")


def test_growth_is_part_of_the_size() -> None:
    flat = size("memory", vm_memory=table(steady(0.45)))
    grown = size("memory", vm_memory=table(np.linspace(0.15, 0.45, WEEKS)))
    assert grown.sizes[BALANCED] > flat.sizes[BALANCED]
    assert "grows by 2.58 GiB in 30 days" in grown.reason


def test_a_size_that_is_nearly_right_stays() -> None:
    found = size("memory", vm_memory=table(steady(0.8)))
    assert found.verdict == FITS
    assert found.sizes[BALANCED] == found.current


def test_memory_has_steps_that_grow_with_it() -> None:
    sizes = np.array([0.1, 1.1, 3.1, 5.1, 100.0]) * GIB
    np.testing.assert_allclose(memory_step(sizes) / GIB, [0.5, 1.25, 3.5, 6.0, 112.0])


def test_noise_is_no_trend() -> None:
    noise = np.random.default_rng(7).normal(0.5, 0.05, (WEEKS, 200)).astype(np.float32)
    assert (trend(noise) != 0).mean() < 0.05


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_demand_of_the_days_after_is_within_the_sizes_and_little_is_left_unused(seed: int) -> None:
    known = fleet(seed)
    given, needed, over, days = 0.0, 0.0, 0, 0
    found = {(each.labels, each.part): each for each in sizes_of(known.rollups, known.inventory)}
    high = known.cpu.peak[SEEN * DAY :].reshape(AFTER, DAY, -1).max(axis=1)
    used = known.cpu.mean[SEEN * DAY :].mean(axis=0)
    for at, vm in enumerate(known.inventory.vms):
        each = found[(("domain", vm.domain), ("instance", vm.instance)), "cpu"]
        size = each.sizes[CONSERVATIVE]
        over, days = over + int((high[:, at] > size).sum()), days + AFTER
        given, needed = given + each.current - float(used[at]), needed + size - float(used[at])
    assert over <= 0.01 * days
    assert needed <= 0.6 * given
