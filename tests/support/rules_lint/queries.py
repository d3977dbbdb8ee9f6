"""PromQL expressions taken apart: what they ask for, and what must hold at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import promql_parser
from promql_parser import BinaryExpr, Expr, MatchOp, ParenExpr, VectorSelector

from rules_lint.known import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rules_lint.known import Series

VARIABLE = "1h"  # a duration stands for a variable of a dashboard: it is welcome wherever one is


def parse(query: str) -> Expr:
    """ValueError says what is wrong with an expression."""
    return promql_parser.parse(query)


def selectors(expr: Expr) -> list[VectorSelector]:
    """All series selectors of an expression."""
    found: list[VectorSelector] = []

    def visit(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.append(node)

    promql_parser.walk(expr, visit)
    return found


def names(expr: Expr) -> frozenset[str]:
    """The metrics that an expression reads."""
    return frozenset(name for selector in selectors(expr) for name in _named(selector))


def _named(selector: VectorSelector) -> list[str]:
    """One name, or the alternatives of a matcher of `__name__`."""
    if selector.name:
        return [str(selector.name)]
    every = (each.value.split("|") for each in selector.matchers.matchers if each.name == "__name__")
    return [name for each in every for name in each]


def unknown(query: str, series: Series) -> list[str]:
    """What a query asks for and nobody has: names, labels of names, values of labels."""
    return [missing for selector in selectors(parse(query)) for missing in _unknown(selector, series)]


def _unknown(selector: VectorSelector, series: Series) -> Iterator[str]:
    if missing := [name for name in _named(selector) if name not in series]:
        yield from missing
        return
    if not selector.name:
        return  # a label that only some of several metrics have is asked of all of them
    name = str(selector.name)
    for matcher in selector.matchers.matchers:
        possible = VALUES.get((name, matcher.name))
        if matcher.op == MatchOp.Re and matcher.value == ".*":
            continue  # of series without the label, too
        if matcher.name not in series[name]:
            yield f"{name}{{{matcher.name}}}"
        elif possible and matcher.op == MatchOp.Equal and matcher.value not in {*possible, VARIABLE}:
            yield f'{name}{{{matcher.name}="{matcher.value}"}}'


def asked(template: str) -> Iterator[str]:
    """The queries in a Go template of an annotation, with some value for each label."""
    for query in re.findall(r'printf "((?:[^"\\]|\\.)*)"(?=[^}]*\| query)', template):
        yield query.replace('\\"', '"').replace("%+q", '"any"')


def alternatives(expr: Expr) -> list[Expr]:
    """The operands of `or` at the top: each of them fires by itself."""
    expr = _bare(expr)
    if isinstance(expr, BinaryExpr) and str(expr.op) == "or":
        return [*alternatives(expr.lhs), *alternatives(expr.rhs)]
    return [expr]


def conditions(expr: Expr) -> list[Expr]:
    """The operands of `and` at the top: all of them must hold. `unless` only leaves something out."""
    expr = _bare(expr)
    if isinstance(expr, BinaryExpr) and str(expr.op) == "unless":
        return conditions(expr.lhs)
    if isinstance(expr, BinaryExpr) and str(expr.op) == "and":
        return [*conditions(expr.lhs), *conditions(expr.rhs)]
    return [expr]


def _bare(expr: Expr) -> Expr:
    return _bare(expr.expr) if isinstance(expr, ParenExpr) else expr
