"""Aggregates of the normalised layer and of anomaly scores: they keep panels and rules of weeks fast.

`vm:cpu_utilization:ratio:avg1h` is the mean of `vm:cpu_utilization:ratio` over the last hour. One-minute
windows have two samples at the usual interval: no percentile. Of anomaly scores, the highest of each VM is
kept, and those of anomalies, which are few, by resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alert_rules import layer
from forecaster.engine.anomaly import PRESENT
from forecaster.publish import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alert_rules.layer import Output

FUNCTIONS = {
    "avg": "avg_over_time({name}[{window}])",
    "max": "max_over_time({name}[{window}])",
    "p95_": "quantile_over_time(0.95, {name}[{window}])",
}
COLLECTOR_TIME = "libvirt_scrape_collector_duration_seconds"
OBJECTIVES = ("vm:available:ratio", "vm:disk_fast:ratio")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A recording rule: one series over one window; `labels` tell its series apart, beside the provider."""

    record: str
    expr: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A length of time, what is made of it, the value that says how often, and what else is recorded."""

    length: str
    functions: tuple[str, ...]
    interval: str  # a value of SCRAPING
    more: tuple[Aggregate, ...] = ()


def _highest_score(length: str) -> Aggregate:
    """Of each VM, over its resources."""
    highest = f'max_over_time({metrics.ANOMALY.name}{{domain!=""}}[{length}])'
    by = ", ".join(("provider", *layer.VM))
    return Aggregate(f"{metrics.ANOMALY.name}:max{length}", f"max by ({by}) ({highest})", layer.VM)


def _slowest(length: str) -> Aggregate:
    """How long each collector of an exporter took at most."""
    longest = f"max_over_time({COLLECTOR_TIME}[{length}])"
    return Aggregate(f"{COLLECTOR_TIME}:max{length}", longest, ("job", "instance", "collector"))


def _kept(name: str) -> Aggregate:
    """The share of the hour in which an objective was kept."""
    (output,) = (each for each in layer.OUTPUTS if each.name == name)
    return Aggregate(f"{name}:avg1h", FUNCTIONS["avg"].format(name=name, window="1h"), output.labels)


ANOMALIES = Aggregate(
    f"{metrics.ANOMALY.name}:lasting",
    f"{metrics.ANOMALY.name} >= {PRESENT}",
    ("resource", *dict.fromkeys(label for output in layer.OUTPUTS for label in output.labels)),
)
WINDOWS = (
    Window("1m", ("avg", "max"), "minute_interval", (ANOMALIES,)),
    Window("5m", ("avg", "max", "p95_"), "minute_interval", (_highest_score("5m"), _slowest("5m"))),
    Window(
        "1h",
        ("avg", "max", "p95_"),
        "hour_interval",
        (_highest_score("1h"), _slowest("1h"), *map(_kept, OBJECTIVES)),
    ),
)


def aggregated() -> tuple[Output, ...]:
    """The outputs that have aggregates: shares, rates and times that change."""
    return tuple(output for output in layer.OUTPUTS if not output.optional)


def of(output: Output, window: Window) -> Iterator[Aggregate]:
    """The rules of one output over one window."""
    for function in window.functions:
        yield Aggregate(
            f"{output.name}:{function}{window.length}",
            FUNCTIONS[function].format(name=output.name, window=window.length),
            output.labels,
        )


def rules(window: Window) -> tuple[Aggregate, ...]:
    """All rules over one window."""
    return (*(rule for output in aggregated() for rule in of(output, window)), *window.more)


def outputs() -> dict[str, tuple[str, ...]]:
    """The labels of each aggregate by its name."""
    return {rule.record: rule.labels for window in WINDOWS for rule in rules(window)}
