"""How right the forecasts of live migrations are, by real ones that deploy/bench/migrations.py recorded.

Each line is forecast from what was known before: figures of the guest, and the last migrations from each
host, its own and those of others. Constants were chosen by guests whose names begin with c, which are not
judged. Rules were mended while the others were looked at.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecaster.migration.guest import Known, memory
from forecaster.migration.left import Course, seconds_left
from forecaster.migration.past import Past, link_of
from forecaster.migration.rounds import expected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

RECORDED = Path(__file__).with_name("migrations.jsonl")
CALIBRATION, FRESH = "c", "k"


class Judged(NamedTuple):
    """One migration: what was forecast and what came, in seconds; nan where it did not end or nothing was
    said.
    """

    guest: str
    limited: bool
    first: bool  # of its guest
    converges: bool
    converged: bool
    seconds: float = float("nan")
    took: float = float("nan")
    quotient: float = float("nan")  # memory / bandwidth
    qemu: float = float("nan")  # its elapsed time + remaining / bandwidth, at the first look
    downtime: float = float("nan")
    stood: float = float("nan")
    qemu_downtime: float = float("nan")  # that it expected at the last look
    left: float = float("nan")  # at half of it
    was_left: float = float("nan")
    qemu_left: float = float("nan")


@dataclass
class _History:
    """What the exporters and Prometheus know by now."""

    last: dict[tuple[str, str], Past] = field(default_factory=dict)  # by source and guest
    dirty: dict[str, list[float]] = field(default_factory=dict)
    lasting: dict[str, list[float]] = field(default_factory=dict)
    free: dict[str, float] = field(default_factory=dict)

    def known(self, line: dict[str, Any]) -> Known:
        """Of a guest, before it begins; this line's own looks before it count."""
        guest = line["case"]["name"]
        dirty = self.dirty.setdefault(guest, [])
        dirty += line["dirty"]
        lasting = self.lasting.setdefault(guest, [])
        lasting += line["lasting"]
        if line["free"] is not None:
            self.free[guest] = min(line["free"], self.free.get(guest, line["free"]))
        past = tuple(each for (_, name), each in self.last.items() if name == guest)
        return Known(
            line["memory"], self.free.get(guest), line["resident"], _middle(dirty), _middle(lasting), past
        )

    def between(self) -> Sequence[Past]:
        """Of migrations between the hosts of the lab, which are two."""
        return list(self.last.values())


def judged(path: Path = RECORDED) -> list[Judged]:
    """Every recorded migration of guests that are judged, in the order in which they happened."""
    history, found = _History(), []
    for text in path.read_text().splitlines():
        line = json.loads(text)
        known = history.known(line)
        if not line["case"]["name"].startswith(CALIBRATION):
            found.append(_judged(line, known, history.between()))
        if line["ended"]:
            history.last[line["source"], line["case"]["name"]] = _past(line["ended"])
    return found


def _middle(values: list[float]) -> float | None:
    return median(values) if values else None


def _past(ended: dict[str, float]) -> Past:
    return Past(
        ended["duration_seconds"],
        ended["downtime_seconds"],
        ended["transferred_bytes"],
        ended["memory_total_bytes"],
        ended["memory_constant_bytes"],
        ended["memory_bytes_per_second"],
        ended.get("memory_dirty_bytes_per_second"),
    )


def _judged(line: dict[str, Any], known: Known, past: Sequence[Past]) -> Judged:
    link, guest = link_of(past, line["limit"] or None), memory(known)
    assert guest is not None
    told, ended = expected(guest, link), line["ended"]
    which = (line["case"]["name"], bool(line["limit"]), not known.past, told.converges, bool(ended))
    if not ended or not told.converges:
        return Judged(*which)
    took = ended["duration_seconds"]
    first, half, last = line["course"]
    course = Course(
        half["memory_processed_bytes"],
        half["memory_bytes_per_second"],
        half["memory_dirty_bytes_per_second"],
    )
    return Judged(
        *which,
        told.seconds,
        took,
        line["memory"] / link.bandwidth,
        first["elapsed_seconds"] + first["memory_remaining_bytes"] / first["memory_bytes_per_second"],
        told.downtime,
        ended["downtime_seconds"],
        last["downtime_seconds"],
        seconds_left(guest, link, course),
        took - half["elapsed_seconds"],
        half["memory_remaining_bytes"] / half["memory_bytes_per_second"],
    )


def relative(found: Iterable[Judged], forecast: str = "seconds", came: str = "took") -> np.ndarray:
    """Errors without their sign, as shares of what came."""
    pairs = np.array([(getattr(each, forecast), getattr(each, came)) for each in found])
    error: np.ndarray = np.abs(pairs[:, 0] / pairs[:, 1] - 1)
    return error


def right(found: Sequence[Judged]) -> float:
    """The share of migrations of which it was forecast rightly whether they converge."""
    return float(np.mean([each.converges == each.converged for each in found]))


HEAD = """
## Live migrations

Of {number} real migrations of {guests} guests in the lab, emulated, forecast from what the exporter tells
before they begin. Guests of 384 to 1,536 MiB write up to 30 MiB/s; the limit of bandwidth is known. {endless}
did not end in twice the time that all their memory takes. Whether they converge was forecast rightly for
{right:.0f} %. The rules were mended while they were looked at.

| error of | migrations | median | nine of ten within |
|---|---:|---:|---:|"""
TAIL = """
The lab has two processors, on which others worked meanwhile; without a limit they bound the rate."""
DURATIONS = (
    ("duration: forecast", "seconds", "took"),
    ("duration: memory / bandwidth", "quotient", "took"),
    ("duration: QEMU, elapsed + remaining / bandwidth at the first look", "qemu", "took"),
    ("time left at half of it: forecast", "left", "was_left"),
    ("time left at half of it: QEMU, remaining / bandwidth", "qemu_left", "was_left"),
)
DOWNTIMES = (
    ("downtime: forecast", "downtime"),
    ("downtime: QEMU, expected at the last look", "qemu_downtime"),
)


def section(path: Path = RECORDED) -> Iterator[str]:
    """The part of the page."""
    found = judged(path)
    ended = [each for each in found if each.converged and each.converges]
    yield HEAD.format(
        number=len(found),
        guests=len({each.guest for each in found}),
        endless=sum(not each.converged for each in found),
        right=100 * right(found),
    )
    for name, *columns in DURATIONS:
        yield _row(name, 100 * relative(ended, *columns), "%")
    for name, group in (
        ("with a limit", [each for each in ended if each.limited]),
        ("without a limit", [each for each in ended if not each.limited]),
        ("guests that had not migrated", [each for each in ended if each.first]),
        ("guests of the last run", [each for each in ended if each.guest.startswith(FRESH)]),
    ):
        yield _row(f"duration: forecast, {name}", 100 * relative(group), "%")
    for name, forecast in DOWNTIMES:
        yield _row(name, 1000 * absolute(ended, forecast), "ms")
    yield TAIL


def absolute(found: Iterable[Judged], forecast: str) -> np.ndarray:
    """Errors of the downtime without their sign, seconds."""
    return np.array([abs(getattr(each, forecast) - each.stood) for each in found])


def _row(name: str, error: np.ndarray, unit: str) -> str:
    digits = 1 if unit == "%" else 0
    median, most = (f"{np.quantile(error, share):.{digits}f} {unit}" for share in (0.5, 0.9))
    return f"| {name} | {len(error)} | {median} | {most} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(section()) + "\n")
