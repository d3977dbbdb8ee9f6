"""Which bounds are in force for which series."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.config.bounds import Override
from forecaster.config.matcher import Matcher
from forecaster.config.resource import Resource
from forecaster.series.frame import Track
from forecaster.serve.limits import ASKED, AskedValues, bounds_in_force


def labels(**pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs.items()))


WEB, DB = labels(domain="web", instance="h1"), labels(domain="db", instance="h1")


def limits(resource: Resource, asked: dict[tuple[tuple[str, str], ...], float]) -> list[float]:
    return [bounds.limit for bounds in bounds_in_force(resource, [WEB, DB], asked)]


def test_the_resources_own_limit_stands_without_others() -> None:
    assert limits(Resource("r", "q", limit=0.7), {}) == [0.7, 0.7]


def test_an_asked_limit_is_for_the_series_with_all_its_labels_the_closest_first() -> None:
    asked = {
        labels(instance="h1"): 0.5,
        labels(domain="db", instance="h1"): 0.6,
        labels(domain="web", zone="a"): 0.1,
    }
    assert limits(Resource("r", "q"), asked) == [0.5, 0.6]
    assert limits(Resource("r", "q"), {(): 0.4}) == [0.4, 0.4]


def test_an_override_beats_what_was_asked_and_the_first_match_wins() -> None:
    overrides = (
        Override((Matcher.parse('domain=~"we.*"'),), limit=0.8),
        Override((Matcher.parse('domain!="nobody"'),), limit=0.2, threshold=0.9),
    )
    resource = Resource("r", "q", overrides=overrides)
    assert limits(resource, {labels(domain="web"): 0.5}) == [0.8, 0.2]
    web, db = bounds_in_force(resource, [WEB, DB], {})
    assert (web.threshold, db.threshold) == (0.8, 0.9)


def test_an_override_may_lift_the_limit_and_keep_the_rest() -> None:
    lifted = Override((Matcher.parse('domain="web"'),), limit=math.inf, min_deviation=0.4)
    resource = Resource("r", "q", limit=0.9, min_deviation=0.1, anomaly_threshold=2, overrides=(lifted,))
    web, db = bounds_in_force(resource, [WEB, DB], {})
    assert (web.limit, web.min_deviation, web.anomaly_threshold) == (math.inf, 0.4, 2)
    assert (db.limit, db.min_deviation) == (0.9, 0.1)


def test_an_override_of_something_else_leaves_the_asked_limit() -> None:
    override = Override((Matcher.parse('domain="web"'),), threshold=0.9)
    assert limits(Resource("r", "q", overrides=(override,)), {labels(domain="web"): 0.5}) == [0.5, 0.9]


def test_a_sensitivity_divides_the_anomaly_threshold_unless_that_is_overridden() -> None:
    override = Override((Matcher.parse('domain="db"'),), anomaly_threshold=3)
    resource = Resource("r", "q", anomaly_threshold=1.2, overrides=(override,))
    found = bounds_in_force(resource, [WEB, DB, labels(domain="other")], {}, {WEB: 0.5, DB: 0.5})
    assert [bounds.anomaly_threshold for bounds in found] == [2.4, 3, 1.2]


@pytest.mark.parametrize(
    ("key", "valid", "invalid"),
    [
        ("limit_query", (0.0, -3.0, 1e18), (math.inf, math.nan)),
        ("sensitivity_query", (0.1, 1.0, 10.0), (0.0, -1.0, 0.09, 11.0, math.inf, math.nan)),
    ],
)
def test_what_cannot_be_a_bound_is_left_out_counted_and_said_once(
    key: str, valid: tuple[float, ...], invalid: tuple[float, ...], caplog: pytest.LogCaptureFixture
) -> None:
    (asked,) = (each for each in ASKED if each.key == key)
    values = AskedValues(asked)
    tracks = [
        Track(labels(domain=str(number)), np.array([0.0]), np.array([value]))
        for number, value in enumerate((*valid, *invalid))
    ]
    for now in (0, 300):
        values.tell(tracks, now, 900)
        assert (list(values.values.values()), values.invalid) == (list(valid), len(invalid))
    assert [record.getMessage() for record in caplog.records] == ["values are left out"]
    values.tell([], 600, 900)
    assert (len(values.values), values.invalid) == (len(valid), 0), "what was told last stands"


@pytest.mark.parametrize(
    ("matcher", "domain", "matches"),
    [
        ('domain="web.1"', "web.1", True),
        ('domain="web.1"', "webx1", False),
        ('domain=~"web.1"', "webx1", True),
        ('domain=~"web"', "web1", False),
        ('domain!~"web|db"', "db", False),
        ('domain!~"web|db"', "cache", True),
        ('missing=""', "any", True),
        (r'domain="a\"b"', 'a"b', True),
        (r'domain=~"a\\.b"', "a.b", True),
        (r'domain=~"a\\.b"', "axb", False),
        (r'domain="a\nb\u00e9\ufffd"', "a\nb\u00e9\ufffd", True),
        (r'"domain"="web"', "web", True),
    ],
)
def test_matchers(matcher: str, domain: str, matches: bool) -> None:
    assert Matcher.parse(matcher).matches({"domain": domain}) is matches


def test_a_matcher_names_any_label_in_quotes() -> None:
    matcher = Matcher.parse(r'"k8s.pod\"name"=~"virt-.*"')
    assert matcher.label == 'k8s.pod"name'
    assert matcher.matches({'k8s.pod"name': "virt-launcher"})
    assert not matcher.matches({"k8s.pod.name": "virt-launcher"})


@pytest.mark.parametrize("text", ["domain", "domain=web", '{domain="web"}', 'do-main="x"', 'domain=~"("'])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no "):
        Matcher.parse(text)
