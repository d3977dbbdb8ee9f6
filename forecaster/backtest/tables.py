"""A report's figures in words: what text and page both show."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.config.durations import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forecaster.backtest.accuracy import Accuracy
    from forecaster.backtest.comparison import Ahead
    from forecaster.backtest.patterns import Pattern
    from forecaster.backtest.reference_comparison import Reference
    from forecaster.backtest.report import Report

NONE = "-"


def number(value: float) -> str:
    """A figure with three significant digits; a dash for none."""
    return NONE if not math.isfinite(value) else f"{value:.3g}"


def fixed(value: float) -> str:
    """A share or skill with two decimals."""
    return NONE if not math.isfinite(value) else f"{value:.2f}"


def precise(value: float) -> str:
    """A share or skill with three decimals."""
    return NONE if not math.isfinite(value) else f"{value:.3f}"


def duration(value: float) -> str:
    """Seconds, to the minute where there is one."""
    if not math.isfinite(value):
        return NONE
    return written(round(value / 60) * 60 if value >= 60 else round(value))


# Heading, field of Accuracy, how it is written.
COLUMNS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("avg precision", "average_precision", precise),
    ("Brier skill", "brier_skill", fixed),
    ("precision", "precision", fixed),
    ("recall", "recall", fixed),
    ("events caught", "event_recall", fixed),
    ("lead", "lead_seconds", duration),
    ("false/week", "false_per_week", fixed),
)


# Heading, field of Pattern, how it is written.
PATTERN_COLUMNS: tuple[tuple[str, str, Callable[..., str]], ...] = (
    ("trend", "trend", fixed),
    ("daily", "daily", fixed),
    ("weekly", "weekly", fixed),
    ("remainder", "remainder", fixed),
    ("dominant", "dominant", str),
)


def cells(accuracy: Accuracy) -> list[str]:
    """One method's figures in the order of COLUMNS."""
    return [write(getattr(accuracy, name)) for _, name, write in COLUMNS]


def facts(report: Report) -> list[str]:
    """What a resource was judged on, in sentences."""
    dataset, clock = report.dataset, report.clock
    series, found = len(dataset.labels), dataset.found
    which = f"all {found} series" if series == found else f"a sample of {series} of {found} series"
    begin, end = (day(int(dataset.timestamps[at])) for at in (0, -1))
    judged = (dataset.values.shape[1] - report.warm_up) * clock.step
    anomalies = report.anomalies
    rows = len({int(row) for row, _ in report.events})
    inside = share(anomalies.inside_band)
    return [
        f"{which}, {begin} to {end}, step {written(clock.step)}",
        f"the last {days(judged, clock.day)} are judged, what was before only taught",
        f"{len(report.events)} events in {rows} series: limit {limits(report)} reached after an hour below",
        f"anomalies: {anomalies.alarms} alarms, {number(anomalies.alarms_per_week)} per series-week",
        f"expected band: {inside} of the values inside",
    ]


def reference_facts(report: Report, reference: Reference) -> list[str]:
    """What the reference models were asked about, and what became of their fits, in sentences."""
    asked, series = len(reference.rows), len(report.dataset.labels)
    which = f"all {series} series" if asked == series else f"{asked} of the {series} series"
    return [
        f"{which}; every method is judged at the instants that have a forecast of each reference model",
        *(
            f"{name}, fitted once a day for each series: {fits(each)}"
            for name, each in reference.fits.items()
        ),
    ]


def fits(counts: Mapping[str, int]) -> str:
    """What became of a model's fits."""
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "none"


def pattern_rows(report: Report, reference: Reference) -> Iterator[tuple[str, ...]]:
    """A row for each series of the sample, and one for noise: its name, then PATTERN_COLUMNS."""
    for row, pattern in zip(reference.rows, reference.patterns.series, strict=True):
        name = ", ".join(f"{label}={value}" for label, value in report.dataset.labels[row])
        yield name, *pattern_cells(pattern)
    if reference.patterns.noise is not None:
        yield "white noise, for comparison", *pattern_cells(reference.patterns.noise)


def pattern_cells(pattern: Pattern | None) -> list[str]:
    """A pattern's figures in the order of PATTERN_COLUMNS; dashes for none."""
    if pattern is None:
        return [NONE] * len(PATTERN_COLUMNS)
    return [write(getattr(pattern, name)) for _, name, write in PATTERN_COLUMNS]


def limits(report: Report) -> str:
    """The limits in force: one, or from the least to the largest."""
    known = sorted({bound.limit for bound in report.dataset.bounds if math.isfinite(bound.limit)})
    return (
        "(none)" if not known else " to ".join(f"{each:g}" for each in dict.fromkeys((known[0], known[-1])))
    )


def headline(ahead: Ahead) -> str:
    """What one horizon was judged on."""
    rate = share(ahead.base_rate)
    return f"within {ahead.label}: {ahead.events} events, {ahead.instants} instants, base rate {rate}"


def share(value: float) -> str:
    """A share as a percentage."""
    return NONE if not math.isfinite(value) else f"{100 * value:.3g} %"


def days(seconds: float, day_seconds: int) -> str:
    """A span in days."""
    return f"{seconds / day_seconds:.3g} days"


def day(timestamp: int) -> str:
    """A time in UTC, to the minute."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M}"
