"""First passages: when a noisy, drifting series first reaches a limit.

The series is level + slope·k plus independent normal noise, drawn once per `grain`. Staying below the limit
means every draw does, so with z the distance to the limit in standard deviations the cumulated hazard over a
stretch is the integral of the upper tail Q(z) over its draws. Along a straight line it has a closed form by
the unit normal loss G(z) = ∫ Q = φ(z) - z·Q(z)  (Johnson and Kotz, Distributions in Statistics: Continuous
Univariate 1, 1970, chapter 13).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FARTHEST = 8.0  # deviations; beyond, a tail (6e-16) is rounding noise
_FLAT = 1e-3  # deviations moved over a stretch, under which it is level


def tail_and_loss(z: Floats) -> tuple[Floats, Floats]:
    """Q(z) and G(z), to 7.5e-8 (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17)."""
    size = np.minimum(np.abs(z), _FARTHEST)
    t = 1.0 / (1.0 + 0.2316419 * size)
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    density = np.exp(-0.5 * size * size) / np.sqrt(2 * np.pi)
    tail = density * poly
    loss = np.maximum(density - size * tail, 0.0)
    return np.where(z < 0, 1.0 - tail, tail), np.where(z < 0, loss - z, loss)


def hazard(distance: Floats, slope: Floats, deviation: Floats, ends: Floats, grain: float) -> Floats:
    """Cumulated hazard (len(ends), n) of a line `distance` (n,) below the limit now, at the times `ends`.

    `slope` (n,) and `grain` are per and in the unit of `ends`; `deviation` (n,) > 0 is of one draw.
    """
    start = distance / deviation
    moved = slope / deviation * ends[:, None]
    tail, loss = tail_and_loss(np.concatenate((start[None], start - moved)))
    draws = ends[:, None] / grain
    level = np.abs(moved) < _FLAT
    line = (loss[1:] - loss[0]) / np.where(level, 1.0, moved)
    total: Floats = draws * np.maximum(np.where(level, (tail[1:] + tail[0]) / 2, line), 0.0)
    return total


_TABLE_Z = np.linspace(-6.0, _FARTHEST, 1401)
_TABLE_LOSS = tail_and_loss(_TABLE_Z)[1]


def passing_distance(quantile: float, slope: Floats, deviation: Floats, grain: float) -> Floats:
    """How many deviations under the limit a line from far below is when a share `quantile` of its kind have
    reached it.

    Solves G(z)·deviation / (slope·grain) = -ln(1 - quantile); negative where the line is so steep that it has
    passed the limit before the next draw.
    """
    with np.errstate(over="ignore", divide="ignore"):
        loss = np.minimum(-np.log1p(-quantile) * slope * grain / deviation, 1e6)
    z: Floats = np.interp(-loss, -_TABLE_LOSS, _TABLE_Z)
    return np.where(loss > _TABLE_LOSS[0], -loss, z)
