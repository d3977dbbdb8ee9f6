"""Label names for readers of the classic alphabet, and for those that take any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.web.label_names import Escaping, escaped, is_classic, quoted

CLASSIC = ("underscores", "dots", "values")


@pytest.mark.parametrize(
    ("name", "underscores", "dots", "values"),
    [
        ("target_device", "target_device", "target_device", "target_device"),
        ("host.name_x", "host_name_x", "host_dot_name__x", "U__host_2e_name__x"),
        ("1st", "_st", "__st", "U___31_st"),
        ("a:b", "a_b", "a__b", "U__a_3a_b"),
        ("a\n", "a_", "a__", "U__a_a_"),
        ("größe", "gr__e", "gr____e", "U__gr_f6__df_e"),
    ],
)
def test_the_schemes_are_those_of_prometheus(name: str, underscores: str, dots: str, values: str) -> None:
    assert [escaped(name, Escaping(scheme)) for scheme in CLASSIC] == [underscores, dots, values]
    assert escaped(name, Escaping.ALLOW_UTF_8) == name


@given(st.text(min_size=1), st.sampled_from(CLASSIC))
def test_any_name_becomes_a_classic_one(name: str, scheme: str) -> None:
    once = escaped(name, Escaping(scheme))
    assert is_classic(once)
    assert escaped(once, Escaping(scheme)) == once


def test_a_name_is_quoted_only_where_it_must_be() -> None:
    assert quoted("target_device") == "target_device"
    assert quoted('a"\\\nb') == r'"a\"\\\nb"'
