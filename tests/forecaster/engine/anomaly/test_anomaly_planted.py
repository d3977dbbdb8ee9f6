"""The ten kinds of planted anomalies, in small: recall by kind, false alarms, and what becomes an alert."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import planted
from forecaster.engine.anomaly import AnomalyScore, Decision, Gates

PER_KIND = 6
LEARNING = planted.WEEK
EASY = {"level", "drift", "variance burst", "variance collapse", "lost season", "changed period"}


@dataclass(frozen=True)
class Sampling:
    """The part of the engine's settings the score reads."""

    step: int = planted.STEP
    day: int = 86400


def scores(values: np.ndarray, sensitivity: float = 1.0) -> np.ndarray:
    """Scores (n, t) of `values` (n, t)."""
    model = AnomalyScore.fresh(len(values), Sampling())
    unknown = np.full(len(values), np.nan)
    return np.stack(
        [
            model.observe(v, v, unknown, planted.START + i * planted.STEP, sensitivity=sensitivity)
            for i, v in enumerate(values.T)
        ],
        axis=1,
    )


@pytest.fixture(scope="module")
def suite() -> list[planted.Planted]:
    return planted.suite(PER_KIND)


@pytest.fixture(scope="module")
def found(suite: list[planted.Planted]) -> np.ndarray:
    return scores(np.stack([each.values for each in suite]))


def found_kinds(suite: list[planted.Planted], found: np.ndarray) -> dict[str, float]:
    """Recall by kind: a score above 1 in the anomaly or the hour after it."""
    hits: dict[str, list[bool]] = {}
    for each, score in zip(suite, found, strict=True):
        hit = (score[each.first : each.last + planted.HOUR] > 1).any()
        hits.setdefault(each.kind, []).append(bool(hit))
    return {kind: float(np.mean(each)) for kind, each in hits.items()}


def false_alarms(suite: list[planted.Planted], found: np.ndarray) -> float:
    """Scores above 1 per series-week, without the first week, the anomaly and three days after it."""
    alarms, steps = 0, 0
    for each, score in zip(suite, found, strict=True):
        clean = np.ones(len(score), bool)
        clean[:LEARNING] = False
        clean[each.first : each.last + 3 * planted.DAY] = False
        alarms += int((score[clean] > 1).sum())
        steps += int(clean.sum())
    return alarms / steps * planted.WEEK


def test_each_kind_is_found(suite: list[planted.Planted], found: np.ndarray) -> None:
    recall = found_kinds(suite, found)
    assert set(recall) == set(planted.KINDS)
    assert np.mean(list(recall.values())) >= 0.84
    assert all(recall[kind] == 1 for kind in EASY), recall


def test_false_alarms_keep_to_the_stated_rate(suite: list[planted.Planted], found: np.ndarray) -> None:
    assert 0 < false_alarms(suite, found) <= 0.45


def test_the_sensitivity_is_a_dial(suite: list[planted.Planted], found: np.ndarray) -> None:
    deaf = scores(np.stack([each.values for each in suite]), sensitivity=1.3)
    assert false_alarms(suite, deaf) < 0.6 * false_alarms(suite, found)
    assert np.mean(list(found_kinds(suite, deaf).values())) > 0.75


def test_clean_series_hardly_alert() -> None:
    series = planted.clean(6, 4)
    values = np.concatenate(list(series.values()))
    found = scores(values)
    gates = Gates(minimum_deviation=0.1)
    decision = Decision.fresh(len(values), Sampling(), gates)
    usual = np.repeat(np.median(values, axis=1)[:, None], values.shape[1], axis=1)
    alerts = np.stack([decision.observe(s, d) for s, d in zip(found.T, (values - usual).T, strict=True)])
    month = alerts[planted.WEEK :]
    assert month.sum() <= len(values) * 0.1, "at most one alert in ten series-months"


def test_noise_is_rarely_an_anomaly_even_without_gates() -> None:
    found = scores(planted.clean(12, 6)["noise"])[:, LEARNING:]
    weeks = found.size / planted.WEEK
    assert (found > 1).sum() / weeks <= 0.3


def test_an_alert_needs_a_lasting_deviation_and_comes_once() -> None:
    decision = Decision.fresh(4, Sampling(), Gates(minimum_deviation=0.1, persistence_hours=0.25))
    score = np.array([[1.5, 1.5, 0.8, 1.5]] + [[0.9, 1.0, 0.8, np.nan]] + [[0.9, 1.0, 0.8, 1.0]] * 5)
    off = np.array([0.3, 0.05, 0.3, -0.3])
    alerts = np.stack([decision.observe(each, off) for each in score])
    assert alerts.sum(axis=0).tolist() == [1, 0, 0, 1]
    assert np.flatnonzero(alerts[:, 0]).tolist() == [3], "a quarter of an hour after the first sample"
    assert np.flatnonzero(alerts[:, 3]).tolist() == [4], "the missing sample does not count"


def test_an_alert_may_come_again_after_the_rest() -> None:
    gates = Gates(persistence_hours=0, rest_hours=1)
    decision = Decision.fresh(1, Sampling(), gates)
    alerts = [bool(decision.observe(np.array([1.2]), np.array([1.0]))[0]) for _ in range(30)]
    assert np.flatnonzero(alerts).tolist() == [0, 13, 26]
