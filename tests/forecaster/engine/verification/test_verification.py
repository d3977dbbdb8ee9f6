"""Forecasts are judged by what came after they were made, and by nothing else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.engine.baseline import WEEKLY
from forecaster.engine.engine import Engine, Settings
from forecaster.engine.verification import Said, Verification
from forecaster.engine.verification.schedule import Instants
from forecaster.replay import replay

if TYPE_CHECKING:
    from forecaster.engine.verification import Record

SETTINGS = Settings(step=3600, horizons=(3600, 86400))
START = 1_700_006_400 // 3600  # the number of an hour: midnight
NEVER = np.array([np.nan])


def run(values: np.ndarray, forecast: np.ndarray, limit: float = np.nan, chance: float = np.nan) -> Record:
    """What comes of the same forecast (n_horizons, 3) and probability at every step, of the series (n, t)."""
    table = np.atleast_2d(values)
    n = len(table)
    kept, ready = Verification.fresh(n, SETTINGS), np.ones(n, np.bool_)
    turns = np.arange(n, dtype=np.int32)
    for tick, column in enumerate(table.T, START):
        kept.observe(column[None], np.full(n, limit), tick, turns, [None])
        kept.enter(partial(always, forecast, chance), column, tick, ready, turns)
    return kept.record


def always(forecast: np.ndarray, chance: float, rows: np.ndarray) -> Said:
    return Said(np.repeat(forecast[:, :, None], len(rows), axis=2), np.full((2, len(rows)), chance))


def both(low: float, middle: float, high: float) -> np.ndarray:
    return np.array([[low, middle, high]] * 2)


def share(record: Record) -> np.ndarray:
    """Of the values that were inside, by horizon."""
    found: np.ndarray = record.inside.sum(axis=1) / record.outcomes.sum(axis=1)
    return found


def test_a_planted_band_holds_what_it_was_made_to_hold() -> None:
    """The quantiles of normal noise itself: 80 % of its values lie between them."""
    noise = np.random.default_rng(3).normal(0, 1, (400, 24 * 40))
    tenth = 1.2816
    assert share(run(noise, both(-tenth, 0, tenth))) == pytest.approx([0.8, 0.8], abs=0.01)
    assert (share(run(noise, both(-tenth / 2, 0, tenth / 2))) < 0.6).all()


def test_outcomes_are_those_of_about_thirty_days() -> None:
    """A forecast every 13 hours, and of a day ahead every 26; what is older counts less."""
    record = run(np.zeros(24 * 300), both(0, 0, 0))
    assert record.outcomes[:, 0] == pytest.approx([30 * 24 / 13 + 0.5, 30 * 24 / 26 + 0.5], rel=0.01)
    changed = run(np.r_[np.zeros(24 * 300), np.ones(24 * 30)], both(0, 0, 0))
    assert share(changed) == pytest.approx([np.exp(-1)] * 2, rel=0.1)  # of the last 30 days, nothing held


def test_errors_are_beside_those_of_the_last_value_and_of_yesterdays() -> None:
    """Values alternate by day between 0 and 10, with one more at each hour."""
    hours = np.arange(24 * 40)
    values = 10.0 * (hours // 24 % 2) + 0.5 * (hours % 24)
    record = run(values, both(0, 5, 10))
    assert record.error_earlier[0, 0] / record.outcomes[0, 0] == pytest.approx(10, rel=0.1)
    assert record.error_earlier[1, 0] == record.error_last[1, 0] > 0  # a day ahead both are the same value
    # An hour ahead of the last value is half of one more, but at midnight.
    assert record.error_last[0, 0] / record.outcomes[0, 0] < 2
    exact = run(np.full(24 * 40, 7.0), both(7, 7, 7))
    assert exact.error.tolist() == exact.error_last.tolist() == [[0.0], [0.0]]


def test_forecasts_that_are_worse_than_naive_have_greater_errors() -> None:
    walk = np.cumsum(np.random.default_rng(1).normal(0, 1, 24 * 60))
    record = run(walk, both(-1, 0, 1))  # a forecast of the mean of a walk that has none
    assert record.error[0, 0] > 3 * record.error_last[0, 0]


def test_values_of_any_size_are_judged() -> None:
    huge = 1e300 * np.random.default_rng(2).normal(0, 1, 24 * 40)
    record = run(huge, both(-1e300, 0, 1e300), limit=1e299, chance=0.5)
    assert all(np.isfinite(np.asarray(part)).all() for part in vars(record).values())
    assert record.outcomes.min() > 10


def test_series_take_turns() -> None:
    """In the 12.5 hours between two instants of a series there are five, each of a fifth of all."""
    settings = Settings(step=300)
    first, turns = Instants.of(900, settings), np.random.default_rng(1).integers(0, 121, 1000, np.int32)
    made = [first.at(tick) for tick in range(START * 12, START * 12 + 150)]
    counts = [len(each.rows(turns, first.turns)) for each in made if each]
    assert len(counts) == 5
    assert sum(counts) == 1000
    assert 150 < min(counts) <= max(counts) < 250
    longer = Instants.of(7 * 86400, settings)
    together = [(first.at(tick), longer.at(tick)) for tick in range(40_000)]
    assert all(short is not None and short.turn == far.turn for short, far in together if far)
    of_one = [t for t, (_, far) in enumerate(together) if far and far.turn == 3]
    assert set(np.diff(of_one)) == {14 * 150} == {round(longer.apart)}


def test_a_missing_value_is_no_outcome() -> None:
    values = np.zeros(24 * 100)
    values[np.random.default_rng(2).random(len(values)) < 0.5] = np.nan
    record, whole = run(values, both(0, 0, 0)), run(np.zeros(24 * 100), both(0, 0, 0))
    assert record.outcomes[0, 0] < 0.5 * whole.outcomes[0, 0]  # when it was made there was a value, too
    assert share(record).tolist() == [1.0, 1.0]
    assert not run(np.full(24 * 40, np.nan), both(0, 0, 0)).outcomes.any()


def test_chances_are_judged_by_whether_the_limit_was_reached_in_time() -> None:
    """The limit is reached in one hour of each day: within a day always, within an hour seldom."""
    values = np.where(np.arange(24 * 60) % 24 == 12, 95.0, 40.0)
    record = run(values, both(0, 40, 95), limit=90.0, chance=0.75)
    assert record.reached[1, 0] == pytest.approx(record.chances[1, 0])
    assert record.squares[1, 0] / record.chances[1, 0] == pytest.approx(0.25**2)
    assert 0 < record.reached[0, 0] < 0.2 * record.chances[0, 0]
    assert not run(values, both(0, 40, 95)).chances.any()


def test_an_exhaustion_counts_as_flagged_by_what_was_likely_before_it() -> None:
    kept, turns = Verification.fresh(2, SETTINGS), np.zeros(2, np.int32)
    limit, likely = np.array([90.0, 90.0]), np.array([[0.0, 0.0], [0.6, 0.4]])
    for tick in range(START, START + 24):
        kept.observe(np.array([[50.0, 50.0]]), limit, tick, turns, [likely])
    kept.observe(np.array([[95.0, 95.0]]), limit, START + 24, turns, [None])
    kept.observe(np.array([[96.0, 96.0]]), limit, START + 25, turns, [None])  # the same one
    assert (kept.record.flagged.tolist(), kept.record.missed.tolist()) == ([1, 0], [0, 1])
    for tick in range(START + 26, START + 60):  # what was likely more than a day ago flags nothing
        kept.observe(np.array([[50.0, np.nan]]), limit, tick, turns, [None])
    kept.observe(np.array([[95.0, 95.0]]), limit, START + 60, turns, [None])
    # The second series was not seen below its limit in between.
    assert (np.round(kept.record.flagged).tolist(), np.round(kept.record.missed).tolist()) == ([1, 0], [1, 1])


@pytest.mark.parametrize("highest", [89.0, 95.0])
def test_steps_that_come_together_are_judged_as_one_by_one(highest: float) -> None:
    values = series(days=12) / 80 * highest
    values[1, 30:90] = np.nan
    limit, turns = np.full(3, 90.0), np.arange(3, dtype=np.int32)
    likely = np.array([[0.0] * 3, [0.6, 0.4, 0.7]])

    def after(at_once: int) -> Verification:
        kept = Verification.fresh(3, SETTINGS)
        first = 0
        while first < values.shape[1]:
            end = first + 1
            while end < min(first + at_once, values.shape[1]) and not kept.makes(START + end - 1):
                end += 1
            some = values[:, first:end].T
            chances = [likely if tick % 3 == 0 else None for tick in range(first, end)]
            kept.observe(some, limit, START + first, turns, chances)
            said = partial(always, both(0, 40, 95), 0.75)
            kept.enter(said, some[-1], START + end - 1, np.ones(3, np.bool_), turns)
            first = end
        return kept

    one_by_one, together = after(1).parts(), after(7).parts()
    for name, part in one_by_one.items():
        np.testing.assert_array_equal(together[name], part, err_msg=name)


def series(rows: int = 3, days: int = 10) -> np.ndarray:
    rng, t = np.random.default_rng(5), np.arange(24 * days)
    return np.array(
        [60 + 20 * np.sin(2 * np.pi * t / 24 + row) + rng.normal(0, 4, len(t)) for row in range(rows)]
    )


def live(values: np.ndarray, **changes: float) -> Engine:
    """An engine that took the values one by one."""
    engine = Engine.fresh(len(values), SETTINGS)
    for tick, column in enumerate(values.T, START):
        engine.observe(column, 3600 * tick, np.full(len(values), changes.get("limit", 75.0)))
    return engine


def parts(engine: Engine) -> dict[str, np.ndarray]:
    return {name: np.asarray(each) for name, each in engine.verification.parts().items()}


def same(one: Engine, other: Engine) -> None:
    for name, part in parts(one).items():
        np.testing.assert_array_equal(part, parts(other)[name], err_msg=name)


def test_history_leaves_the_record_that_live_steps_leave() -> None:
    values = series()
    values[1, 40:60] = np.nan
    read = Engine.fresh(len(values), SETTINGS)
    times = 3600 * np.arange(START, START + values.shape[1])
    read.read(values[:, :100], times[:100], np.full(3, 75.0))
    read.read(values[:, 100:], times[100:], np.full(3, 75.0))
    same(live(values), read)
    assert live(values).verification.record.outcomes.min() > 3


def test_what_comes_later_changes_nothing() -> None:
    values = series()
    other = values.copy()
    other[:, 150:] += 1000.0
    one, two = (live(each[:, :150]) for each in (values, other))
    same(one, two)


def test_steps_left_out_are_missing() -> None:
    values = series()
    gap = Engine.fresh(3, SETTINGS)
    for tick, column in enumerate(values.T, START):
        if not 100 <= tick - START < 140:
            gap.observe(column, 3600 * tick, np.full(3, 75.0))
    values[:, 100:140] = np.nan
    np.testing.assert_array_equal(gap.verification.record.outcomes, live(values).verification.record.outcomes)


def test_falling_limits_are_judged_alike() -> None:
    """The limit as of the mirror image; bands and medians, whose views do not, as of the same series."""
    values = series()
    falling, rising = (
        Engine.fresh(3, Settings(step=3600, horizons=SETTINGS.horizons, lower_limit=lower))
        for lower in (True, False)
    )
    for tick, column in enumerate(values.T, START):
        falling.observe(-column, 3600 * tick, np.full(3, -75.0))
        rising.observe(-column, 3600 * tick, np.full(3, np.nan))
    mine = falling.verification.record
    np.testing.assert_allclose(mine.reached, live(values).verification.record.reached)
    np.testing.assert_allclose(mine.inside, rising.verification.record.inside)
    np.testing.assert_allclose(mine.error, rising.verification.record.error, rtol=1e-5)


def test_it_costs_some_two_hundred_bytes_a_series() -> None:
    kept = Verification.fresh(10, Settings(step=300))
    cost = sum(part.nbytes for part in kept.parts().values() if isinstance(part, np.ndarray)) / 10
    assert cost < 200


def instants(each: Instants, turn: int, steps: range) -> list[int]:
    """The steps at which forecasts are made of the series with this turn."""
    of = np.array([turn])
    return [t for t in steps if (it := each.at(START + t)) and len(it.rows(of, each.turns))]


def by_hand(values: np.ndarray, limit: float, turns: np.ndarray) -> dict[str, np.ndarray]:
    """The sums (n_horizons, n) from what a replay said, each outcome with its age's weight."""
    n, steps = values.shape
    said = replay(
        values,
        3600 * np.arange(START, START + steps),
        limit,
        SETTINGS.horizons,
        forecast_at=range(steps),
    )
    names = ("outcomes", "inside", "error", "error_last", "error_earlier", "chances", "squares", "reached")
    sums = {name: np.zeros((2, n)) for name in names}
    for number, each in enumerate(Instants.of(horizon, SETTINGS) for horizon in SETTINGS.horizons):
        of = [instants(each, int(turn), range(steps - each.ahead)) for turn in turns]
        ages = [(k, age, t) for k in range(n) for age, t in enumerate(reversed(of[k]))]
        for row, age, t in ages:
            weight = np.exp(-age * each.apart / (30 * 24))
            low, middle, high = said.forecast[row, t, number]
            last, came = values[row, t], values[row, t + each.ahead]
            earlier = values[row, t + each.ahead - each.back] if t + each.ahead >= each.back else np.nan
            if not said.ready[row, t] or np.isnan(last):
                continue
            passed = (values[row, t + 1 : t + each.ahead + 1] >= limit).any()
            if not np.isnan(came):
                sums["outcomes"][number, row] += weight
                sums["inside"][number, row] += weight * (low <= came <= high)
                errors = np.abs(came - np.array([middle, last, earlier]))
                if not np.isnan(errors).any():
                    for name, error in zip(names[2:5], errors, strict=True):
                        sums[name][number, row] += weight * error
            if last < limit and (passed or not np.isnan(came)):
                sums["chances"][number, row] += weight
                sums["squares"][number, row] += weight * (said.probability[row, t, number] - passed) ** 2
                sums["reached"][number, row] += weight * passed
    return sums


def test_the_record_is_what_a_replay_shows() -> None:
    """Forecasts and probabilities as they are published after each step, judged here by hand."""
    values = series(days=28)
    hours = np.arange(24 * 28)
    values[2] -= 40.0 * ((hours // 24 % 7 < 2) & (hours % 6 < 2))  # one is expected by its weeks
    values[1, np.random.default_rng(4).random(values.shape[1]) < 0.2] = np.nan
    engine = live(values)
    record, turns = engine.verification.record, engine.pool.memory.turn
    assert len(set(turns % 3)) > 1
    assert (engine.baseline.chosen == WEEKLY).tolist() == [False, False, True]
    for name, expected in by_hand(values, 75.0, turns).items():
        np.testing.assert_allclose(getattr(record, name), expected, rtol=1e-3, atol=1e-3, err_msg=name)
    assert record.reached.max() > 1
