"""What is read beside the domains: how old it is, and how often it could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

UPDATED = Metric(
    "libvirt_reading_last_update_timestamp_seconds",
    Kind.GAUGE,
    "When this was last read; old figures are not shown at all.",
    ("reading",),
    "Unix time",
)
FAILURES = Metric(
    "libvirt_reading_failures_total",
    Kind.COUNTER,
    "Attempts to read this that failed since the exporter started, as where a storage daemon is absent.",
    ("reading",),
    "attempts",
)
METRICS = (UPDATED, FAILURES)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Of everything that is read for the enabled collectors."""
    for reading in snapshot.reading_states:
        if reading.updated is not None:
            yield UPDATED.sample(reading.updated, reading.name)
        yield FAILURES.sample(reading.failures, reading.name)


COLLECTOR = Collector(
    "reading",
    order=340,
    about="age of what is read beside the domains",
    metrics=METRICS,
    collect=collect,
)
