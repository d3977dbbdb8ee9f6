"""What people taught by silences: which series are noisy, and at which times an anomaly is expected.

A silence teaches about the series whose anomalies it silenced: they are in the history of alerts.

- `#noise`: for four weeks the series needs to be more unusual before it is an anomaly.
- `#expected`: for eight weeks an anomaly at this time of the week is expected, `#expected-daily`: of the day.
- `#forget`: what earlier silences taught about the series is forgotten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from forecaster.alerts.silence import DAILY, FORGET, NOISE, WEEKLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.alerts.history import History, Record
    from forecaster.alerts.silence import Silence
    from forecaster.series.labels import Labels

DAY = 86_400.0  # seconds
LASTS = {NOISE: 28 * DAY, WEEKLY: 56 * DAY, DAILY: 56 * DAY}  # from the begin of the silence
PERIODS = {WEEKLY: 7 * DAY, DAILY: DAY}
LEAD = DAY / 2  # a window begins with the anomaly, if it was silenced within this time
SENSITIVITY = 1 / 1.3  # of what is noisy: that of `<sensitivity>low</sensitivity>`, ADR 30
OF_THE_RULE = frozenset({"alertname", "severity", "kind", "resource", "owner", "team"})
"""Labels that a rule adds; the others are those of the series."""
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Lesson(NamedTuple):
    """What a silence taught about a series of a resource; times are Unix seconds.

    From `begin` to `end`, and again after each period, an anomaly is expected; both are 0 of what is noisy.
    """

    resource: str
    labels: Labels
    tag: str
    until: float
    begin: float
    end: float
    silence: Silence

    def expects(self, now: float) -> bool:
        """Whether an anomaly is expected at Unix time `now`."""
        period = PERIODS.get(self.tag)
        return period is not None and (now - self.begin) % period < self.end - self.begin


def lessons(history: History, silences: Iterable[Silence], now: float) -> list[Lesson]:
    """What is in force at Unix time `now`; of each series and tag, the latest lesson."""
    teaching = sorted((each for each in silences if each.tags), key=lambda each: each.starts_at)
    found: dict[tuple[str, Labels, str], Lesson] = {}
    for record in history.records.values():
        for each in _of(record, teaching):
            key = each.resource, each.labels, each.tag
            if now < each.until and (key not in found or found[key].until < each.until):
                found[key] = each
    return list(found.values())


def of_series(record: Record) -> Labels:
    """The labels of an alert without those that the rule added."""
    return tuple(pair for pair in record.labels if pair[0] not in OF_THE_RULE)


def _of(record: Record, teaching: list[Silence]) -> Iterator[Lesson]:
    """The lessons about one anomaly, in the order of their silences; none from before a #forget."""
    labels = dict(record.labels)
    resource, series = labels.get("resource", ""), of_series(record)
    if (
        labels.get("kind") != "anomaly"
        or not resource
        or not all(_NAME.fullmatch(name) for name, _ in series)
    ):
        return
    mine = [each for each in teaching if each.matches(labels)]
    forgotten = max((each.starts_at for each in mine if FORGET in each.tags), default=0.0)
    for each in mine:
        if each.starts_at >= forgotten and FORGET not in each.tags:
            for tag in sorted(each.tags):
                begin, end = _window(record, each) if tag in PERIODS else (0.0, 0.0)
                if end - begin < PERIODS.get(tag, DAY) / 2:  # a longer one would be no window any more
                    yield Lesson(resource, series, tag, each.starts_at + LASTS[tag], begin, end, each)


def _window(record: Record, of: Silence) -> tuple[float, float]:
    """From the begin of the anomaly, where it was silenced soon, to the end of the silence."""
    soon = 0 <= of.starts_at - record.starts_at <= LEAD
    return (record.starts_at if soon else of.starts_at), of.ends_at
