"""The samples of a query as frames, window by window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.series.frame import Frame, align, grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.promql.client import Client

# Of one range query: some 7 MB of JSON, 40 MB as Python's objects, twice with the window that is read ahead.
# The backend's own limit is 50 million samples. And a few days, so that progress is seen and a slow backend
# answers in time.
WINDOW_SAMPLES = 500_000
WINDOW_STEPS = 1_000


def window_steps(series: int) -> int:
    """Steps per range query, so that no answer is huge."""
    return max(1, min(WINDOW_STEPS, WINDOW_SAMPLES // max(1, series)))


def instant(client: Client, query: str, now: int) -> Frame:
    """What the backend has at one instant; raises PromqlError."""
    return align(client.instant(query, now), np.array([now]))


def whole(client: Client, query: str, first: int, last: int, step: int) -> Frame:
    """What the backend has at the grid instants from `first` to `last`, in one piece; raises PromqlError."""
    return align(client.read(query, first, last, step), grid(first, last, step))


def frames(
    client: Client, query: str, first: int, last: int, *, step: int, series: int
) -> Iterator[tuple[Frame, int]]:
    """What the backend has of some `series` at the grid instants from `first` to `last` (Unix seconds), and
    how many series have no numbers; raises PromqlError. One small query for one instant, windows otherwise.
    """
    if first == last:
        yield instant(client, query, last), client.left_out
        return
    for start, end, tracks in client.windows(query, first, last, step, window_steps(series)):
        yield align(tracks, grid(start, end, step)), client.left_out
