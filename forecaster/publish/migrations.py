"""Samples of live migrations that run or have ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.publish.gauges import of_replica
from forecaster.publish.metrics import (
    MIGRATION_DOWNTIME_ERROR,
    MIGRATION_ERROR,
    MIGRATION_JUDGED,
    MIGRATION_LEFT,
    MIGRATION_TOOK,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from forecaster.view.migrations import MigrationsView


def migration_samples(view: MigrationsView, replica: str = "") -> Iterator[Sample]:
    """All, with the label that tells forecasters of the same series apart, if any; what will not end has no
    time left.
    """
    return of_replica(_samples(view), replica) if replica else _samples(view)


def _samples(view: MigrationsView) -> Iterator[Sample]:
    for labels, seconds in view.left.items():
        if math.isfinite(seconds):
            yield MIGRATION_LEFT.sample(seconds, *(value for _, value in labels))
    yield MIGRATION_JUDGED.sample(view.judged)
    yield MIGRATION_TOOK.sample(view.took)
    yield MIGRATION_ERROR.sample(view.error)
    yield MIGRATION_DOWNTIME_ERROR.sample(view.downtime_error)
