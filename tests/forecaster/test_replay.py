from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecaster.engine.anomaly import PRESENT
from forecaster.replay import Replay, replay

START = 1_700_006_400


def tables(r: Replay) -> dict[str, np.ndarray]:
    """Everything a replay said, by name."""
    said = {field.name: getattr(r, field.name) for field in fields(r)}
    reasons = said.pop("reasons")
    return said | {field.name: getattr(reasons, field.name) for field in fields(reasons)}


def stamps(steps: int, step: int = 3600) -> np.ndarray:
    return START + step * np.arange(steps)


def mixed_series(steps: int = 240) -> np.ndarray:
    """Seasonal, climbing, walking, stepping and gappy series."""
    rng, t = np.random.default_rng(11), np.arange(steps)
    rows = [
        50 + 20 * np.sin(2 * np.pi * t / 24),
        20 + 0.35 * t,
        50 + np.cumsum(rng.normal(0, 1, steps)),
        np.where(t < 130, 30.0, 60.0),
        np.where(t % 7 == 0, np.nan, 40.0),
    ]
    return np.array(rows) + rng.normal(0, 0.5, (len(rows), steps))


@pytest.mark.parametrize("cut", [1, 2, 25, 50, 57, 65, 66, 97, 145, 193])
def test_a_prefix_replays_as_the_prefix_of_the_replay(cut: int) -> None:
    values = mixed_series()
    whole = tables(replay(values, stamps(240), limit=90.0))
    prefix = tables(replay(values[:, :cut], stamps(cut), limit=90.0, step=3600))
    for name, table in whole.items():
        np.testing.assert_array_equal(table[:, :cut], prefix[name], err_msg=name)


def test_the_future_is_not_looked_at() -> None:
    values = mixed_series()
    other = values.copy()
    other[:, 150:] = 1e6
    before, after = (tables(replay(each, stamps(240), limit=90.0)) for each in (values, other))
    for name, table in before.items():
        np.testing.assert_array_equal(table[:, :150], after[name][:, :150], err_msg=name)


def test_same_input_same_output() -> None:
    first, second = (tables(replay(mixed_series(), stamps(240), limit=90.0)) for _ in range(2))
    for name, table in first.items():
        np.testing.assert_array_equal(table, second[name], err_msg=name)


def test_a_series_does_not_depend_on_its_neighbours() -> None:
    values = mixed_series()
    together = tables(replay(values, stamps(240), limit=90.0))
    for i in range(len(values)):
        alone = tables(replay(values[i], stamps(240), limit=90.0))
        for name, table in together.items():
            np.testing.assert_array_equal(table[i], alone[name][0], err_msg=name)


def test_shapes() -> None:
    r = replay(mixed_series(30), stamps(30), limit=np.arange(5.0) + 80, horizons=(3600, 7200))
    for name in ("expected", "lower", "upper", "anomaly_score", "exhaustion_seconds", "ready"):
        assert getattr(r, name).shape == (5, 30)
    assert r.probability.shape == (5, 30, 2)
    assert r.forecast.shape == (5, 30, 2, 3)
    assert r.exhaustion_quantiles.shape == (5, 30, 3)
    for name in ("trend", "season", "usual", "onset", "origin"):
        assert getattr(r.reasons, name).shape == (5, 30)
    assert r.reasons.signs.shape == (5, 30, 4)


def test_quantiles_are_forecast_at_the_steps_asked_for() -> None:
    values, ahead = mixed_series(), (3600, 86400, 30 * 86400)
    asked: dict[str, Any] = {
        "horizons": ahead,
        "quantiles": (0.05, 0.5, 0.95),
        "lowest": 0.0,
        "highest": 70.0,
    }

    r = replay(values, stamps(240), forecast_at=[239, 100], **asked)

    assert r.forecast.shape == (5, 2, 3, 3)
    assert (np.diff(r.forecast, axis=-1) >= 0).all()
    assert r.forecast.min() >= 0.0
    assert r.forecast.max() <= 70.0
    before = replay(values[:, :101], stamps(101), forecast_at=[100], **asked)
    np.testing.assert_array_equal(r.forecast[:, 1:], before.forecast, "nothing later is known")


def test_a_step_that_does_not_exist_has_no_forecast() -> None:
    with pytest.raises(ValueError, match="forecast_at has step 30, the series have 0 to 29"):
        replay(mixed_series(30), stamps(30), forecast_at=[30])


def test_a_smallest_deviation_that_matters() -> None:
    """One or one per series; without one, every deviation counts."""
    values = np.stack([50 + np.sin(np.arange(300.0)), 50 + np.sin(np.arange(300.0))])
    values[:, 290:] += 20
    highest = {
        least: replay(values, stamps(300), min_deviation=least).anomaly_score[:, 290:].max(axis=1)
        for least in (0.0, (0.0, 40.0))
    }
    assert (highest[0.0] > 1).all()
    np.testing.assert_array_equal(highest[0.0, 40.0] > 1, [True, False])


