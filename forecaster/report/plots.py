"""The plots of a report: the load of all VMs, and what fills up. Their colours are in each plot: it can be
printed, and taken out of the page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice import runway
from forecaster.advice.days_left import levels
from forecaster.advice.runway import EARLY, LATE, MIDDLE
from forecaster.advice.wording import amount, named
from forecaster.report.plot import Axes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from forecaster.advice.runway import Runway
    from forecaster.report.period import Load
    from forecaster.view.view import Fresh, View

    Plot = tuple[Markup, str]  # and its caption

MOST = 3  # runways that are drawn
AHEAD = 0.5  # of the width of a plot of what fills up
STYLE = (
    "polyline{fill:none;stroke-width:1.4}"
    "text{fill:#57606a;font:11px sans-serif}"
    ".frame{fill:none;stroke:#d0d7de}"
    ".value{stroke:#1f3a5f}"
    ".used{fill:#1f6feb;opacity:.35}"
    ".given{stroke:#57606a;stroke-dasharray:5 3}"
    ".limit{stroke:#b3261e;stroke-dasharray:8 4}"
    ".now{stroke:#d0d7de}"
    ".fan{fill:#e08b00;opacity:.22}"
    ".forecast{stroke:#e08b00}"
)


def load_plot(of: Load, unit: str, what: str) -> Plot | None:
    """What all VMs used (area) of what they had (dashed); None where nothing is known."""
    known = np.isfinite(of.used)
    if not known.any():
        return None
    top = 1.05 * float(np.nanmax(of.given))
    axes = Axes((float(of.ends[0]), float(of.ends[-1])), (0.0, top), height=150)
    drawn = axes.area("used", of.ends, np.zeros_like(of.used), of.used)
    drawn += axes.line("value", of.ends, of.used) + axes.line("given", of.ends, of.given)
    scale = _day(of.ends[0]), _day(of.ends[-1])
    plot = axes.framed(drawn, scale, ("0", f"{top:,.0f}"), f"{what} used", STYLE)
    caption = (
        f"{what}: used (area) of what the VMs had (dashed), in {unit}. Mean {of.mean:,.1f}, busiest hour"
        f" {of.peak:,.1f} {unit}; {amount(of.share, 'ratio')} of it was used."
    )
    return plot, caption


def runway_plots(fresh: Fresh) -> tuple[Plot, ...]:
    """What runs out first, with the time that it has left."""
    near = [each for each in runway.advised(fresh) if MIDDLE in each.days and each.level < each.limit]
    return tuple(_runways(fresh.view, near[:MOST]))


def _runways(view: View, near: list[Runway]) -> Iterator[Plot]:
    past = {each.resource: each for each in runway.pasts(view.rollups, {}, view.inventory)}
    for each in near:
        of = past[each.resource]
        column = of.labels.index(each.labels)
        yield _runway(each, levels(of.mean[:, [column]])[:, 0], of.until)


def _runway(of: Runway, level: np.ndarray, until: int) -> Plot:
    """The highest hour of each day, the limit, and the days on which it is reached."""
    days = np.arange(len(level), dtype=float) - len(level) + 1
    ahead = max(2.0, min(1.2 * of.days[MIDDLE], 2.0 * AHEAD * len(level)))
    known = level[np.isfinite(level)]
    low, high = min(float(known.min()), of.limit), max(float(known.max()), of.limit)
    margin = 0.08 * (high - low) or 0.05
    axes = Axes((days[0], ahead), (low - margin, high + margin), height=150)
    start = float(known[-1])

    def path(quantile: str) -> np.ndarray:
        growth = (of.limit - start) / max(of.days[quantile], 0.01) if quantile in of.days else 0.0
        return start + growth * np.array([0.0, ahead])

    ends = np.array([0.0, ahead])
    drawn = axes.area("fan", ends, np.minimum(path(LATE), of.limit), np.minimum(path(EARLY), high + margin))
    drawn += axes.line("forecast", ends, path(MIDDLE)) + axes.line("value", days, level)
    drawn += axes.line("limit", np.array([days[0], ahead]), np.full(2, of.limit))
    drawn += axes.line("now", np.zeros(2), np.array(axes.y))
    scale = _day(until + 86_400 * days[0]), _day(until + 86_400 * ahead)
    texts = amount(axes.y[0], "ratio"), amount(axes.y[1], "ratio")
    plot = axes.framed(drawn, scale, texts, f"days left of {of.resource}", STYLE)
    caption = (
        f"{of.resource} of {named(of.labels)}: the highest hour of each day, the limit (dashed) and the trend"
        f" with its 80 % interval. {of.text()} left."
    )
    return plot, caption


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
