"""Days left: exact on lines, honest on noise, and the interval holds what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from fills import before_full, daily_fills, reached
from forecaster.advice.days_left import LEAST, days_left, levels
from forecaster.advice.growth import growth
from forecaster.advice.runway import ADVISER, runways
from forecaster.view.inventory import Host, Inventory, Pool, Vm
from forecaster.view.rollups import Rollup, Rollups

DAYS = 28
POOL = ("h1", "images")


def pool(level: np.ndarray, name: str = "pool") -> Rollups:
    """Rollups of one pool with these levels at the end of each day."""
    hours = np.repeat(level, 24).astype(np.float32)[:, None]
    table = Rollup((POOL,), 3600 * np.arange(1, len(hours) + 1), hours, hours)
    return Rollups(3600, {name: table})


def test_a_line_is_followed_to_the_limit() -> None:
    (found,) = runways(pool(0.3 + 0.01 * np.arange(DAYS)))
    assert found.resource == "pool"
    assert found.growth == pytest.approx(0.01, rel=1e-4)
    assert {name: round(days, 1) for name, days in found.days.items()} == {"0.1": 33, "0.5": 33, "0.9": 33}
    assert found.text() == "33 days (33 to 33)"


def test_the_limit_is_that_of_the_configuration() -> None:
    (found,) = runways(pool(0.3 + 0.01 * np.arange(DAYS)), (("pool", 0.8),))
    assert found.days["0.5"] == pytest.approx(23, abs=0.1)


def test_what_is_full_has_no_days_left_and_what_is_flat_more_than_a_year() -> None:
    (full,) = runways(pool(np.full(DAYS, 0.93)))
    (flat,) = runways(pool(np.full(DAYS, 0.4)))
    assert (full.days["0.5"], full.text()) == (0.0, "at its limit")
    assert (dict(flat.days), flat.text()) == ({}, "more than a year")


def test_a_pool_of_whole_volumes_has_no_runway() -> None:
    full, (instance, name) = pool(np.full(DAYS, 1.0)), POOL
    (found,) = runways(full, (), Inventory(1, pools=(Pool(instance, name, type="dir"),)))
    assert found.text() == "at its limit"
    assert runways(full, (), Inventory(1, pools=(Pool(instance, name, type="logical"),))) == ()


def test_a_week_must_be_known() -> None:
    known = days_left(np.linspace(0.1, 0.2, LEAST)[:, None], np.array([0.9]))
    short = days_left(np.linspace(0.1, 0.2, LEAST - 1)[:, None], np.array([0.9]))
    assert np.isfinite(known).all()
    assert np.isnan(short).all()
    (young,) = runways(pool(np.linspace(0.1, 0.2, LEAST - 1)))
    assert young.text() == "not enough history"


def test_the_level_of_a_day_is_its_highest_hour() -> None:
    hours = np.tile(np.linspace(0.1, 0.5, 24), 2).astype(np.float32)[:, None]
    hours[30:40] = np.nan
    np.testing.assert_allclose(levels(hours), [[0.5], [0.5]], rtol=1e-6)
    assert np.isnan(levels(np.full((24, 1), np.nan, np.float32))).all()


@pytest.mark.parametrize("seed", [3, 4])
def test_the_interval_holds_eight_of_ten_dates(seed: int) -> None:
    level = daily_fills(seed, 800)
    truth = reached(level, DAYS, 0.9)
    left = days_left(level[:DAYS], np.full(800, 0.9))
    judged = (level[DAYS - 1] < 0.9) & (truth <= 60)
    assert judged.sum() > 200
    held = (left[0] <= truth) & (truth <= left[2])
    assert 0.7 <= held[judged].mean() <= 0.9
    error = np.abs(left[1][judged] - truth[judged]) / truth[judged]
    assert np.median(error) <= 0.25


def test_a_week_ahead_the_date_is_right_within_a_quarter() -> None:
    seen, truth = before_full(daily_fills(2026, 2000), 7, DAYS, 0.9)
    left = days_left(seen, np.full(len(truth), 0.9))
    assert len(truth) > 1500
    assert np.median(np.abs(left[1] - truth) / truth) <= 0.25
    assert 0.7 <= ((left[0] <= truth) & (truth <= left[2])).mean() <= 0.9


def sawtooth(days: int) -> np.ndarray:
    """0.02 a workday; on each seventh day 0.06 is deleted: 0.04 a week."""
    return 0.3 + np.cumsum(np.where(np.arange(days) % 7 == 6, -0.06, 0.1 / 6))


def test_what_is_deleted_each_week_is_foreseen() -> None:
    """The limit is reached on a day before a deletion, not when the mean line does so."""
    level = sawtooth(400)
    for last in range(DAYS, DAYS + 7):
        (truth,) = before_full(level[:, None], 0, 1, 0.9)[1] + np.flatnonzero(level >= 0.9)[0] - last
        left = days_left(level[last - DAYS + 1 : last + 1, None], np.array([0.9]))[1]
        assert left[0] == pytest.approx(truth, rel=0.02)


def test_a_clean_up_by_hand_does_not_change_the_pace() -> None:
    level = 0.3 + 0.01 * np.arange(DAYS) + 0.001 * np.random.default_rng(1).normal(size=DAYS)
    cleaned = level - np.where(np.arange(DAYS) >= 20, 0.2, 0.0)
    left = days_left(cleaned[:, None], np.array([0.9]))[1]
    assert left[0] == pytest.approx((0.9 - cleaned[-1]) / 0.01, rel=0.05)
    assert growth(cleaned[:, None]).mean[0] == pytest.approx(0.01, rel=0.05)


def test_one_day_that_is_not_known_is_no_clean_up() -> None:
    level = np.asarray(0.3 + 0.01 * np.arange(DAYS), np.float64)
    level[20] = np.nan
    found = growth(level[:, None])
    assert found.mean[0] == pytest.approx(0.01)
    assert found.known[0] == DAYS - 3
    assert found.spread[0] == pytest.approx(0, abs=1e-9)


def test_what_ends_first_is_first_and_only_what_ends_soon_is_in_the_table() -> None:
    assert ADVISER.advice.gauges[0].name == "virtcast_runway_seconds"
    slow, fast = 0.2 + 0.001 * np.arange(DAYS), 0.2 + 0.02 * np.arange(DAYS)
    tables = {**pool(slow).tables, **pool(fast, "host_memory").tables}
    host = tables["host_memory"]
    tables["host_memory"] = Rollup((("h1",),), host.ends, host.mean, host.peak)
    found = runways(Rollups(3600, tables))
    assert [each.resource for each in found] == ["host_memory", "pool"]
    assert [ADVISER.advice.shown(each) for each in found] == [True, False]


def hosts(name: str, levels: dict[str, np.ndarray]) -> Rollups:
    """Rollups of hosts with these levels at the end of each day."""
    hours = np.repeat(np.stack(list(levels.values()), axis=1), 24, axis=0).astype(np.float32)
    table = Rollup(tuple((each,) for each in levels), 3600 * np.arange(1, len(hours) + 1), hours, hours)
    return Rollups(3600, {name: table})


DAY = np.arange(DAYS)
EDGE = Inventory(
    1,
    hosts=(
        Host("h1", cluster="edge", cpus=30, memory_bytes=1.0),
        Host("h2", cluster="edge", cpus=10, memory_bytes=1.0),
        Host("h3", cpus=8),
        Host("h4", cpus=8),
        Host("h5", cluster="alone", cpus=8),
        Host("h6", cluster="edge"),
    ),
)


def test_hosts_of_a_cluster_have_days_left_together_without_the_largest() -> None:
    """By size: 30 of 40 CPUs grow by a hundredth a day; a quarter of all, at 90 %, is left without them."""
    levels = {"h1": 0.01 * DAY, "h2": np.zeros(DAYS), "h6": np.ones(DAYS)}
    found = {
        each.resource: each
        for each in runways(hosts("host_cpu", levels), (), EDGE)
        if each.resource[0] == "c"
    }
    of = found["cluster_cpu"]
    assert of.labels == (("cluster", "edge"),)
    assert of.limit == pytest.approx(0.9 * 10 / 40)
    assert of.growth == pytest.approx(0.0075, rel=1e-4)
    assert of.level == pytest.approx(0.75 * 0.27, rel=1e-4)
    assert of.days["0.5"] == pytest.approx((0.225 - 0.2025) / 0.0075, rel=0.01)


def test_hosts_without_a_cluster_are_one_and_a_single_host_is_none() -> None:
    levels = {name: np.full(DAYS, 0.2) for name in ("h3", "h4", "h5")}
    found = [dict(each.labels) for each in runways(hosts("host_cpu", levels), (), EDGE)]
    assert {"cluster": "default"} in found
    assert {"cluster": "alone"} not in found


def test_what_is_not_known_of_a_host_is_as_of_the_others() -> None:
    late = np.where(DAY < 14, np.nan, 0.4)
    known = hosts("host_memory", {"h1": np.full(DAYS, 0.4), "h2": late})
    (of,) = [
        each for each in runways(known, (("host_memory", 0.8),), EDGE) if each.resource == "cluster_memory"
    ]
    assert (of.level, of.limit, of.growth) == pytest.approx((0.4, 0.4, 0.0), abs=1e-6)
    assert of.text() == "at its limit"


def test_data_and_metadata_of_a_thin_pool_have_days_left_apart() -> None:
    levels = np.repeat(np.stack([0.3 + 0.01 * DAY, 0.1 + 0 * DAY], axis=1), 24, axis=0).astype(np.float32)
    names = tuple(("h1", "vg", "thin", part) for part in ("data", "metadata"))
    table = Rollup(names, 3600 * np.arange(1, len(levels) + 1), levels, levels)
    first, second = runways(Rollups(3600, {"thin_pool": table}))
    assert (dict(first.labels)["part"], round(first.days["0.5"])) == ("data", 33)
    assert (dict(second.labels)["part"], dict(second.days)) == ("metadata", {})


def filesystems(*columns: tuple[str, str, np.ndarray]) -> Rollups:
    """File systems of VMs (instance, domain) with these levels at the end of each day."""
    names = tuple((instance, domain, "/") for instance, domain, _ in columns)
    hours = np.repeat(np.stack([level for *_, level in columns], axis=1), 24, axis=0).astype(np.float32)
    return Rollups(3600, {"vm_filesystem": Rollup(names, 3600 * np.arange(1, len(hours) + 1), hours, hours)})


def test_what_is_gone_has_no_days_left() -> None:
    """A VM that was deleted 20 days ago, full, and one whose last hour was 25 hours ago."""
    gone, stays = np.where(DAY < 8, 0.97, np.nan), 0.3 + 0.01 * DAY
    lately = np.where(DAY < DAYS - 1, 0.97, np.nan)
    known = filesystems(("h1", "gone", gone), ("h1", "web", stays), ("h1", "lately", lately))
    for inventory in (None, Inventory(1, vms=(Vm("h1", "web"),))):
        (found,) = runways(known, (), inventory)
        assert dict(found.labels)["domain"] == "web"
    assert runways(pool(gone)) == ()


def test_a_vm_that_moved_brings_its_pace() -> None:
    """Three days ago, from h1 to h2; two VMs called `db` have nothing in common."""
    level = 0.3 + 0.01 * DAY
    old, new = np.where(DAY < DAYS - 3, level, np.nan), np.where(DAY < DAYS - 3, np.nan, level)
    known = filesystems(("h1", "web", old), ("h2", "web", new), ("h1", "db", old), ("h2", "db", new))
    vms = (Vm("h2", "web"), Vm("h1", "db"), Vm("h2", "db"))
    found = {each.labels: each.text() for each in runways(known, (), Inventory(1, vms=vms))}
    texts = {(dict(of)["instance"], dict(of)["domain"]): text for of, text in found.items()}
    assert texts == {("h2", "web"): "38 days (38 to 38)", ("h2", "db"): "not enough history"}