def test_no_steps_have_shapes() -> None:
    r = replay(np.empty((2, 0)), np.empty(0, np.int64), horizons=(3600,))
    assert r.expected.shape == (2, 0)
    assert r.probability.shape == (2, 0, 1)
    assert r.reasons.signs.shape == (2, 0, 4)


def test_scaling_and_shifting_scale_and_shift_what_is_expected() -> None:
    values = mixed_series()
    plain = replay(values, stamps(240), limit=90.0)
    moved = replay(8 * values + 1000, stamps(240), limit=8 * 90.0 + 1000)
    late = slice(100, None)
    for name in ("expected", "lower", "upper"):
        a, b = getattr(plain, name)[:, late], getattr(moved, name)[:, late]
        np.testing.assert_allclose(b, 8 * a + 1000, rtol=1e-2, err_msg=name)


def test_scaling_scales_the_forecast() -> None:
    """A shift changes the first value, and by it the steps at which a series' forecasts are judged."""
    values = mixed_series()
    plain, larger = replay(values, stamps(240)), replay(8 * values, stamps(240))
    np.testing.assert_allclose(larger.forecast, 8 * plain.forecast, rtol=1e-6)


def test_what_is_near_the_limit_is_a_matter_of_shares_of_it() -> None:
    values = mixed_series()
    percent, ratio = replay(values, stamps(240), limit=90.0), replay(values / 100, stamps(240), limit=0.9)
    np.testing.assert_allclose(ratio.probability, percent.probability, atol=1e-3)


def check_sound(r: Replay, values: np.ndarray) -> None:
    started = np.cumsum(np.isfinite(values), axis=1) > 0
    for name in ("expected", "lower", "upper"):
        assert np.isfinite(getattr(r, name)[started]).all(), name
    assert np.isfinite(r.forecast[started]).all()
    assert (r.lower[started] <= r.expected[started]).all()
    assert (r.expected[started] <= r.upper[started]).all()
    assert np.isfinite(r.anomaly_score).all()
    assert (r.anomaly_score >= 0).all()
    assert (r.exhaustion_seconds >= 0).all()
    assert (r.exhaustion_quantiles >= 0).all()
    assert ((r.probability >= 0) & (r.probability <= 1)).all()
    assert (np.diff(r.probability, axis=2) >= 0).all(), "monotone in the horizon"
    assert (np.diff(r.forecast[started], axis=-1) >= 0).all(), "quantiles in order"
    assert np.isfinite(r.reasons.trend).all()
    assert np.isfinite(r.reasons.season).all()
    assert (r.reasons.signs >= 0).all()
    assert np.isfinite(r.reasons.onset[r.anomaly_score >= PRESENT]).all(), "an anomaly began some time"
    assert (np.isfinite(r.reasons.onset) == np.isfinite(r.reasons.origin)).all()


numbers = st.one_of(
    st.floats(-1e300, 1e300),
    st.sampled_from([0.0, 1.0, 50.0, 90.0, 1e300, -1e300, 1e-300, np.nan, np.inf, -np.inf]),
)


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(values=arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 60)), elements=numbers))
def test_any_input_gives_sound_output(values: np.ndarray) -> None:
    clean = np.where(np.isfinite(values), values, np.nan)
    check_sound(replay(values, stamps(values.shape[1], 7200), limit=90.0, day=86400), clean)


@pytest.mark.parametrize("size", [0.0, 1.0, 42.0, 1e-300, 1e300])
def test_constants_steps_and_nothing(size: float) -> None:
    values = np.full((5, 120), size)
    values[1, 60:] *= -0.5
    values[2] = np.nan
    values[3, 1:] = np.nan
    values[4, ::3] = np.nan
    r = replay(values, stamps(120), limit=90.0)
    check_sound(r, values)
    assert (r.anomaly_score[0] < PRESENT).all()
    assert (r.anomaly_score[2] == 0).all()
    np.testing.assert_allclose(r.expected[0], size)
    assert not r.ready[2].any()
    if size < 90:
        assert (r.probability[[0, 2]] < 1e-9).all()


def test_no_limit_nothing_to_reach() -> None:
    r = replay(mixed_series(), stamps(240))
    assert (r.probability == 0).all()
    assert np.isinf(r.exhaustion_seconds).all()


def test_at_the_limit_it_is_reached() -> None:
    r = replay(np.full((1, 10), 95.0), stamps(10), limit=90.0)
    assert (r.probability == 1).all()
    assert (r.exhaustion_seconds == 0).all()


@pytest.mark.parametrize("times", [[0, 60, 180], [0, 60, 60], [0, 60, 0]])
def test_uneven_timestamps_are_refused(times: list[int]) -> None:
    with pytest.raises(ValueError, match="evenly spaced"):
        replay(np.ones((1, 3)), times)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="3 values per series but 2 timestamps"):
        replay(np.ones((1, 3)), [0, 60])
