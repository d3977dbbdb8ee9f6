"""The gauge of issues: a sample for each, with the labels of what it is about."""

from __future__ import annotations

from dataclasses import replace

from example_view import only
from exporter.metric import families
from fleet_view import NOW, fleet
from forecaster.api.issues import told
from forecaster.publish.issues import ISSUE, issue_samples
from forecaster.view.rollups import Rollups


def test_each_issue_has_a_sample_with_its_id_and_its_labels() -> None:
    fresh = fleet(60).fresh(NOW, 900)
    samples = list(issue_samples(fresh))
    found = [(dict(zip(each.metric.labels, each.labels, strict=True)), each.value) for each in samples]
    wanted = [
        ({**each["labels"], **{name: each[name] for name in ISSUE.labels}}, each["confidence"])
        for each in told(fresh)
    ]
    assert found == wanted
    assert len(found) > 5
    assert {labels["severity"] for labels, _ in found} > {"info"}
    families(samples)


def test_labels_that_no_scraper_takes_are_left_out_and_those_that_mean_something_else_renamed() -> None:
    view = fleet(60)
    labels = tuple((("k8s.pool", f"p{n}"), ("kind", "x"), ("pool", f"p{n}")) for n in range(60))
    fresh = replace(only(view, labels=labels), steps=Rollups()).fresh(NOW, 900)
    found = [sample.metric.labels for sample in issue_samples(fresh)]
    assert found
    assert set(found) == {("exported_kind", "pool", *ISSUE.labels)}


def test_shards_tell_what_each_sees_of_a_vm_by_their_names() -> None:
    told = [
        {
            frozenset(zip(each.metric.labels, each.labels, strict=True))
            for each in issue_samples(replace(fleet(60), shard=shard).fresh(NOW, 900))
        }
        for shard in ("1/2", "2/2")
    ]
    assert told[0]
    assert not told[0] & told[1]


def test_nothing_is_told_while_nothing_is_read() -> None:
    assert not list(issue_samples(fleet(60).fresh(NOW + 10_000, 900)))
