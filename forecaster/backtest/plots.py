"""Plots as inline SVG: a reliability curve, and a series with its band and forecast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.tables import day, number
from forecaster.report.plot import CIRCLE, NOTHING, Axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from numpy.typing import NDArray

    from forecaster.backtest.accuracy import Bin
    from forecaster.backtest.report import Report

    Floats = NDArray[np.float64]

SHOWN_DAYS = 3.0  # of an example


def reliability_plot(bins: Sequence[Bin]) -> Markup:
    """What was said (across) against what happened (up); the diagonal is perfect, dots grow with their
    number.
    """
    axes = Axes((0.0, 1.0), (0.0, 1.0), 220, 220)
    said = np.array([each.predicted for each in bins])
    came = np.array([each.observed for each in bins])
    ends = np.array([0.0, 1.0])
    places = (place.split(",") for run in axes.points(said, came) for place in run)
    dots = NOTHING.join(
        CIRCLE.format("dot", x, y, f"{1.5 + math.log10(each.instants):.1f}")
        for each, (x, y) in zip(bins, places, strict=True)
    )
    drawn = axes.line("perfect", ends, ends) + axes.line("ours", said, came) + dots
    return axes.framed(drawn, ("0", "predicted 1"), ("0", "1"), "reliability curve")


def example_rows(report: Report) -> list[tuple[int, int]]:
    """What is worth showing: (row, step in the middle) of the series with most events, and of the highest
    anomaly score.
    """
    late = report.judged.score[:, report.warm_up :]
    row, step = np.unravel_index(int(late.argmax()), late.shape)
    unusual = int(row), int(step) + report.warm_up
    if not len(report.events):
        return [unusual]
    counts = np.bincount(report.events[:, 0])
    busiest = int(counts.argmax())
    full = busiest, int(report.events[report.events[:, 0] == busiest, 1][-1])
    return [full] if full[0] == unusual[0] else [full, unusual]


def series_plot(report: Report, row: int, middle: int) -> Markup:
    """A few days of one series: its band, its values, its limit, and what was forecast a horizon before."""
    clock, dataset, judged = report.clock, report.dataset, report.judged
    half = clock.steps(SHOWN_DAYS / 2 * clock.day)
    last = min(dataset.values.shape[1], max(middle + half, 2 * half))
    shown = slice(max(0, last - 2 * half), last)
    times = dataset.timestamps[shown].astype(np.float64)
    values, limit = dataset.values[row, shown], dataset.bounds[row].limit
    low, high = _range(values, limit)
    axes = Axes((times[0], times[-1]), (low, high))
    lower, expected, upper = (
        getattr(judged, name)[row, shown].astype(np.float64) for name in ("lower", "expected", "upper")
    )
    drawn = axes.area("band", times, lower, upper) + _forecast(report, row, axes)
    drawn += axes.line("expected", times, expected) + axes.line("value", times, values)
    if math.isfinite(limit):
        drawn += axes.line("limit", times[[0, -1]], np.full(2, limit))
    anomalous = np.where(judged.score[row, shown] >= 1, values, np.nan)
    drawn += NOTHING.join(
        CIRCLE.format("alarm", x, y, 3)
        for run in axes.points(times, anomalous)
        for x, y in (place.split(",") for place in run)
    )
    scale = day(int(times[0])), day(int(times[-1]))
    return axes.framed(drawn, scale, (number(low), number(high)), "example series")


def shown_horizon(report: Report) -> int:
    """Which horizon's forecast is drawn: the longest of an hour at most, else the first."""
    short = [at for at, each in enumerate(report.resource.horizons) if each.seconds <= report.clock.day / 24]
    return short[-1] if short else 0


def _forecast(report: Report, row: int, axes: Axes) -> Markup:
    which = shown_horizon(report)
    columns = np.arange(report.warm_up, report.dataset.values.shape[1] - 1, report.clock.every)
    ahead = report.clock.steps(report.resource.horizons[which].seconds)
    begin = float(report.dataset.timestamps[0])
    times = begin + (columns + ahead) * float(report.clock.step)
    inside = (times >= axes.x[0]) & (times <= axes.x[1])
    told = report.judged.forecast[which, row][: len(columns)][inside]
    if not len(told):
        return NOTHING
    middle = told[:, told.shape[1] // 2]
    return axes.area("fan", times[inside], told[:, 0], told[:, -1]) + axes.line(
        "forecast", times[inside], middle
    )


def _range(values: Floats, limit: float) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    marks = [*known.tolist(), *([limit] if math.isfinite(limit) else [])] or [0.0, 1.0]
    low, high = min(marks), max(marks)
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin
