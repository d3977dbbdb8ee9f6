"""From notifications, what became of each alert."""

from __future__ import annotations

from forecaster.alerts.event import Event
from forecaster.alerts.history import MOST, History, after

WEB = (("alertname", "VmCrashed"), ("domain", "web"))
DB = (("alertname", "VmCrashed"), ("domain", "db"))


def told(
    at: float,
    *,
    labels: tuple[tuple[str, str], ...] = WEB,
    begun: float = 100,
    ended: float | None = None,
    receiver: str = "critical",
    summary: str = "crashed",
) -> Event:
    status = "firing" if ended is None else "resolved"
    return Event(at, status, labels, (("summary", summary),), begun, ended, receiver, "{}", 0)


def test_an_alert_fires_and_is_resolved() -> None:
    fires = after(History(), [told(130), told(430, summary="crashed twice", receiver="history")])
    (record,) = fires.latest()
    assert (record.status, record.starts_at, record.ends_at) == ("firing", 100, None)
    assert (record.first_at, record.last_at, record.notifications) == (130, 430, 2)
    assert record.receivers == ("critical", "history")
    assert record.annotations == (("summary", "crashed twice"),)
    (record,) = after(fires, [told(730, ended=700)]).latest()
    assert (record.status, record.ends_at, record.notifications) == ("resolved", 700, 3)
    assert fires.latest()[0].ends_at is None  # a history never changes


def test_the_same_alert_at_another_time_is_another_record() -> None:
    history = after(History(), [told(130), told(430, ended=400), told(930, begun=900)])
    assert [(each.starts_at, each.ends_at) for each in history.latest()] == [(900, None), (100, 400)]


def test_an_alert_whose_end_was_never_told_ends_when_it_begins_anew() -> None:
    history = after(History(), [told(130), told(930, begun=900)])
    assert [(each.starts_at, each.ends_at) for each in history.latest()] == [(900, None), (100, 900)]


def test_a_late_end_ends_its_own_record() -> None:
    history = after(History(), [told(930, begun=900), told(940, ended=400)])
    assert [(each.starts_at, each.ends_at) for each in history.latest()] == [(900, None), (100, 400)]


def test_a_notification_that_comes_twice_changes_nothing_but_the_count() -> None:
    once, twice = after(History(), [told(130)]), after(History(), [told(130), told(130)])
    assert twice.latest() == [once.latest()[0]._replace(notifications=2)]


def test_those_that_fire_come_first_and_the_latest_of_them() -> None:
    history = after(History(), [told(130), told(140, labels=DB), told(150, ended=145)])
    assert [each.labels for each in history.latest()] == [DB, WEB]


def test_those_that_were_told_of_last_are_kept() -> None:
    many = [told(200 + n, labels=(("alertname", str(n)),)) for n in range(MOST + 10)]
    history = after(after(History(), many), [told(10_000, labels=many[20].labels)])
    assert len(history.records) == MOST
    assert min(each.first_at for each in history.records.values()) == 210
    assert history.latest()[0].labels == many[20].labels
