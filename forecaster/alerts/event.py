"""One alert of one notification, as Alertmanager's webhook gives it and as the audit log keeps it.

Format of the webhook: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.series.labels import Labels

FIRING, RESOLVED = STATUSES = ("firing", "resolved")
# What is kept of one alert. Guests choose some labels: longer texts are cut, because Alertmanager does not
# send again what is refused.
MOST_LABELS, LABEL_CHARACTERS = 32, 256
MOST_ANNOTATIONS, ANNOTATION_CHARACTERS = 16, 1_000
CUT = "…"


class Event(NamedTuple):
    """An alert as a notification told it; times are Unix seconds.

    `ends_at` is None while it fires. `group` is Alertmanager's key of the group. `left_out` is how many
    alerts of the notification Alertmanager did not send.
    """

    at: float
    status: str
    labels: Labels
    annotations: Labels
    starts_at: float
    ends_at: float | None
    receiver: str
    group: str
    left_out: int


def events(body: object, at: float) -> list[Event]:
    """The alerts of a notification that came at Unix time `at`. Raises ValueError for what is none."""
    notification = _object(body, "the body")
    alerts = notification.get("alerts")
    if notification.get("version") != "4" or not isinstance(alerts, list):
        raise ValueError("expected a notification of Alertmanager's webhook, version 4")
    common = {
        "at": at,
        "receiver": cut(notification.get("receiver", ""), LABEL_CHARACTERS),
        "group": cut(notification.get("groupKey", ""), ANNOTATION_CHARACTERS),
        "left_out": _count(notification.get("truncatedAlerts", 0)),
    }
    return [_event(_object(each, "an alert"), common) for each in alerts]


def line(event: Event) -> bytes:
    """The event as a line of the audit log."""
    told = {
        "kind": "alert",
        **event._asdict(),
        "labels": dict(event.labels),
        "annotations": dict(event.annotations),
    }
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def of_line(told: dict[str, Any]) -> Event:
    """The event of a line that `line` wrote. Raises ValueError, KeyError or TypeError for another."""
    pairs = {name: tuple(told[name].items()) for name in ("labels", "annotations")}
    return Event(**{name: told[name] for name in Event._fields} | pairs)


def labels_of(alert: object) -> Labels:
    """The labels of an alert, as its events have them. Raises ValueError."""
    return _pairs(_object(alert, "an alert").get("labels"), MOST_LABELS, LABEL_CHARACTERS)


def _event(alert: dict[str, Any], common: dict[str, Any]) -> Event:
    status = alert.get("status")
    if status not in STATUSES:
        raise ValueError("the status of an alert is neither firing nor resolved")
    ends_at = seconds(alert.get("endsAt")) if status == RESOLVED else None
    return Event(
        status=status,
        labels=labels_of(alert),
        annotations=_pairs(alert.get("annotations", {}), MOST_ANNOTATIONS, ANNOTATION_CHARACTERS),
        starts_at=seconds(alert.get("startsAt")),
        ends_at=ends_at,
        **common,
    )


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no object")  # noqa: TRY004 (one kind of error for what a client sent)
    return value


def _pairs(value: object, most: int, characters: int) -> Labels:
    """The first `most` pairs by name; the name of the alert stays in any case."""
    found = sorted(_object(value, "what should be labels").items(), key=lambda pair: pair[0] != "alertname")
    return tuple(sorted(_all_cut(found[:most], characters)))


def _all_cut(pairs: list[tuple[str, Any]], characters: int) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        yield cut(name, LABEL_CHARACTERS), cut(value, characters)


def cut(value: object, characters: int) -> str:
    """A text of so many characters at most. Raises ValueError for what is none."""
    if not isinstance(value, str):
        raise ValueError("a label or annotation is no text")  # noqa: TRY004 (as above)
    return value if len(value) <= characters else value[: characters - 1] + CUT


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("truncatedAlerts is no count")
    return value


def seconds(value: object) -> float:
    """Unix seconds of a time by RFC 3339. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("a time is missing")  # noqa: TRY004 (as above)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("a time is not as RFC 3339 has it") from None
    if found.tzinfo is None:
        raise ValueError("a time has no zone")
    return found.timestamp()
