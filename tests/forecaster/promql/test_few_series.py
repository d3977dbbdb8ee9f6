"""Backends that answer for few series at a time: all are read, in parts, and little is asked in vain."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qs

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.config.model import Backend
from forecaster.promql import division
from forecaster.promql.client import Client
from forecaster.promql.division import MOST_FRUITLESS
from forecaster.promql.results import PromqlError
from forecaster.series.promql_text import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import requests

    from forecaster.series.frame import Track

URL = "http://prometheus.test:9090"
STEP, STEPS = 300, 40
END = (STEPS - 1) * STEP
MATCHER = re.compile(r'(\w+)(=~|!~)"((?:[^"\\]|\\.)*)"')
FLEET = [{"domain": f"vm-{number:04}", "instance": f"host{number % 30}:9177"} for number in range(300)]
REFUSALS = [
    (422, json.dumps({"status": "error", "error": "the query hit the max number of series limit"})),
    (400, json.dumps({"status": "error", "error": "zu viele Reihen"})),
    (413, ""),
    (429, "slow down"),
    (500, ""),
    (503, "<html>Service Unavailable</html>"),
    (200, "<html>too much</html>"),
]


@cache
def matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


class FewSeries:
    """A backend of the series "x" and nothing else: queries and range queries for at most `accepts` of them.

    It answers at most `points` per series. What was asked, and how often in vain.
    """

    def __init__(
        self, series: Sequence[dict[str, str]], accepts: int, refusal: tuple[int, str], points: int = 11_000
    ) -> None:
        self.series = series
        self.accepts, self.points = accepts, points
        self.refusal = refusal
        self.asked: Counter[str] = Counter()
        self.refused = 0
        for endpoint in ("query", "query_range"):
            responses.add_callback(responses.POST, f"{URL}/api/v1/{endpoint}", self.answer)

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.asked[f"{request.path_url} {request.body!s}"] += 1
        fields = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
        instant = "time" in fields
        times = range(int(fields.get("start", 0)), int(fields.get("end", 0)) + 1, STEP)
        found = self.found(fields["query"])
        if len(found) > self.accepts or len(times) > self.points:
            self.refused += 1
            return self.refusal[0], {}, self.refusal[1]
        result = [{"metric": labels, **samples(labels, times, instant=instant)} for labels in found]
        kind = "vector" if instant else "matrix"
        return 200, {}, json.dumps({"status": "success", "data": {"resultType": kind, "result": result}})

    def found(self, query: str) -> list[dict[str, str]]:
        assert re.fullmatch(r"x(\{.*\})?", query, re.DOTALL)
        matchers = [(name, kind, unquoted(text)) for name, kind, text in MATCHER.findall(query)]
        return [
            labels
            for labels in self.series
            if all(matches(text, labels.get(name, "")) == (kind == "=~") for name, kind, text in matchers)
        ]


def samples(labels: dict[str, str], times: range, *, instant: bool) -> dict[str, Any]:
    value = str(len(json.dumps(labels)))
    return {"value": [0, value]} if instant else {"values": [[time, value] for time in times]}


def named(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(Backend(url=URL), lambda _: False)
    yield made
    made.close()


@responses.activate
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal[0]}")
@pytest.mark.parametrize("accepts", [7, 60, 200])
def test_a_limit_of_series_in_any_words_is_met(
    client: Client, accepts: int, refusal: tuple[int, str]
) -> None:
    backend = FewSeries(FLEET, accepts, refusal)
    found = client.instant("x", 0)
    assert sorted(track.labels for track in found) == sorted(map(named, FLEET))
    assert backend.refused <= 2 * math.log2(len(FLEET))
    assert max(backend.asked.values()) <= 1 + client.backend.retries
    backend.refused = 0
    (window,) = client.windows("x", 0, END, STEP)
    assert window[:2] == (0, END)
    assert sorted(track.labels for track in window[2]) == sorted(map(named, FLEET))
    assert {len(track.times) for track in window[2]} == {STEPS}
    assert backend.refused == 0, "what was refused is remembered"


@responses.activate
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal[0]}")
@pytest.mark.parametrize(("accepts", "points"), [(60, 11_000), (60, 7), (200, 1)])
def test_history_alone_finds_the_limits_of_series_and_points(
    client: Client, accepts: int, points: int, refusal: tuple[int, str]
) -> None:
    backend = FewSeries(FLEET, accepts, refusal, points)
    found = client.read("x", 0, END, STEP)
    assert sorted(track.labels for track in found) == sorted(map(named, FLEET))
    assert {len(track.times) for track in found} == {STEPS}
    assert backend.refused <= 2 * math.log2(len(FLEET))
    assert max(backend.asked.values()) <= 1 + client.backend.retries


@responses.activate
def test_a_limit_of_series_makes_no_window_smaller(client: Client) -> None:
    backend = FewSeries(FLEET, 60, REFUSALS[0])
    (window,) = client.windows("x", 0, END, STEP)
    assert len(window[2]) == len(FLEET)
    assert client.statistics.windows_refused == 1
    backend.points = 10
    assert [last - first for first, last, _ in client.windows("x", 0, END, STEP)] == [9 * STEP] * 4


@responses.activate
def test_a_query_that_is_refused_for_no_series_is_not_divided(client: Client) -> None:
    responses.post(f"{URL}/api/v1/query", status=400, json={"status": "error", "error": "parse error"})
    with pytest.raises(PromqlError, match="parse error"):
        client.instant("sum(x", 0)
    assert len(responses.calls) == 2, "the query, and the query for no series"


@responses.activate
def test_series_that_nothing_tells_apart_are_given_up(client: Client) -> None:
    backend = FewSeries([{"job": "libvirt", "number": str(n)} for n in range(20)], 7, REFUSALS[0])
    with pytest.raises(PromqlError, match="max number of series"):
        client.instant("x", 0)
    assert backend.refused == 1
    assert backend.asked.total() <= 2 + MOST_FRUITLESS


@responses.activate
def test_labels_of_ones_own_are_learned_from_the_backend(client: Client) -> None:
    told = {"status": "success", "data": ["__name__", "job", "k8s.pod", "number"]}
    responses.get(f"{URL}/api/v1/labels", json=told)
    fleet = [{"job": "libvirt", "number": str(n)} for n in range(20)]
    backend = FewSeries(fleet, 7, REFUSALS[0])
    assert sorted(track.labels for track in client.instant("x", 0)) == sorted(map(named, fleet))
    assert backend.refused <= 2 * math.log2(20)


@responses.activate
@pytest.mark.parametrize("body", ["", "[]", '{"data": null}', '{"data": {"a": 1}}', '{"data": [1, ""]}'])
def test_an_odd_answer_names_no_labels(client: Client, body: str) -> None:
    responses.get(f"{URL}/api/v1/labels", body=body)
    assert client.labels("x") == []


@responses.activate
def test_a_fleet_that_grows_is_divided_further(client: Client) -> None:
    backend = FewSeries(FLEET[:50], 60, REFUSALS[0])
    assert len(client.instant("x", 0)) == 50
    assert backend.refused == 0
    for size in (100, 200, 300):
        backend.series, backend.refused = FLEET[:size], 0
        found = client.instant("x", 0)
        assert sorted(track.labels for track in found) == sorted(map(named, FLEET[:size]))
        assert backend.refused <= 2 * math.log2(size)


@responses.activate
@pytest.mark.parametrize("names", [("vm1", "vm10"), ("vm", "vm0"), ("P", "p"), ("a", "q")])
def test_two_that_differ_in_a_character_are_read_apart(client: Client, names: tuple[str, str]) -> None:
    backend = FewSeries([{"domain": name} for name in names], 1, REFUSALS[0])
    found = client.instant("x", 0)
    assert sorted(track.labels for track in found) == sorted(map(named, backend.series))


NAMES = st.text(st.sampled_from("aBc019-.\né☃ \"'\\[]"), max_size=5)


def usual(labels: dict[str, str]) -> list[tuple[str, str]]:
    """Labels as conditions see them: by the usual characters, where they stand."""
    return sorted((name, re.sub(r"[^\w.-]|é", " ", value).rstrip()) for name, value in labels.items())


@given(
    st.lists(
        st.fixed_dictionaries({"domain": NAMES}, optional={"instance": NAMES, "mountpoint": NAMES}),
        unique_by=lambda labels: tuple((name, value) for name, value in usual(labels) if value),
    ),
    st.integers(1, 8),
)
@settings(max_examples=30, deadline=None)
@responses.activate
def test_what_is_read_in_parts_is_what_is_read_at_once(fleet: list[dict[str, str]], accepts: int) -> None:
    client = Client(Backend(url=URL, retries=0), lambda _: False)
    backend = FewSeries(fleet, len(fleet), REFUSALS[0], 7)
    whole = client.read("x", 0, END, STEP)
    backend.accepts = accepts
    with patch.object(division, "MOST_FRUITLESS", math.inf):  # odd names may need every condition there is
        parts = client.read("x", 0, END, STEP)
    assert sorted(by_labels(parts)) == sorted(by_labels(whole))


def by_labels(tracks: Sequence[Track]) -> list[tuple[Any, ...]]:
    return [(track.labels, track.times.tolist(), track.values.tolist()) for track in tracks]
