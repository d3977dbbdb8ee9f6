"""Queries as text: what is wrong in every dialect of PromQL.

Backends have dialects: MetricsQL has more functions and keywords than PromQL, and Prometheus gets new ones.
What only some of them accept is for the backend to say (`check-config --online`). What none accepts is told
at once.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space> \s+ | \#[^\n]* )
  | (?P<text> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*` )
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
  | (?P<comma> , )
  | (?P<operator> =~ | !~ | [=!<>]= | [-+*/%^=<>@] )
  | (?P<word> [^\W\d][\w:.]* | :[\w:]* | [\d.][\w.:+]* )
  | (?P<unknown> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SIGNS = frozenset("-+@")  # operators that may begin an operand
_BETWEEN = frozenset({"and", "or", "unless"})


class _Token(NamedTuple):
    kind: str
    text: str


def expression(text: str) -> str:
    """`text` as it is; ValueError says why no dialect of PromQL accepts it."""
    tokens = [
        _Token(str(match.lastgroup), match[0])
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]
    if not tokens:
        raise ValueError("query is empty")
    _complete(tokens)
    _brackets(tokens)
    _operands(tokens)
    return text


def _complete(tokens: list[_Token]) -> None:
    for token in tokens:
        if token.text in {'"', "'", "`"}:
            raise ValueError(f"this is no query: a text that begins with {token.text} does not end")
        if token.kind == "unknown":
            raise ValueError(f"this is no query: {token.text!r} has no meaning in it")


def _brackets(tokens: list[_Token]) -> None:
    opened: list[str] = []
    for token in tokens:
        if token.kind == "open":
            opened.append(token.text)
        elif token.kind == "close" and (not opened or opened.pop() != _PAIRS[token.text]):
            raise ValueError(f"this is no query: nothing opens a {token.text}")
    if opened:
        raise ValueError(f"this is no query: a {opened[-1]} is not closed")


def _operands(tokens: list[_Token]) -> None:
    """An operator stands between operands, and a comma between matchers."""
    end = _Token("end", "the end")
    begin = _Token("begin", "the beginning")
    braces = 0
    for left, right in pairwise([begin, *tokens, end]):
        braces += (left.text == "{") - (right.text == "}")
        if left.kind == "operator" and right.kind in {"close", "comma", "end"}:
            raise ValueError(f"this is no query: nothing follows {left.text}")
        if left.text in _BETWEEN and right is end:
            raise ValueError(f"this is no query: nothing follows {left.text}")
        if left.kind == right.kind == "comma":
            raise ValueError("this is no query: nothing stands between two commas")
        if right.kind == "operator" and right.text not in _SIGNS and _waits(left):
            raise ValueError(f"this is no query: nothing stands before {right.text}")
        if braces and left.kind == "text" and right.kind in {"text", "word"} and right.text != "or":
            raise ValueError(f"this is no query: a comma is missing after {left.text}")


def _waits(token: _Token) -> bool:
    return token.kind in {"begin", "open", "comma", "operator"}
