"""Series that change a label and stay the same series: a VM that migrates changes its `instance`, not its
habits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.series.frame import Frame, select
from forecaster.series.labels import Labels, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


class Followed(NamedTuple):
    """A frame in which known series have what came under their other labels, and who moved where."""

    frame: Frame
    moves: dict[Labels, Labels]


def follow(frame: Frame, known: Sequence[Labels], changing: Sequence[str]) -> Followed:
    """Give each known series the samples of its namesake: the labels apart from the `changing` ones are
    equal.

    Only where that is clear: one known series of that name, and one namesake at an instant at which the known
    one is absent. A series has moved when the frame's last instant has its namesake and not itself. Namesakes
    that come at the same time as the known series are left in the frame, as series of their own.
    """
    ours = set(known)
    strangers = [row for row in frame.labels if row not in ours]
    if not changing or not strangers:
        return Followed(frame, {})
    mine, others = _by_name(known, changing), _by_name(strangers, changing)
    pairs = [(rows[0], others[name]) for name, rows in mine.items() if len(rows) == 1 and name in others]
    return _merged(frame, pairs)


def latest(frame: Frame, changing: Sequence[str]) -> list[int]:
    """The rows of the series as they are called now: of namesakes, those that are there at the last instant,
    or the one that was seen last.
    """
    if not changing or not len(frame.timestamps):
        return list(range(len(frame.labels)))
    at = {labels: row for row, labels in enumerate(frame.labels)}
    steps = np.arange(1, len(frame.timestamps) + 1)
    seen = (frame.present * steps).max(axis=1, initial=0)
    chosen: list[int] = []
    for namesakes in _by_name(frame.labels, changing).values():
        rows = [at[labels] for labels in namesakes]
        there = [row for row in rows if seen[row] == len(steps)]
        chosen += there or [max(rows, key=lambda row: int(seen[row]))]
    return sorted(chosen)


def _by_name(series: Iterable[Labels], changing: Sequence[str]) -> dict[Labels, list[Labels]]:
    """Series by what does not change of their labels."""
    found: dict[Labels, list[Labels]] = {}
    for labels in series:
        found.setdefault(without(labels, changing), []).append(labels)
    return found


def _merged(frame: Frame, pairs: Sequence[tuple[Labels, list[Labels]]]) -> Followed:
    """The frame with a row for each known series and without the namesakes that went into it."""
    at = {labels: row for row, labels in enumerate(frame.labels)}
    merged: list[tuple[Labels, NDArray[np.float64], NDArray[np.bool_]]] = []
    used: set[int] = set()
    moves: dict[Labels, Labels] = {}
    for own, namesakes in pairs:
        rows = [at[each] for each in namesakes]
        here, values = _row(frame, at.get(own))
        alone = (frame.present[rows].sum(axis=0) == 1) & ~here
        if not alone.any():
            continue
        theirs = np.where(frame.present[rows], frame.values[rows], 0.0).sum(axis=0)  # of one, where alone
        merged.append((own, np.where(alone, theirs, values), here | alone))
        used |= {row for row in rows if not (frame.present[row] & ~alone).any()}
        used |= {at[own]} if own in at else set()
        if alone[-1]:
            moves[own] = next(frame.labels[row] for row in rows if frame.present[row, -1])
    rest = select(frame, [row for row in range(len(frame.labels)) if row not in used])
    return Followed(_with_rows(rest, merged), moves)


def _row(frame: Frame, row: int | None) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Presence and values of a row, of nothing when there is none."""
    if row is None:
        return np.zeros(len(frame.timestamps), dtype=bool), np.full(len(frame.timestamps), np.nan)
    return frame.present[row], frame.values[row]


def _with_rows(frame: Frame, rows: Sequence[tuple[Labels, NDArray[np.float64], NDArray[np.bool_]]]) -> Frame:
    if not rows:
        return frame
    labels = (*frame.labels, *(row[0] for row in rows))
    values = np.vstack((frame.values, *(row[1] for row in rows)))
    present = np.vstack((frame.present, *(row[2] for row in rows)))
    return Frame(labels, frame.timestamps, values, present, frame.duplicates)
