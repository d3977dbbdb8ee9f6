"""The backtest as one self-contained page: tables, reliability curves, example series. No scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.web.html import Column, Templates
from forecaster.backtest.methods.registry import OURS
from forecaster.backtest.plots import example_rows, reliability_plot, series_plot, shown_horizon
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from forecaster.backtest.comparison import Ahead
    from forecaster.backtest.reference_comparison import Reference
    from forecaster.backtest.report import Report

_TEMPLATES = Templates("forecaster.backtest", report="forecaster.report")
_METHOD = Column("", whole=True)
_COLUMNS = (_METHOD, *(Column(title, number=True) for title, _, _ in COLUMNS))
_PATTERN_COLUMNS = (_METHOD, *(Column(title, number=True) for title, _, _ in PATTERN_COLUMNS))


def page(reports: Sequence[Report], skipped: dict[str, str], url: str) -> str:
    """The page as HTML."""
    return _TEMPLATES.render(
        "backtest.html",
        title="virtcast backtest",
        links=(),
        url=url,
        columns=_COLUMNS,
        pattern_columns=_PATTERN_COLUMNS,
        ours=OURS,
        resources=[_resource(report) for report in reports],
        skipped=skipped,
    )


def _resource(report: Report) -> dict[str, object]:
    return {
        "name": report.resource.name,
        "query": report.resource.query,
        "facts": facts(report),
        **_comparison(report.horizons),
        "forecast_columns": _forecast_columns(report),
        "curves": _curves(report),
        "examples": [_example(report, *each) for each in example_rows(report)],
        "reference": None if report.reference is None else _reference(report, report.reference),
    }


def _comparison(horizons: Sequence[Ahead]) -> dict[str, object]:
    return {
        "horizons": [
            (headline(ahead), [(name, *cells(each)) for name, each in ahead.methods.items()])
            for ahead in horizons
        ],
        "forecasts": _forecasts(horizons),
    }


def _reference(report: Report, reference: Reference) -> dict[str, object]:
    return {
        "facts": reference_facts(report, reference),
        **_comparison(reference.horizons),
        "patterns": list(pattern_rows(report, reference)),
    }


def _forecast_columns(report: Report) -> list[Column]:
    within = f"in {report.levels[0]:.0%} to {report.levels[-1]:.0%}"
    return [_METHOD, Column("pinball loss", number=True), Column(within, number=True)]


def _forecasts(horizons: Sequence[Ahead]) -> list[tuple[str, ...]]:
    return [
        (f"{name}, {ahead.label} ahead", number(each.pinball), share(each.coverage))
        for ahead in horizons
        for name, each in ahead.forecasts.items()
    ]


def _curves(report: Report) -> list[tuple[str, Markup]]:
    known = [ahead for ahead in report.horizons if len(ahead.reliability) > 1]
    return [(ahead.label, reliability_plot(ahead.reliability)) for ahead in known]


def _example(report: Report, row: int, middle: int) -> tuple[str, Markup]:
    labels = ", ".join(f"{name}={value}" for name, value in report.dataset.labels[row])
    ahead = report.resource.horizons[shown_horizon(report)].label
    legend = (
        f"{labels}: the value, its expected band (blue), the forecast made {ahead} before with its "
        f"{report.levels[0]:.0%} to {report.levels[-1]:.0%} range (orange), the limit (dashed), anomalies "
        "(circles). Times are UTC."
    )
    return legend, series_plot(report, row, middle)
