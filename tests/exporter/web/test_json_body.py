"""JSON bodies: one meaning, linear time, bounded memory."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.web.json_body import DEEPEST, MOST_VALUES, parse
from exporter.web.refusal import Refusal

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | FINITE | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def refused(body: bytes, **bounds: int) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        parse(body, **bounds)
    return caught.value.status, caught.value.message


@given(VALUES)
def test_values_read_back(value: Any) -> None:
    for ascii_only in (True, False):
        assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON: Expecting value at character 0"),
        (b"{", "not JSON"),
        (b"[1,]", "not JSON"),
        (b'{"a" 1}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'"open', "not JSON"),
        (b'"\\', "not JSON"),
        (b"]", "not JSON"),
        (b"1 2", "not JSON"),
        (b"\xff", "not UTF-8 text"),
        ("{}".encode("utf-16"), "not UTF-8 text"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'"\xed\xa0\x80"', "not UTF-8 text"),
        (b'"\\ud800"', "not UTF-8 text"),
        (b'{"\\uDFFF": 1}', "not UTF-8 text"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "an object has a name twice"),
        (b"[NaN]", "NaN is not JSON"),
        (b"-Infinity", "-Infinity is not JSON"),
        (b"1e999", "a number is too large"),
        (b"18446744073709551616", "an integer does not fit 64 bits"),
        (b"9" * 60_000, "an integer does not fit 64 bits"),
    ],
)
def test_what_is_no_json_or_has_no_one_meaning(body: bytes, why: str) -> None:
    status, message = refused(body)
    assert (status, message.startswith(f"body: {why}")) == (400, True)


@given(st.binary() | st.text('[]{}",:\\ue0123456789.-+ntfN').map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Refusal):
        json.dumps(parse(body), allow_nan=False, ensure_ascii=False).encode()


def test_a_surrogate_pair_is_a_character() -> None:
    assert parse(b'"\\ud83d\\ude00 \\\\ud800"') == "\U0001f600 \\ud800"


def test_depth_is_bounded() -> None:
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST)
    for nested in (b"[" * (DEEPEST + 1), b"[" * 1_000_000, b'{"a":' * 200_000, b"[{" * 20):
        assert refused(nested) == (413, "body: nested more than 32 levels deep")
    assert refused(b"[[1]]", deepest=1)[0] == 413


def test_brackets_in_strings_are_text() -> None:
    text = '[{"\\' * 1000 + ","
    assert parse(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize("unit", [b"[],", b"{},", b"0,", b'"",', b"{}{}"])
def test_the_number_of_values_is_bounded(unit: bytes) -> None:
    assert refused(b"[" + unit * MOST_VALUES + b"0]") == (413, "body: more than 10000 values")
    assert refused(b"[1,2,3]", most_values=3)[0] == 413
    assert len(parse(b"[1,2,3]", most_values=4)) == 3


def test_small_text_takes_no_large_memory() -> None:
    body = b"[" + b"[]," * 1_000_000 + b"0]"
    tracemalloc.start()
    try:
        refused(body)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(body)


@pytest.mark.parametrize(
    "body",
    [
        b'"' * 200_001,
        b'"' + b'\\"' * 500_000,
        b'"\\"' * 100_000,
        b"\\" * 200_000,
        b'["' * 60 + b"a" * 200_000,
    ],
)
def test_hostile_quotes_cost_linear_time(body: bytes) -> None:
    """It ends: a pattern that tries each quote again would take minutes for half a million of them."""
    assert refused(body, most_values=10**9, deepest=10**9)[0] == 400
