"""A batch of series that run through one engine together: rows of labels, bounds, presence and outlook."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.engine import Engine, Outlook, Settings
from forecaster.series.frame import Frame, arrange
from forecaster.series.state import Presence, State
from forecaster.view.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.config.bounds import Bounds
    from forecaster.engine.verification import Record
    from forecaster.series.labels import Labels

WORKERS = min(4, len(os.sched_getaffinity(0)))  # threads that read a history (ADR 35; measured with two)


@dataclass
class Batch:
    """Everything about n series that share a clock; row k of every part is the same series.

    `outlook` and `values` (n,) belong to the last instant observed; there is no outlook before the first
    sample.
    """

    labels: tuple[Labels, ...]
    bounds: tuple[Bounds, ...]
    engine: Engine
    presence: Presence
    values: NDArray[np.float64]
    outlook: Outlook | None = None
    steps: int = 0  # instants observed
    recent: Recent = field(default_factory=Recent)

    @classmethod
    def fresh(cls, labels: Sequence[Labels], bounds: Sequence[Bounds], settings: Settings) -> Batch:
        """Series nothing is known of yet."""
        count = len(labels)
        nothing = np.full(count, np.nan)
        return cls(
            tuple(labels), tuple(bounds), Engine.fresh(count, settings), Presence.unseen(count), nothing
        )

    def observe(self, frame: Frame, *, up_to_date: bool = False, until: int | None = None) -> None:
        """Show the engine every instant of the frame, in order, and ask it what comes after the last. Where
        more frames follow, up to `until`, it may leave out what is forecast before.

        Instants before the batch's first sample teach nothing and are skipped, except the last one when the
        frame is to bring the batch `up_to_date`.
        """
        mine = arrange(frame, self.labels)
        marks = marks_of(self.bounds)
        filled = np.any(np.isfinite(mine.values), axis=0)
        first = (
            0
            if self.outlook is not None
            else int(filled.argmax())
            if filled.any()
            else len(filled) - up_to_date
        )
        if first < len(filled):
            values, instants = mine.values[:, first:], mine.timestamps[first:]
            self.engine.read(values, instants, **marks, until=until, workers=WORKERS)
            self.values = np.ascontiguousarray(mine.values[:, -1])
            self.steps += len(filled) - first
            self.outlook = self.engine.outlook()
            band = self.outlook.lower, self.outlook.upper
            self.recent = self.recent.after(instants, values, *band)
        self.presence = self.presence.after(mine)

    @property
    def record(self) -> Record:
        """What came of the forecasts so far: a copy."""
        return self.engine.verification.record.take(np.arange(len(self.labels)))

    def states(self, now: int, stale_after: int, gone_after: int) -> list[State]:
        """Each series' state at `now`."""
        ready = np.zeros(len(self.labels), dtype=bool) if self.outlook is None else self.outlook.ready
        return self.presence.states(now, ready, stale_after, gone_after)

    def take(self, rows: Sequence[int]) -> Batch:
        """The series at `rows`."""
        index = np.asarray(rows, dtype=np.intp)
        return Batch(
            tuple(self.labels[row] for row in rows),
            tuple(self.bounds[row] for row in rows),
            self.engine.take(index),
            self.presence.take(index),
            self.values[index],
            None if self.outlook is None else self.outlook.take(index),
            self.steps,
            self.recent.take(index),
        )

    def replace_rows(self, other: Batch, at: int) -> None:
        """Have the rows of the other batch's series, which have seen the same last instant `at`, know what it
        knows; series that are no more are left out. What is said of them changes with the next instant.
        """
        if self.outlook is None:
            nothing = np.full((len(self.labels), 1), np.nan)
            absent = np.zeros(nothing.shape, dtype=bool)
            self.observe(Frame(self.labels, np.array([at]), nothing, absent), up_to_date=True)
        place = {labels: row for row, labels in enumerate(self.labels)}
        theirs = np.array([row for row, labels in enumerate(other.labels) if labels in place], np.intp)
        mine = np.array([place[other.labels[row]] for row in theirs], np.intp)
        # The engine puts neighbours, which these are unless series came or went meanwhile.
        for some in np.split(np.arange(len(mine)), np.flatnonzero(np.diff(mine) != 1) + 1):
            if len(some):
                neighbours = slice(int(mine[some[0]]), int(mine[some[-1]]) + 1)
                self.engine.put(neighbours, other.engine.take(theirs[some]))
        self.presence = self.presence.put(mine, other.presence.take(theirs))
        self.steps = max(self.steps, other.steps)

    def join(self, other: Batch) -> Batch:
        """These series followed by the other batch's; both have seen the same last instant."""
        if self.outlook is None or other.outlook is None:
            raise ValueError("only batches that have observed the same instant can join")
        return Batch(
            self.labels + other.labels,
            self.bounds + other.bounds,
            self.engine.join(other.engine),
            self.presence.join(other.presence),
            np.concatenate((self.values, other.values)),
            self.outlook.join(other.outlook),
            self.steps,
            self.recent.join(other.recent, len(self.labels), len(other.labels)),
        )


def marks_of(bounds: Sequence[Bounds]) -> dict[str, NDArray[np.float64]]:
    """What the engine judges the series with these bounds by: its arguments, (n,) each."""
    limit = np.array([bound.limit for bound in bounds])
    return {
        "limit": np.where(np.isinf(limit), np.nan, limit),
        "sensitivity": np.array([bound.anomaly_threshold for bound in bounds]),
        "min_deviation": np.array([bound.min_deviation for bound in bounds]),
    }
