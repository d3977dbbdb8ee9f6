"""The history of alerts: each from its first notification to the one that says it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from forecaster.alerts.event import FIRING, RESOLVED, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.series.labels import Labels

MOST = 2_000  # alerts that are kept in memory, those told of last; the audit log has all

Key = tuple["Labels", float]


class Record(NamedTuple):
    """One alert; times are Unix seconds. `ends_at` is None while it fires.

    `first_at` and `last_at` are when notifications of it came, `notifications` how many, and `receivers`
    those of Alertmanager that they were for.
    """

    labels: Labels
    annotations: Labels
    starts_at: float
    ends_at: float | None
    first_at: float
    last_at: float
    notifications: int
    receivers: tuple[str, ...]

    @property
    def status(self) -> str:
        """Whether it fires or is resolved."""
        return FIRING if self.ends_at is None else RESOLVED

    @property
    def name(self) -> str:
        """The alert's name."""
        return dict(self.labels).get("alertname", "")


@dataclass(frozen=True)
class History:
    """The alerts by labels and begin, and the begin of the latest one of each labels."""

    records: Mapping[Key, Record] = field(default_factory=dict)

    def latest(self) -> list[Record]:
        """Those that fire first, then by time, the latest first."""
        return sorted(self.records.values(), key=lambda each: (each.ends_at is not None, -each.last_at))


def after(before: History, events: Iterable[Event]) -> History:
    """The history once `events` have come, in their order."""
    known = dict(before.records)
    begun = dict(sorted(known))  # of each labels, the latest
    for event in events:
        key = event.labels, event.starts_at
        earlier = begun.get(event.labels, event.starts_at)
        if earlier < event.starts_at and known[event.labels, earlier].ends_at is None:
            # Its end was never told: Alertmanager or Prometheus started anew meanwhile.
            known[event.labels, earlier] = known[event.labels, earlier]._replace(ends_at=event.starts_at)
        known[key] = _grown(known.pop(key, None), event)
        begun[event.labels] = max(earlier, event.starts_at)
    return History(dict(list(known.items())[-MOST:]))


def ended(record: Record, at: float) -> Event:
    """The end of an alert that no notification told of."""
    return Event(at, RESOLVED, record.labels, record.annotations, record.starts_at, at, "", "", 0)


def _grown(before: Record | None, event: Event) -> Record:
    """The record with one more notification; what came later counts."""
    if before is None:
        return Record(
            event.labels,
            event.annotations,
            event.starts_at,
            event.ends_at,
            event.at,
            event.at,
            1,
            (event.receiver,),
        )
    receivers = tuple(dict.fromkeys(filter(None, (*before.receivers, event.receiver))))
    return before._replace(
        annotations=event.annotations,
        ends_at=event.ends_at,
        last_at=event.at,
        notifications=before.notifications + bool(event.receiver),
        receivers=receivers,
    )
