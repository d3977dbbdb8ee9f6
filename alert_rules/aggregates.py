"""Aggregates of the normalised layer over time, which keep panels and rules over weeks fast.

`vm:cpu_utilization:ratio:avg1h` is the mean of `vm:cpu_utilization:ratio` over the last hour. One-minute
windows have two samples at the usual interval: no percentile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alert_rules import layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alert_rules.layer import Output

FUNCTIONS = {
    "avg": "avg_over_time({name}[{window}])",
    "max": "max_over_time({name}[{window}])",
    "p95_": "quantile_over_time(0.95, {name}[{window}])",
}


@dataclass(frozen=True, slots=True)
class Window:
    """One length of time, what is made of it, and the value that says how often."""

    length: str
    functions: tuple[str, ...]
    interval: str  # a value of SCRAPING


WINDOWS = (
    Window("1m", ("avg", "max"), "minute_interval"),
    Window("5m", ("avg", "max", "p95_"), "minute_interval"),
    Window("1h", ("avg", "max", "p95_"), "hour_interval"),
)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A recording rule: one output over one window."""

    record: str
    expr: str


def aggregated() -> tuple[Output, ...]:
    """The outputs that have aggregates: shares, rates and times that change."""
    return tuple(output for output in layer.OUTPUTS if not output.optional)


def of(output: str, window: Window) -> Iterator[Aggregate]:
    """The rules of one output over one window."""
    for function in window.functions:
        yield Aggregate(
            f"{output}:{function}{window.length}",
            FUNCTIONS[function].format(name=output, window=window.length),
        )


def rules(window: Window) -> tuple[Aggregate, ...]:
    """All rules over one window."""
    return tuple(rule for output in aggregated() for rule in of(output.name, window))


def outputs() -> dict[str, tuple[str, ...]]:
    """The labels of each aggregate by its name."""
    return {
        rule.record: output.labels
        for output in aggregated()
        for window in WINDOWS
        for rule in of(output.name, window)
    }
