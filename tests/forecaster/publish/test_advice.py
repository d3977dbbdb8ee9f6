"""The gauges of advisers: each has samples, with the labels of what it is about."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.metric import families
from fleet_view import NOW, fleet
from forecaster.advice.registry import ITEM_ADVISERS
from forecaster.publish.advice import METRICS, advice_samples

if TYPE_CHECKING:
    from exporter.metric import Sample

LATE = 1e9  # seconds


def test_every_gauge_of_an_adviser_has_samples_that_differ_by_their_labels() -> None:
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in advice_samples(fleet(60).fresh(NOW, 900)):
        found[sample.metric.name].append(sample)
    assert set(found) == {metric.name for metric in METRICS}
    for samples in found.values():
        keys = [tuple(zip(each.metric.labels, each.labels, strict=True)) for each in samples]
        assert len(set(keys)) == len(keys)
        assert all(isinstance(each.value, float) and math.isfinite(each.value) for each in samples)
    families(sample for samples in found.values() for sample in samples)


def test_a_lean_adviser_has_gauges_of_what_its_table_shows() -> None:
    fresh = fleet(60).fresh(NOW, 900)
    lean = [each.advice for each in ITEM_ADVISERS if each.advice.lean]
    assert {each.name for each in lean} == {"service-levels", "disk-sizes"}
    kept = 0
    for advice in lean:
        items = advice.given(fresh)
        shown = {advice.labels(item) for item in items if advice.shown(item)}
        kept += len({advice.labels(item) for item in items} - shown)
        told = {labels[: len(next(iter(shown)))] for _, labels, _, _ in advice.samples(fresh)}
        assert told == shown
    assert kept


def test_without_fresh_figures_there_is_no_advice() -> None:
    view = fleet(60)
    assert list(advice_samples(view.fresh(NOW + LATE, 900))) == []
    assert list(advice_samples(replace(view, resources=()).fresh(NOW, 900))) == []


def test_one_shard_advises_for_the_whole_fleet() -> None:
    """All gauges of all shards together are those of one forecaster: a sum has nothing twice."""
    view = fleet(60)
    whole = list(advice_samples(view.fresh(NOW, 900)))
    parts = [
        sample
        for shard in ("1/3", "2/3", "3/3")
        for sample in advice_samples(replace(view, shard=shard).fresh(NOW, 900))
    ]
    assert parts == whole
    second = replace(view, shard="2/3").fresh(NOW, 900)
    for each in ITEM_ADVISERS:
        assert each.rows(second) == []
        assert each.without(second) == "The first shard advises on the whole fleet."
