"""What a series is judged against, and for which series it differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.config.matcher import Matcher


@dataclass(frozen=True)
class Bounds:
    """What one series is judged against; see Resource."""

    limit: float
    threshold: float
    anomaly_threshold: float
    min_deviation: float


@dataclass(frozen=True)
class Override:
    """Other bounds for the series that all matchers select; None leaves a bound as it is."""

    matchers: tuple[Matcher, ...]
    limit: float | None = None
    threshold: float | None = None
    anomaly_threshold: float | None = None
    min_deviation: float | None = None

    def __post_init__(self) -> None:
        check_bounds(self.threshold, self.anomaly_threshold, self.min_deviation)


def check_bounds(
    threshold: float | None, anomaly_threshold: float | None, min_deviation: float | None
) -> None:
    """ValueError where a bound that is given cannot be one."""
    if threshold is not None and not 0 < threshold <= 1:
        raise ValueError("threshold is a probability: more than 0 and at most 1")
    if anomaly_threshold is not None and not 0 < anomaly_threshold < math.inf:
        raise ValueError("anomaly_threshold must be more than 0, and finite")
    if min_deviation is not None and not 0 <= min_deviation < math.inf:
        raise ValueError("min_deviation must be 0 or more, and finite")


BOUNDS = ("limit", "threshold", "anomaly_threshold", "min_deviation")
