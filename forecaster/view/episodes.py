"""The anomalies of the last day: those that go on, and those that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from forecaster.engine.anomaly import PRESENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forecaster.series.labels import Labels
    from forecaster.view.rows import Figures, Rows

MOST = 1_000  # episodes of a resource that are kept, the latest ones

Key = tuple["Labels", float]


class Episode(NamedTuple):
    """One anomaly of a series: `onset` and `last`, the step in which it was last seen, in Unix seconds;
    `peak`, its highest score, and the figures of that step.
    """

    labels: Labels
    onset: float
    last: int
    peak: float
    figures: Figures


def after(before: Mapping[Key, Episode], rows: Rows, day: int) -> dict[Key, Episode]:
    """The episodes once `rows` have come, without those that ended more than `day` seconds ago."""
    seen = {(each.labels, each.onset): each for each in _present(rows)}
    grown = {key: _grown(before[key], each) if key in before else each for key, each in seen.items()}
    known = {**before, **grown}
    kept = sorted((each.last, key) for key, each in known.items() if rows.at - each.last <= day)
    return {key: known[key] for _, key in kept[-MOST:]}


def _present(rows: Rows) -> Iterator[Episode]:
    for row in rows.anomalous:
        score = float(rows.score[row])
        if score >= PRESENT:
            onset = float(rows.outlook.reasons.onset[row])
            yield Episode(rows.labels[row], onset, rows.at, score, rows.figures(row))


def _grown(before: Episode, now: Episode) -> Episode:
    """One that lasts: its peak is the higher one."""
    return now if now.peak > before.peak else before._replace(last=now.last)
