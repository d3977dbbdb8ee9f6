"""The choice of the anomaly limits: ranks over sets, and sets left out."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from forecaster.engine.anomaly import LIMITS

sys.path.insert(0, str(Path(__file__).parent))
import anomaly_choice
import minute_figures
import minutes

FIGURES = np.array([[0.9, 10.0, 0.1], [0.8, 30.0, 0.1], [0.7, 20.0, 0.3]])  # choices by sets


def test_ranks_are_places_and_equals_share_theirs() -> None:
    assert anomaly_choice.ranks(FIGURES).T.tolist() == [[0, 1, 2], [2, 0, 1], [1.5, 1.5, 0]]


def test_a_set_left_out_is_judged_with_what_is_best_on_the_others() -> None:
    found = anomaly_choice.left_out(FIGURES, ["a", "b", "c"])
    assert [found[name]["chosen"] for name in "abc"] == [2, 0, 1]
    assert found["a"]["figure"] == 0.7
    assert found["c"] == {"chosen": 1, "figure": 0.1, "least": 0.1, "best": 0.3}


def test_the_shipped_limits_are_one_of_the_choices() -> None:
    grid = anomaly_choice.choices()
    assert len(set(grid)) == 27
    assert LIMITS in grid


def test_a_cut_with_few_false_episodes_is_found() -> None:
    series = minutes.suite(1, 3)[:1]
    rng = np.random.default_rng(1)
    scores = rng.random((1, minutes.STEPS))
    cut = minute_figures.same_false(series, scores, 5.0)
    false = minute_figures.figures(series, scores, cut)["false_per_series_week"]
    assert 3 < false <= 5


def test_the_plain_filter_sees_a_spike() -> None:
    values = 10 + np.random.default_rng(2).standard_normal((1, 2 * minutes.DAY))
    values[0, 2000] += 30
    scores = minute_figures.holt_winters(values)
    assert scores[0, 2000] == pytest.approx(scores[0, 100:].max())
    assert scores[0, 2000] > 10
