"""Queries in which several forecasters of the same series count as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Expr

from rules_lint.labels import result_labels
from rules_lint.queries import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rules_lint.known import Series

SETS = frozenset({"and", "or", "unless"})  # their results have the labels of the operands
ALIKE = frozenset({"max", "min", "group"})  # give the same for one series and for several equal ones


def told_apart(query: str, series: Series) -> list[str]:
    """What in a query tells replicas apart: a result with their label, a count or a match by it."""
    expr = parse(query)
    found = ["the result has the label replica"] if "replica" in result_labels(expr, series) else []
    nodes: list[Expr] = []
    promql_parser.walk(expr, nodes.append)
    return [*found, *(problem for node in nodes for problem in _problems(node, series))]


def _problems(node: Expr, series: Series) -> Iterator[str]:
    if isinstance(node, AggregateExpr) and str(node.op) not in ALIKE:
        if "replica" in result_labels(node.expr, series) - result_labels(node, series):
            yield f"{node.op} counts every replica"
    elif isinstance(node, BinaryExpr) and str(node.op) not in SETS:
        sides = [result_labels(side, series) for side in (node.lhs, node.rhs)]
        if all(sides) and "replica" in sides[0] | sides[1]:
            yield f"{node.op} matches series of replicas"
