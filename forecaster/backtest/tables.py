"""The backtest as text for a terminal and as JSON for programs."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from forecaster.config.durations import written
from forecaster.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.backtest.accuracy import Accuracy
    from forecaster.backtest.report import Ahead, Report

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


def cells(accuracy: Accuracy) -> list[str]:
    """One method's figures in the order of COLUMNS."""
    return [write(getattr(accuracy, name)) for _, name, write in COLUMNS]


def text(reports: Sequence[Report], skipped: dict[str, str]) -> str:
    """All resources, for a terminal."""
    parts = [_resource(report) for report in reports]
    parts += [f"{name}: not judged: {reason}" for name, reason in skipped.items()]
    return "\n\n".join(parts) + "\n"


def facts(report: Report) -> list[str]:
    """What a resource was judged on, in sentences."""
    history, clock = report.history, report.clock
    series, found = len(history.labels), history.found
    which = f"all {found} series" if series == found else f"a sample of {series} of {found} series"
    begin, end = (day(int(history.timestamps[at])) for at in (0, -1))
    judged = (history.values.shape[1] - report.warm_up) * clock.step
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


def limits(report: Report) -> str:
    """The limits in force: one, or from the least to the largest."""
    known = sorted({bound.limit for bound in report.history.bounds if math.isfinite(bound.limit)})
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


def _resource(report: Report) -> str:
    head = f"{report.resource.name}: {report.resource.query}"
    lines = [head, "=" * len(head), *facts(report)]
    for ahead in report.horizons:
        lines += ["", headline(ahead)]
        rows = [[name, *cells(each)] for name, each in ahead.methods.items()]
        lines += aligned([["", *(title for title, _, _ in COLUMNS)], *rows]) if rows else []
    rows = [
        [ahead.label, name, number(each.pinball), share(each.coverage)]
        for ahead in report.horizons
        for name, each in ahead.forecasts.items()
    ]
    if rows:
        within = f"in {report.levels[0]:.0%}-{report.levels[-1]:.0%}"
        lines += ["", "forecast value", *aligned([["ahead", "", "pinball loss", within], *rows], left=(0, 1))]
    return "\n".join(lines)


def as_json(reports: Sequence[Report], skipped: dict[str, str]) -> str:
    """All resources, for programs; null where there is no figure."""
    found = {"resources": [_json(report) for report in reports], "skipped": skipped}
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _json(report: Report) -> dict[str, Any]:
    history, anomalies = report.history, report.anomalies
    return {
        "resource": report.resource.name,
        "query": report.resource.query,
        "series": len(history.labels),
        "series_found": history.found,
        "start": int(history.timestamps[0]),
        "judged_from": int(history.timestamps[min(report.warm_up, len(history.timestamps) - 1)]),
        "end": int(history.timestamps[-1]),
        "step_seconds": report.clock.step,
        "events": len(report.events),
        "anomalies": {
            "alarms": anomalies.alarms,
            "alarms_per_series_week": _finite(anomalies.alarms_per_week),
            "series_weeks": _finite(anomalies.series_weeks),
            "inside_band_ratio": _finite(anomalies.inside_band),
        },
        "horizons": [_json_ahead(ahead) for ahead in report.horizons],
    }


def _json_ahead(ahead: Ahead) -> dict[str, Any]:
    return {
        "horizon": ahead.label,
        "horizon_seconds": ahead.seconds,
        "instants": ahead.instants,
        "events": ahead.events,
        "base_rate": _finite(ahead.base_rate),
        "methods": {
            name: {field: _finite(getattr(each, field)) for _, field, _ in COLUMNS}
            for name, each in ahead.methods.items()
        },
        "forecast": {
            name: {"pinball": _finite(each.pinball), "coverage": _finite(each.coverage)}
            for name, each in ahead.forecasts.items()
        },
        "reliability": [each._asdict() for each in ahead.reliability],
    }


def _finite(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
