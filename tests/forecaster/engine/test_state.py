from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from forecaster.engine.engine import Engine, Settings
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Rows(SeriesState):
    axis: ClassVar[int] = 0

    sums: np.ndarray


@dataclass
class Counts(SeriesState):
    strided: ClassVar[bool] = True

    hits: np.ndarray  # (cells, n)


@dataclass
class Memory(SeriesState):
    last: int | None
    mean: np.ndarray  # (n,)
    ring: np.ndarray  # (steps, n)
    rows: Rows
    counts: Counts
    pair: tuple[np.ndarray, np.ndarray]


def memory() -> Memory:
    ring, sums = np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(4, 2)
    counts = Counts(np.zeros((2, 4)))
    return Memory(None, np.arange(4.0), ring, Rows(sums), counts, (np.zeros(4), np.zeros((2, 4))))


def test_what_happens_to_a_part_has_happened_to_its_rows_when_it_is_put_back() -> None:
    whole, rows = memory(), slice(1, 3)
    part = whole.part(rows)
    part.mean += 10
    part.ring[0] = -1
    part.rows.sums = part.rows.sums * 2  # another array instead
    part.counts.hits[1] += 5
    part.pair[1][1] = 7
    whole.put(rows, part)
    assert whole.mean.tolist() == [0, 11, 12, 3]
    assert whole.ring[0].tolist() == [0, -1, -1, 3]
    assert whole.rows.sums.tolist() == [[0, 1], [4, 6], [8, 10], [6, 7]]
    assert whole.counts.hits.tolist() == [[0, 0, 0, 0], [0, 5, 5, 0]]
    part.counts.hits = part.counts.hits + 1  # another array instead
    whole.put(rows, part)
    assert whole.counts.hits.tolist() == [[0, 1, 1, 0], [0, 6, 6, 0]]
    assert whole.pair[1].tolist() == [[0, 0, 0, 0], [0, 7, 7, 0]]


def test_a_part_shares_the_arrays_whose_series_lie_in_one_piece() -> None:
    whole = memory()
    part = whole.part(slice(1, 3))
    assert np.shares_memory(part.mean, whole.mean)
    assert np.shares_memory(part.rows.sums, whole.rows.sums)
    assert not np.shares_memory(part.ring, whole.ring)
    assert part.ring.flags.c_contiguous


def test_a_part_shares_the_arrays_that_go_in_any_strides() -> None:
    whole = memory()
    assert np.shares_memory(whole.part(slice(1, 3)).counts.hits, whole.counts.hits)
    assert not np.shares_memory(whole.take(np.arange(1, 3)).counts.hits, whole.counts.hits)


def states(state: object) -> Iterator[SeriesState]:
    if isinstance(state, SeriesState):
        yield state
        for each in vars(state).values():
            yield from states(each)
    elif isinstance(state, tuple):
        for each in state:
            yield from states(each)


def test_no_model_has_another_way_to_be_put_back() -> None:
    """What `put` finds unchanged is not written: memory that was never used stays so."""
    found = {type(each) for each in states(Engine.fresh(1, Settings(step=3600)))}
    assert len(found) > 10
    assert {each.put for each in found} == {SeriesState.put}
