"""Queries narrowed to newcomers."""

from __future__ import annotations

import promql_parser
import pytest

from forecaster.promql.selectors import narrowed

WEB = (("domain", 'we"b.1'), ("instance", "h1"))
DB = (("domain", "db"),)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vm:cpu:ratio", 'vm:cpu:ratio{domain=~"db"}'),
        (' x {job="a,b}", } ', 'x{job="a,b}",domain=~"db"}'),
        ("x{}", 'x{domain=~"db"}'),
    ],
)
def test_a_selector_is_narrowed(query: str, expected: str) -> None:
    assert narrowed(query, [DB]) == expected
    promql_parser.parse(expected)


def test_every_value_is_an_alternative_and_quoted() -> None:
    query = narrowed("x", [WEB, DB])
    assert query == r'x{domain=~"db|we\"b\\.1",instance=~"|h1"}'
    promql_parser.parse(query)


@pytest.mark.parametrize(
    "query",
    ["rate(x[5m])", "a / b", 'x{a="1"} or y{b="2"}', "x offset 5m", "sum by (domain) (x)", "x[5m]", "1"],
)
def test_anything_else_is_not(query: str) -> None:
    assert narrowed(query, [DB]) is None
