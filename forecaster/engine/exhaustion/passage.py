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

from forecaster.engine.exhaustion import passage_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FARTHEST = 8.0  # deviations, up to which the table goes; beyond, a tail (6e-16) is rounding noise


def tail_and_loss(z: Floats) -> tuple[Floats, Floats]:
    """Q(z) and G(z) (n,), to 7.5e-8."""
    tail, loss = np.empty((2, *z.shape))
    passage_kernel.tail_and_loss(z, tail, loss)
    return tail, loss


def hazard(distance: Floats, slope: Floats, deviation: Floats, ends: Floats, grain: float) -> Floats:
    """Cumulated hazard (len(ends), n) of a line `distance` (n,) below the limit now, at the times `ends`.

    `slope` (n,) and `grain` are per and in the unit of `ends`; `deviation` (n,) > 0 is of one draw.
    """
    out = np.empty((len(ends), len(distance)))
    distance, slope, deviation = (np.ascontiguousarray(each) for each in (distance, slope, deviation))
    passage_kernel.hazard(distance, slope, deviation, ends, grain, out)
    return out


TABLE_Z = np.linspace(-6.0, _FARTHEST, 1401)
TABLE_LOSS = tail_and_loss(TABLE_Z)[1]


def passing_distance(quantile: float, slope: Floats, deviation: Floats, grain: float) -> Floats:
    """How many deviations under the limit a line from far below is when a share `quantile` of its kind have
    reached it.

    Solves G(z)·deviation / (slope·grain) = -ln(1 - quantile); negative where the line is so steep that it has
    passed the limit before the next draw.
    """
    out = np.empty(len(slope))
    passage_kernel.passing_distance(quantile, slope, deviation, grain, TABLE_Z, TABLE_LOSS, out)
    return out
