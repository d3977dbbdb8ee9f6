"""The backtest as JSON for programs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from forecaster.backtest.patterns import SEASONS, Pattern
from forecaster.backtest.tables import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.backtest.comparison import Ahead
    from forecaster.backtest.reference_comparison import Reference
    from forecaster.backtest.report import Report


def as_json(reports: Sequence[Report], skipped: dict[str, str]) -> str:
    """All resources, for programs; null where there is no figure."""
    found = {"resources": [_json(report) for report in reports], "skipped": skipped}
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _json(report: Report) -> dict[str, Any]:
    dataset, anomalies = report.dataset, report.anomalies
    return {
        "resource": report.resource.name,
        "query": report.resource.query,
        "series": len(dataset.labels),
        "series_found": dataset.found,
        "start": int(dataset.timestamps[0]),
        "judged_from": int(dataset.timestamps[min(report.warm_up, len(dataset.timestamps) - 1)]),
        "end": int(dataset.timestamps[-1]),
        "step_seconds": report.clock.step,
        "events": len(report.events),
        "anomalies": {
            "alarms": anomalies.alarms,
            "alarms_per_series_week": _finite(anomalies.alarms_per_week),
            "series_weeks": _finite(anomalies.series_weeks),
            "inside_band_ratio": _finite(anomalies.inside_band),
        },
        "horizons": [_json_ahead(ahead) for ahead in report.horizons],
        "reference": None if report.reference is None else _json_reference(report, report.reference),
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


def _json_reference(report: Report, reference: Reference) -> dict[str, Any]:
    series = zip(reference.rows, reference.patterns.series, strict=True)
    return {
        "series": len(reference.rows),
        "fits": {name: dict(sorted(counts.items())) for name, counts in reference.fits.items()},
        "horizons": [_json_ahead(ahead) for ahead in reference.horizons],
        "patterns": [
            {"labels": dict(report.dataset.labels[row]), **_json_pattern(each)} for row, each in series
        ],
        "white_noise": _json_pattern(reference.patterns.noise),
    }


def _json_pattern(pattern: Pattern | None) -> dict[str, Any]:
    if pattern is None:
        return dict.fromkeys(Pattern._fields)
    strengths = {name: _finite(getattr(pattern, name)) for name in ("trend", *SEASONS, "remainder")}
    return {**strengths, "dominant": pattern.dominant}


def _finite(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
