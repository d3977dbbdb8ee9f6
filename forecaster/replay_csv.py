"""The engine over files: `timestamp,value` in, what the engine said at each step out."""

from __future__ import annotations

import csv
import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TextIO

import numpy as np

from forecaster.config.durations import written
from forecaster.engine.anomaly import PRESENT, SIGNS
from forecaster.engine.engine import Engine, Settings
from forecaster.series.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from forecaster.engine.engine import Outlook

REPORT_SECONDS = 5.0
PIECE_STEPS = 512  # held in memory before they are written
JUDGED = ("expected", "lower", "upper", "anomaly_score", "exhaustion_seconds")
REASONS = {
    "trend": "trend_per_hour",
    "season": "season",
    "usual": "usual",
    "onset": "onset",
    "origin": "origin",
}
LATEST = 253_402_300_799  # Unix seconds, the end of the year 9999: what is later is in other units
MAX_STEPS = 10_000_000  # beyond it a stray timestamp is likelier than a century of samples


@dataclass(frozen=True)
class Input:
    """One file on its grid: `start` in Unix seconds, `values` (T,) with NaN in gaps."""

    path: Path
    start: int
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """How files are replayed; `limit` infinite or None = none. `sensitivity` and `min_deviation` are those of
    the anomaly score.
    """

    step: int
    day: int
    limit: float | None
    horizons: tuple[int, ...]
    lower_limit: bool = False
    sensitivity: float = 1.0
    min_deviation: float = 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The output's columns after timestamp and value; horizons in seconds, as in the Python API."""
        ahead = (f"probability_{each}" for each in self.horizons)
        return (*JUDGED, *ahead, *REASONS.values(), *(f"contribution_{sign}" for sign in SIGNS))


def replay_files(source: Path, target: Path, run: Run, report: TextIO) -> int:
    """Replay every .csv below `source` into a file of the same name below `target`; the number of files.

    Files with the same grid run through one engine together. Raises ValueError or OSError, one line.
    """
    paths = sorted(source.rglob("*.csv"))
    if not paths:
        raise ValueError(f"{source}: no .csv files there")
    if source.resolve() == target.resolve():
        raise ValueError("--output must be another directory than --input")
    groups: dict[tuple[int, int], list[Input]] = {}
    for path in paths:
        each = read_csv(path, run.step)
        if (apart := _apart(each.values)) > 1:
            spacing = written(apart * run.step)
            report.write(f"{printable(str(path))}: its samples are {spacing} apart; is --step right?\n")
        groups.setdefault((each.start, len(each.values)), []).append(each)
    for number, group in enumerate(groups.values(), 1):
        named = f"grid {number}/{len(groups)}, {len(group)} series"
        targets = [target / each.path.relative_to(source) for each in group]
        _replay(group, targets, run, partial(_say, report, named))
    report.write(f"{len(paths)} series replayed into {target}\n")
    return len(paths)


