"""How well anomaly scores find labelled segments: VUS-PR, segments found, false episodes.

All figures are of one series at a time and of the rows from a first one on; means over series are the
caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SOON = 7
"""Steps of a segment, its first included, in which an alarm is in time."""
THRESHOLDS = 250
"""Of the VUS-PR curves, evenly over the ranks of the scores, as its authors' code does."""
BUFFERS = (0, 10, 20, 30, 40, 50, 60)
"""Widths, in steps, of the buffers about segments over which VUS-PR is the mean."""


def bounds(labels: Flags) -> list[tuple[int, int]]:
    """The rows [first, last] of the runs of True."""
    edge = np.diff(np.r_[0, labels.astype(np.int8), 0])
    return list(
        zip(np.flatnonzero(edge == 1).tolist(), (np.flatnonzero(edge == -1) - 1).tolist(), strict=True)
    )


def softened(labels: Flags, buffer: int) -> Floats:
    """Labels (t,) that fade over half a `buffer` to both sides: sqrt(1 - distance / buffer)."""
    soft = labels.astype(float)
    half = buffer // 2
    for first, last in bounds(labels):
        for k in range(1, half + 1):
            worth = np.sqrt(1 - k / buffer)
            for row in (first - k, last + k):
                if 0 <= row < len(soft):
                    soft[row] = max(soft[row], worth)
    return soft


def range_pr(labels: Flags, scores: Floats, buffer: int) -> float:
    """Range-based area under precision and recall with a `buffer` (Paparrizos et al., VLDB 2022).

    Recall: the softened labels told, over the mean of the hard and the softened sum, at most 1, times the
    share of segments of which anything is told; precision: the softened labels told, over the rows told.
    """
    soft = softened(labels, buffer)
    positives = (labels.sum() + soft.sum()) / 2
    runs = bounds(soft > 0)
    cuts = np.sort(scores)[::-1][np.linspace(0, len(scores) - 1, THRESHOLDS).astype(int)]
    order = np.argsort(-scores, kind="stable")
    told = np.searchsorted(-scores[order], -cuts, side="right")
    found = np.cumsum(soft[order])[told - 1]
    best = np.array([scores[a : b + 1].max() for a, b in runs])
    existing = (best[None, :] >= cuts[:, None]).mean(axis=1)
    recall = np.minimum(found / positives, 1) * existing
    return float(np.sum(np.diff(np.r_[0.0, recall]) * found / told))


def vus_pr(labels: Flags, scores: Floats, buffers: Sequence[int] = BUFFERS) -> float:
    """Volume under the surface: the mean of `range_pr` over buffers."""
    return float(np.mean([range_pr(labels, scores, buffer) for buffer in buffers]))


@dataclass(frozen=True)
class Found:
    """What is told of the segments of one series, (k,) each: at all, in time, and whether it is a repeat;
    false episodes, and the steps without a segment.
    """

    at_all: Flags
    in_time: Flags
    repeated: Flags
    false_episodes: int
    clear_steps: int


def found(
    segments: Sequence[tuple[int, int]], on: Flags, start: int, *, late: int, apart: int, repeat: int
) -> Found:
    """Judge alarms `on` (t,) from row `start` on.

    `late`: steps after a segment in which alarms are no false ones; `apart`: steps between two false ones
    that make them two episodes; `repeat`: a segment that begins so many steps after the last one's end, or
    sooner, is a repeat.
    """
    rows = [each for each in segments if each[0] >= start]
    clear = np.ones(len(on), bool)
    clear[:start] = False
    for first, last in rows:
        clear[first : last + 1 + late] = False
    false = np.flatnonzero(on & clear)
    before = [-np.inf, *(last for _, last in rows[:-1])]
    return Found(
        np.array([bool(on[a : b + 1].any()) for a, b in rows], bool),
        np.array([bool(on[a : min(b + 1, a + SOON)].any()) for a, b in rows], bool),
        np.array([a - ended <= repeat for (a, _), ended in zip(rows, before, strict=True)], bool),
        int((np.diff(false, prepend=-np.inf) > apart).sum()) if len(false) else 0,
        int(clear.sum()),
    )
