from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from forecaster.replay import replay as whole

sys.path.insert(0, str(Path(__file__).parent))
from anomalies_alone import replay


def test_scores_alone_are_those_of_a_replay() -> None:
    rng, steps = np.random.default_rng(3), 24 * 11
    wave = np.sin(2 * np.pi * np.arange(steps) / 24)
    values = 50 + 20 * wave + rng.normal(0, 1, (3, steps))
    values[1, 200:206] += 60
    values[2, rng.random(steps) < 0.1] = np.nan
    times = 1_700_000_000 // 3600 * 3600 + 3600 * np.arange(steps)

    alone, said = replay(values, times), whole(values, times)

    for name in alone._fields:
        np.testing.assert_array_equal(getattr(alone, name), getattr(said, name), err_msg=name)
    assert (alone.anomaly_score[1, 200:206] > 1).any()
