"""The results as Markdown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Row:
    """Medians at one number of guests: seconds, seconds of processor time a scrape, bytes."""

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


HEADER = """\
# Benchmarks of the exporter

Written by `make bench-exporter`: {rounds} alternating scrapes of each, medians, by an HTTP client on the
same machine. Guests are real QEMU processes, paused, each with a disk and a network interface; the exporter
has its defaults (four connections, read-only). *Few collectors* is what Debian's exporter covers:
`--collector.domain`, `.info`, `.block` and `.interface`. Many guests and the measuring itself keep a small
machine busy: the ratios say more than the milliseconds. The machine: {machine}.

| guests | samples | full scrape | `virsh domstats --nowait --raw` | ratio | few collectors \
| Debian's exporter | ratio | own CPU a full scrape | memory |
|---|---|---|---|---|---|---|---|---|---|
"""


def markdown(rows: list[Row], endurance: Endurance | None, rounds: int, shortcomings: list[str]) -> str:
    """The whole file; `shortcomings` are the lab's."""
    text = HEADER.format(rounds=rounds, machine=_machine(shortcomings)) + "".join(map(_line, rows))
    if endurance is None:
        return text
    points = "".join(f"| {scrapes} | {resident / 1e6:.1f} MB |\n" for scrapes, resident in endurance.points)
    title = f"\nMemory (resident) of the exporter over many full scrapes of {endurance.guests} guests:\n\n"
    return f"{text}{title}| scrapes | memory |\n|---|---|\n{points}"


def write(path: Path, text: str) -> None:
    """At once, so that no half of a file is ever there."""
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.replace(path)


def _line(row: Row) -> str:
    peer = ("not installed", "") if row.peer is None else (_ms(row.peer), f"{row.few / row.peer:.2f}")
    cells = (
        str(row.guests),
        str(row.samples),
        _ms(row.full),
        _ms(row.virsh),
        f"{row.full / row.virsh:.2f}",
        _ms(row.few),
        *peer,
        _ms(row.cpu),
        f"{row.resident / 1e6:.0f} MB",
    )
    return f"| {' | '.join(cells)} |\n"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _machine(shortcomings: list[str]) -> str:
    memory = psutil.virtual_memory().total / GIB
    load = os.getloadavg()[0]
    parts = [
        f"{os.cpu_count()} cores",
        f"{memory:.0f} GiB",
        f"load average {load:.0f} at the end",
        *shortcomings,
    ]
    return "; ".join(parts)
