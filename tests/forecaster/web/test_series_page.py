"""The page of series."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from example_view import DB, WEB, only
from exporter.web.query import Query
from exporter.web.server import Refusal
from forecaster.config.matcher import Selector
from forecaster.series.state import State
from forecaster.web import series_page
from forecaster.web.series_page import address, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.web.server import Response
    from forecaster.view.view import View

NOW = 1_800_000_000


def shown(view: View, query: str = "") -> Response:
    return page(view.fresh(NOW, 900), Query.parse(query), [])


def plain(response: Response) -> str:
    html = response.body.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index("<main") :]))


def test_a_series_has_a_chart_its_figures_and_its_forecast(view: Callable[..., View]) -> None:
    response = shown(view(), 'match[]=vm_cpu{domain="web"}')
    text = plain(response)
    assert response.status == 200
    assert "1 series." in text
    assert "vm_cpu: domain=web, instance=h1 State ready Now 35 % Normal 1 % to 1.4 %" in text
    assert "Anomaly score 1.50 Limit 90 % Limit reached in 2h Trend rising 3 %/h Last value 0s ago" in text
    assert "Unusual. usually 12 % at this time, now 35 %" in text
    assert "Horizon 10 % quantile 50 % quantile 90 % quantile Limit reached by then" in text
    assert re.search(r"in 24h \S+ % \S+ % \S+ % 2 %", text)
    assert (
        "Its forecasts of the last 30 days: 80 % bands held 79 % of 56 values; largest error 2.00 times that "
        "of a naive one (last value); 3 of 4 exhaustions were flagged before."
    ) in text
    html = response.body.decode()
    assert html.count("<svg") == 1
    for kind in ("value", "band", "fan", "forecast", "now"):
        assert f'class="{kind}"' in html


def test_what_a_chart_shows_is_said_in_words(view: Callable[..., View]) -> None:
    html = shown(view(), 'match[]={domain="web"}').body.decode()
    (label,) = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert label.startswith(
        "vm_cpu: domain=web, instance=h1. The last 24 hours and the next. State ready; Now 35 %"
    )


def test_a_series_that_is_not_ready_has_no_forecast(view: Callable[..., View]) -> None:
    text = plain(shown(only(view(), State.LEARNING)))
    assert "State learning" in text
    assert text.count("There is no forecast of it now.") == 2


def test_a_limit_that_is_none_is_not_told(view: Callable[..., View]) -> None:
    text = plain(shown(view(), 'match[]={domain="db"}'))
    assert "Limit " not in text.replace("Limit reached by then", "")
    assert text.count("no limit") == 2


def test_a_text_that_is_no_selector_is_said_on_the_page(view: Callable[..., View]) -> None:
    response = shown(view(), "match[]=<script>")
    assert response.status == 400
    assert "Nothing can be shown. parameter" in plain(response)
    assert b"<script" not in response.body
    assert b"value=&#34;&lt;script" in response.body or b'value="&lt;script&gt;"' in response.body


def test_other_parameters_are_refused(view: Callable[..., View]) -> None:
    with pytest.raises(Refusal, match="unknown parameter"):
        shown(view(), "x=1")


def test_many_series_have_pages(view: Callable[..., View], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_page, "SHOWN", 1)

    def links(query: str) -> list[tuple[str, str]]:
        html = shown(view(), query).body.decode()
        nav = html.partition('aria-label="More series"')[2]
        return re.findall(r'<a href="([^"]*)">(\w+)</a>', nav)

    assert links("match[]=vm_cpu") == [("/series?match%5B%5D=vm_cpu&amp;offset=1", "Next")]
    assert links("match[]=vm_cpu&offset=1") == [("/series?match%5B%5D=vm_cpu&amp;offset=0", "Previous")]
    assert "2 series; 2 to 2 are shown" in plain(shown(view(), "offset=1"))


def test_no_series_at_all(view: Callable[..., View]) -> None:
    assert "No series fits." in plain(shown(view(), 'match[]={domain="none"}'))


@pytest.mark.parametrize("labels", [WEB, DB, (("domain", 'a"b\\\n&#\u202e'), ("k8s.pod", "é"))])
def test_an_address_leads_to_its_series(labels: tuple[tuple[str, str], ...]) -> None:
    (given,) = parse_qs(urlsplit(address("vm_cpu", labels)).query)["match[]"]
    found = Selector.parse(given)
    assert found.resource == "vm_cpu"
    assert found.matches(dict(labels))
    assert not found.matches(dict(labels) | {"domain": "other"})


def test_hostile_names_are_harmless(view: Callable[..., View]) -> None:
    evil = (("domain", '<img src=x onerror=alert(1)>"'),)
    made = only(view(), labels=(evil, DB))
    html = shown(replace(made)).body.decode()
    assert "<img" not in html
    assert "&lt;img" in html
