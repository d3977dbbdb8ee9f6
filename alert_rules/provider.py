"""The rows of a provider: which outputs of the normalised layer it records, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alert_rules.values import Section, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDING = Section(
    "recording",
    "Recording rules",
    (
        Value(
            "rate_window",
            "5m",
            "Window of every rate. It spans at least four scrapes.",
            demo="10s",
            live="8s",
        ),
        Value(
            "guest_max_age_seconds",
            300,
            "Older balloon and guest agent figures are not used.",
            demo=30,
        ),
        Value("fast_disk_seconds", 0.05, "A disk is fast if a request takes no longer on average."),
        Value("probe_window", "15m", "Window of loss and round trip times to hosts.", demo="1m"),
        Value("cloudwatch_period_seconds", 300, "Period over which CloudWatch sums, as YACE asks for it."),
        Value("azure_interval_seconds", 60, "Interval over which Azure sums, as its exporter asks for it."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One output by one provider. `expr` may name the values of `RECORDING`, such as $rate_window, and
    $libvirt_jobs, the scrape jobs of libvirt's exporters.
    """

    output: str
    expr: str
    comment: str = ""  # what is special about this provider's figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One source of the normalised layer; `name` is the value of the label `provider`.

    `yields_to` names providers that are preferred where both know a host. `reads` lists the metrics of other
    exporters than virtcast's that the rows use, each with the labels that are used.
    """

    name: str
    about: str
    rows: tuple[Recorded, ...]
    yields_to: tuple[str, ...] = ()
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def row(self, output: str) -> Recorded | None:
        """The provider's row for an output; None where it has none."""
        return next((row for row in self.rows if row.output == output), None)
