from __future__ import annotations

import threading
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from forecaster.engine import engine as engine_module
from forecaster.engine.engine import Engine, Outlook, Settings

HOURLY = Settings(step=3600, horizons=(3600, 86400))
START = 1_700_006_400  # midnight


def daily_wave(n: int, days: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(24 * days)
    return 50 + 20 * np.sin(2 * np.pi * t / 24 + rng.uniform(0, 6, (n, 1))) + rng.normal(0, 1, (n, len(t)))


def run(engine: Engine, values: np.ndarray, first: int = 0, limit: np.ndarray | None = None) -> list[Outlook]:
    found = []
    for t, row in enumerate(values.T):
        engine.observe(row, START + (first + t) * engine.settings.step, limit)
        found.append(engine.outlook())
    return found


def same(a: Outlook, b: Outlook, rows: np.ndarray) -> None:
    a = a.take(rows)
    for one, other in ((a, b), (a.reasons, b.reasons)):
        for field in fields(one):
            if field.name != "reasons":
                mine, theirs = getattr(one, field.name), getattr(other, field.name)
                np.testing.assert_array_equal(mine, theirs, err_msg=field.name)


def test_a_season_is_learnt_and_beats_the_naive_forecasts() -> None:
    values = daily_wave(4, 10)
    outlooks = run(Engine.fresh(4, HOURLY), values)
    expected = np.array([o.expected for o in outlooks]).T
    late = slice(24 * 6, None)
    error = np.abs(values - expected)[:, late].mean()
    assert error < np.abs(values[:, 24:] - values[:, :-24])[:, 24 * 5 :].mean()  # seasonal naive
    assert error < 0.5 * np.abs(np.diff(values))[:, late].mean()  # last value
    inside = np.array([(o.lower <= v) & (v <= o.upper) for o, v in zip(outlooks, values.T, strict=True)])
    assert inside[24 * 6 :].mean() > 0.97
    day_ahead = np.array([o.forecast[1, 1] for o in outlooks[:-24]]).T
    assert np.abs(day_ahead - values[:, 24:])[:, 24 * 6 :].mean() < 2.0


def test_no_season_where_there_is_none() -> None:
    rng = np.random.default_rng(0)
    engine = Engine.fresh(3, HOURLY)
    run(engine, 50 + np.cumsum(rng.normal(0, 1, (3, 240)), axis=1))
    assert not engine.baseline.chosen.any()


def test_bands_are_wide_at_first_and_tighten() -> None:
    rng = np.random.default_rng(0)
    outlooks = run(Engine.fresh(1, HOURLY), 50 + rng.normal(0, 1, (1, 100)))
    width = np.array([(o.upper - o.lower)[0] for o in outlooks])
    assert width[0] == 0  # nothing is known before the first value: it is its own expectation
    assert width[1:4].min() > 2 * width[60:].mean()


@pytest.mark.parametrize("cut", [70, 52, 60])  # of which a refit is on its way at the latter two
def test_taken_and_joined_batches_are_those_run_apart(cut: int) -> None:
    values = daily_wave(6, 6)
    values[5, :60] = np.nan
    limit = np.array([60.0, 70.0, 80.0, 90.0, np.nan, 65.0])
    whole, left, right = (Engine.fresh(k, HOURLY) for k in (6, 2, 4))
    run(whole, values[:, :cut], 0, limit)
    run(left, values[:2, :cut], 0, limit[:2])
    run(right, values[2:, :cut], 0, limit[2:])
    joined, rows = left.join(right), np.array([4, 0, 5])
    taken = whole.take(rows)
    everything = run(whole, values[:, cut:], cut, limit)
    for a, b in zip(everything, run(joined, values[:, cut:], cut, limit), strict=True):
        same(a, b, np.arange(6))
    for a, b in zip(everything, run(taken, values[rows, cut:], cut, limit[rows]), strict=True):
        same(a, b, rows)


def arrays(state: object) -> list[np.ndarray]:
    """All arrays of a state and of those in it."""
    parts = [getattr(state, each.name) for each in fields(state)] if is_dataclass(state) else state
    if isinstance(parts, np.ndarray):
        return [parts]
    return [found for part in parts for found in arrays(part)] if isinstance(parts, list | tuple) else []


def test_series_of_a_taken_batch_lie_side_by_side() -> None:
    """Rows of the state are written and read at every step; scattered, they take several times as long."""
    taken = Engine.fresh(8, HOURLY).take(np.array([5, 1, 3]))
    assert len(arrays(taken)) > 50
    for state in (taken, taken.join(taken)):
        assert all(each.flags.c_contiguous for each in arrays(state))


def test_a_series_that_joins_late_is_as_one_that_was_missing_so_far() -> None:
    values = daily_wave(3, 6)
    values[2, :40] = np.nan
    early, whole = Engine.fresh(2, HOURLY), Engine.fresh(3, HOURLY)
    run(early, values[:2, :40])
    run(whole, values[:, :40])
    joined = early.join(Engine.fresh(1, HOURLY))
    pairs = zip(run(whole, values[:, 40:], 40), run(joined, values[:, 40:], 40), strict=True)
    for a, b in pairs:
        same(a, b, np.arange(3))


def test_steps_left_out_are_missing_values() -> None:
    values = daily_wave(2, 5)
    values[:, 61:75] = np.nan
    told, skipped = Engine.fresh(2, HOURLY), Engine.fresh(2, HOURLY)
    run(told, values[:, :75])
    run(skipped, values[:, :61])
    for a, b in zip(run(told, values[:, 75:], 75), run(skipped, values[:, 75:], 75), strict=True):
        same(a, b, np.arange(2))


@pytest.mark.parametrize("steps", [3, 60])
def test_a_history_is_read_as_its_steps_are(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In blocks of two, before and during a refit, whose fits on the way depend on how it was read."""
    monkeypatch.setattr(engine_module, "_BLOCK", 2)
    values, limit = daily_wave(5, 7), np.array([60.0, 69.0, np.nan, 75.0, 80.0])
    values[1, 30:50] = np.nan
    whole, read = Engine.fresh(5, HOURLY), Engine.fresh(5, HOURLY)
    run(whole, values, 0, limit)
    for first in range(0, values.shape[1], steps):
        part = values[:, first : first + steps]
        read.read(part, START + 3600 * np.arange(first, first + part.shape[1]), limit)
    assert whole.parts().keys() == read.parts().keys()
    on_the_way = tuple(f"baseline.refit.{part}" for part in ("done", "models", "logarithmic"))
    for name, state in whole.parts().items():
        if not name.startswith(on_the_way):
            np.testing.assert_array_equal(state, read.parts()[name], err_msg=name)
    same(whole.outlook(), read.outlook(), np.arange(5))


def test_a_step_is_seen_once() -> None:
    engine = Engine.fresh(1, HOURLY)
    engine.observe(np.ones(1), START)
    with pytest.raises(ValueError, match="not in a later step"):
        engine.observe(np.ones(1), START + 5)


def test_asking_never_learns() -> None:
    """Two hot series among them: the outlook's alarms are what the state tables would learn from."""
    values, limit = daily_wave(3, 8), np.array([60.0, 69.0, np.nan])
    values[1] += np.linspace(0, 20, values.shape[1])
    never, often = Engine.fresh(3, HOURLY), Engine.fresh(3, HOURLY)
    for t, row in enumerate(values.T):
        for engine in (never, often):
            engine.observe(row, START + t * 3600, limit)
        for first in [often.outlook()] if t % 5 else [often.outlook() for _ in range(3)]:
            same(first, often.outlook(), np.arange(3))
    same(never.outlook(), often.outlook(), np.arange(3))
    for mine, theirs in zip(arrays(never), arrays(often), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_there_is_no_outlook_before_the_first_step() -> None:
    with pytest.raises(ValueError, match="before the first step"):
        Engine.fresh(1, HOURLY).outlook()


def test_batches_that_do_not_belong_together_do_not_join() -> None:
    one, other = Engine.fresh(1, HOURLY), Engine.fresh(1, HOURLY)
    run(one, np.ones((1, 2)))
    run(other, np.ones((1, 3)))
    with pytest.raises(ValueError, match="different steps"):
        one.join(other)
    with pytest.raises(ValueError, match="different settings"):
        one.join(Engine.fresh(1, Settings(step=60)))


@pytest.mark.parametrize(
    "wrong", [{"step": 0}, {"day": 0}, {"horizons": ()}, {"horizons": (0,)}, {"quantiles": (1.0,)}]
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        Settings(**{"step": 60, **wrong})


def test_a_single_spike_hardly_moves_what_is_expected() -> None:
    rng = np.random.default_rng(5)
    values = 50 + rng.normal(0, 1, (1, 120))
    values[0, 100] = 500.0
    outlooks = run(Engine.fresh(1, HOURLY), values)
    assert outlooks[100].anomaly_score[0] > 1
    assert abs(outlooks[101].expected[0] - 50) < 5


def test_a_shifted_level_becomes_expected() -> None:
    rng = np.random.default_rng(5)
    values = 50 + rng.normal(0, 1, (1, 160))
    values[0, 100:] += 40
    outlooks = run(Engine.fresh(1, HOURLY), values)
    assert outlooks[100].expected[0] < 60
    assert abs(outlooks[130].expected[0] - 90) < 5


@pytest.mark.parametrize(
    ("series", "number"), [(1, 1), (511, 1), (512, 2), (1_000, 2), (1_535, 2), (2_600, 4), (10_000, 10)]
)
def test_blocks_are_of_one_size_and_an_even_number(series: int, number: int) -> None:
    blocks = engine_module._blocks(series)
    sizes = {each.stop - each.start for each in blocks}
    assert len(blocks) == number
    assert max(sizes) - min(sizes) <= 1
    assert [at for each in blocks for at in range(each.start, each.stop)] == list(range(series))


def test_by_how_many_threads_a_history_is_read_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names: set[str] = set()
    read = Engine._read_rows

    def noted(self: Engine, *given: Any) -> Engine | None:
        names.add(threading.current_thread().name)
        return read(self, *given)

    monkeypatch.setattr(Engine, "_read_rows", noted)
    monkeypatch.setattr(engine_module, "_BLOCK", 200)
    rng, times = np.random.default_rng(4), 1_700_006_400 + 3600 * np.arange(24 * 5)
    values = 50 + 20 * np.sin(2 * np.pi * times / 86_400) + rng.normal(0, 2, (700, len(times)))
    states = []
    for workers in (1, 3):
        engine = Engine.fresh(len(values), Settings(step=3600))
        for some in np.array_split(np.arange(len(times)), 3):
            engine.read(values[:, some], times[some], np.full(700, 90.0), workers=workers)
        states.append(engine.parts())
    for name, part in states[0].items():
        np.testing.assert_array_equal(part, states[1][name], err_msg=name)
    assert len(names) >= 3, "the caller's own and others"
