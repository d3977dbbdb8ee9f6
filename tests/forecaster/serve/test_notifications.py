"""Notifications and silences: what is logged, what is kept, and what a lost folder costs."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest

from forecaster.alerts.event import Event, events
from forecaster.alerts.silence import Silence
from forecaster.serve.audit_log import NAME
from forecaster.serve.notifications import ABSENT, MOST, Notifications

NOW = 1_800_000_000.0


def silence(number: int, comment: str = "", ends_at: float = NOW + 60, updated_at: float = NOW) -> Silence:
    return Silence(f"id-{number}", ('domain="web"',), NOW - 3600, ends_at, updated_at, "ann", comment)


def told(domain: str) -> list[Event]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "VmCrashed", "domain": domain},
        "annotations": {},
        "startsAt": "2027-01-15T07:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }
    return events({"version": "4", "receiver": "history", "groupKey": "{}", "alerts": [alert]}, NOW)


def logged(folder: Path) -> list[str]:
    lines = (folder / NAME).read_text().splitlines()
    return [each.get("id") or dict(each["labels"])["domain"] for each in map(json.loads, lines)]


def test_each_silence_is_logged_once_however_many_there_are(tmp_path: Path) -> None:
    received, found = Notifications(tmp_path, lambda: NOW), [silence(each) for each in range(MOST + 500)]
    for _ in range(3):
        received.silenced(found)
    assert logged(tmp_path) == [each.id for each in found]
    assert len(received.view.silences) == MOST
    again = Notifications(tmp_path, lambda: NOW)
    again.silenced(found)
    assert len(logged(tmp_path)) == len(found), "a restart knows what was logged"
    assert again.view.silences == received.view.silences
    changed = [*found[:-1], silence(MOST + 499, "#noise", updated_at=NOW + 1)]
    again.silenced(changed)
    assert logged(tmp_path)[len(found) :] == [found[-1].id]


def test_a_silence_that_alertmanager_has_forgotten_is_remembered_no_longer_than_it_is_kept(
    tmp_path: Path,
) -> None:
    received = Notifications(tmp_path, lambda: NOW)
    received.silenced([silence(each) for each in range(10)])
    received.silenced([silence(10)])
    assert list(received._seen) == ["id-10"]
    assert len(received.view.silences) == 11, "what it taught stays"


def test_silences_that_have_ended_and_teach_nothing_go_first(tmp_path: Path) -> None:
    received = Notifications(tmp_path, lambda: NOW)
    taught, over = silence(0, "#noise", ends_at=NOW - 1), silence(1, ends_at=NOW - 1)
    received.silenced([taught, over, *(silence(2 + each) for each in range(MOST - 1))])
    kept = [each.id for each in received.view.silences]
    assert kept == [taught.id, *(f"id-{each}" for each in range(2, MOST + 1))]
    assert [each.id for each in Notifications(tmp_path, lambda: NOW).view.silences] == kept


def test_a_disk_that_cannot_be_read_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cycle publishes the size of the log: it is no reason to end the program."""

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    received = Notifications(tmp_path, lambda: NOW)
    received.take(told("web"))
    size = (tmp_path / NAME).stat().st_size
    monkeypatch.setattr(Path, "stat", broken)
    assert received.view.bytes == size


def test_a_folder_that_was_deleted_is_made_again_with_what_comes(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    received = Notifications(folder, lambda: NOW)
    received.take(told("lost"))
    for whole in (True, False):
        if whole:
            shutil.rmtree(folder)
        else:
            (folder / NAME).unlink()
        received.take(told("kept"))
        received.take(told("too"))
        assert logged(folder) == ["kept", "too"]
        assert received.view.bytes == (folder / NAME).stat().st_size
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_logged_is_not_taken(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    received = Notifications(folder, lambda: NOW)
    shutil.rmtree(folder)
    folder.write_text("no folder")
    for _ in range(2):
        with pytest.raises(OSError, match="state"):
            received.take(told("lost"))
    assert received.view.results == {"logged": 0, "failed": 2}
    assert not received.view.history.records
    folder.unlink()
    received.take(told("kept"))
    assert logged(folder) == ["kept"]


def test_an_alert_that_was_missed_by_a_clock_that_was_ahead_ends_once_it_is_right(tmp_path: Path) -> None:
    clock = [NOW + 1e6]
    received = Notifications(tmp_path, lambda: clock[0])
    received.take(told("web"))
    received.known(set())
    for now in (NOW, NOW + ABSENT):
        clock[0] = now
        received.known(set())
    (record,) = received.view.history.latest()
    assert (record.status, record.ends_at) == ("resolved", NOW + ABSENT)
