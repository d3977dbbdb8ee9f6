"""The status page and the routes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest

from example_view import only, rows_of
from exporter.web.html import Link
from exporter.web.server import Request
from forecaster.api.registry import API, OPENAPI
from forecaster.promql.results import PromqlError, Result
from forecaster.report.text import report
from forecaster.web.page import page
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import View

NOW = 1_800_000_000
EVIL = '<script>alert("x")</script>'


class Balance(HTMLParser):
    """Fails on a tag that is closed without having been opened, or the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(view: View, now: float = NOW) -> str:
    return page(view, now, 900, [Link("/metrics", "Metrics")])


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index("<body>") :]))


def test_what_to_look_at_comes_first_and_health_last(view: Callable[..., View]) -> None:
    html = shown(view())
    heads = re.findall(r"<h2>([^<]*)</h2>", html)
    assert heads == [
        "Look at first",
        "Alerts",
        "Runs out first",
        "Unusual now",
        "Accuracy of the last 30 days",
        "Nothing found",
        "Health",
        "Resources",
        "API",
    ]
    text = plain(html)
    assert (
        "domain=web, instance=h1 : limit within a day, confidence 1.8 % . vm_cpu: now 35 %; "
        "reaches the limit of 90 % in 2h; and 1 more"
    ) in text


def test_a_resource_that_is_worse_than_naive_forecasts_says_so(view: Callable[..., View]) -> None:
    text = plain(shown(view()))
    assert "vm_cpu: its forecasts for 24h err 1.8 times as much as a naive one (last value)." in text
    assert "vm_cpu 77 % 1.79 (last value) 0.50 3 of 4 worse than naive" in text


def test_the_page_says_what_is_going_on(view: Callable[..., View]) -> None:
    text = plain(shown(view(), NOW + 100))
    assert "Backend http://prometheus.test:9090 (answers) Step 5m" in text
    assert "Last complete cycle 1m39s ago Duration of the cycle 0.8 s" in text
    assert "As of 2027-01-15 08:01:40 UTC." in text
    assert "vm_cpu vm:cpu_utilization:ratio 0 2 0 0 0 7 1m40s ago ok" in text
    assert "host_cpu host:cpu_utilization:ratio 0 0 0 0 0 0 history 25%" in text
    assert "vm_cpu domain=web, instance=h1 35 % in 2h 2 % in 24h rising 3 %/h" in text
    assert "vm_cpu domain=web, instance=h1 1.50 11m40s ago usually 12 % at this time, now 35 %;" in text
    assert "now 35 %; rising 3 %/h; strongest sign: the value jumped" in text
    assert "Failing" not in text
    assert "Deviated together: None." in text
    assert "Cost in a month: Not known: no prices are configured." in text
    assert "domain=db" not in text[text.index("Runs out first") : text.index("Accuracy of")]


def test_the_page_says_what_history_is_missing(view: Callable[..., View]) -> None:
    short = replace(view(), history_note="the backend keeps 15d and lookback is 28d")
    assert "<dt>History</dt><dd>the backend keeps 15d and lookback is 28d</dd>" in page(short, NOW, 1, [])
    assert "<dt>History</dt>" not in page(view(), NOW, 1, [])


def test_what_deviated_together_is_told_in_order(view: Callable[..., View]) -> None:
    made = view()
    rows = rows_of(made)
    both = replace(rows.outlook.reasons, onset=np.array([NOW - 600.0, NOW - 900.0]))
    labels = (rows.labels[0], (("domain", "db"), ("instance", "h1"), ("mountpoint", "/")))
    given = only(made, labels=labels, outlook=replace(rows.outlook, reasons=both))
    text = plain(shown(given, NOW + 100))
    assert "instance=h1 2 16m40s ago vm_cpu of db /; 5m later vm_cpu of web" in text


