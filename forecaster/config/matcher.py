"""Which series are meant: matchers and selectors, in the words of PromQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from forecaster.series.promql_text import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A label name in quotes is any text, as in Prometheus 3.
_STRING = r"""(?:"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)')"""
_MATCHER = re.compile(rf"\s*(?:([a-zA-Z_]\w*+)|{_STRING})\s*(=~|!~|!=|=)\s*{_STRING}\s*", re.DOTALL)
_NAME = re.compile(r"\s*([a-zA-Z_]\w*+)?\s*")
_MOST_MEMORY = 1 << 20  # bytes of a compiled expression: RE2's usual 8 MB would let few clients take much


class _Expression(Protocol):
    def fullmatch(self, text: bytes) -> object: ...


@dataclass(frozen=True)
class Matcher:
    """One condition on a label, as in PromQL and Alertmanager: name="v", !=, =~ and !~ (anchored).

    A name that is not classic is quoted: "k8s.pod.name"="v". Regular expressions are RE2's, as Prometheus has
    them: a match takes time in proportion to the text, whatever the expression.
    """

    text: str
    label: str
    negated: bool
    value: str
    pattern: _Expression | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Matcher:
        """The matcher of `text`; ValueError when it is none."""
        match = _MATCHER.fullmatch(text)
        if match is None:
            raise ValueError(f'{text!r} is no matcher: write one as label="value" or label=~"regex"')
        return cls.of(match)

    @classmethod
    def of(cls, match: re.Match[str]) -> Matcher:
        """The matcher of what the grammar found; ValueError for what is no regular expression."""
        classic, name, other_name, operator, value, other_value = match.groups()
        label = classic or unquoted(name if name is not None else other_name)
        value = unquoted(value if value is not None else other_value)
        pattern = _compiled(value) if "~" in operator else None
        return cls(match[0].strip(), label, operator.startswith("!"), value, pattern)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with these labels is meant; an absent label counts as empty."""
        given = labels.get(self.label, "")
        if self.pattern is None:
            return (given == self.value) != self.negated
        return (self.pattern.fullmatch(given.encode(errors="replace")) is not None) != self.negated


class Selector(NamedTuple):
    """A resource's name, or an empty text for all, and matchers of which all must hold."""

    resource: str
    matchers: tuple[Matcher, ...]

    @classmethod
    def parse(cls, text: str) -> Selector:
        """The selector of a text such as vm_cpu{domain="web"}; ValueError when it is none."""
        start = _NAME.match(text)
        assert start is not None  # noqa: S101 (an empty text matches, too)
        rest = text[start.end() :].rstrip()
        if rest and not (rest[0] == "{" and rest[-1] == "}" and len(rest) > 1):
            raise ValueError('expected a selector, such as vm_cpu{domain="web"} or {instance=~"h.*"}')
        if not rest and not start[1]:
            raise ValueError("a selector is empty")
        return cls(start[1] or "", tuple(_matchers(rest[1:-1])))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether all matchers hold for a series with these labels."""
        return all(matcher.matches(labels) for matcher in self.matchers)


def _matchers(text: str) -> Iterator[Matcher]:
    """Those between the braces of a selector; a comma may follow the last one."""
    at = 0
    while text[at:].strip():
        match = _MATCHER.match(text, at)
        if match is None or text[match.end() : match.end() + 1] not in {"", ","}:
            raise ValueError('matchers are written as label="value" or label=~"regex", with commas between')
        yield Matcher.of(match)
        at = match.end() + 1


def _compiled(expression: str) -> _Expression:
    import re2  # noqa: PLC0415 (what has no regular expression works without the extra)

    options = re2.Options()
    options.max_mem, options.dot_nl, options.log_errors = _MOST_MEMORY, True, False
    try:
        compiled: _Expression = re2.compile(expression.encode(errors="replace"), options)
    except re2.error as error:
        told = error.args[0]
        why = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise ValueError(f"{expression!r} is no regular expression: {why}") from None
    return compiled
