"""The advisers: page and report show each as a table, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.advice import (
    accuracy,
    alerts,
    anomaly,
    commitment,
    compare,
    cost,
    disk_sizes,
    exhaustion,
    issues,
    lately,
    migrations,
    neighbours,
    pairs,
    patterns,
    reserve,
    runway,
    service_levels,
    sizes,
    together,
    waste,
)
from forecaster.advice.output import ItemAdviser

if TYPE_CHECKING:
    from forecaster.advice.finding import Adviser

ADVISERS: tuple[Adviser, ...] = (
    issues.ADVISER,
    alerts.ADVISER,
    exhaustion.ADVISER,
    anomaly.ADVISER,
    neighbours.ADVISER,
    together.ADVISER,
    lately.ADVISER,
    runway.ADVISER,
    commitment.ADVISER,
    reserve.ADVISER,
    sizes.ADVISER,
    disk_sizes.ADVISER,
    service_levels.ADVISER,
    migrations.ADVISER,
    waste.ADVISER,
    cost.ADVISER,
    patterns.ADVISER,
    pairs.ADVISER,
    compare.ADVISER,
    accuracy.ADVISER,
)
ITEM_ADVISERS = tuple(each for each in ADVISERS if isinstance(each, ItemAdviser))
"""Those that the API and the gauges have, too."""
