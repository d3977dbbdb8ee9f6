"""Events, instants of judgement and their labels, on examples small enough to do by hand."""

from __future__ import annotations

import numpy as np

from forecaster.backtest.events import Clock, Protocol

CLOCK = Clock(step=900)  # four steps an hour, an instant each step
HOUR, DAY = 4, 96
LIMIT = np.array([0.9])


def protocol(values: np.ndarray, warm_up: int = 0, limits: np.ndarray = LIMIT) -> Protocol:
    return Protocol.of(np.atleast_2d(values), limits, CLOCK, warm_up)


def test_an_event_begins_after_an_hour_below() -> None:
    values = np.full(30, 0.5)
    values[[10, 12, 20]] = 0.9  # 12 follows within the hour
    assert protocol(values).events.tolist() == [[0, 10], [0, 20]]
    assert protocol(values, warm_up=10).events.tolist() == [[0, 20]]
    values[16:19] = np.nan  # one of the four values before 20 is left
    assert protocol(values).events.tolist() == [[0, 10]]
    values[18] = 0.5  # half of the hour is enough
    assert protocol(values).events.tolist() == [[0, 10], [0, 20]]
    assert protocol(values, limits=np.array([np.nan])).events.tolist() == []


def test_instants_need_a_value_and_a_quiet_hour() -> None:
    values = np.full(20, 0.5)
    values[10] = 0.95
    values[15] = np.nan
    usable = np.flatnonzero(protocol(values, warm_up=2).usable[0]) + 2
    assert usable.tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 14, 16, 17, 18]


def test_labels_and_what_is_left_out() -> None:
    values = np.full(30, 0.5)
    values[20] = 0.95
    values[9] = np.nan
    made = protocol(values)
    labels, known = made.label(3600)
    assert np.flatnonzero(labels[0]).tolist() == [16, 17, 18, 19]
    # Three of four are not 80 %: the hours that hold 9, and those that reach beyond the end, have no label.
    assert np.flatnonzero(~known[0]).tolist() == [0, 5, 6, 7, 8, 9, 20, 21, 22, 23, 26, 27, 28]


def test_some_of_the_series_are_judged_as_among_all() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((6, 300))
    limits = np.array([0.99, 0.9, 0.98, np.nan, 0.97, 0.99])
    whole = Protocol.of(values, limits, CLOCK, 50)
    rows = [1, 3, 4]
    some, alone = whole.take(rows), Protocol.of(values[rows], limits[rows], CLOCK, 50)
    assert some.events.tolist() == alone.events.tolist()
    assert len(some.events) > 0
    for mine, theirs in zip(some.label(3600), alone.label(3600), strict=True):
        assert (mine == theirs).all()
    assert (some.onsets == alone.onsets).all()


def test_the_same_time_on_days_before() -> None:
    values = np.arange(5.0 * DAY)[None]
    at = np.array([10, 2 * DAY])
    assert CLOCK.same_time(values, at, 3600, days=1).tolist()[0][1] == DAY + HOUR
    assert np.isnan(CLOCK.same_time(values, at, 3600, days=1)[0, 0])
    # A horizon of a day and an hour knows the day before yesterday.
    assert CLOCK.same_time(values, at, 90_000, days=1)[0, 1] == DAY + HOUR
    assert CLOCK.whole_days(86_400) == DAY
    assert CLOCK.whole_days(86_401) == 2 * DAY
