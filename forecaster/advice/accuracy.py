"""Adviser: how right the forecasts of the last 30 days were, resource by resource."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.view.accuracy import BAND, ENOUGH, NAIVE_TEXTS, exhaustions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.view.accuracy import Accuracy, Exhaustions
    from forecaster.view.view import Fresh, ResourceView

MOST = 1_000  # resources: all


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The resources with forecasts that were judged, those first that are worse than a naive forecast."""
    forecast = {rows.resource.name for rows in fresh.rows if len(rows.labels)}
    for place, each in enumerate(fresh.view.resources):
        known = [of for of in each.accuracy.values() if not math.isnan(of.held)]
        if known and each.resource.name in forecast:
            yield Finding((not each.worse, place), partial(_cells, each, known), each.resource.name, ())


def _cells(each: ResourceView, known: Sequence[Accuracy]) -> tuple[str, ...]:
    name, worst = each.resource.name, max(known, key=lambda of: -1.0 if math.isnan(of.error) else of.error)
    flagged, missed = exhaustions(each.judged.record)
    skills = [of.brier_skill for of in each.accuracy.values() if not math.isnan(of.brier_skill)]
    return (
        name,
        f"{100 * _held(known):.0f} %",
        _beside(worst),
        f"{min(skills):.2f}" if skills else "",
        f"{flagged:.0f} of {flagged + missed:.0f}" if flagged + missed >= 0.5 else "",
        "worse than naive" if each.worse else "better than naive" if worst.error < 1 else "",
    )


def _held(known: Sequence[Accuracy]) -> float:
    """The share of values between the outer quantiles, of all horizons."""
    return sum(of.held * of.outcomes for of in known) / sum(of.outcomes for of in known)


def _beside(of: Accuracy) -> str:
    """The error beside that of the better naive forecast; empty where both are 0."""
    return "" if math.isnan(of.error) else f"{of.error:.2f} ({NAIVE_TEXTS[of.better]})"


def in_words(found: Sequence[Accuracy], limits: Exhaustions) -> str:
    """The figures of a series, by horizon. For example: 80 % bands held 78 % of 93 values; largest error 0.42
    times that of a naive one (last value).
    """
    outcomes = sum(of.outcomes for of in found)
    known = [of for of in found if not math.isnan(of.held)]
    if not known:
        return f"not known before {ENOUGH:.0f} outcomes of a horizon; so far {outcomes:.0f}"
    parts = [f"{100 * BAND:.0f} % bands held {100 * _held(known):.0f} % of {outcomes:.0f} values"]
    ratios = [of for of in known if not math.isnan(of.error)]
    if ratios:
        worst = max(ratios, key=lambda of: of.error)
        parts.append(
            f"largest error {worst.error:.2f} times that of a naive one ({NAIVE_TEXTS[worst.better]})"
        )
    flagged, missed = limits
    if flagged + missed >= 0.5:
        parts.append(f"{flagged:.0f} of {flagged + missed:.0f} exhaustions were flagged before")
    return "; ".join(parts)


ADVISER = Adviser(
    "accuracy",
    "Accuracy of the last 30 days",
    (
        Column("Resource", about=True, whole=True),
        Column(f"{100 * BAND:.0f} % bands held", number=True),
        Column("Largest error beside naive", number=True),
        Column("Brier skill", number=True),
        Column("Exhaustions flagged", number=True),
        Column("Verdict", whole=True),
    ),
    advise,
    nothing="Not known yet: too few forecasts have been judged.",
    most=MOST,
)