def read_csv(path: Path, step: int) -> Input:
    """A file's samples on the grid that starts at its first timestamp; of several in a slot the last one
    stands. Raises ValueError or OSError, one line with the file's name.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets write a byte-order mark
            samples = sorted(_read(path, csv.reader(file)), key=lambda sample: sample[0])
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not UTF-8 (byte {error.start}): save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"{path}: is no CSV: {error}") from None
    if not samples:
        raise ValueError(f"{path}: no samples")
    start = samples[0][0]
    steps = round((samples[-1][0] - start) / step) + 1
    if steps > MAX_STEPS:
        raise ValueError(f"{path}: {steps} steps of {written(step)} from the first to the last timestamp")
    values = np.full(steps, np.nan)
    for timestamp, value in samples:
        values[round((timestamp - start) / step)] = value
    return Input(path, start, values)


def _replay(
    group: Sequence[Input], targets: Sequence[Path], run: Run, progress: Callable[[float], None]
) -> None:
    """Run files of one grid through one engine, and write what it says piece by piece."""
    settings = Settings(step=run.step, day=run.day, horizons=run.horizons, lower_limit=run.lower_limit)
    values = np.stack([each.values for each in group])
    limit = math.nan if run.limit is None or math.isinf(run.limit) else run.limit
    limits, dial = np.full(len(group), limit), (run.sensitivity, run.min_deviation)
    engine = Engine.fresh(len(group), settings)
    _begin(targets, run)
    said, steps = time.monotonic(), values.shape[1]
    for first in range(0, steps, PIECE_STEPS):
        times = [group[0].start + at * run.step for at in range(first, min(steps, first + PIECE_STEPS))]
        table = np.empty((len(times), len(run.columns), len(group)))
        for at, timestamp in enumerate(times):
            engine.observe(values[:, first + at], timestamp, limits, *dial)
            table[at] = _figures(engine.outlook())
            if time.monotonic() - said > REPORT_SECONDS:
                said = time.monotonic()
                progress((first + at) / steps)
        for row, target in enumerate(targets):
            _append(target, times, values[row, first : first + len(times)], table[:, :, row])


def _begin(targets: Sequence[Path], run: Run) -> None:
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(",".join(("timestamp", "value", *run.columns)) + "\n", encoding="utf-8")


def _append(
    target: Path, times: Sequence[int], values: NDArray[np.float64], table: NDArray[np.float64]
) -> None:
    """Rows (steps, columns) to a file; an empty field is none: no sample, no exhaustion in sight, no
    anomaly.
    """
    with target.open("a", newline="", encoding="utf-8") as file:
        for timestamp, value, row in zip(times, values.tolist(), table.tolist(), strict=True):
            fields = ",".join(repr(x) if math.isfinite(x) else "" for x in (value, *row))
            file.write(f"{timestamp},{fields}\n")


def _say(report: TextIO, what: str, share: float) -> None:
    report.write(f"{what}: {share:.0%}\n")
    report.flush()


def _figures(outlook: Outlook) -> NDArray[np.float64]:
    """The output's columns of one step, (columns, n); what contributed is told of anomalies only."""
    judged = np.stack([getattr(outlook, name) for name in JUDGED])
    reasons = np.stack([getattr(outlook.reasons, name) for name in REASONS])
    signs = np.where(outlook.anomaly_score >= PRESENT, outlook.reasons.signs, np.nan)
    return np.concatenate((judged, outlook.probability, reasons, signs))


def _read(path: Path, rows: Iterator[list[str]]) -> Iterator[tuple[int, float]]:
    header = [name.strip() for name in next(rows, [])]
    if not {"timestamp", "value"} <= set(header):
        raise ValueError(f"{path}:1: the header must name the columns timestamp and value")
    return _samples(path, rows, header.index("timestamp"), header.index("value"))


def _samples(
    path: Path, rows: Iterable[list[str]], at_time: int, at_value: int
) -> Iterator[tuple[int, float]]:
    for line, row in enumerate(rows, 2):
        if not row:
            continue
        try:
            timestamp, value = _timestamp(row[at_time]), float(row[at_value] or "nan")
        except (ValueError, IndexError):
            raise ValueError(f"{path}:{line}: expected timestamp,value, not {','.join(row)[:60]!r}") from None
        if not 0 <= timestamp <= LATEST:
            raise ValueError(f"{path}:{line}: {row[at_time][:40]!r} is no time since 1970 in Unix seconds")
        yield timestamp, value


def _timestamp(text: str) -> int:
    """Unix seconds of a number or an ISO 8601 date; a date without a zone is UTC."""
    try:
        return round(float(text))
    except (ValueError, OverflowError):
        date = datetime.fromisoformat(text)
        return round((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())


def _apart(values: NDArray[np.float64]) -> int:
    """The median distance of samples, in steps; 1 when there are less than two."""
    at = np.flatnonzero(np.isfinite(values))
    return int(np.median(np.diff(at))) if len(at) > 1 else 1
