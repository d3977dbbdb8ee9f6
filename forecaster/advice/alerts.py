"""Adviser: the alerts that Alertmanager notified of, those that fire first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import named, rough, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.alerts.history import Record
    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh

OF_THE_RULE = frozenset({"alertname", "severity", "kind", "resource", "owner", "team"})
"""Labels that a rule adds; the others are those of the series."""
SEVERITIES = ("critical", "warning", "info")  # an alert of another one, such as the watchdog, is not shown
DAY = 86_400  # seconds


def advise(fresh: Fresh) -> Iterator[Finding]:
    """Those that fire, and those that were resolved within a day."""
    for each in fresh.alerts.history.records.values():
        severity = dict(each.labels).get("severity", "")
        lately = each.ends_at is None or fresh.now - each.ends_at <= DAY
        if lately and severity in SEVERITIES:
            series = of_series(each)
            urgency = SEVERITIES.index(severity)
            order = (each.ends_at is not None, urgency, -each.starts_at, each.labels)
            yield Finding(order, partial(_cells, each, series, fresh.now), "", series)


def of_series(record: Record) -> Labels:
    """The labels without those that the rule added."""
    return tuple(pair for pair in record.labels if pair[0] not in OF_THE_RULE)


def _cells(of: Record, series: Labels, now: float) -> tuple[str, ...]:
    labels, texts = dict(of.labels), dict(of.annotations)
    return (
        shown(of.name),
        labels["severity"],
        named(series),
        of.status,
        f"{rough(now - of.starts_at)} ago",
        shown(texts.get("summary", "")),
    )


ADVISER = Adviser(
    "alerts",
    "Alerts",
    (
        Column("Alert", whole=True),
        Column("Severity", whole=True),
        Column("About", about=True),
        Column("Status", whole=True),
        Column("Began", number=True),
        Column("Summary"),
    ),
    advise,
    nothing="Alertmanager has notified of none in the last 24 hours, or does not notify the forecaster.",
)
