"""Notifications as Alertmanager's webhook sends them, and as hostile clients might."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forecaster.alerts.event import (
    ANNOTATION_CHARACTERS,
    LABEL_CHARACTERS,
    MOST_LABELS,
    events,
    line,
    of_line,
)

AT = 1_800_000_000.5
BEGUN, OVER = "2027-01-15T07:59:00.123456789Z", "2027-01-15T08:00:00Z"


def alert(**changed: object) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "VmCrashed", "instance": "host-a", "domain": 'we<b> & "co"'},
        "annotations": {"summary": "web has crashed"},
        "startsAt": BEGUN,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "f0f0f0f0f0f0f0f0",
        **changed,
    }


def notification(*alerts: object, **changed: object) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{instance="host-a"}',
        "truncatedAlerts": 3,
        "status": "firing",
        "receiver": "history",
        "alerts": list(alerts),
        **changed,
    }


def test_each_alert_is_an_event() -> None:
    first, second = events(notification(alert(), alert(status="resolved", endsAt=OVER)), AT)
    assert first.labels == (
        ("alertname", "VmCrashed"),
        ("domain", 'we<b> & "co"'),
        ("instance", "host-a"),
    )
    assert first.annotations == (("summary", "web has crashed"),)
    assert (first.at, first.status, first.receiver, first.left_out) == (AT, "firing", "history", 3)
    assert first.group == '{}:{instance="host-a"}'
    assert first.starts_at == pytest.approx(1_799_999_940.123456)
    assert first.ends_at is None
    assert (second.status, second.ends_at) == ("resolved", 1_800_000_000)


def test_a_line_of_the_log_gives_the_same_event() -> None:
    for event in events(notification(alert(), alert(status="resolved", endsAt=OVER)), AT):
        text = line(event)
        assert text.count(b"\n") == 1
        assert of_line(json.loads(text)) == event


def test_what_is_long_is_cut_and_the_name_of_the_alert_stays() -> None:
    labels = {f"a{number:04}": "x" * 100_000 for number in range(1_000)} | {"alertname": "VmCrashed"}
    (event,) = events(notification(alert(labels=labels, annotations={"summary": "y" * 100_000})), AT)
    assert len(event.labels) == MOST_LABELS
    assert ("alertname", "VmCrashed") in event.labels
    assert {len(value) for name, value in event.labels if name != "alertname"} == {LABEL_CHARACTERS}
    assert len(event.annotations[0][1]) == ANNOTATION_CHARACTERS
    assert event.annotations[0][1].endswith("…")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "text",
        notification(version="3"),
        notification(version=4),
        notification(alerts={}),
        notification(alerts=None),
        notification(receiver=["x"]),
        notification(truncatedAlerts=-1),
        notification(truncatedAlerts=True),
        notification("alert"),
        notification(alert(status="on")),
        notification(alert(status=["firing"])),
        notification(alert(labels=None)),
        notification(alert(labels=[["a", "b"]])),
        notification(alert(labels={"a": 1})),
        notification(alert(annotations={"a": None})),
        notification(alert(startsAt=None)),
        notification(alert(startsAt=0)),
        notification(alert(startsAt="yesterday")),
        notification(alert(startsAt="2027-01-15T07:59:00")),
        notification(alert(status="resolved", endsAt=None)),
    ],
)
def test_what_is_no_notification_is_refused(body: object) -> None:
    with pytest.raises(ValueError, match=r"^(the|an?|what|expected|truncatedAlerts) "):
        events(body, AT)
