"""Adviser: the alerts that Alertmanager notified of, those that fire first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import named, rough, shown
from forecaster.alerts.feedback import of_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.alerts.history import Record
    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh

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
            yield Finding(order, partial(_cells, each, series, fresh), "", series)


def _cells(of: Record, series: Labels, fresh: Fresh) -> tuple[str, ...]:
    labels, texts = dict(of.labels), dict(of.annotations)
    silences = fresh.alerts.silences_of(labels, fresh.now)
    return (
        shown(of.name),
        labels["severity"],
        named(series),
        f"{of.status}, acknowledged" if silences else of.status,
        f"{rough(fresh.now - of.starts_at)} ago",
        shown(texts.get("summary", "")),
        "; ".join(f"{shown(each.created_by)}: {shown(each.comment)}" for each in silences),
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
        Column("Acknowledged"),
    ),
    advise,
    nothing="Alertmanager has notified of none in the last 24 hours, or does not notify the forecaster.",
)
