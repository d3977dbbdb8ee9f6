"""The series of the past that there still are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.view.living import living
from forecaster.view.rollups import Rollup

if TYPE_CHECKING:
    from collections.abc import Mapping

HOURS = 96
TIME = np.arange(HOURS)
NAN = np.float32(np.nan)


def past(levels: Mapping[Any, np.ndarray]) -> Rollup:
    mean = np.stack([*levels.values()], axis=1).astype(np.float32)
    return Rollup(tuple(levels), 3600 * np.arange(1, HOURS + 1), mean, mean + np.float32(1))


def before(hour: int, level: float) -> np.ndarray:
    return np.where(hour > TIME, level, NAN)


def since(hour: int, level: float) -> np.ndarray:
    return np.where(hour <= TIME, level, NAN)


def test_what_has_no_value_in_the_last_day_is_gone() -> None:
    known = past({("h1",): before(72, 0.1), ("h2",): before(73, 0.2), ("h3",): since(0, 0.3)})
    assert living(known, "host_cpu").labels == (("h2",), ("h3",))


def test_a_row_of_which_nothing_is_gone_stays_as_it_is() -> None:
    known = past({("h1", "web"): since(0, 0.1), ("h1", "db"): since(90, 0.2)})
    assert living(known, "vm_cpu", [("h1", "db"), ("h1", "web")]) is known
    assert living(known, "vm_cpu") is known


def test_a_vm_that_moved_is_one_and_its_own_hours_go_first() -> None:
    """It was seen at both for two hours."""
    known = past({("h1", "web", "/"): before(92, 0.1), ("h2", "web", "/"): since(90, 0.2)})
    found = living(known, "vm_filesystem", [("h2", "web")])
    assert found.labels == (("h2", "web", "/"),)
    np.testing.assert_array_equal(found.mean[:, 0], np.where(TIME < 90, 0.1, 0.2).astype(np.float32))
    np.testing.assert_array_equal(found.peak, found.mean + np.float32(1))


def test_vms_with_one_name_keep_apart_and_the_past_of_neither_is_guessed() -> None:
    levels = {("h1", "web"): since(0, 0.1), ("h2", "web"): since(80, 0.2), ("h3", "web"): before(95, 0.3)}
    found = living(past(levels), "vm_cpu", [("h1", "web"), ("h2", "web")])
    assert found.labels == (("h1", "web"), ("h2", "web"))
    assert np.isnan(found.mean[:80, 1]).all()


def test_what_is_in_no_inventory_is_there_while_it_has_values() -> None:
    levels = {("h1", "guest"): since(0, 0.1), ("h1", "gone"): before(60, 0.2)}
    assert living(past(levels), "vm_cpu", [("h1", "web")]).labels == (("h1", "guest"),)


def test_a_pool_has_no_vm() -> None:
    known = past({("h1", "web"): since(0, 0.1)})
    assert living(known, "pool", [("h2", "web")]) is known


def test_of_nothing_there_is_nothing() -> None:
    nothing = Rollup()
    assert living(nothing, "vm_cpu", [("h1", "web")]) is nothing
