"""A series over one window of time, as a recording rule."""

from __future__ import annotations

from dataclasses import dataclass

FUNCTIONS = {
    "avg": "avg_over_time({name}[{window}])",
    "max": "max_over_time({name}[{window}])",
    "p95_": "quantile_over_time(0.95, {name}[{window}])",
}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What is recorded; `labels` tell its series apart, beside the provider."""

    record: str
    expr: str
    labels: tuple[str, ...]


def over_time(name: str, function: str, window: str, labels: tuple[str, ...]) -> Aggregate:
    """One of FUNCTIONS over a window, behind the name of the series."""
    expr = FUNCTIONS[function].format(name=name, window=window)
    return Aggregate(f"{name}:{function}{window}", expr, labels)
