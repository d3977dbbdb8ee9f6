"""The anomalies of the last day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from example_view import WEB, only, rows_of
from forecaster.view import episodes
from forecaster.view.episodes import MOST, after

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from forecaster.view.rows import Rows
    from forecaster.view.view import View

NOW = 1_800_000_000
DAY = 86_400


def rows(view: Callable[..., View], score: float, later: int = 0, onset: float = NOW - 600) -> Rows:
    """The rows in which the first series has an anomaly with this score."""
    given = rows_of(only(view()))
    reasons = replace(given.outlook.reasons, onset=np.array([onset, np.nan]))
    outlook = replace(given.outlook, anomaly_score=np.array([score, 0.2]), reasons=reasons)
    return replace(given, at=NOW + later, outlook=outlook)


def test_an_anomaly_that_lasts_is_one_episode_with_its_peak(view: Callable[..., View]) -> None:
    known = after({}, rows(view, 1.2), DAY)
    known = after(known, rows(view, 2.5, 300), DAY)
    known = after(known, rows(view, 0.95, 600), DAY)
    (episode,) = known.values()
    assert (episode.labels, episode.onset, episode.last, episode.peak) == (WEB, NOW - 600, NOW + 600, 2.5)


def test_what_has_ended_stays_for_a_day(view: Callable[..., View]) -> None:
    known = after({}, rows(view, 1.2), DAY)
    over = rows(view, 0.1, DAY, onset=np.nan)
    assert [each.last for each in after(known, over, DAY).values()] == [NOW]
    assert after(known, replace(over, at=NOW + DAY + 1), DAY) == {}


def test_the_echo_of_an_anomaly_is_none(view: Callable[..., View]) -> None:
    """Its onset is told for an hour, while the score is low again."""
    assert after({}, rows(view, 0.5), DAY) == {}


def test_another_anomaly_of_the_series_is_another_episode(view: Callable[..., View]) -> None:
    known = after(after({}, rows(view, 1.2), DAY), rows(view, 1.3, 7200, onset=NOW + 7000), DAY)
    assert [each.onset for each in known.values()] == [NOW - 600, NOW + 7000]


def test_only_the_latest_are_kept(view: Callable[..., View], monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 100
    monkeypatch.setattr(episodes, "MOST", 2)
    known: dict[episodes.Key, episodes.Episode] = {}
    for number in range(4):
        known = after(known, rows(view, 1.2, 300 * number, onset=NOW + 300 * number), DAY)
    assert [each.onset for each in known.values()] == [NOW + 600, NOW + 900]
