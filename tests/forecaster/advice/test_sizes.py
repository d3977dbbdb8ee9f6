"""Sizes of VMs: from what was seen, never below it, and nothing without a week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fleets import AFTER, DAY, GIB, SEEN, fleet
from forecaster.advice.sizes import FITS, LARGE, SMALL, UNKNOWN, sizes_of
from forecaster.advice.sizing import AGGRESSIVE, BALANCED, CONSERVATIVE, memory_step, trend
from forecaster.view.inventory import Inventory, Vm
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


def size(part: str, cpus: float = 8, memory: float = 8 * GIB, **tables: Rollup) -> Size:
    vm = Vm(*KEY, virtual_cpus=cpus, maximum_memory_bytes=memory)
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


def test_growth_is_part_of_the_size() -> None:
    flat = size("memory", vm_memory=table(steady(0.45)))
    grown = size("memory", vm_memory=table(np.linspace(0.15, 0.45, WEEKS)))
    assert grown.sizes[BALANCED] > flat.sizes[BALANCED]
    assert "grows by 2.58 GiB in 30 days" in grown.reason


def test_a_size_that_is_nearly_right_stays() -> None:
    found = size("memory", memory=8 * GIB, vm_memory=table(steady(0.8)))
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
