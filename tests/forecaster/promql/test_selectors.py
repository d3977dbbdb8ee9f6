"""Queries narrowed to newcomers."""

from __future__ import annotations

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.promql.selectors import nameable, narrowed

WEB = (("domain", 'we"b.1'), ("instance", "h1"))
DB = (("domain", "db"),)


ODD = (("domain", "db"), ("k8s.pod.name", "x"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vm:cpu:ratio", 'vm:cpu:ratio{domain=~"db"}'),
        (' x {job="a,b}", } ', 'x{job="a,b}",domain=~"db"}'),
        ("x{}", 'x{domain=~"db"}'),
        ('{__name__="x"}', '{__name__="x",domain=~"db"}'),
        ('{"vm.cpu.ratio"}', '{"vm.cpu.ratio",domain=~"db"}'),
    ],
)
def test_a_selector_is_narrowed(query: str, expected: str) -> None:
    assert narrowed(query, [DB]) == [expected]
    promql_parser.parse(expected)


def test_every_value_is_an_alternative_and_quoted() -> None:
    (query,) = narrowed("x", [WEB, DB])
    assert query == r'x{domain=~"db|we\"b\\.1",instance=~"|h1"}'
    promql_parser.parse(query)


def test_a_name_that_is_not_classic_is_quoted_or_backslashed_or_left_out() -> None:
    assert narrowed("x", [ODD]) == [
        'x{domain=~"db","k8s.pod.name"=~"x"}',
        r'x{domain=~"db",k8s\.pod\.name=~"x"}',
        'x{domain=~"db"}',
    ]
    assert narrowed("x", [ODD[1:]])[-1] == r'x{k8s\.pod\.name=~"x"}', "no way that names no label"


def test_bytes_that_are_no_text_match_anything() -> None:
    assert narrowed("x", [(("domain", "lat\ufffd\ufffdin"),)]) == ['x{domain=~"lat.+in"}']


def test_no_more_series_are_named_than_each_label_can_tell_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.promql.selectors.CONDITION_CHARACTERS", 30)
    rows = [(("domain", f"a-name-{number}"), ("instance", "h")) for number in range(5)]
    named = nameable(rows)
    assert named == rows[:2], "a hyphen is written with a backslash"
    assert narrowed("up", named) == ['up{domain=~"a\\\\-name\\\\-0|a\\\\-name\\\\-1",instance=~"h"}']
    assert nameable(rows[:1]) == rows[:1]
    assert nameable([(("domain", 31 * "x"),)]) == [(("domain", 31 * "x"),)], "one at least"
    assert nameable([]) == []


def test_endless_values_do_not_make_the_query_endless() -> None:
    (query,) = narrowed("x", [(("domain", "db"), ("mountpoint", "/" * 100_000))])
    assert query == 'x{domain=~"db"}'
    assert narrowed("x", [(("mountpoint", "/" * 100_000),)]) == []


@given(
    st.lists(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=4), min_size=1, max_size=4)
)
def test_any_labels_make_a_query_that_parses(rows: list[dict[str, str]]) -> None:
    ways = narrowed("x", [tuple(sorted(row.items())) for row in rows])
    for way in [each for each in ways if "\\" not in each.split("=~")[0]][:1]:
        promql_parser.parse(way)


@pytest.mark.parametrize(
    "query",
    ["rate(x[5m])", "a / b", 'x{a="1"} or y{b="2"}', "x offset 5m", "sum by (domain) (x)", "x[5m]", "1"],
)
def test_anything_else_is_not(query: str) -> None:
    assert narrowed(query, [DB]) == []
