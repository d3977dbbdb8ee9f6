"""The last values of each series."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.view.recent import MOST, Recent

STEP = 300


def grown(first: int, steps: int, *series: float, recent: Recent | None = None) -> Recent:
    """Steps from number `first` on, in which each series has this value plus the number of the step."""
    numbers = np.arange(first, first + steps)
    values = np.array(series)[:, None] + numbers
    ends = np.array(series)
    return (recent or Recent()).after(numbers * STEP, values.astype(np.float64), ends - 1, ends + 1)


def test_only_the_last_step_of_several_has_its_band() -> None:
    track = grown(1, 3, 10.0, 20.0).of(1)
    assert track.times.tolist() == [300, 600, 900]
    assert track.values.tolist() == [21, 22, 23]
    np.testing.assert_array_equal(track.lower, [np.nan, np.nan, 19])
    np.testing.assert_array_equal(track.upper, [np.nan, np.nan, 21])


@pytest.mark.parametrize("steps", [1, 7, MOST, 3 * MOST])
def test_it_is_bounded(steps: int) -> None:
    recent = Recent()
    for first in range(0, 2 * MOST, steps):
        recent = grown(first, steps, 10.0, recent=recent)
    last = recent.times[-1] // STEP
    assert len(recent.times) == len(recent.columns) == MOST
    assert recent.of(0).values.tolist() == [10.0 + number for number in range(last - MOST + 1, last + 1)]


def test_a_view_of_before_does_not_change() -> None:
    before = grown(1, 2, 10.0)
    after = grown(3, 1, 10.0, recent=before)
    assert before.of(0).values.tolist() == [11, 12]
    assert after.columns[0] is before.columns[0]


def test_series_are_taken_and_joined_by_time() -> None:
    old, new = grown(1, 3, 10.0, 20.0), grown(3, 2, 50.0)
    both = old.take(np.array([1])).join(new, 1, 1)
    assert [time // STEP for time in both.times] == [1, 2, 3, 4]
    np.testing.assert_array_equal(both.of(0).values, [21, 22, 23, np.nan])
    np.testing.assert_array_equal(both.of(1).values, [np.nan, np.nan, 53, 54])


def test_nothing_is_known_at_first() -> None:
    assert all(len(part) == 0 for part in Recent().of(0))


def test_a_value_that_no_chart_can_show_is_no_failure() -> None:
    """Warnings are errors in tests, and lines of no use in the log."""
    huge = np.array([1e308])
    assert np.isposinf(Recent().after(np.array([300]), huge[:, None], huge, huge).table(1)).all()
