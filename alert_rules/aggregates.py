"""Aggregates of the normalised layer over time, and others: they keep panels and rules over weeks fast.

`vm:cpu_utilization:ratio:avg1h` is the mean of `vm:cpu_utilization:ratio` over the last hour. One-minute
windows have two samples at the usual interval: no percentile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alert_rules import fleet_aggregates, layer
from alert_rules.aggregate import over_time

if TYPE_CHECKING:
    from alert_rules.aggregate import Aggregate
    from alert_rules.layer import Output


@dataclass(frozen=True, slots=True)
class Window:
    """A length of time, what is made of each output, the value that says how often, and other rows."""

    length: str
    functions: tuple[str, ...]
    interval: str  # a value of SCRAPING
    more: tuple[Aggregate, ...]


WINDOWS = (
    Window("1m", ("avg", "max"), "minute_interval", fleet_aggregates.EACH_MINUTE),
    Window("5m", ("avg", "max", "p95_"), "minute_interval", fleet_aggregates.OVER_MINUTES),
    Window("1h", ("avg", "max", "p95_"), "hour_interval", fleet_aggregates.OVER_AN_HOUR),
    Window("30m", (), "half_hour_interval", fleet_aggregates.OVER_HALF_AN_HOUR),
)


def aggregated() -> tuple[Output, ...]:
    """The outputs that have aggregates: shares, rates and times that change."""
    return tuple(output for output in layer.OUTPUTS if not output.optional)


def rules(window: Window) -> tuple[Aggregate, ...]:
    """All rules over one window."""
    each = (
        over_time(output.name, function, window.length, output.labels)
        for output in aggregated()
        for function in window.functions
    )
    return (*each, *window.more)


def outputs() -> dict[str, tuple[str, ...]]:
    """The labels of each aggregate by its name."""
    return {rule.record: rule.labels for window in WINDOWS for rule in rules(window)}
