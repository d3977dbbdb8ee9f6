"""The engine's anomaly score without the rest of it, as an engine that the scorers take: the baseline and the
score go through many steps in a call, so that a gate of hours takes minutes. Scores are those of
`forecaster.replay.replay`, to the last bit.

VIRTCAST_STAGE_OFF names a stage that has no say, as for `staged`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from staged import switch_off

from forecaster.engine import sample_kernel
from forecaster.engine.anomaly import AnomalyScore
from forecaster.engine.baseline import Baseline
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

_TOGETHER = 288  # steps


class Scores(NamedTuple):
    """What a replay says of series (n, steps), as far as it is about anomalies."""

    expected: Table
    upper: Table
    anomaly_score: Table


def replay(values: Any, timestamps: Any, limit: None = None, horizons: Any = ()) -> Scores:  # noqa: ARG001
    """The scores of the series (n, steps); there are no limits, and nothing is foretold."""
    if stage := os.environ.get("VIRTCAST_STAGE_OFF"):
        switch_off(stage)
    n, steps = values.shape
    step = int(timestamps[1] - timestamps[0])
    settings, first_tick = Settings(step=step), int(timestamps[0]) // step
    baseline, score = Baseline.fresh(n, settings), AnomalyScore.fresh(n, settings)
    none, seen, out = np.full(n, np.nan), np.zeros(n), Scores(*np.empty((3, n, steps)))
    for first in range(0, steps, _TOGETHER):
        some = np.array(values[:, first : first + _TOGETHER].T, np.float64, order="C")
        sample_kernel.tame(some, none, settings.toward, seen)
        tick = first_tick + first
        said = baseline.observe(some, tick)
        scores = score.read(some, said[:, 4], said[:, 0], tick * step)
        told = said[:, 0], said[:, 2], np.where(np.isnan(scores), 0.0, scores)
        for table, its in zip(out, told, strict=True):
            table[:, first : first + _TOGETHER] = its.T
    return out
