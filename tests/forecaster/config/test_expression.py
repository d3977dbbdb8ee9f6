"""Queries in the configuration: what no dialect of PromQL accepts is refused, what one accepts is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alert_rules.profiles import PROFILES
from alert_rules.registry import AREAS, PROVIDERS
from alert_rules.rules import alert_groups, recording_groups
from forecaster.config.expression import expression
from forecaster.config.file import ConfigError, read
from forecaster.config.resources import RESOURCES

if TYPE_CHECKING:
    from pathlib import Path

OURS = [
    rule.expr
    for groups in (
        recording_groups(PROVIDERS, PROFILES["default"]),
        alert_groups(AREAS, PROFILES["default"]),
    )
    for group in groups
    for rule in group.rules
]


@pytest.mark.parametrize("query", [*(resource.query for resource in RESOURCES), *OURS])
def test_our_own_queries_are_accepted(query: str) -> None:
    assert expression(query) == query


@pytest.mark.parametrize(
    "query",
    [
        "-1 * -x ^ -2",
        "sum by (and) (x) / on (b) group_left () y",
        'x{a="b", c!~"d|e",}',
        "x{a=`(\"`, b='}'}",
        '{"dotted.name", "label.name"="c"}',
        "x # not closed: (\n + 1",
        "rate(x[5m:30s] offset -1h) @ end()",
        "x == bool 0x1F unless .5e-3",
        'WITH (f = {a="b"}) x{f}',  # MetricsQL, as all below
        'x{a="b" or c="d"}',
        "rate(x) keep_metric_names",
        "x[1i] default 5Ki",
    ],
)
def test_what_some_backend_accepts_is_accepted(query: str) -> None:
    assert expression(query) == query


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("sum(", "a ( is not closed"),
        ("sum(x))", "nothing opens a )"),
        ("rate(x[5m)", "nothing opens a )"),
        ("x[5m", "a [ is not closed"),
        ('x{a="b"', "a { is not closed"),
        ('x{a="b}', 'a text that begins with " does not end'),
        ("x{a=}", "nothing follows ="),
        ('x{=~"a"}', "nothing stands before =~"),
        ('x{a="b" c="d"}', 'a comma is missing after "b"'),
        ("x +", "nothing follows +"),
        ("x unless", "nothing follows unless"),
        ("* x", "nothing stands before *"),
        ("x > = y", "nothing stands before ="),
        ("max(x,,y)", "nothing stands between two commas"),
        ("x; y", "';' has no meaning in it"),
        ("rate(x[$__interval])", "'$' has no meaning in it"),
        ("  # nothing", "query is empty"),
    ],
)
def test_what_none_accepts_is_refused(query: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"no query|empty") as raised:
        expression(query)
    assert str(raised.value).endswith(why)


@pytest.mark.parametrize("key", ["query", "limit_query", "sensitivity_query"])
def test_the_file_names_the_line(tmp_path: Path, key: str) -> None:
    path = tmp_path / "virtcast.yml"
    path.write_text(f"resources:\n  vm_cpu:\n    {key}: sum(\n")
    with pytest.raises(ConfigError, match=r"virtcast.yml:3: this is no query: a \( is not closed"):
        read(path)


@pytest.mark.parametrize("depth", [100_000])
def test_a_long_query_takes_linear_time(depth: int) -> None:
    assert expression("(" * depth + "x" + ")" * depth)
    with pytest.raises(ValueError, match="is not closed"):
        expression("(" * depth)
