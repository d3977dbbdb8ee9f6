from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecaster.engine.baseline import Baseline, refit
from forecaster.engine.baseline.fit_window import delay
from forecaster.engine.holt_winters import fit
from forecaster.engine.holt_winters.fitting import Rows
from forecaster.engine.settings import Settings

HOURLY = Settings(step=3600)
FIRST = 24 * 19_000  # midnight
WINDOW = 24 * HOURLY.fit_days
PARTS = ("alpha", "beta", "gamma", "phi", "level", "trend", "season")


def waves(n: int, days: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(24 * days)[:, None]
    wave = 20 * np.sin(2 * np.pi * t / 24 + rng.uniform(0, 6, n))
    return 50 + wave + np.cumsum(rng.normal(0, 0.3, (len(t), n)), axis=0) + rng.normal(0, 1, (len(t), n))


def run(baseline: Baseline, values: np.ndarray, first: int = 0) -> Baseline:
    for tick, row in enumerate(values, FIRST + first):
        baseline.observe(row[None], tick)
    return baseline


def same(one: Baseline, other: Baseline, rows: np.ndarray) -> None:
    for mine, theirs in ((one.plain, other.plain), (one.seasonal, other.seasonal)):
        for name in PARTS:
            a, b = getattr(mine.model, name), getattr(theirs.model, name)
            np.testing.assert_array_equal(a[..., rows], b, err_msg=name)


def test_adopted_filters_are_those_of_the_window_run_on() -> None:
    values, late = waves(3, 5), delay(HOURLY)
    baseline = run(Baseline.fresh(3, HOURLY), values[: WINDOW + late])
    values = np.array([baseline.window.at(FIRST + tick) for tick in range(WINDOW + late)])  # as it keeps them
    window = np.ascontiguousarray(values[:WINDOW].T)
    for member, season, steps in ((baseline.plain, 1, late // 2), (baseline.seasonal, 24, late)):
        model = fit(window, season, phi=0.98).model
        model.beta = np.minimum(model.beta, 0.3)
        model.gamma = np.maximum(model.gamma, (0.1 if season > 1 else 0) * (1 - model.alpha))
        for step in range(WINDOW, WINDOW + steps):
            model.follow(values[step], step)
        np.testing.assert_array_equal(member.model.alpha, model.alpha)
        np.testing.assert_array_equal(member.model.beta, model.beta)
        np.testing.assert_array_equal(member.model.gamma, model.gamma)
        if season > 1:  # adopted at this very step
            np.testing.assert_array_equal(member.model.level, model.level)
            np.testing.assert_array_equal(member.model.season, model.season)


def test_nothing_changes_before_and_little_by_little() -> None:
    values = waves(2, 5)
    baseline = run(Baseline.fresh(2, HOURLY), values[:WINDOW])
    assert baseline.refit.last is not None
    before = baseline.plain.model.alpha.copy(), baseline.seasonal.model.alpha.copy()
    changed = []
    for step in range(WINDOW, WINDOW + 23):
        run(baseline, values[step : step + 1], step)
        models = baseline.plain.model, baseline.seasonal.model
        changed.append([bool((now.alpha != then).all()) for now, then in zip(models, before, strict=True)])
    late = delay(HOURLY)
    plain, seasonal = np.array(changed).T
    assert plain.tolist() == [step + 1 >= late // 2 for step in range(23)]
    assert seasonal.tolist() == [step + 1 >= late for step in range(23)]
    assert baseline.refit.last is None


@pytest.mark.parametrize("fewest", [1, 3, 1000])
def test_how_the_work_is_cut_is_no_matter(fewest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = waves(4, 6)
    values[30:40, 2] = np.nan
    usual = run(Baseline.fresh(4, HOURLY), values)
    monkeypatch.setattr(refit, "_FEWEST", fewest)
    same(usual, run(Baseline.fresh(4, HOURLY), values), np.arange(4))


@pytest.mark.parametrize("steps", [2, 7, 24, 1000])
def test_steps_are_taken_in_together_as_one_by_one(steps: int) -> None:
    """But for a refit that is under way: of several steps only what is due is fitted."""
    values = waves(4, 9)
    values[30:40, 2] = np.nan
    values[100, 1] = 1e6
    single, said = Baseline.fresh(4, HOURLY), []
    for tick, row in enumerate(values, FIRST):
        said.append(single.observe(row[None], tick)[0])
    together = Baseline.fresh(4, HOURLY)
    parts = [together.observe(values[t : t + steps], FIRST + t) for t in range(0, len(values), steps)]
    np.testing.assert_array_equal(np.concatenate(parts), said)
    state = together.parts()
    for name, part in single.parts().items():
        if not name.startswith(("refit.done", "refit.models", "refit.logarithmic")):
            np.testing.assert_array_equal(part, state[name], err_msg=name)
    late = waves(4, 2, seed=1)
    np.testing.assert_array_equal(
        single.observe(late, FIRST + len(values)), together.observe(late, FIRST + len(values))
    )


def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list whose last item counts the filters that are fitted."""
    done, whole = [0], Rows.of

    def counted(values: np.ndarray, *rest: Any) -> Rows:
        done[-1] += len(values)
        return whole(values, *rest)

    monkeypatch.setattr(Rows, "of", counted)
    monkeypatch.setattr(refit, "_FEWEST", 1)
    return done


def test_the_work_is_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    done, values, late = fits(monkeypatch), waves(40, 5), delay(HOURLY)
    values[0] = values.max(
        axis=0
    )  # no later one makes the codes of a window coarser, and a fit be done again
    baseline = run(Baseline.fresh(40, HOURLY), values[:WINDOW])
    assert sum(done) == 2 * 2 * 40  # of the days before: there is none on the first
    done.clear()
    for step in range(WINDOW, WINDOW + 24):
        done.append(0)
        run(baseline, values[step : step + 1], step)
    assert sum(done) == 2 * 40
    assert max(done[:late]) < 1.5 * 2 * 40 / late
    assert not any(done[late:])


def test_what_is_done_of_a_refit_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a taken batch the filters that were fitted follow the values until they are due."""
    done, values = fits(monkeypatch), waves(40, 5)
    baseline = run(Baseline.fresh(40, HOURLY), values[: WINDOW + 5])
    rows = np.array([39, 0, 20])
    left = int((~baseline.refit.done[:, rows]).sum())
    assert 0 < left < 6
    done.append(0)
    taken = run(baseline.take(rows), values[WINDOW + 5 : WINDOW + 23, rows], WINDOW + 5)
    assert done[-1] == left
    same(run(baseline, values[WINDOW + 5 : WINDOW + 23], WINDOW + 5), taken, rows)


def test_a_refit_goes_on_in_a_taken_and_a_joined_batch() -> None:
    values, cut = waves(5, 6), WINDOW + 11
    whole = run(Baseline.fresh(5, HOURLY), values[:cut])
    left, right = (run(Baseline.fresh(len(v.T), HOURLY), v[:cut]) for v in (values[:, :2], values[:, 2:]))
    rows = np.array([3, 1])
    taken, joined = whole.take(rows), left.join(right)
    joined = joined.join(Baseline.fresh(1, HOURLY))
    more = np.c_[values, np.full(len(values), np.nan)]
    for batch, its in ((joined, more), (taken, values[:, rows]), (whole, values)):
        run(batch, its[cut:], cut)
    same(whole, joined.take(np.arange(5)), np.arange(5))
    same(whole, taken, rows)
    assert not joined.fitted[5]


@pytest.mark.parametrize(("step", "day"), [(300, 86400), (2, 240), (7, 60), (5, 10), (4, 10), (43200, 86400)])
def test_a_refit_is_done_before_the_next_begins(step: int, day: int) -> None:
    settings = Settings(step=step, day=day)
    late = delay(settings)
    assert late > 0
    ends = [tick for tick in range(5 * settings.season) if settings.ends_day(tick)]
    assert min(np.diff(ends)) > late


def test_the_season_has_its_phases_on_a_clock_of_uneven_days() -> None:
    settings = Settings(step=7, day=60)
    baseline, season = Baseline.fresh(1, settings), settings.season
    wave = 20 * np.sin(2 * np.pi * np.arange(season) / season)
    for tick in range(1000, 1000 + 20 * season):
        baseline.observe(np.array([[50 + wave[tick % season]]]), tick)
    np.testing.assert_allclose(baseline.seasonal.model.season[:, 0], wave, atol=1)


def test_fits_of_a_history_are_not_kept() -> None:
    values, late = waves(3, 5), delay(HOURLY)
    history, live = Baseline.fresh(3, HOURLY), Baseline.fresh(3, HOURLY)
    history.observe(values[: WINDOW + late], FIRST)
    run(live, values[: WINDOW + late])
    same(history, live, np.arange(3))
    assert not any(model.season.any() for model in history.refit.models)
    assert live.refit.models[1].season.any()
