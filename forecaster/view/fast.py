"""What the fast lane says of the series of a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.config.resource import Resource
    from forecaster.series.labels import Labels


@dataclass(frozen=True)
class FastView:
    """`scores` of the newest samples at Unix time `at`; series without a sample have none."""

    resource: Resource
    at: int
    scores: Mapping[Labels, float]
