"""The choice of the anomaly score's constants, cross-validated: nothing scored has a say in it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from forecaster.engine.anomaly import AnomalyScore
from forecaster.engine.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
import nab_choice

FOUND = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 2.0], [0.0, 3.0, 4.0]])  # files by (two choices, perfect)


def test_a_fold_is_scored_with_what_is_best_on_the_others() -> None:
    total, chosen = nab_choice.pooled(FOUND, [np.array([0]), np.array([1, 2])])
    assert chosen == [1, 0]
    assert total == 0
    total, chosen = nab_choice.pooled(FOUND, [np.array([1]), np.array([0, 2])])
    assert chosen == [1, 1]
    assert total == pytest.approx(100 * 4 / 7)


def test_gains_are_the_earliest_detection_and_the_price_of_false_ones() -> None:
    window = np.array([-1, -1, 0, 0, -1, 1])
    hit = np.array([0, 0, 0.9, 0.5, 0, 0.7])
    false = np.array([-1.0, -1, 0, 0, -0.5, 0])
    use = np.arange(6) > 0
    on = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 0, 1, 1, 0], [0, 0, 1, 1, 0, 1]], bool)
    gains = nab_choice.gains((hit, false, window, use), on, (1.0, 0.1, 2.0))
    np.testing.assert_allclose(gains, [0, -0.15 + 2.5, 2.9 + 2.7, 3 + 3])


def test_alarms_with_factor_1_are_those_of_the_engine() -> None:
    rng = np.random.default_rng(3)
    values = rng.standard_t(3, (2, 900))
    on = nab_choice.alarms(values, 300, np.array([[1.0, 1, 1, 1], [0.6, 0.6, 0.6, 0.6]]))
    model = AnomalyScore.fresh(2, Settings(step=300))
    plain = [model.observe(v, v, np.full(2, np.nan), 3600 + 300 * i) > 1 for i, v in enumerate(values.T)]
    np.testing.assert_array_equal(on[0], np.stack(plain, axis=1))
    assert on[1].sum() > on[0].sum()
