"""When alerts on a domain are muted, such as `Sun 02:00-04:00 UTC; Mon-Fri 22:00-01:30`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 24 * 60  # minutes
_DAY = "|".join(DAYS)
_DAYS = rf"(?:{_DAY})(?:-(?:{_DAY}))?"
_WINDOW = re.compile(
    rf"(?:({_DAYS}(?:,{_DAYS})*) )?([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)(?: UTC)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes from `begin` to before `end` of a UTC day, on these days of the week (0: Monday).

    A window that ends at or before its begin ends on the next day.
    """

    days: frozenset[int]
    begin: int
    end: int

    def is_open(self, at: float) -> bool:
        """Whether Unix time `at` lies within."""
        now = datetime.fromtimestamp(at, UTC)
        minute, today = now.hour * 60 + now.minute, now.weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        yesterday = (today - 1) % 7
        return (today in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)


def windows(text: str) -> tuple[Window, ...]:
    """The windows of a text, parted by semicolons; raises ValueError."""
    return tuple(_window(part.strip()) for part in text.split(";"))


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError("no maintenance window")
    days, *clock = match.groups()
    hour, minute, last_hour, last_minute = map(int, clock)
    begin, end = hour * 60 + minute, last_hour * 60 + last_minute
    if end > DAY or begin == end:
        raise ValueError("no maintenance window")
    return Window(_days(days) if days else frozenset(range(7)), begin, end)


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin = DAYS.index(first)
        length = (DAYS.index(last or first) - begin) % 7
        found.update((begin + each) % 7 for each in range(length + 1))
    return frozenset(found)
