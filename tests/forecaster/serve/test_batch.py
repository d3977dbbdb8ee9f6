"""A batch: its series' bounds reach the engine."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.config.bounds import Bounds
from forecaster.engine.anomaly import PRESENT
from forecaster.engine.engine import Settings
from forecaster.replay import replay
from forecaster.series.frame import Frame
from forecaster.serve.batch import Batch
from forecaster.view.recent import MOST

START, STEP, BURST, STEPS = 1_700_000_100, 300, 500, 520
SETTINGS = Settings(step=STEP, horizons=(3600,))
BOUND = Bounds(math.inf, 0.5, 1.0, 0.0)


def burst(n: int) -> np.ndarray:
    """Noisy CPU ratios (n, STEPS) about 20 % that jump by 40 points."""
    values = 0.2 + 0.005 * np.random.default_rng(1).standard_normal((n, STEPS))
    values[:, BURST:] += 0.4
    return values


def scores(values: np.ndarray, bounds: list[Bounds]) -> np.ndarray:
    """The anomaly scores (n, t) of a batch that is fed step by step."""
    labels = tuple((("domain", f"vm-{row}"),) for row in range(len(values)))
    batch, found = Batch.fresh(labels, bounds, SETTINGS), []
    for at in range(values.shape[1]):
        time = np.array([START + STEP * at], dtype=np.int64)
        column = values[:, at : at + 1]
        batch.observe(Frame(labels, time, column, np.isfinite(column)))
        assert batch.outlook is not None
        found.append(batch.outlook.anomaly_score)
    return np.stack(found, axis=1)


@pytest.fixture(scope="module")
def judged() -> np.ndarray:
    dials = ((1.0, 0.0), (1.5, 0.0), (1.5, 0.1), (1.0, 0.5))
    bounds = [Bounds(math.inf, 0.5, threshold, least) for threshold, least in dials]
    return scores(np.repeat(burst(1), 4, axis=0), bounds)


def test_an_anomaly_goes_on_for_an_alert_that_waits(judged: np.ndarray) -> None:
    assert (judged[:3, BURST] > 1).all()
    later = judged[:3, BURST + 1 : BURST + 12]
    assert ((later >= PRESENT) & (later <= 1)).all()
    assert judged[1, BURST] == pytest.approx(judged[0, BURST] / 1.5)


def test_what_is_too_near_to_matter_is_no_anomaly(judged: np.ndarray) -> None:
    assert (judged[3] < 1).all()


def test_a_replay_has_the_same_dial(judged: np.ndarray) -> None:
    times = START + STEP * np.arange(STEPS)
    values = np.repeat(burst(1), 2, axis=0)
    replayed = replay(values, times, horizons=(3600,), sensitivity=(1.0, 1.5)).anomaly_score
    np.testing.assert_array_equal(replayed, judged[:2])


def test_a_chart_has_the_last_values_and_the_bands_they_were_judged_by() -> None:
    values = burst(2)
    batch = Batch.fresh(
        labels := tuple((("domain", f"vm-{row}"),) for row in range(2)), [BOUND] * 2, SETTINGS
    )
    times = START + STEP * np.arange(STEPS)
    for part in (slice(0, STEPS - 1), slice(STEPS - 1, STEPS)):
        frame = Frame(labels, times[part], values[:, part], np.isfinite(values[:, part]))
        batch.observe(frame)
    track = batch.take([1]).recent.of(0)
    assert batch.outlook is not None
    assert track.times.tolist() == times[-MOST:].tolist()
    np.testing.assert_allclose(track.values, values[1, -MOST:], rtol=1e-6)
    assert np.isfinite(track.lower).sum() == 2, "of the last step of each reading"
    assert track.upper[-1] == pytest.approx(batch.outlook.upper[1])
