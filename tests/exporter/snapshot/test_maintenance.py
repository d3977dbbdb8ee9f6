"""Maintenance windows: what they are, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from exporter.snapshot.maintenance import windows

MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()


def is_open(text: str, day: int, clock: str) -> bool:
    """At this hour and minute, `day` days after a Monday."""
    hours, minutes = map(int, clock.split(":"))
    return any(each.is_open(MONDAY + day * 86_400 + hours * 3600 + minutes * 60) for each in windows(text))


@pytest.mark.parametrize(
    ("text", "day", "clock", "expected"),
    [
        ("Sun 02:00-04:00 UTC", 6, "02:00", True),
        ("Sun 02:00-04:00 UTC", 6, "03:59", True),
        ("Sun 02:00-04:00 UTC", 6, "04:00", False),
        ("Sun 02:00-04:00 UTC", 0, "03:00", False),
        ("02:00-04:00", 3, "03:00", True),
        ("Mon-Fri 22:00-01:30", 4, "23:00", True),
        ("Mon-Fri 22:00-01:30", 5, "01:29", True),  # it began on Friday
        ("Mon-Fri 22:00-01:30", 0, "01:00", False),  # Sunday has none
        ("Fri-Mon 00:00-24:00", 6, "23:59", True),
        ("Fri-Mon 00:00-24:00", 3, "12:00", False),
        ("Mon,Wed 10:00-11:00; Sat 12:00-13:00", 2, "10:30", True),
        ("Mon,Wed 10:00-11:00; Sat 12:00-13:00", 5, "12:30", True),
        ("Mon,Wed 10:00-11:00; Sat 12:00-13:00", 1, "10:30", False),
    ],
)
def test_a_window_is_open_from_its_begin_to_before_its_end(
    text: str, day: int, clock: str, *, expected: bool
) -> None:
    assert is_open(text, day, clock) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tonight",
        "Sun",
        "Sun 2:00-4:00",
        "Sun 02:00-02:00",
        "Sun 02:00-24:30",
        "Sun 25:00-26:00",
        "Sun 02:00-04:00 CET",
        "sun 02:00-04:00",
        "Sun 02:00-04:00;",
        "Sun 0\u0662:00-04:00",
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no maintenance window"):
        windows(text)
