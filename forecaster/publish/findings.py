"""What is worth a row on page and report: what runs out first, what is unusual, what deviated together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.explanation import amount, sentence, slow_trend
from forecaster.durations import written
from forecaster.publish.gauges import known_score
from forecaster.publish.unusual import figures_of, in_order
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from forecaster.advice.together import Group
    from forecaster.publish.view import Forecasts, ResourceView
    from forecaster.series import Labels

ROWS = 10
RUNS_OUT = ("Now", "Limit reached", "Probability", "Trend")
UNUSUAL = ("Score", "Since", "Why")
TOGETHER = ("Of", "Series", "Since", "In order")
LIKELY = 0.005
"""A smaller probability is shown as 0 %: such a series is not running out."""


class Finding(NamedTuple):
    """A series worth naming: what it is sorted by, and the other figures of its row as they are shown."""

    order: tuple[float, float]
    resource: str
    labels: Labels
    figures: tuple[str, ...]


def soonest(fresh: Iterable[tuple[ResourceView, Forecasts]]) -> list[Finding]:
    """The series predicted to reach their limit first, where that is likely at all as far as is foreseen."""
    found = []
    for each, forecasts in fresh:
        seconds, probability = forecasts.outlook.exhaustion_seconds, forecasts.outlook.probability[-1]
        horizon, share = each.resource.horizons[-1].label, each.resource.shares
        for row in _first(each, forecasts, seconds, np.isfinite(seconds) & (probability >= LIKELY)):
            figures = (
                amount(float(forecasts.values[row]), share=share),
                "now" if seconds[row] <= 0 else f"in {rough(float(seconds[row]))}",
                f"{100 * probability[row]:.0f} % in {horizon}",
                slow_trend(figures_of(each, forecasts, row)),
            )
            order = (float(seconds[row]), -float(probability[row]))
            found.append(Finding(order, each.resource.name, forecasts.labels[row], figures))
    return sorted(found)[:ROWS]


def most_unusual(fresh: Iterable[tuple[ResourceView, Forecasts]], now: float) -> list[Finding]:
    """The series with the highest anomaly score, anomalous ones only; of equal ones the latest to begin."""
    found = []
    for each, forecasts in fresh:
        score, began = known_score(forecasts), forecasts.outlook.reasons.onset
        for row in _first(each, forecasts, -score, score >= 1):
            why = sentence(figures_of(each, forecasts, row))
            figures = (f"{score[row]:.2f}", f"{rough(now - began[row])} ago", why)
            order = (-float(score[row]), -float(began[row]))
            found.append(Finding(order, each.resource.name, forecasts.labels[row], figures))
    return sorted(found)[:ROWS]


def together(found: Sequence[Group], now: float) -> list[tuple[str, ...]]:
    """The largest groups of anomalies, as rows of the columns TOGETHER."""
    return [
        (named(group.of), str(len(group.onsets)), f"{rough(now - group.onsets[0].at)} ago", in_order(group))
        for group in found[:ROWS]
    ]


def _first(
    each: ResourceView, forecasts: Forecasts, order: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> list[int]:
    """The first ready rows among the chosen ones, and those that are equal to the last of them."""
    rows = [int(row) for row in np.flatnonzero(chosen)]
    ready = [row for row in rows if each.states.get(forecasts.labels[row]) is State.READY]
    ready.sort(key=lambda row: float(order[row]))
    return [row for row in ready if order[row] <= order[ready[:ROWS][-1]]]


def named(labels: Labels) -> str:
    """A series by its labels; which exporter told of it is no news."""
    return ", ".join(f"{name}={value}" for name, value in labels if name != "provider")


def rough(seconds: float) -> str:
    """A duration in its two largest units."""
    seconds = max(0, int(seconds))
    rounded = seconds - seconds % (3600 if seconds >= 86_400 else 60 if seconds >= 3_600 else 1)
    return written(rounded)
