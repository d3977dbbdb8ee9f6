"""Acknowledgements in a real Alertmanager: seen, kept, learned from, and what ended meanwhile."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from forecaster.alerts.event import events
from forecaster.publish.gauges import taught
from forecaster.serve import notifications as module
from forecaster.serve.notifications import Notifications
from forecaster.serve.silences import Silences

from .test_channels import fire

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from exporter.metric import Sample

    from .conftest import Alertmanager, Eventually

LABELS = {
    "alertname": "VmCpuAnomaly",
    "kind": "anomaly",
    "severity": "info",
    "resource": "vm_cpu",
    "instance": "host-a",
    "domain": "we<b",
}


def silenced(alertmanager: Alertmanager, comment: str) -> None:
    """As a notification says it."""
    command = ["amtool", "silence", "add", f"--alertmanager.url={alertmanager.url}", "--author=ann"]
    matchers = ['alertname="VmCpuAnomaly"', 'domain="we<b"']
    subprocess.run([*command, f"--comment={comment}", *matchers], check=True, capture_output=True)


def told(status: str = "firing") -> dict[str, object]:
    """The notification of it."""
    begun, over = "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"
    alert = {"status": status, "labels": LABELS, "annotations": {}, "startsAt": begun, "endsAt": over}
    return {"version": "4", "receiver": "history", "groupKey": "{}", "alerts": [alert]}


def values(received: Notifications) -> list[tuple[str, object]]:
    samples: list[Sample] = list(taught(received.view.lessons, time.time()))
    assert all(each.labels == ("vm_cpu", "we<b", "host-a") for each in samples)
    return [(each.metric.name, each.value) for each in samples]


def test_a_silence_is_kept_and_teaches(alertmanager: Alertmanager, tmp_path: Path) -> None:
    received = Notifications(tmp_path / "state")
    received.take(events(told(), time.time()))
    looking = Silences(alertmanager.url, received, threading.Event())
    looking.look()
    assert received.view.silences_of(LABELS, time.time()) == []

    silenced(alertmanager, "a nightly job #noise #expected-daily")
    looking.look()
    (silence,) = received.view.silences_of(LABELS, time.time())
    assert (silence.created_by, silence.comment) == ("ann", "a nightly job #noise #expected-daily")
    wanted = {"virtcast_anomaly_sensitivity_ratio": 1 / 1.3, "virtcast_anomaly_expected": 1.0}
    assert dict(values(received)) == wanted
    again = Notifications(tmp_path / "state")  # after a restart
    assert (again.view.silences, again.view.lessons) == (received.view.silences, received.view.lessons)

    lines = (tmp_path / "state" / "alerts.jsonl").read_text().splitlines()
    looking.look()  # nothing is new
    assert [json.loads(each)["kind"] for each in lines] == ["alert", "silence"]
    assert (tmp_path / "state" / "alerts.jsonl").read_text().splitlines() == lines

    silenced(alertmanager, "#forget")
    looking.look()
    assert values(received) == []


def test_what_ends_while_it_is_silenced_ends_in_the_history(
    alertmanager: Alertmanager, tmp_path: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ABSENT", 0)
    received = Notifications(tmp_path / "state")
    received.take(events(told(), time.time()))
    fire(alertmanager.url, LABELS)
    assert eventually(lambda: bool(alertmanager.states()))
    looking = Silences(alertmanager.url, received, threading.Event())
    looking.look()
    assert received.view.history.latest()[0].status == "firing"
    fire(alertmanager.url, LABELS, over=True)
    assert eventually(lambda: not alertmanager.states())
    looking.look()
    (record,) = received.view.history.latest()
    assert (record.status, record.notifications, record.receivers) == ("resolved", 1, ("history",))


def test_an_alertmanager_that_does_not_answer_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    received = Notifications(tmp_path)
    received.take(events(told(), time.time()))
    before = received.view
    looking = Silences("http://127.0.0.1:1", received, threading.Event())
    looking.look()
    looking.look()
    assert received.view == before
    assert len([each for each in caplog.records if each.message == "silences cannot be read"]) == 1
