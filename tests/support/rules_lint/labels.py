"""The labels of a PromQL expression's result."""

from __future__ import annotations

from functools import singledispatch

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    BinModifier,
    Call,
    Expr,
    LabelModifierType,
    MatchOp,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

from rules_lint.known import BY_RESOURCE, Labels, Series


@singledispatch
def result_labels(expr: Expr, series: Series) -> Labels:
    """The labels that every series of an expression's result has; none for numbers and texts."""
    del expr, series
    return frozenset()


@result_labels.register
def _(expr: VectorSelector, series: Series) -> Labels:
    """A metric's labels; of a forecast those of its resource."""
    labels = series.get(str(expr.name), frozenset())
    for matcher in expr.matchers.matchers:
        if matcher.name == "resource" and matcher.op == MatchOp.Equal and matcher.value in BY_RESOURCE:
            others = frozenset().union(*BY_RESOURCE.values()) - BY_RESOURCE[matcher.value]
            return labels - others
    return labels


@result_labels.register
def _(expr: MatrixSelector, series: Series) -> Labels:
    return result_labels(expr.vector_selector, series)


@result_labels.register(ParenExpr)
@result_labels.register(UnaryExpr)
@result_labels.register(SubqueryExpr)
def _(expr: ParenExpr | UnaryExpr | SubqueryExpr, series: Series) -> Labels:
    return result_labels(expr.expr, series)


@result_labels.register
def _(expr: AggregateExpr, series: Series) -> Labels:
    labels, modifier = result_labels(expr.expr, series), expr.modifier
    if str(expr.op) in {"topk", "bottomk"}:
        return labels
    if modifier is None:
        return frozenset()
    named = frozenset(modifier.labels)
    return labels & named if modifier.type == AggModifierType.By else labels - named


@result_labels.register
def _(expr: Call, series: Series) -> Labels:
    """Those of the argument that has some; a function makes no labels but by label_replace and label_join.
    What is absent has those of a selector's matchers, which name no replica, and none of other expressions.
    """
    if expr.func.name in {"scalar", "vector", "absent", "absent_over_time"}:
        return frozenset()
    labels = next(filter(None, (result_labels(each, series) for each in expr.args)), frozenset())
    return labels | {expr.args[1].val} if expr.func.name in {"label_replace", "label_join"} else labels


@result_labels.register
def _(expr: BinaryExpr, series: Series) -> Labels:
    left, right = result_labels(expr.lhs, series), result_labels(expr.rhs, series)
    if str(expr.op) in {"and", "unless"} or not right:
        return left
    if not left:
        return right
    if str(expr.op) == "or":
        return left & right
    return left & right if expr.modifier is None else _matched(expr.modifier, left, right)


def _matched(how: BinModifier, left: Labels, right: Labels) -> Labels:
    """The labels of two vectors combined: those they are matched by, or those of the many's side."""
    if how.card == VectorMatchCardinality.ManyToOne:
        return left | frozenset(how.group_labels or ())
    if how.card == VectorMatchCardinality.OneToMany:
        return right | frozenset(how.group_labels or ())
    if how.matching is None:
        return left & right
    named = frozenset(how.matching.labels)
    return left & named if how.matching.type == LabelModifierType.Include else left - named
