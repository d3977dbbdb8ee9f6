"""A VM that migrates keeps its history; two VMs with one name stay two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.series.follow import follow, latest
from forecaster.series.frame import Frame, grid

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

NAN = np.nan


def named(domain: str, instance: str) -> Labels:
    return (("domain", domain), ("instance", instance))


def frame(rows: dict[Labels, list[float]]) -> Frame:
    values = np.array(list(rows.values()), dtype=float).reshape(len(rows), -1)
    times = grid(0, (values.shape[1] - 1) * 300, 300)
    return Frame(tuple(rows), times, values, np.isfinite(values))


OLD, NEW, OTHER = named("web", "h1"), named("web", "h2"), named("db", "h1")


def values(of: Frame, labels: Labels) -> list[float]:
    found: list[float] = of.values[of.labels.index(labels)].tolist()
    return found


def test_a_known_series_takes_over_what_comes_under_its_other_label() -> None:
    followed = follow(
        frame({OLD: [1, 2, NAN, NAN], NEW: [NAN, NAN, 3, 4], OTHER: [9, 9, 9, 9]}), [OLD, OTHER], ["instance"]
    )
    assert followed.moves == {OLD: NEW}
    assert values(followed.frame, OLD) == [1, 2, 3, 4]
    assert values(followed.frame, OTHER) == [9, 9, 9, 9]
    assert set(followed.frame.labels) == {OLD, OTHER}


def test_history_under_the_former_label_is_its_history() -> None:
    followed = follow(frame({OLD: [1, 2, NAN, NAN], NEW: [NAN, NAN, 3, 4]}), [NEW], ["instance"])
    assert followed.moves == {}
    assert values(followed.frame, NEW) == [1, 2, 3, 4]


def test_a_known_series_that_is_not_in_the_frame_has_moved() -> None:
    followed = follow(frame({NEW: [3]}), [OLD], ["instance"])
    assert followed.moves == {OLD: NEW}
    assert values(followed.frame, OLD) == [3]


def test_series_that_come_at_the_same_time_are_two() -> None:
    both = frame({OLD: [1, 2, 3], NEW: [NAN, 5, 6]})
    followed = follow(both, [OLD], ["instance"])
    assert followed.moves == {}
    assert values(followed.frame, OLD) == [1, 2, 3]
    assert values(followed.frame, NEW)[1:] == [5, 6]


def test_a_short_overlap_keeps_the_known_values_and_the_stranger() -> None:
    followed = follow(frame({OLD: [1, 2, NAN], NEW: [NAN, 5, 6]}), [OLD], ["instance"])
    assert followed.moves == {OLD: NEW}
    assert values(followed.frame, OLD) == [1, 2, 6]


def test_of_two_possible_namesakes_none_is_taken() -> None:
    third = named("web", "h3")
    followed = follow(frame({NEW: [5], third: [6]}), [OLD], ["instance"])
    assert followed.moves == {}
    assert set(followed.frame.labels) == {NEW, third}


def test_two_known_namesakes_follow_nobody() -> None:
    third = named("web", "h3")
    assert follow(frame({third: [6]}), [OLD, NEW], ["instance"]).moves == {}


def test_without_changing_labels_nothing_is_followed() -> None:
    given = frame({NEW: [3]})
    assert follow(given, [OLD], []).frame is given


def test_a_value_that_is_no_number_stays_none() -> None:
    moved = Frame((NEW,), grid(0, 0, 300), np.array([[NAN]]), np.array([[True]]))
    followed = follow(moved, [OLD], ["instance"])
    assert np.isnan(followed.frame.values).all()
    assert followed.frame.present.all()


def test_of_former_and_present_labels_the_present_ones_stand() -> None:
    third = named("web", "h3")
    rows = frame({OLD: [1, NAN, NAN], NEW: [NAN, 2, 3], OTHER: [1, NAN, NAN], third: [NAN, NAN, NAN]})
    assert latest(rows, ["instance"]) == [1, 2]
    assert latest(rows, []) == [0, 1, 2, 3]
    assert latest(frame({OLD: [1, 1], NEW: [1, 1]}), ["instance"]) == [0, 1]
