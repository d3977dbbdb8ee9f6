"""The backtest as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.backtest.tables import (
    COLUMNS,
    PATTERN_COLUMNS,
    cells,
    facts,
    headline,
    number,
    pattern_rows,
    reference_facts,
    share,
)
from forecaster.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.backtest.comparison import Ahead
    from forecaster.backtest.reference_comparison import Reference
    from forecaster.backtest.report import Report


def text(reports: Sequence[Report], skipped: dict[str, str]) -> str:
    """All resources."""
    parts = [_resource(report) for report in reports]
    parts += [f"{name}: not judged: {reason}" for name, reason in skipped.items()]
    return "\n\n".join(parts) + "\n"


def _resource(report: Report) -> str:
    head = f"{report.resource.name}: {report.resource.query}"
    lines = [head, "=" * len(head), *facts(report), *_comparison(report.horizons, report.levels)]
    if report.reference is not None:
        lines += ["", *_reference(report, report.reference)]
    return "\n".join(lines)


def _comparison(horizons: Sequence[Ahead], levels: Sequence[float]) -> list[str]:
    lines = []
    for ahead in horizons:
        lines += ["", headline(ahead)]
        rows = [[name, *cells(each)] for name, each in ahead.methods.items()]
        lines += aligned([["", *(title for title, _, _ in COLUMNS)], *rows]) if rows else []
    rows = [
        [ahead.label, name, number(each.pinball), share(each.coverage)]
        for ahead in horizons
        for name, each in ahead.forecasts.items()
    ]
    if rows:
        within = f"in {levels[0]:.0%}-{levels[-1]:.0%}"
        lines += ["", "forecast value", *aligned([["ahead", "", "pinball loss", within], *rows], left=(0, 1))]
    return lines


def _reference(report: Report, reference: Reference) -> list[str]:
    title = f"{report.resource.name}: reference models"
    head = ["", *(title for title, _, _ in PATTERN_COLUMNS)]
    return [
        title,
        "-" * len(title),
        *reference_facts(report, reference),
        *_comparison(reference.horizons, report.levels),
        "",
        "patterns of hourly means: strength of trend and seasons (0 to 1), remainder's share of the variance",
        *aligned([head, *pattern_rows(report, reference)]),
    ]
