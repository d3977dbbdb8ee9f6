"""The lean page: what a series costs the database; nothing is missing which rules or dashboards read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from example_view import NOW, make, only, rows_of
from exporter.web.label_names import Escaping
from forecaster.config.bounds import Bounds
from forecaster.config.resources import RESOURCES
from forecaster.publish.gauges import series_samples
from forecaster.publish.metrics import (
    CONTRIBUTION,
    EXHAUSTION,
    FORECAST,
    PROBABILITY,
    QUANTILES,
    THRESHOLD,
    TREND,
)
from forecaster.publish.names import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from forecaster.config.resource import Resource
    from forecaster.view.view import View

ROOT = Path(__file__).parents[3]
READERS = (ROOT / "alert_rules/alerts.rules.yml", *sorted((ROOT / "grafana/json").glob("*.json")))
BY_NAME = {resource.name: resource for resource in RESOURCES}
SELECTOR = re.compile(r"\b(virtcast_\w+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)=\\?["\']([^"\'\\]*)')


def fleet(resource: Resource) -> View:
    """Two ready series: `web`, whose exhaustion is in sight and which is anomalous, and `db`."""
    view = make()
    outlook, ahead = rows_of(view).outlook, len(resource.horizons)
    outlook = replace(
        outlook,
        probability=np.full((ahead, 2), 0.25),
        forecast=np.full((ahead, len(QUANTILES), 2), 0.5),
        reasons=replace(outlook.reasons, trend=np.array([0.03, 0.01])),
    )
    usual = Bounds(resource.limit, resource.threshold, resource.anomaly_threshold, resource.min_deviation)
    return only(view, resource=resource, outlook=outlook, bounds=(usual, usual))


def told(view: View) -> Iterator[Sample]:
    """The samples of series; the resource of the view is that of its rows."""
    rows = rows_of(view)
    known = {rows.resource.name: named(rows.labels, Escaping.UNDERSCORES)}
    each = replace(view.resources[0], resource=rows.resource)
    return series_samples(replace(view, resources=(each,)), NOW, 900, known)


def costs(view: View) -> Counter[str]:
    """How many samples each series has, by its domain."""
    return Counter(dict(zip(s.metric.labels, s.labels, strict=True))["domain"] for s in told(view))


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.name)
def test_a_series_that_is_well_costs_nine_samples(resource: Resource) -> None:
    """Ten at most on average, as long as no more than one in nine is anomalous and near its limit."""
    view = fleet(resource)
    rows_of(view).outlook.probability[:-1, 1] = 0.0
    cost = costs(view)
    assert cost["db"] == 9
    # The times of exhaustion are three more, a probability one; onset, origin, usual value, trend and sign of
    # an anomaly five; its issue one.
    assert cost["web"] == 9 + 3 + 1 + 5 + 1


@pytest.mark.parametrize(
    ("chance", "threshold", "shown"),
    [(0.0, 0.8, False), (0.009, 0.8, False), (0.01, 0.8, True), (0.005, 0.004, True), (0.003, 0.004, False)],
)
def test_a_shorter_horizon_is_told_where_it_says_more_than_nothing(
    chance: float, threshold: float, shown: bool
) -> None:
    view = fleet(BY_NAME["vm_cpu"])
    rows = rows_of(view)
    rows.outlook.probability[:] = chance
    bounds = (Bounds(0.9, threshold, 1.0, 0.1),) * 2
    other = only(view, resource=rows.resource, outlook=rows.outlook, bounds=bounds)
    within = {s.labels[-1] for s in told(other) if s.metric.name == PROBABILITY.name}
    assert within == ({"1h", "24h"} if shown else {"24h"})


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.name)
def test_a_full_page_has_everything(resource: Resource) -> None:
    view = fleet(replace(resource, publish="full"))
    assert costs(view)["db"] == 3 + 1 + 1 + len(resource.horizons) * (1 + len(QUANTILES)) + 2
    shown = {sample.labels[-1] for sample in told(view) if sample.metric.name == CONTRIBUTION.name}
    assert shown == {"residual", "shape", "roughness", "displacement"}


def test_the_sign_that_is_shown_is_the_strongest_but_for_displacement() -> None:
    view = fleet(BY_NAME["vm_cpu"])
    rows_of(view).outlook.reasons.signs[:, 0] = [1.1, 1.3, np.nan, 2.5]
    shown = {s.labels[-1]: s.value for s in told(view) if s.metric.name == CONTRIBUTION.name}
    assert shown == {"shape": 1.3}


def test_a_threshold_is_told_where_rules_would_take_another_one_or_there_is_no_limit() -> None:
    view = fleet(BY_NAME["vm_cpu"])
    rows = rows_of(view)
    for bounds, shown in (
        (Bounds(0.9, 0.8, 1.0, 0.1), False),
        (Bounds(0.9, 0.6, 1.0, 0.1), True),
        (Bounds(np.inf, 0.8, 1.0, 0.1), True),
    ):
        other = only(view, resource=rows.resource, outlook=rows.outlook, bounds=(bounds, bounds))
        assert any(s.metric.name == THRESHOLD.name for s in told(other)) is shown


@pytest.mark.parametrize(("days", "times"), [(29, 3), (31, 0)])
def test_times_of_exhaustion_are_told_if_the_median_is_within_thirty_days(days: float, times: int) -> None:
    view = fleet(BY_NAME["vm_cpu"])
    rows_of(view).outlook.exhaustion_quantiles[:, 0] = np.array([1.0, days, 90.0]) * 86_400
    assert sum(s.metric.name == EXHAUSTION.name for s in told(view)) == times


def test_a_trend_is_told_of_an_anomaly() -> None:
    trends = [s for s in told(fleet(BY_NAME["vm_cpu"])) if s.metric.name == TREND.name]
    assert ["web" in s.labels for s in trends] == [True]


@pytest.mark.parametrize("reader", READERS, ids=lambda each: each.name)
def test_nothing_that_rules_and_dashboards_read_is_missing(reader: Path) -> None:
    """Horizons that they choose from are those there are: the variables ask for them."""
    gauges = {PROBABILITY.name: "counted", FORECAST.name: "drawn"}
    for name, matchers in SELECTOR.findall(reader.read_text()):
        asked = dict(MATCHER.findall(matchers))
        assert asked.get("quantile") in {None, *map(str, QUANTILES)}
        if name in gauges and "resource" in asked and not asked.get("horizon", "$").startswith("$"):
            there = {each.label for each in getattr(BY_NAME[asked["resource"]], gauges[name])}
            assert asked["horizon"] in there, f"{name}{{{matchers}}}"


def test_the_check_of_readers_sees_selectors() -> None:
    found = [SELECTOR.findall(reader.read_text()) for reader in READERS]
    assert any(PROBABILITY.name == name and 'horizon="' in m for name, m in found[0])
    assert sum(map(len, found)) > 100
