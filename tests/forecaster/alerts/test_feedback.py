"""What silences teach about the series whose anomalies they silenced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forecaster.alerts.event import Event
from forecaster.alerts.feedback import DAY, LASTS, Lesson, lessons
from forecaster.alerts.history import History, after
from forecaster.alerts.silence import Silence, line, of_line, silence

SUNDAY = 1_799_971_200.0  # a moment; every week's is the same
HOUR = 3600.0
SERIES = (("domain", 'we"b'), ("instance", "h1"))


def anomaly(kind: str = "anomaly", resource: str = "vm_cpu", **more: str) -> History:
    """A history with an alert that began at SUNDAY."""
    labels = {
        "alertname": "VmCpuAnomaly",
        "kind": kind,
        "resource": resource,
        "severity": "info",
        **dict(SERIES),
    }
    pairs = tuple(sorted((labels | more).items()))
    return after(History(), [Event(SUNDAY + 60, "firing", pairs, (), SUNDAY, None, "history", "{}", 0)])


def told(comment: str, begin: float = SUNDAY + HOUR, hours: float = 1, **more: Any) -> Silence:
    return Silence(
        more.pop("id", "id"),
        more.pop("matchers", ('alertname="VmCpuAnomaly"', 'domain="we\\"b"')),
        begin,
        begin + hours * HOUR,
        begin,
        "ann",
        comment,
    )


def taught(comment: str, at: float = SUNDAY + 2 * HOUR, **more: Any) -> list[Lesson]:
    return lessons(anomaly(), [told(comment, **more)], at)


def test_noise_is_about_the_series_and_is_forgotten_after_four_weeks() -> None:
    (lesson,) = taught("it is a batch job #noise")
    assert (lesson.resource, lesson.labels, lesson.tag) == ("vm_cpu", SERIES, "noise")
    assert lesson.until == SUNDAY + HOUR + 28 * DAY
    assert not lesson.expects(SUNDAY)
    assert taught("#noise", at=lesson.until - 1)
    assert taught("#noise", at=lesson.until) == []


def test_expected_is_a_window_of_the_week_from_the_begin_of_the_anomaly() -> None:
    (lesson,) = taught("the weekly report #expected")
    for week in range(3):
        at = SUNDAY + week * 7 * DAY
        assert [lesson.expects(at + seconds) for seconds in (-1, 0, 2 * HOUR - 1, 2 * HOUR)] == [
            False,
            True,
            True,
            False,
        ]
    assert not lesson.expects(SUNDAY + DAY)
    (daily,) = taught("#expected-daily")
    assert daily.expects(SUNDAY + DAY)


def test_a_silence_for_later_begins_its_own_window() -> None:
    (lesson,) = taught("#expected", begin=SUNDAY + 2 * DAY, at=SUNDAY + 2 * DAY)
    assert (lesson.begin, lesson.end) == (SUNDAY + 2 * DAY, SUNDAY + 2 * DAY + HOUR)


@pytest.mark.parametrize(("comment", "hours"), [("#expected", 84), ("#expected-daily", 11)])
def test_a_window_of_half_its_period_is_none(comment: str, hours: float) -> None:
    assert taught(comment, hours=hours) == []


def test_what_no_tag_or_no_anomaly_says_teaches_nothing() -> None:
    assert taught("I am looking at it") == []
    assert taught("#noises #NOISE noise") == []
    for history in (anomaly("actual"), anomaly("predicted"), anomaly(resource=""), anomaly(**{"a-b": "c"})):
        assert lessons(history, [told("#noise")], SUNDAY) == []
    assert taught("#noise", matchers=('domain="db"',)) == []


def test_forget_ends_what_was_taught_before_and_not_what_comes_after() -> None:
    before, after_it = told("#noise"), told("#expected", begin=SUNDAY + 3 * HOUR, id="c")
    forget = told("#forget", begin=SUNDAY + 2 * HOUR, id="b")
    found = lessons(anomaly(), [after_it, forget, before], SUNDAY + 4 * HOUR)
    assert [each.tag for each in found] == ["expected"]


def test_of_two_the_one_that_lasts_longer_counts() -> None:
    later = told("#noise", begin=SUNDAY + DAY, id="later")
    (lesson,) = lessons(anomaly(), [later, told("#noise")], SUNDAY + DAY)
    assert (lesson.silence.id, lesson.until) == ("later", SUNDAY + DAY + LASTS["noise"])


API = {
    "id": "4a0c2c3e-0000-4000-8000-000000000000",
    "status": {"state": "active"},
    "matchers": [
        {"name": "domain", "value": 'we"b', "isRegex": False, "isEqual": True},
        {"name": "instance", "value": "h[0-9]", "isRegex": True, "isEqual": True},
        {"name": "owner", "value": "none", "isRegex": False, "isEqual": False},
        {"name": "pool", "value": "a|b", "isRegex": True, "isEqual": False},
    ],
    "startsAt": "2027-01-15T08:00:00.000Z",
    "endsAt": "2027-01-15T10:00:00.000Z",
    "updatedAt": "2027-01-15T08:00:01.000Z",
    "createdBy": "ann",
    "comment": "seen #noise",
}


def test_a_silence_of_the_api_is_read_and_logged() -> None:
    found = silence(API)
    assert (found.created_by, found.comment, found.tags) == ("ann", "seen #noise", frozenset({"noise"}))
    assert (found.starts_at, found.ends_at) == (1_800_000_000, 1_800_007_200)
    assert found.matches({"domain": 'we"b', "instance": "h1", "owner": "alice"})
    for other in ({"domain": "db"}, {"instance": "h12"}, {"owner": "none"}, {"pool": "a"}):
        assert not found.matches({"domain": 'we"b', "instance": "h1", "owner": "alice", **other})
    assert of_line(json.loads(line(found))) == found


@pytest.mark.parametrize(
    "changed",
    [
        {"id": None},
        {"matchers": None},
        {"matchers": [{"name": "a"}]},
        {"matchers": API["matchers"] * 20},  # type: ignore[operator]
        {"matchers": [{"name": "a", "value": "(", "isRegex": True}]},
        {"startsAt": "now"},
        {"comment": 1},
    ],
)
def test_what_is_no_silence_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        silence({**API, **changed})
