"""Samples of what advisers say: the gauges of their outputs."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from exporter.metric import Sample
from forecaster.advice.registry import ITEM_ADVISERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Metric
    from forecaster.view.view import Fresh

METRICS = tuple(gauge for each in ITEM_ADVISERS for gauge in each.advice.gauges)


def advice_samples(fresh: Fresh) -> Iterator[Sample]:
    """Those of every adviser; none while nothing was read lately."""
    if not fresh.rows:
        return
    for each in ITEM_ADVISERS:
        for metric, labels, own, value in each.advice.samples(fresh):
            names, values = zip(*labels, strict=True)
            yield Sample(_labelled(metric, names), (*values, *own), value)


@lru_cache(maxsize=256)
def _labelled(metric: Metric, names: tuple[str, ...]) -> Metric:
    """The metric with the labels of an item before its own."""
    return replace(metric, labels=(*names, *metric.labels))
