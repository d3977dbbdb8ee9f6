"""What VMs used in virtual CPUs and bytes: a share is one of what the VM had in its hour."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.view.inventory import Vm
from forecaster.view.rollups import SIZE, Rollup, Rollups
from forecaster.view.used import CPU, MEMORY, given, present, used

ENDS = 3600 * np.arange(1, 7)
NAN = float("nan")


def row(values: list[float], *label: str, until: int = 6, instance: str = "h1") -> Rollup:
    hours = np.array(values, np.float32)[:, None]
    return Rollup(
        ((instance, "web", *label),), ENDS[until - len(values) : until], hours, hours / np.float32(2)
    )


WEB = Vm("h1", "web", virtual_cpus=2.0, maximum_memory_bytes=16.0, current_memory_bytes=4.0)


@pytest.mark.parametrize(
    ("told", "had"),
    [
        (row([8, 8, 8, 4, 2, 2], "cpu"), [8, 8, 8, 4, 2, 2]),
        (row([NAN, 8, NAN, NAN, 2, 2], "cpu"), [8, 8, 8, 8, 2, 2]),  # the last one before, or else the first
        (row([8, 8, 8], "cpu", until=4), [8, 8, 8, 8, 2, 2]),  # not read yet: made smaller meanwhile
        (row([1, 1, 1], "cpu", until=4), [1, 1, 1, 1, 1, 1]),  # or larger, nobody knows when
        (row([0, NAN, NAN], "cpu"), [2] * 6),
        (row([8] * 6, "memory"), [2] * 6),
        (Rollup(), [2] * 6),
    ],
)
def test_what_a_vm_had_is_told_by_its_hour_and_else_by_the_present(told: Rollup, had: list[float]) -> None:
    assert given(Rollups(3600, {SIZE: told}), CPU, [WEB], ENDS)[:, 0].tolist() == had


def test_a_share_is_one_of_its_hour() -> None:
    past = Rollups(
        3600, {"vm_cpu": row([0.5, 0.5, NAN, 0.5, 0.5, 1.0]), SIZE: row([8, 8, 8, 8, 2, 2], "cpu")}
    )
    found = used(past, CPU, [WEB])
    np.testing.assert_allclose(found.mean[:, 0], [4, 4, NAN, 4, 1, 2])
    np.testing.assert_allclose(found.peak[:, 0], [2, 2, NAN, 2, 0.5, 1])
    assert found.ends is past["vm_cpu"].ends


def test_of_memory_what_the_balloon_leaves_counts() -> None:
    found = used(Rollups(3600, {"vm_memory": row([0.5] * 6)}), MEMORY, [WEB])
    assert found.mean[:, 0].tolist() == [2] * 6
    assert present(MEMORY, [WEB, Vm("h1", "db", maximum_memory_bytes=16.0)]).tolist() == [4, 16]
    assert np.isnan(present(CPU, [Vm("h1", "db"), Vm("h1", "odd", virtual_cpus=0.0)])).all()


def test_a_vm_that_migrated_brings_what_it_had() -> None:
    """Its definition stayed at the old host, and says less there meanwhile."""
    old, new = row([8, 8, 8, 8, 1, 1], "cpu"), row([NAN, NAN, NAN, NAN, 2, 2], "cpu", instance="h2")
    both = Rollup((*old.labels, *new.labels), ENDS, *(np.hstack([old.mean, new.mean]),) * 2)
    moved = Vm("h2", "web", virtual_cpus=2.0)
    assert given(Rollups(3600, {SIZE: both}), CPU, [moved], ENDS)[:, 0].tolist() == [8, 8, 8, 8, 2, 2]


@pytest.mark.parametrize(("defined", "known"), [(True, 80), (False, 40)])
def test_a_vm_that_was_off_for_days_brings_its_past(defined: bool, known: int) -> None:
    """It ran at one host, was off for two days, and runs at another one; another VM ran all the time."""
    ends, keys = np.arange(1, 129) * 3600, (("h1", "web"), ("h2", "web"), ("h1", "db"))
    load, size = np.full((2, 128, 3), 0.5, np.float32)
    load[40:, 0] = load[:88, 1] = size[:88, 1] = NAN
    size[88 if defined else 40 :, 0] = NAN
    sizes = Rollup(tuple((*key, "cpu") for key in keys), ends, size, size)
    past = Rollups(3600, {"vm_cpu": Rollup(keys, ends, load, load), SIZE: sizes})
    now = [Vm("h2", "web", virtual_cpus=2.0), Vm("h1", "db", virtual_cpus=2.0)]
    assert np.isfinite(used(past, CPU, now).mean[:, 0]).sum() == known


def test_without_vms_or_hours_there_is_nothing() -> None:
    assert used(Rollups(), CPU, [WEB]).mean.shape == (0, 1)
    assert used(Rollups(3600, {SIZE: row([8] * 6, "cpu")}), CPU, []).mean.shape == (0, 0)
