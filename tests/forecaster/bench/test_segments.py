"""Figures of labelled segments, and the one-minute suite they are read on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import minutes
import segments

LABELS = np.zeros(200, bool)
LABELS[50:60] = LABELS[120:123] = True


def test_a_perfect_ranking_has_a_volume_of_one_without_a_buffer() -> None:
    assert segments.vus_pr(LABELS, LABELS + 0.001 * np.arange(200), buffers=(0,)) == pytest.approx(
        1, abs=0.02
    )


def test_a_near_miss_counts_with_a_buffer_only() -> None:
    late = np.roll(LABELS, 10).astype(float)
    assert segments.range_pr(LABELS, late, 0) < 0.1
    assert segments.range_pr(LABELS, late, 40) > 0.2


def test_soft_labels_fall_by_the_root_of_the_distance() -> None:
    soft = segments.softened(LABELS, 4)
    assert soft[49] == soft[60] == pytest.approx(np.sqrt(3 / 4))
    assert soft[48] == pytest.approx(np.sqrt(2 / 4))
    assert soft[47] == 0


def test_segments_found_repeats_and_false_episodes() -> None:
    on = np.zeros(200, bool)
    on[[10, 12, 58, 65, 121, 180]] = True
    told = segments.found([(50, 59), (120, 122)], on, 5, late=10, apart=20, repeat=70)
    assert told.at_all.tolist() == [True, True]
    assert told.in_time.tolist() == [False, True]
    assert told.repeated.tolist() == [False, True]
    assert told.false_episodes == 2
    assert told.clear_steps == 195 - 20 - 13


def test_one_minute_series_are_seeded_and_keep_their_first_week_free() -> None:
    one, same = minutes.minutes("requests", 3), minutes.minutes("requests", 3)
    np.testing.assert_array_equal(one.values, same.values)
    assert min(first for first, _ in one.segments) >= minutes.WARM_UP
    assert all(3 <= last - first + 1 <= 60 for first, last in one.segments)
