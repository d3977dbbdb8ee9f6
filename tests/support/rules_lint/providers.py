"""What must hold for a provider of the normalised layer and each of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promql_parser import BinaryExpr

from alert_rules import layer
from alert_rules.promql import plain
from alert_rules.provider import RECORDING
from alert_rules.values import defaults, filled
from rules_lint.labels import result_labels
from rules_lint.queries import names, parse, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from alert_rules.provider import Provider, Recorded
    from rules_lint.evidence import Evidence


def problems(provider: Provider, providers: Collection[str], evidence: Evidence) -> list[str]:
    """What is wrong with a provider, a line each; `providers` are the names of all."""
    return [*_itself(provider, providers), *_rows(provider, evidence)]


def expression(row: Recorded) -> str:
    """The row's expression with the default values."""
    return filled(plain(row.expr), defaults(RECORDING))


def _itself(provider: Provider, providers: Collection[str]) -> Iterator[str]:
    outputs = [row.output for row in provider.rows]
    if not outputs:
        yield "it records nothing"
    if twice := {output for output in outputs if outputs.count(output) > 1}:
        yield f"it records {', '.join(sorted(twice))} twice"
    if absent := set(provider.yields_to) - set(providers):
        yield f"it yields to {', '.join(sorted(absent))}, which is no provider"
    try:
        read = frozenset().union(*(names(parse(expression(row))) for row in provider.rows))
    except ValueError:
        return
    if unread := provider.reads.keys() - read:
        yield f"no row reads {', '.join(sorted(unread))}"


def _rows(provider: Provider, evidence: Evidence) -> Iterator[str]:
    for row in provider.rows:
        output = layer.BY_NAME.get(row.output)
        if output is None:
            yield f"{row.output} is no output of the normalised layer"
            continue
        yield from (f"{row.output} {problem}" for problem in _row(row, output, provider, evidence))


def _row(row: Recorded, output: layer.Output, provider: Provider, evidence: Evidence) -> Iterator[str]:
    if (row.output, provider.name) not in evidence.recorded:
        yield "has no promtool test that expects a value of it"
    try:
        expr = parse(expression(row))
    except ValueError as error:
        yield f"does not parse: {error}"
        return
    if missing := unknown(expression(row), evidence.series):
        yield f"reads {', '.join(missing)}, which nobody has"
    elif result_labels(expr, evidence.series) != set(output.labels):
        yield f"does not result in exactly the labels {', '.join(output.labels)}"
    if output.subject.shared and isinstance(expr, BinaryExpr) and str(expr.op) == "or":
        yield "has an `or` at the top: put it in parentheses, for another condition follows it"
