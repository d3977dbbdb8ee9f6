"""Text as PromQL writes it and reads it."""

from __future__ import annotations

from typing import Any

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.series.promql_text import quoted, unquoted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_what_is_written_reads_back(text: str) -> None:
    written = quoted(text)
    assert unquoted(written[1:-1]) == text
    assert written.isprintable()
    assert "\ufffd" not in written


@given(TEXTS)
def test_a_parser_of_promql_reads_the_same(text: str) -> None:
    selector: Any = promql_parser.parse(f"x{{a={quoted(text)}}}")
    (matcher,) = selector.matchers.matchers
    assert matcher.value == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"\x41\101\u0041\U00000041", "AAAA"),
        (r"\t\'", "\t'"),
        (r"\d\.", r"\d\."),
        (r"\Uffffffff", r"\Uffffffff"),
    ],
)
def test_escapes_are_those_of_promql(written: str, text: str) -> None:
    assert unquoted(written) == text
