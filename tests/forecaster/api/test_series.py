"""Series and outlooks as rows: fields, filters, pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from example_view import DB, WEB, only, rows_of
from exporter.web.query import Query
from exporter.web.server import Refusal
from forecaster.api import anomalies, outlook, series
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import View

NOW = 1_800_000_000
EXPRESSION, MATCHER = 'a=~".*",', 'a!="1",'


def ask(resource: Any, view: View, query: str = "") -> Any:
    """What the resource answers, through JSON."""
    return json.loads(json.dumps(resource.read(view.fresh(NOW, 900), Query.parse(query)), allow_nan=False))


def test_a_series_has_its_state_and_what_it_is_judged_against(view: Callable[..., View]) -> None:
    told = ask(series, view((State.READY, State.STALE)))
    assert told["total"] == 2
    assert told["series"][0] == {
        "resource": "vm_cpu",
        "labels": {"domain": "web", "instance": "h1", "provider": "libvirt"},
        "state": "ready",
        "limit": 0.9,
        "threshold": 0.5,
        "anomaly_threshold": 1.25,
        "min_deviation": 0.03,
    }
    stale = told["series"][1]
    assert (stale["labels"]["domain"], stale["state"], stale["threshold"]) == ("db", "stale", None)


def test_an_outlook_has_what_is_foreseen(view: Callable[..., View]) -> None:
    made = view()
    foreseen = rows_of(made).outlook
    first, second = ask(outlook, made)["outlooks"]
    assert first == {
        "resource": "vm_cpu",
        "labels": dict(WEB),
        "at": NOW,
        "value": 0.35,
        "expected": foreseen.expected[0],
        "lower": foreseen.lower[0],
        "upper": foreseen.upper[0],
        "anomaly_score": 1.5,
        "trend_per_hour": 0.03,
        "limit": 0.9,
        "probability": {"15m": foreseen.probability[0, 0], "24h": foreseen.probability[1, 0]},
        "exhaustion": {"0.1": NOW + 3600, "0.5": NOW + 7200, "0.9": NOW + 9000},
        "forecast": {
            "15m": dict(zip(("0.1", "0.5", "0.9"), foreseen.forecast[0, :, 0], strict=True)),
            "24h": dict(zip(("0.1", "0.5", "0.9"), foreseen.forecast[1, :, 0], strict=True)),
        },
    }
    assert (second["labels"], second["limit"], second["probability"]) == (dict(DB), None, None)
    assert second["exhaustion"] == {"0.1": None, "0.5": None, "0.9": None}


def test_what_is_missing_is_null(view: Callable[..., View]) -> None:
    made = only(view(), values=np.array([np.nan, 0.2]))
    first, second = ask(outlook, made)["outlooks"]
    assert (first["value"], first["anomaly_score"]) == (None, None)
    assert (second["value"], second["anomaly_score"]) == (0.2, 0.25)


def test_old_outlooks_are_not_told(view: Callable[..., View]) -> None:
    assert outlook.read(view().fresh(NOW + 901, 900), Query()) == {"total": 0, "outlooks": []}
    assert series.read(view().fresh(NOW + 901, 900), Query())["total"] == 2


@pytest.mark.parametrize(
    ("query", "domains"),
    [
        ("", ["web", "db"]),
        ("match[]=vm_cpu", ["web", "db"]),
        ("match[]=host_cpu", []),
        ('match[]={domain="db"}', ["db"]),
        ('match[]=vm_cpu{domain=~"w.*"}', ["web"]),
        ('match[]=host_cpu{domain=~"w.*"}', []),
        ('match[]={domain="db"}&match[]={domain="web"}', ["web", "db"]),
        ('match[]=host_cpu&match[]={mountpoint="/"}', ["db"]),
        ("resource=host_cpu&match[]={}", []),
        ("limit=1", ["web"]),
        ("limit=1&offset=1", ["db"]),
        ("offset=2", []),
    ],
)
def test_filters_and_pages(view: Callable[..., View], query: str, domains: list[str]) -> None:
    made = view()
    for resource, name in ((series, "series"), (outlook, "outlooks")):
        told = ask(resource, made, query)
        assert [each["labels"]["domain"] for each in told[name]] == domains
    if "limit" not in query and "offset" not in query:
        assert told["total"] == len(domains)


def test_a_page_of_anomalies_leaves_the_groups_whole(view: Callable[..., View]) -> None:
    made = view()
    outlook_of = rows_of(made).outlook
    began = replace(outlook_of.reasons, onset=np.array([NOW - 300.0, NOW - 900.0]))
    labels = (rows_of(made).labels[0], (("domain", "db"), ("instance", "h1")))
    both = only(made, labels=labels, outlook=replace(outlook_of, reasons=began))
    told = ask(anomalies, both, "limit=1")
    assert (told["total"], len(told["anomalies"]), len(told["groups"])) == (2, 1, 1)
    alone = ask(anomalies, both, 'match[]={domain="db"}')
    assert (alone["total"], alone["anomalies"][0]["labels"]["domain"]) == (1, "db")
    assert alone["groups"] == told["groups"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("match[]={", "expected a selector"),
        ('match[]={a=~"("}', "expected a selector"),
        ("&".join(["match[]={}"] * 21), "20 selectors, 200 matchers and 10 regular expressions at most"),
        (f"match[]={{{EXPRESSION * 11}}}", "20 selectors, 200 matchers and 10"),
        (f"match[]={{{MATCHER * 201}}}", "20 selectors, 200 matchers and 10"),
        ("limit=0", "from 1 to 1000"),
        ("limit=1001", "from 1 to 1000"),
        ("offset=-1", "from 0 to"),
        ("resource=vm_cup", "expected one of host_cpu, vm_cpu"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_repeated(
    view: Callable[..., View], query: str, said: str
) -> None:
    for resource in (series, outlook, anomalies):
        with pytest.raises(Refusal, match=said) as refused:
            ask(resource, view(), query)
        assert refused.value.status == 400
        assert "vm_cup" not in refused.value.message
