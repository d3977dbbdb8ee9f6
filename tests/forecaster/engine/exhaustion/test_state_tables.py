from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from forecaster.engine.exhaustion.state_tables import StateTables
from forecaster.engine.exhaustion.state_tables.tables import LONGEST, MIXTURES, TABLES, mixture, shipped_rates
from forecaster.engine.settings import Settings

QUARTERS = Settings(step=900)
DAY = QUARTERS.season
UNKNOWN = np.inf


def nightly(n: int = 3, days: int = 6, *, every: int = 1) -> np.ndarray:
    """Series (n, steps) at 20 ± 1 that rise and go to 95 for an hour at 06:00 of every `every`-th day."""
    rng = np.random.default_rng(11)
    values = 20 + rng.normal(0, 1, (n, days * DAY))
    for day in range(0, days, every):
        values[:, day * DAY + 24 : day * DAY + 28] = 95.0
        values[:, day * DAY + 23] = 60.0
    return values


def run(
    model: StateTables,
    values: np.ndarray,
    limit: float = 90.0,
    *,
    first: int = 0,
    views: np.ndarray | None = None,
    error: float = UNKNOWN,
) -> np.ndarray:
    """P (n_horizons, n, steps)."""
    n, steps = values.shape
    limits = np.full(n, limit)
    views = np.zeros((len(model.settings.horizons), n, steps)) if views is None else views
    out = np.empty_like(views)
    for t in range(steps):
        model.observe(values[None, :, t], limits, first + t, views[None, ..., t])
        out[..., t] = model.outlook(views[..., t], np.full(n, error), limits, first + t)
    return out


def fresh(n: int, settings: Settings = QUARTERS) -> StateTables:
    return StateTables.fresh(n, settings)


@cache
def usual() -> np.ndarray:
    """What is said of the nightly series."""
    return run(fresh(3), nightly())


def test_what_is_told_of_some_series_is_what_a_batch_of_them_tells() -> None:
    n = 130  # more than two blocks of counts that are fetched at once
    values = nightly(n, 4) + np.linspace(0, 40, n)[:, None]
    model, limits = fresh(n), np.full(n, 90.0)
    run(model, values)
    rng, tick = np.random.default_rng(1), values.shape[1] - 1
    views, error = rng.random((len(QUARTERS.horizons), n)) / 2, rng.random(n) * 9
    every = model.outlook(views, error, limits, tick)
    for rows in (np.array([129, 0, 64, 63, 7]), np.arange(n)[::-1].copy(), np.arange(0)):
        its = views[:, rows], error[rows], limits[rows], tick
        told = model.outlook(*its, rows)
        np.testing.assert_array_equal(told, every[:, rows])
        np.testing.assert_array_equal(told, model.take(rows).outlook(*its))


def test_edges_are_whole_numbers_within_reach_of_the_look_up() -> None:
    edges = [edge for table in TABLES.values() for _, its in table.axes for edge in its]
    assert len(edges) > 100
    assert all(edge == int(edge) and abs(edge) < 512 for edge in edges)


def test_what_followed_a_state_is_foretold_when_it_comes_again() -> None:
    p = usual()
    last = 5 * DAY
    assert (p[0, :, last + 23] > 0.8).all(), "the rise that comes before"
    assert (p[0, :, last + 40 : last + 90] < 0.05).all()
    assert (p[1, :, last + 23] > 0.8).all()
    assert (p[2, :, last + 40 : last + 90] > 0.9).all(), "tomorrow again"


def test_a_series_that_never_reached_its_limit_is_not_said_to() -> None:
    rng = np.random.default_rng(3)
    p = run(fresh(4), 40 + rng.normal(0, 5, (4, 10 * DAY)))
    assert (p[..., 5 * DAY :] < 0.02).all()


