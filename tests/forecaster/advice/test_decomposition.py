"""Decompositions: planted parts are found, and their sum is what was observed."""

from __future__ import annotations

import numpy as np

from forecaster.advice.decomposition import decomposed

TIME = np.arange(28 * 24)
DAILY = 0.1 * np.sin(2 * np.pi * TIME / 24)
WEEKLY = 0.08 * np.where(TIME // 24 % 7 < 5, 2 / 7, -5 / 7)
GROWTH = 0.3 + 0.1 * TIME / len(TIME)


def test_planted_parts_are_found() -> None:
    noise = 0.005 * np.random.default_rng(1).normal(size=len(TIME))
    parts = decomposed(GROWTH + DAILY + WEEKLY + noise, 24)
    assert parts is not None
    np.testing.assert_allclose(sum(parts), GROWTH + DAILY + WEEKLY + noise, atol=1e-9)
    assert np.abs(parts.daily - DAILY).mean() < 0.01
    assert np.abs(parts.weekly - WEEKLY).mean() < 0.02
    assert np.abs(parts.trend - GROWTH).mean() < 0.01
    assert parts.strength("daily") > 0.9
    assert parts.strength("weekly") > 0.9


def test_noise_has_no_strong_season() -> None:
    parts = decomposed(0.5 + 0.1 * np.random.default_rng(2).normal(size=len(TIME)), 24)
    assert parts is not None
    assert parts.strength("daily") < 0.5


def test_hours_that_are_not_known_are_drawn_and_too_many_are_refused() -> None:
    values = GROWTH + DAILY
    values[100:150] = np.nan
    parts = decomposed(values, 24)
    assert parts is not None
    assert all(np.isfinite(part).all() for part in parts)
    values[150:400] = np.nan
    assert decomposed(values, 24) is None
    assert decomposed(values[:40], 24) is None


def test_more_than_two_days_must_be_known() -> None:
    """STL has no season in a past of just two."""
    assert decomposed((GROWTH + DAILY)[:48], 24) is None
    assert decomposed((GROWTH + DAILY)[:49], 24) is not None


def test_without_a_second_week_there_is_no_week() -> None:
    parts = decomposed((GROWTH + DAILY)[: 10 * 24], 24)
    assert parts is not None
    assert not parts.weekly.any()
