"""Query parameters: every value survives, and what does not fit is refused by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.web.query import MOST_PARAMETERS, Query
from exporter.web.refusal import Refusal

Reader = Callable[[Query], Any]


def integer(query: Query) -> int:
    return query.integer("n", 5, least=-1, most=100)


def number(query: Query) -> float:
    return query.number("n", 0.5, least=0, most=1e6)


def boolean(query: Query) -> bool:
    return query.boolean("n", False)


def choice(query: Query) -> str:
    return query.choice("n", ("cpu", "memory"), "cpu")


def one(query: Query) -> str:
    return query.one("n")


def refused(query: str, read: Reader) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(Query.parse(query))
    return caught.value


def test_every_value_of_a_repeated_parameter() -> None:
    query = Query.parse("match[]=a&other=1&match%5B%5D=b&match[]=a")
    assert query.many("match[]") == ("a", "b", "a")
    assert query.many("none") == ()


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("&&", ()),
        ("a", (("a", ""),)),
        ("=a", (("", "a"),)),
        ("a=b=c&d=%26+%2B", (("a", "b=c"), ("d", "& +"))),
        ("a=1;b=2", (("a", "1;b=2"),)),
        ("a=%00", (("a", "\0"),)),
    ],
)
def test_parsing(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert Query.parse(text).pairs == pairs


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=20))
def test_any_text_reads_back(pairs: list[tuple[str, str]]) -> None:
    assert Query.parse(urlencode(pairs)).pairs == tuple(pairs)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for query in (text, f"a=%{text}", f"a&{text}"):
        with contextlib.suppress(Refusal):
            assert all(isinstance(value, str) for pair in Query.parse(query).pairs for value in pair)


@pytest.mark.parametrize("text", ["a=%", "a=%f", "%gg=1", "a=%ff", "a=\xe4", "a=%C3%28"])
def test_bad_encodings_are_refused(text: str) -> None:
    refusal = refused(text, one)
    assert (refusal.status, refusal.message.partition(":")[0]) == (400, "query")


def test_the_number_of_parameters_is_bounded() -> None:
    assert len(Query.parse("&".join(["a=1"] * MOST_PARAMETERS)).pairs) == MOST_PARAMETERS
    assert "more than 256 parameters" in refused("&" * MOST_PARAMETERS, one).message


@pytest.mark.parametrize(
    ("read", "query", "value"),
    [
        (one, "n=", ""),
        (one, "n=a%20b", "a b"),
        (integer, "n=-1", -1),
        (integer, "n=0100", 100),
        (integer, "", 5),
        (number, "n=.5", 0.5),
        (number, "n=1e3", 1000.0),
        (number, "", 0.5),
        (boolean, "n=true", True),
        (boolean, "n=0", False),
        (boolean, "", False),
        (choice, "n=memory", "memory"),
        (choice, "", "cpu"),
    ],
)
def test_readers(read: Reader, query: str, value: object) -> None:
    assert read(Query.parse(query)) == value


@pytest.mark.parametrize(
    ("read", "query", "why"),
    [
        (one, "", "missing"),
        (one, "n=1&n=1", "given more than once"),
        (integer, "n=1&n=2", "given more than once"),
        *(
            (integer, f"n={text}", "from -1 to 100")
            for text in ("", "101", "1.0", " 1", "1_0", "9" * 5000, "²")
        ),
        *(
            (number, f"n={text}", "from 0 to 1e+06")
            for text in ("", "nan", "inf", "1e999", "-1", "1_0", "0x1")
        ),
        (boolean, "n=yes", "expected true or false"),
        (choice, "n=disk", "expected one of cpu, memory"),
    ],
)
def test_refusals_name_the_parameter(read: Reader, query: str, why: str) -> None:
    refusal = refused(query.replace("²", "%C2%B2"), read)
    assert refusal.status == 400
    assert refusal.message.startswith('parameter "n": ')
    assert refusal.message.endswith(why)


def test_a_parse_function_of_ones_own() -> None:
    def parse(text: str) -> int:
        if text != "5m":
            raise ValueError("expected a duration")
        return 300

    assert Query.parse("step=5m").parsed("step", parse) == 300
    assert refused("step=x", lambda query: query.parsed("step", parse)).message.endswith(
        "expected a duration"
    )


def test_unknown_parameters_can_be_refused() -> None:
    Query.parse("a=1&a=2").only("a", "b")
    assert refused("a=1&c=2", lambda query: query.only("a", "b")).message.endswith("known: a, b")
