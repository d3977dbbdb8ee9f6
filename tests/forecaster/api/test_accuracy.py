"""How right the forecasts were, as JSON and CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from exporter.web.query import Query
from exporter.web.server import Request
from forecaster.api.accuracy import RESOURCE, read
from forecaster.api.registry import routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import View

NOW = 1_800_000_000


@pytest.fixture
def told(view: Callable[..., View]) -> Callable[[str], dict[str, Any]]:
    """The answer to a query, through JSON."""

    def ask(query: str) -> dict[str, Any]:
        found = read(view().fresh(NOW, 900), Query.parse(query))
        answer: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
        return answer

    return ask


def test_a_series_has_its_figures_by_horizon(told: Callable[[str], dict[str, Any]]) -> None:
    web, db = told("")["series"]
    assert (web["resource"], web["labels"]["domain"]) == ("vm_cpu", "web")
    assert list(web["horizons"]) == ["15m", "24h"]
    assert web["horizons"]["15m"] == {
        "outcomes": 40,
        "band_coverage": pytest.approx(0.8),
        "error_ratio_last": pytest.approx(0.8),
        "error_ratio_yesterday": pytest.approx(0.5),
        "chances": 40,
        "brier_skill": pytest.approx(0.5),
    }
    assert (web["exhaustions_flagged"], web["exhaustions_missed"]) == (3, 1)
    assert web["text"] == (
        "80 % bands held 79 % of 56 values; largest error 2.00 times that of a naive one (last value); "
        "3 of 4 exhaustions were flagged before"
    )
    assert db["horizons"]["15m"]["brier_skill"] is None


def test_a_resource_has_those_of_all_its_series(told: Callable[[str], dict[str, Any]]) -> None:
    cpu, idle = told("")["resources"]
    assert cpu["horizons"]["15m"]["band_coverage"] == pytest.approx(47 / 60)
    assert (cpu["exhaustions_flagged"], cpu["exhaustions_missed"]) == (3, 1)
    assert cpu["worse"].startswith("its forecasts for 24h err 1.8 times")
    assert idle == {
        "resource": "host_cpu",
        "horizons": {},
        "exhaustions_flagged": 0,
        "exhaustions_missed": 0,
        "worse": None,
    }


def test_series_are_chosen_and_paged(told: Callable[[str], dict[str, Any]]) -> None:
    chosen = told('match[]={domain="db"}')
    assert (chosen["total"], [each["labels"]["domain"] for each in chosen["series"]]) == (1, ["db"])
    second = told("limit=1&offset=1")
    assert (second["total"], [each["labels"]["domain"] for each in second["series"]]) == (2, ["db"])
    assert told("resource=host_cpu")["series"] == []
    assert [each["resource"] for each in told("resource=host_cpu")["resources"]] == ["host_cpu"]


def test_a_table_has_a_column_for_each_figure(view: Callable[..., View]) -> None:
    (route,) = [each for each in routes(lambda: view().fresh(NOW, 900)) if each.path == RESOURCE.path]
    head, web, _ = route.handler(Request(RESOURCE.path, Query.parse("format=csv"))).body.decode().splitlines()
    named = dict(zip(head.split(","), web.split(","), strict=True))
    assert (named["labels.domain"], named["horizons.24h.band_coverage"]) == ("web", "0.75")
