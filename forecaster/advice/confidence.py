"""How sure a sign is, from 0 to 1, by what it rests on: a value, a probability, a score, a neighbour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.advice.neighbours import Neighbour
    from forecaster.view.rows import Rows

MEASURED = 1.0
FALSE_ALARMS, STEEPNESS = 0.4, 3.6
"""Of a series that is well: false alarms a week at the usual threshold, and by which power of the score they
get fewer; through what `Resource.anomaly_threshold` says of four thresholds."""
WEEK = 7.0  # days
DAY = 86_400  # seconds: what is said to come soon comes within it


def of_anomaly(rows: Rows, row: int) -> float:
    """The share of series without a fault whose scores stay below this one for a day; NaN without a score."""
    score = float(rows.score[row]) * rows.bounds[row].anomaly_threshold
    return math.exp(-FALSE_ALARMS * score**-STEEPNESS / WEEK) if score > 0 else math.nan


def of_exhaustion(rows: Rows, row: int) -> float:
    """The probability that the limit is reached within a day, or the horizon that its expected time lies in;
    within the longest one where none is as long.
    """
    seconds = max(float(rows.outlook.exhaustion_seconds[row]), DAY)
    within = (at for at, each in enumerate(rows.resource.horizons) if each.seconds >= seconds)
    return float(rows.outlook.probability[next(within, -1), row])


def of_neighbour(taker: Neighbour) -> float:
    """The weaker of its evidences: its share of the rise, and how it moves with what the others lack."""
    return min(taker.share, taker.correlation)
