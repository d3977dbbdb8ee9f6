"""Live migrations that run, and how right the forecasts of those were that ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.series.labels import Labels


@dataclass(frozen=True)
class MigrationsView:
    """`left` is the time that each is expected to take still, seconds. The others are sums over those that
    ended while the program ran and had been forecast: their number, what they took, and the errors without
    their sign, seconds.
    """

    left: Mapping[Labels, float] = field(default_factory=dict)
    judged: int = 0
    took: float = 0.0
    error: float = 0.0
    downtime_error: float = 0.0
