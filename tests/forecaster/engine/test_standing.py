"""What the next step is judged by, as a copy: the same scores, and nothing learnt."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.engine.engine import Engine, Settings

SETTINGS = Settings(step=3600, horizons=(3600,))
START = 1_700_006_400  # midnight


def taught(days: int = 9) -> Engine:
    rng, t = np.random.default_rng(2), np.arange(24 * days)
    values = 50 + 20 * np.sin(2 * np.pi * t / 24 + np.array([[0.0], [1.0], [2.0]]))
    engine = Engine.fresh(3, SETTINGS)
    engine.read(values + rng.normal(0, 1, values.shape), START + 3600 * t)
    return engine


def test_values_get_the_score_that_the_step_would_give_them() -> None:
    engine = taught()
    standing, at = engine.standing(), START + 3600 * 24 * 9
    values = np.array([engine.outlook().expected[0], 120.0, np.nan])
    said = standing.judge(values, sensitivity=1.2, min_deviation=0.5)
    again = standing.judge(values, sensitivity=1.2, min_deviation=0.5)
    np.testing.assert_array_equal(said, again)
    judged = engine.observe(values, at, sensitivity=1.2, min_deviation=0.5)
    np.testing.assert_array_equal(np.nan_to_num(said), judged.anomaly_score)
    assert said[1] > 1
    assert np.isnan(said[2])
    np.testing.assert_array_equal(standing.judge(values, 1.2, 0.5), said, err_msg="the engine has gone on")


def test_the_engine_learns_nothing_from_being_asked() -> None:
    one, other = taught(), taught()
    one.standing().judge(np.full(3, 500.0))
    for name, part in one.parts().items():
        np.testing.assert_array_equal(part, other.parts()[name], err_msg=name)


def test_nothing_is_judged_before_the_first_step() -> None:
    with pytest.raises(ValueError, match="before the first step"):
        Engine.fresh(1, SETTINGS).standing()
