"""Alignment on the grid, identity, presence, sharding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecaster.series.frame import Track, align, arrange, grid, select
from forecaster.series.labels import identity, shard_of
from forecaster.series.state import NEVER, Presence, State

A, B, C = ((("domain", name),) for name in "abc")
TIMES = grid(0, 1200, 300)


def track(labels: tuple[tuple[str, str], ...], *samples: tuple[float, float]) -> Track:
    return Track(labels, np.array([t for t, _ in samples]), np.array([v for _, v in samples]))


def test_identity_is_every_label_but_the_name_in_any_order() -> None:
    assert identity({"b": "2", "__name__": "x", "a": "1"}) == (("a", "1"), ("b", "2"))


def test_the_grid_holds_multiples_of_the_step() -> None:
    assert grid(299, 900, 300).tolist() == [300, 600, 900]
    assert grid(600, 600, 300).tolist() == [600]
    assert grid(700, 600, 300).tolist() == []


def test_each_sample_stands_in_its_own_row_and_slot() -> None:
    frame = align([track(A, (0, 1), (600, 3)), track(B, (300, 20), (1200, 50))], TIMES)
    assert frame.labels == (A, B)
    np.testing.assert_equal(frame.values, [[1, np.nan, 3, np.nan, np.nan], [np.nan, 20, np.nan, np.nan, 50]])
    assert frame.present.tolist() == [[True, False, True, False, False], [False, True, False, False, True]]


def test_samples_outside_the_window_are_ignored() -> None:
    frame = align([track(A, (-300, 9), (0, 1), (1500, 9), (1e300, 9))], TIMES)
    assert np.nansum(frame.values) == 1


def test_samples_that_are_no_numbers_are_present_and_missing() -> None:
    frame = align([track(A, (0, float("nan")), (300, float("inf")))], TIMES)
    assert np.isnan(frame.values).all()
    assert frame.present[0].tolist() == [True, True, False, False, False]


def test_of_duplicates_the_first_stands_and_the_rest_is_counted() -> None:
    frame = align([track(A, (0, 1)), track(A, (0, 2)), track(A, (0, 3))], TIMES)
    assert frame.values[0, 0] == 1
    assert frame.duplicates == 2


def test_nothing_gives_an_empty_frame() -> None:
    assert align([], TIMES).values.shape == (0, 5)


def test_arranged_rows_keep_their_own_values() -> None:
    frame = align([track(A, (0, 1)), track(B, (0, 2))], TIMES)
    turned = arrange(frame, [B, C, A])
    np.testing.assert_equal(turned.values[:, 0], [2, np.nan, 1])
    assert turned.present[:, 0].tolist() == [True, False, True]
    assert select(frame, [1]).labels == (B,)
    assert select(frame, [1]).values[0, 0] == 2


def test_presence_tells_silence_from_nonsense() -> None:
    first = align(
        [track(A, (0, 1), (1200, 2)), track(B, (0, 1)), track(C, (0, 1), (1200, float("nan")))], TIMES
    )
    presence = Presence.unseen(3).after(first)
    assert presence.seen.tolist() == [1200, 0, 1200]
    assert presence.valued.tolist() == [1200, 0, 0]
    ready = np.array([True, True, True])
    assert presence.states(1200, ready, 600, 9000) == [State.READY, State.STALE, State.UNUSABLE]
    assert presence.states(1200, ~ready, 600, 9000)[0] is State.LEARNING
    assert presence.states(1200, ready, 600, 1000)[1] is State.GONE
    later = presence.after(arrange(align([], TIMES), first.labels))
    assert later.seen.tolist() == presence.seen.tolist()
    assert Presence.unseen(1).seen.tolist() == [NEVER]
    both = presence.take(np.array([2])).join(presence.take(np.array([0])))
    assert both.valued.tolist() == [0, 1200]


def test_the_states_change_right_after_their_time() -> None:
    presence = Presence(np.array([1000]), np.array([1000]))
    ready = np.array([True])
    states = [presence.states(now, ready, 900, 5000)[0] for now in (1900, 1901, 6000, 6001)]
    assert states == [State.READY, State.STALE, State.STALE, State.GONE]


@given(st.integers(1, 7), st.text(max_size=20))
def test_every_series_has_one_shard(count: int, name: str) -> None:
    assert 0 <= shard_of((("domain", name),), count) < count


def test_shards_are_the_same_everywhere_and_of_similar_size() -> None:
    assert [shard_of((("domain", f"vm-{k}"),), 4) for k in range(8)] == [2, 0, 2, 0, 2, 1, 1, 1]
    sizes = np.bincount([shard_of((("domain", f"vm-{k}"), ("instance", "h")), 4) for k in range(4000)])
    assert sizes.min() > 900