def test_the_page_is_well_formed_and_escaped(view: Callable[..., View]) -> None:
    given = view(error=EVIL)
    evil = only(given, labels=((("domain", EVIL),), rows_of(given).labels[1]))
    (first,) = evil.resources
    resource = replace(first.resource, query=f"up{{a='{EVIL}'}}")
    hostile = replace(evil, resources=(replace(first, resource=resource),))
    html = shown(replace(hostile, backend_url=f"http://{EVIL}", shard="2/3"))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 5  # name, query, error, backend, labels
    assert "http-equiv" not in html
    assert "Shard 2/3" in plain(html)
    balance = Balance()
    balance.feed(html)
    assert balance.open == []


def test_a_page_without_anything(view: Callable[..., View]) -> None:
    made = view()
    bare = replace(made, resources=made.resources[1:], backend_up=False, duration=None, last_success=None)
    text = plain(shown(bare))
    assert "( does not answer )" in text
    assert "Last complete cycle none yet" in text
    assert "Not known: no resource has been read lately. Health" in text
    assert "Nothing found" not in text


def test_what_guests_are_called_is_shown_harmlessly(view: Callable[..., View]) -> None:
    made = view()
    names = "a\x1b[31m\r\n\u202eb", "x" * 300
    evil = only(made, labels=tuple((("domain", name),) for name in names))
    html = shown(evil)
    assert r"a\x1b[31m\r\n\u202eb" in html
    assert not set(html) & set("\x1b\r\u202e")
    assert "x" * 101 not in report(evil)


def test_what_the_figures_lack_is_told(view: Callable[..., View]) -> None:
    left_out = "vm_cpu: 7 series are left out (3 duplicate, 4 max_series)."
    partial = "vm_cpu: answers are partial, series may be missing."
    for text in (plain(shown(view())), report(view())):
        assert left_out in text
        assert partial in text


def test_an_answer_of_the_backend_cannot_forge_a_row(view: Callable[..., View]) -> None:
    error = PromqlError(Result.BAD_QUERY, "no\n  vm_cpu  0\x1b[2J\u202e")
    text = report(view(error=str(error)))
    assert r"vm_cpu: no vm_cpu 0\x1b[2J\u202e" in text
    assert not set(text) & set("\x1b\u202e")


def test_what_fails_alike_is_told_once(view: Callable[..., View]) -> None:
    made = view(error="timeout")
    failing = replace(made.resources[1], error="timeout")
    text = plain(shown(replace(made, resources=(made.resources[0], failing))))
    assert "Failing: vm_cpu, host_cpu. timeout" in text
    assert text.count("timeout") == 1


def test_old_forecasts_are_not_shown(view: Callable[..., View]) -> None:
    made = replace(view(), alerts=None)
    assert "domain=web" in shown(made, NOW + 900)
    assert "domain=web" not in shown(made, NOW + 901)


@pytest.fixture
def pages(view: Callable[..., View]) -> Pages:
    made = view()
    return Pages(lambda: made, 900, "/metrics", lambda: NOW)


def get(path: str, accept: str = "") -> Request:
    return Request(path, headers={"Accept": accept})


