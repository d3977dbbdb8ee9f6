"""Readings, which run beside the statistics: their age and their failures."""

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
    "Time when the reading last succeeded; values that are too old are not exported.",
    ("reading",),
    "Unix time",
)
FAILURES = Metric(
    "libvirt_reading_failures_total",
    Kind.COUNTER,
    "Failed attempts of the reading since the exporter started, for example because a daemon is missing.",
    ("reading",),
    "attempts",
)
SKIPPED = Metric(
    "libvirt_reading_skipped_items",
    Kind.GAUGE,
    "Items that the last read left out because they cannot be read, such as a name that is not UTF-8.",
    ("reading",),
    "items",
)
METRICS = (UPDATED, FAILURES, SKIPPED)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every reading for an enabled collector."""
    for reading in snapshot.reading_states:
        if reading.updated is not None:
            yield UPDATED.sample(reading.updated, reading.name)
        yield FAILURES.sample(reading.failures, reading.name)
        yield SKIPPED.sample(reading.skipped, reading.name)


COLLECTOR = Collector(
    "reading",
    order=340,
    about="age and failures of what is read in the background",
    metrics=METRICS,
    collect=collect,
)