def total(codes: np.ndarray) -> float:
    """The sum of counts, by their codes: 12 binary digits of 1024ths, times a power of two."""
    wide, digits = np.divmod(codes.astype(int), 4096)
    return float(np.where(wide < 2, codes, (4096 + digits) * 2.0 ** (wide - 1)).sum() / 1024)


def test_a_label_enters_when_its_horizon_has_passed() -> None:
    values = nightly(1, 2)
    model = fresh(1)
    for ledger in model.ledgers:
        assert total(ledger.counts.seen) == 0
    run(model, values[:, :20])
    quarter, hour, day = model.ledgers
    tables = [len(ledger.layout.names) for ledger in model.ledgers]
    # What was forgotten of them is less than a half. The first hour is not known to be quiet before its end:
    # two of its four values make it observed by half.
    assert round(total(quarter.counts.seen)) == tables[0] * (20 - 1 - 1)
    assert round(total(hour.counts.seen)) == tables[1] * (20 - 1 - 4)
    assert total(day.counts.seen) == 0
    run(model, values[:, 20:26], first=20)
    assert total(quarter.counts.hits) == tables[0], (
        "the limit was reached at step 24: one entry was 15 minutes old"
    )
    assert total(day.counts.hits) == 0


def test_a_count_of_many_is_right_to_a_thousandth() -> None:
    """Where codes are rarer than the numbers that are added, and than what fading leaves."""
    model, steps = fresh(1), 40 * DAY
    run(model, np.tile([[20.0, 30.0]], (1, steps // 2)))
    day, expected = model.ledgers[-1], 0.0
    assert day.layout.names[0] == "one"
    for step in range(steps):
        expected += step - day.layout.ahead >= 1  # the first entry is of step 1
        first_hour_ends = (step + 1) % DAY == DAY // 24
        expected *= 0.5 ** (1 / TABLES["one"].half_life) if first_hour_ends else 1.0
    assert expected > 1000
    assert total(day.counts.seen[:1]) == pytest.approx(expected, rel=1e-3)


def test_the_past_says_nothing_of_what_comes() -> None:
    values, whole = nightly(), usual()
    for cut in (1, 30, 300):
        np.testing.assert_array_equal(run(fresh(3), values[:, :cut]), whole[..., :cut])
    other = values.copy()
    other[:, 200:] = 90.0
    np.testing.assert_array_equal(run(fresh(3), other[:, :220])[..., :200], whole[..., :200])


def test_series_do_not_hear_of_each_other() -> None:
    values = np.concatenate((nightly(2), nightly(2, every=3)))
    whole = run(fresh(4), values)
    model = fresh(4)
    run(model, values[:, :300])
    rows = np.array([3, 0])
    taken = run(model.take(rows), values[rows, 300:], first=300)
    np.testing.assert_array_equal(taken, whole[:, rows, 300:])
    halves = fresh(2), fresh(2)
    run(halves[0], values[:2, :300])
    run(halves[1], values[2:, :300])
    joined = run(halves[0].join(halves[1]), values[:, 300:], first=300)
    np.testing.assert_array_equal(joined, whole[..., 300:])


@pytest.mark.parametrize("scale", [0.01, 8.0, 2.0**40])
def test_only_the_share_of_the_limit_counts(scale: float) -> None:
    values = nightly()
    np.testing.assert_allclose(run(fresh(3), scale * values, scale * 90.0), usual(), atol=1e-9)


def test_a_dilated_clock_learns_the_same() -> None:
    fast = Settings(step=9, day=864, horizons=(9, 36, 864))
    values = nightly()
    np.testing.assert_allclose(run(fresh(3, fast), values), usual())


def test_probabilities_are_monotone_in_the_horizon_however_they_are_ordered() -> None:
    horizons = (86400, 900, 7 * 86400, 21600, 3600)
    rng = np.random.default_rng(2)
    values = np.clip(60 + np.cumsum(rng.normal(0, 4, (6, 6 * DAY)), axis=1) % 60 - 20, 0, 100)
    views = rng.uniform(0, 0.6, (5, 6, 6 * DAY))
    p = run(fresh(6, Settings(step=900, horizons=horizons)), values, views=views)
    ascending = p[np.argsort(horizons)]
    assert (np.diff(ascending, axis=0) >= 0).all()
    assert ((p >= 0) & (p <= 1)).all()


@pytest.mark.parametrize("limit", [np.nan, 0.0, -5.0])
def test_without_a_limit_to_be_near_the_other_views_stand(limit: float) -> None:
    values = nightly()
    views = np.sort(np.random.default_rng(0).uniform(size=(3, *values.shape)), axis=0)
    model = fresh(3)
    np.testing.assert_array_equal(run(model, values, limit, views=views), views)
    run(model, values, first=values.shape[1])
    np.testing.assert_array_equal(run(model, values, limit, first=2 * values.shape[1], views=views), views)


def test_what_has_never_moved_is_left_to_the_other_views() -> None:
    assert (run(fresh(1), np.full((1, 3 * DAY), 42.0)) == 0).all()


@pytest.mark.parametrize("limit", [5e-324, 1e-300, 1e300])
def test_extreme_limits_and_values_are_survived(limit: float) -> None:
    values = np.tile([[1e300, -1e300, 0.0, 1e-300, np.nan]], (1, DAY // 5))
    p = run(fresh(1), values, limit, error=1e300)
    assert ((p >= 0) & (p <= 1)).all()


def test_gaps_teach_nothing() -> None:
    model = fresh(1)
    run(model, np.full((1, 3 * DAY), np.nan))
    assert all(total(ledger.counts.seen) == 0 for ledger in model.ledgers)
    assert (run(model, nightly(1), first=3 * DAY) <= 1).all()


def test_alarms_that_never_come_true_are_believed_less_and_less() -> None:
    rng = np.random.default_rng(4)
    values = 40 + rng.normal(0, 5, (1, 4 * DAY))
    views = np.full((3, 1, 4 * DAY), 0.9)
    p = run(fresh(1), values, views=views)
    assert p[0, 0, 1] > 0.2
    assert p[0, 0, -1] < 0.02
    assert (np.diff(p[0, 0, 4::DAY]) < 0).all()


def test_alarms_that_come_true_are_believed() -> None:
    values = nightly(1)
    views = np.zeros((3, *values.shape))
    views[1:, :, 20::DAY] = 0.95  # an hour before each
    p, last = run(fresh(1), values, views=views), 5 * DAY + 20
    assert p[1, 0, 20] < 0.5
    assert p[1, 0, last] > 0.65
    assert p[1, 0, last] > run(fresh(1), values)[1, 0, last]


def test_views_that_hardly_err_are_believed_at_once() -> None:
    rng = np.random.default_rng(4)
    values = 40 + rng.normal(0, 5, (1, DAY))
    views = np.full((3, 1, DAY), 0.9)
    assert (run(fresh(1), values, views=views, error=0.1)[..., 1:] > 0.85).all()
    assert (run(fresh(1), values, views=views, error=20.0)[0, 0, 50:] < 0.2).all()


def test_horizons_take_the_nearest_weights() -> None:
    assert [mixture(each.horizon) for each in MIXTURES] == list(MIXTURES)
    assert mixture(1 / 200) == MIXTURES[0]
    assert mixture(1 / 40) == MIXTURES[1]
    assert mixture(0.5) == MIXTURES[2]
    long = fresh(1, Settings(step=900, horizons=(3600, 86400, 30 * 86400)))
    assert [ledger.layout.ahead for ledger in long.ledgers] == [4, 96]
    assert LONGEST < 30


def test_every_cell_has_a_shipped_rate() -> None:
    for each in MIXTURES:
        rates = shipped_rates(each.horizon)
        assert len(rates) == sum(TABLES[name].size for name in each.names)
        assert ((rates > 0) & (rates < 1)).all()
