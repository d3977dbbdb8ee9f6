"""Parts of a query: conditions on labels, and queries that have them."""

from __future__ import annotations

import re
from itertools import combinations
from string import ascii_letters, digits

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.promql.parts import (
    LABELS,
    MEMBERS,
    WHOLE,
    Condition,
    conditions,
    labels_of,
    nothing,
    query_of,
)

CHARACTERS = f"{ascii_letters}{digits}-./:_"
DOMAIN = tuple(conditions("domain"))


def test_the_sets_of_characters_are_the_bits_of_their_codes() -> None:
    for bit, members in enumerate(MEMBERS):
        expected = [each for each in CHARACTERS if ord(each) >> bit & 1]
        assert [each for each in CHARACTERS if re.fullmatch(f"[{members}]", each)] == expected


@given(st.text(st.sampled_from(f"{CHARACTERS} \né"), max_size=40), st.sampled_from(DOMAIN))
def test_a_pattern_tells_an_odd_number_of_members(value: str, condition: Condition) -> None:
    places = range(condition.place, len(value), condition.period)
    members = [at for at in places if value[at] in CHARACTERS and ord(value[at]) >> condition.bit & 1]
    assert bool(re.fullmatch(condition.pattern, value)) == len(members) % 2


def test_values_that_differ_in_their_first_sixteen_characters_are_told_apart() -> None:
    values = [
        "",
        "a",
        "b",
        "ab",
        "ba",
        "P",
        "p",
        "0",
        "instance-0000001",
        "instance-0000010",
        "instance-000001a",
    ]
    for one, other in combinations(values, 2):
        assert any(
            (re.fullmatch(each.pattern, one) is None) != (re.fullmatch(each.pattern, other) is None)
            for each in DOMAIN
        )


def test_a_selector_gets_matchers() -> None:
    assert query_of("x", WHOLE) == "x"
    odd, second = Condition("domain", 6, 1, 0), Condition("instance", 6, 2, 1)
    assert query_of('x{job="a"}', ((odd, True), (second, False))) == (
        'x{job="a",domain=~"'
        "(?:(?:[^A-Z_a-z])*[A-Z_a-z](?:[^A-Z_a-z])*[A-Z_a-z])*(?:[^A-Z_a-z])*[A-Z_a-z](?:[^A-Z_a-z])*"
        f'",instance!~"{second.pattern}"}}'.replace("\\", "\\\\")
    )


@pytest.mark.parametrize("query", ["x", "a / b # why", "max by (domain) (x)", 'x or y{z="1"}'])
def test_every_part_is_a_query(query: str) -> None:
    for part in (nothing("domain"), ((DOMAIN[5], False),), ((DOMAIN[0], True), (DOMAIN[9], False))):
        promql_parser.parse(query_of(query, part))


def test_labels_are_tried_as_the_layer_names_them_then_as_the_backend_does() -> None:
    assert labels_of("x", ["__name__", "instance", "job", "k8s.pod"]) == ["instance", "job"]
    assert labels_of("max by (vm) (x)", []) == [*LABELS, "max", "by", "vm", "x"]
