"""Matchers and selectors."""

from __future__ import annotations

import pytest

from forecaster.config.matcher import Matcher, Selector

WEB = {"domain": "web-1", "instance": "h1", "k8s.pod": 'a"b'}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('domain="web-1"', True),
        ("domain='web-1'", True),
        ('domain="web"', False),
        ('domain!="web"', True),
        ('domain=~"web-.*"', True),
        ('domain=~"web"', False),  # anchored
        ('domain!~"web-[2-9]"', True),
        ('pool=""', True),  # an absent label counts as empty
        ('pool=~".+"', False),
        ('"k8s.pod"="a\\"b"', True),
        (' domain = "web-1" ', True),
    ],
)
def test_a_matcher_decides(text: str, fits: bool) -> None:
    assert Matcher.parse(text).matches(WEB) is fits


def test_a_dot_matches_a_line_end_and_odd_text_is_no_error() -> None:
    assert Matcher.parse('domain=~"a.b"').matches({"domain": "a\nb"})
    assert Matcher.parse('domain=~"a.b"').matches({"domain": "a\ud800b"})


@pytest.mark.parametrize("expression", ["(a+)+b", "(a|a)*b", "(.*a){20}b"])
def test_no_expression_takes_long(expression: str) -> None:
    """Python's own expressions would take for ever here."""
    assert not Matcher.parse(f'domain=~"{expression}"').matches({"domain": "a" * 10_000})


def test_equal_matchers_are_equal_and_others_are_not() -> None:
    assert Matcher.parse('a=~"b.*"') == Matcher.parse('a=~"b.*"')
    assert Matcher.parse('a=~"b"') != Matcher.parse('a="b"')


@pytest.mark.parametrize(
    "text", ["web", "a=b", 'a=~"("', 'a=~"(?=b)"', 'a=~"x{5000}"', 'a="b', '="b"', 'a=="b"']
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no matcher|no regular expression"):
        Matcher.parse(text)


@pytest.mark.parametrize(
    ("text", "resource", "matchers"),
    [
        ("vm_cpu", "vm_cpu", 0),
        ("{}", "", 0),
        ('vm_cpu{domain="web-1"}', "vm_cpu", 1),
        (' { domain =~ "w.*" , instance="h1", } ', "", 2),
        ('{domain="}{,"}', "", 1),
    ],
)
def test_a_selector_has_a_resource_and_matchers(text: str, resource: str, matchers: int) -> None:
    found = Selector.parse(text)
    assert (found.resource, len(found.matchers)) == (resource, matchers)


def test_all_matchers_of_a_selector_must_hold() -> None:
    assert Selector.parse('{domain=~"web.*",instance="h1"}').matches(WEB)
    assert not Selector.parse('{domain=~"web.*",instance="h2"}').matches(WEB)


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", "}", '{a="b"', '{a="b"}}', '{a="b" c="d"}', '{a="b",,}', "{,}", "vm-cpu", '{"a"}', "a{}b"],
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"selector|matchers"):
        Selector.parse(text)
