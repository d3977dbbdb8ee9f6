"""The results as Markdown; each run replaces the sections of its suites."""

from __future__ import annotations

import os
import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.faults import Killed, Stopped

GIB = 1 << 30
INTRODUCTION = """\
# Benchmarks of the exporter

Written by `make bench-exporter` (`SUITES="scrapes memory faults"` for some suites) with real guests: paused
QEMU processes, each with a disk and a network interface. The exporter runs with its defaults (four
connections, read-only). The guests and the measurement itself load a small machine, so the ratios are more
reliable than the durations.
"""
SCRAPES, MEMORY, FAULTS = "Scrapes", "Memory", "Stuck guests, a killed daemon"
ORDER = (SCRAPES, MEMORY, FAULTS)


@dataclass(frozen=True, slots=True)
class Row:
    """Medians at one number of guests: seconds, seconds of CPU time per scrape, bytes."""

    guests: int
    samples: int
    full: float
    virsh: float
    few: float
    peer: float | None
    cpu: float
    resident: int


@dataclass(frozen=True, slots=True)
class Endurance:
    """Bytes of memory after so many scrapes."""

    guests: int
    points: tuple[tuple[int, int], ...]


SCRAPES_HEAD = """\
Medians of {rounds} scrapes of each, in turn, by an HTTP client on the same machine. *Few collectors* are
those that cover Debian's exporter: `--collector.domain`, `.info`, `.block` and `.interface`. {machine}

| guests | samples | full scrape | `virsh domstats --nowait --raw` | ratio | few collectors \
| Debian's exporter | ratio | CPU time per full scrape | memory |
|---|---|---|---|---|---|---|---|---|---|
"""
FAULTS_HEAD = """\
Guests are stuck: their QEMU is stopped (SIGSTOP) and answers nothing. A scrape starts a second after the last
one ended. The table has the worst of all scrapes; that of healthy guests from the fourth scrape on. Each
stuck guest holds one of libvirtd's 20 workers as soon as anyone asks it. With 15 stuck guests the exporter
asks only guests that answered before, and leaves the other workers to those who manage the host. {machine}

| stopped | of guests | scrapes | slowest scrape | samples present | `libvirt_up` | all named stale \
| healthy guests fresh | all fresh at the scrape after |
|---|---|---|---|---|---|---|---|---|
"""


def put(path: Path, title: str, text: str) -> None:
    """Write a section, in place of the one with this title."""
    sections = _sections(path.read_text() if path.exists() else "")
    sections[title] = text
    parts = [f"## {one}\n\n{sections[one]}" for one in ORDER if one in sections]
    draft = path.with_suffix(".new")  # replaced at once, so that no part of a file is ever read
    draft.write_text("\n".join([INTRODUCTION, *parts]))
    draft.replace(path)


def _sections(text: str) -> dict[str, str]:
    found = re.findall(r"^## ([^\n]*)\n\n(.*?)(?=\n^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def scrapes(rows: Sequence[Row], rounds: int, machine: str) -> str:
    """The section of how long scrapes take."""
    return SCRAPES_HEAD.format(rounds=rounds, machine=machine) + "".join(map(_row, rows))


def memory(endurance: Endurance, machine: str) -> str:
    """The section of many scrapes' memory."""
    points = "".join(f"| {scrapes} | {resident / 1e6:.1f} MB |\n" for scrapes, resident in endurance.points)
    (first, before), (last, after) = endurance.points[0], endurance.points[-1]
    title = (
        f"Resident memory during full scrapes of {endurance.guests} guests: {before / 1e6:.1f} MB after "
        f"{first}, {after / 1e6:.1f} MB after {last}. Growth in the second half: "
        f"{slope(endurance.points) / 1e3:+.2f} kB per scrape (least squares). {machine}"
    )
    return f"{title}\n\n| scrapes | memory |\n|---|---|\n{points}"


def slope(points: Sequence[tuple[int, int]]) -> float:
    """Growth of memory in the second half, in bytes per scrape; 0 with a single point."""
    half = points[len(points) // 2 :]
    scrapes, sizes = zip(*half, strict=True)
    return statistics.linear_regression(scrapes, sizes).slope if len(half) > 1 else 0.0


def faults(stopped: Sequence[Stopped], killed: Killed, machine: str) -> str:
    """The section of faults."""
    down, up = killed.down, killed.up
    after = (
        f"\nAfter libvirtd was killed, the next scrape took {_ms(down.seconds)} and had `libvirt_up` "
        f"{down.up:d}. After it was started again, the next scrape took {_ms(up.seconds)} and had "
        f"`libvirt_up` {up.up:d}.\n"
    )
    return FAULTS_HEAD.format(machine=machine) + "".join(map(_stopped, stopped)) + after


def machine(shortcomings: Sequence[str]) -> str:
    """A sentence about the machine; `shortcomings` are the lab's."""
    total = psutil.virtual_memory().total / GIB
    load = os.getloadavg()[0]
    parts = [
        f"{os.cpu_count()} cores",
        f"{total:.0f} GiB",
        f"load average {load:.0f} at the end",
        *shortcomings,
    ]
    return f"The machine: {'; '.join(parts)}."


def _row(row: Row) -> str:
    peer = ("not installed", "") if row.peer is None else (_ms(row.peer), f"{row.few / row.peer:.2f}")
    return _line(
        row.guests,
        row.samples,
        _ms(row.full),
        _ms(row.virsh),
        f"{row.full / row.virsh:.2f}",
        _ms(row.few),
        *peer,
        _ms(row.cpu),
        f"{row.resident / 1e6:.0f} MB",
    )


def _stopped(case: Stopped) -> str:
    return _line(
        case.stopped,
        case.guests,
        case.scrapes,
        _ms(case.slowest),
        f"{case.samples:.1%}",
        f"{case.up:d}",
        _yes(case.named),
        f"{case.healthy:.0%}",
        _yes(case.back),
    )


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |\n"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
