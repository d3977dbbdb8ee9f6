"""Samples of how right the forecasts of a resource were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.publish.metrics import BAND_COVERAGE, EXHAUSTION_SKILL, FLAGGED, FORECAST_ERROR, MISSED
from forecaster.view.accuracy import NAIVE, exhaustions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from forecaster.view.view import ResourceView


def accuracy_samples(each: ResourceView) -> Iterator[Sample]:
    """Those of one resource; what is not known has none."""
    name = each.resource.name
    for horizon, of in each.accuracy.items():
        if not math.isnan(of.held):
            yield BAND_COVERAGE.sample(of.held, name, horizon)
        for naive, ratio in zip(NAIVE, of.errors, strict=True):
            if not math.isnan(ratio):
                yield FORECAST_ERROR.sample(ratio, name, horizon, naive)
        if not math.isnan(of.brier_skill):
            yield EXHAUSTION_SKILL.sample(of.brier_skill, name, horizon)
    if each.judged.labels:
        flagged, missed = exhaustions(each.judged.record)
        yield FLAGGED.sample(flagged, name)
        yield MISSED.sample(missed, name)
