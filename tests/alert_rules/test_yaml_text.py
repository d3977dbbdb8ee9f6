"""YAML that is pleasant to read says the same as the values it is made from."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alert_rules.yaml_text import WIDTH, comment, scalar

WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20),
    st.sampled_from(["{{ $labels.domain }}", '{{ $value | printf "%.2f" }}.', "a:", "#", "- x", ">-"]),
)


@given(st.lists(WORDS, min_size=1, max_size=40).map(" ".join))
def test_a_scalar_is_the_same_text(text: str) -> None:
    assert yaml.safe_load(f"key: {scalar(text, margin=2)}\n") == {"key": text}


def test_long_texts_are_folded_between_words_and_outside_of_templates() -> None:
    text = " ".join(["The VM {{ $labels.domain }} on {{ $labels.instance }} is busy."] * 4)
    first, *lines = scalar(text, margin=12).splitlines()
    assert first == ">-"
    assert len(lines) > 1
    assert all(len(line) <= WIDTH and line.count("{{") == line.count("}}") for line in lines)


def test_a_template_longer_than_a_line_starts_where_it_stands() -> None:
    template = f'{{{{ with printf "{"x" * WIDTH}" | query }}}}'
    lines = scalar(f"It is full{template} in a day", margin=12).splitlines()
    assert lines[1].strip() == f"It is full{template}"


@pytest.mark.parametrize("text", ["short", "with: a colon", "http://localhost:9178/runbooks/A.md"])
def test_short_texts_stay_on_the_key_s_line(text: str) -> None:
    assert scalar(text, margin=12) == f'"{text}"'


def test_comments_are_broken_into_lines() -> None:
    lines = comment("because " * 40, margin=6).splitlines()
    assert len(lines) > 1
    assert all(line.lstrip().startswith("# because") and len(line) <= WIDTH for line in lines)