def test_the_routes(pages: Pages) -> None:
    routes = {route.path: route.handler for route in pages.routes()}
    lists = {"/api/v1", "/runbooks"}
    paths = {
        "/metrics",
        "/",
        "/series",
        *(each.path for each in API),
        OPENAPI,
        *lists,
        "/runbooks/{name}",
        "/-/healthy",
        "/-/ready",
    }
    assert routes.keys() == paths
    assert {routes[path](get(path)).status for path in lists} == {200}
    assert {one.path for one in pages.routes() if one.probe} == {"/-/healthy", "/-/ready"}
    told = routes["/api/v1/anomalies"](get("/api/v1/anomalies"))
    assert told.content_type == "application/json"
    assert json.loads(told.body)["data"]["anomalies"][0]["labels"]["domain"] == "web"
    assert b"virtcast_forecast_value{" in routes["/metrics"](get("/metrics")).body
    openmetrics = routes["/metrics"](
        get("/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    )
    assert openmetrics.body.endswith(b"# EOF\n")
    assert routes["/"](get("/")).content_type == "text/html; charset=utf-8"
    assert routes["/-/healthy"](get("/")).status == 200


def test_a_label_that_is_no_unicode_harms_only_itself(view: Callable[..., View]) -> None:
    given = view()
    failing = replace(given.resources[0], error="odd \ud800 text")
    made = replace(given, resources=(failing, given.resources[1]))
    answer = Pages(lambda: made, 900, "/metrics", lambda: NOW).status(get("/"))
    assert b"odd ? text" in answer.body


def test_a_page_is_written_ahead_in_the_formats_that_were_asked_for(
    view: Callable[..., View], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = view()
    pages = Pages(lambda: shown, 900, "/metrics", lambda: float(NOW))
    pages.write_ahead()
    assert pages._rendered == {}, "nobody has asked yet"
    pages.metrics(get("/metrics", "application/openmetrics-text"))
    shown = view(at=NOW - 1)
    pages.write_ahead()
    monkeypatch.setattr("forecaster.web.routes.samples", None)  # a scrape writes nothing any more
    answer = pages.metrics(get("/metrics", "application/openmetrics-text"))
    assert b"# EOF" in answer.body


def test_a_page_that_cannot_be_written_costs_no_cycle(
    view: Callable[..., View], caplog: pytest.LogCaptureFixture
) -> None:
    shown = view()
    pages = Pages(lambda: shown, 900, "/metrics", lambda: float(NOW))
    pages.metrics(get("/metrics"))
    shown = replace(view(), overruns=10**400)  # no float
    pages.write_ahead()
    assert "cannot be written" in caplog.text
    with pytest.raises(OverflowError):
        pages.metrics(get("/metrics"))


def test_a_page_of_metrics_is_rendered_once_per_view(view: Callable[..., View]) -> None:
    now, made = [float(NOW)], [view()]
    pages = Pages(lambda: made[0], 900, "/metrics", lambda: now[0])
    first = pages.metrics(get("/metrics"))
    now[0] += 900
    assert pages.metrics(get("/metrics")) is first
    now[0] += 1
    late = pages.metrics(get("/metrics"))
    assert b"virtcast_forecast_value{" in first.body
    assert b"virtcast_forecast_value{" not in late.body
    made[0] = view(at=NOW + 600)
    assert b"virtcast_forecast_value{" in pages.metrics(get("/metrics")).body


def test_the_page_of_metrics_has_what_the_process_takes(pages: Pages) -> None:
    page = pages.metrics(get("/metrics")).body.decode()
    shown = dict(line.rsplit(" ", 1) for line in page.splitlines() if line.startswith("process_"))
    assert float(shown["process_resident_memory_bytes"]) > 10e6
    assert float(shown["process_cpu_seconds_total"]) > 0


def test_how_readers_word_their_wish_does_not_make_another_page(pages: Pages) -> None:
    """A page for each header would let one client keep the others waiting, and fill the memory."""
    first = pages.metrics(get("/metrics"))
    assert all(pages.metrics(get("/metrics", f"text/plain;q=0.{n},x/{n}")) is first for n in range(1, 40))
    assert len(pages._rendered) == 1


@pytest.mark.parametrize(
    ("change", "now", "status", "text"),
    [
        ({}, NOW, 503, "still to be read: host_cpu"),
        ({"error": "broken"}, NOW, 200, "ready"),
        ({"error": "broken"}, NOW + 901, 503, "not ready: no recent cycle"),
        ({"last_success": NOW}, NOW, 200, "ready"),
    ],
)
def test_readiness(
    view: Callable[..., View], change: dict[str, str | int], now: int, status: int, text: str
) -> None:
    made = view()
    made = replace(made, resources=(made.resources[0], replace(made.resources[1], **change)))  # type: ignore[arg-type]
    answer = Pages(lambda: made, 900, "/metrics", lambda: now).ready(get("/-/ready"))
    assert (answer.status, text in answer.body.decode()) == (status, True)
