"""How long a Prometheus with months of a fleet takes for what each dashboard asks.

    make bench-dashboards                   # or: VMS=100 DAYS=30 make bench-dashboards

A row a page, as Markdown: panels, marks and variables; their time in sum and that of the slowest, for each
time range: seconds of processor time of Prometheus, and in brackets until the answers were there, one request
after the other. Each is asked three times. `--data` keeps the samples.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import requests

from dashboards import VALUES
from fleet_history import DASHBOARDS, prometheus, write_fleet
from fleet_series import DAY, HOUR
from front_end import Time, chosen, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backends import Program
    from front_end import Asked

REPEATS = 3
RANGES = {"6 h": 6 * HOUR, "30 d": 30 * DAY, "90 d": 90 * DAY}
FLEET = {**VALUES, "$instance": ".*", "$pool": "default"}
# One host, one VM.
OF_ONE = {"virtcast-host": {"$instance": "host-00"}, "virtcast-vm": {"$domain": "vm-000"}}


@dataclass(frozen=True, order=True)
class Took:
    """Seconds of the requests of a panel, mark or variable in sum: processor time, and until answered."""

    processor: float
    wall: float
    whose: str


def took(prometheus: Program, session: requests.Session, asked: Asked) -> Took:
    """The mean processor time of a few, which the kernel counts in steps of 10 ms; the shortest wait."""
    waits = []
    before = spent(prometheus)
    for _ in range(REPEATS):
        begun = time.perf_counter()
        asked.ask(prometheus.url, session)
        waits.append(time.perf_counter() - begun)
    return Took((spent(prometheus) - before) / REPEATS, min(waits), asked.whose)


def spent(prometheus: Program) -> float:
    """Seconds of processor time so far."""
    times = psutil.Process(prometheus.process.pid).cpu_times()
    return float(times.user + times.system)


def times(prometheus: Program, path: Path, moment: Time) -> list[Took]:
    """Of all that a page asks for."""
    values = {**FLEET, **OF_ONE.get(path.stem, {})}
    with requests.Session() as session:
        page = json.loads(path.read_text())
        asked = opened(page, chosen(prometheus.url, session, page, values, moment), moment)
        each = [took(prometheus, session, request) for request in asked]
    return [
        Took(sum(one.processor for one in mine), sum(one.wall for one in mine), whose)
        for whose in dict.fromkeys(one.whose for one in each)
        if (mine := [one for one in each if one.whose == whose])
    ]


def table(prometheus: Program, end: int, slowest: int) -> Iterator[str]:
    heads = " | ".join(f"{each}: sum | slowest" for each in RANGES)
    yield f"| page | panels, marks, variables | {heads} |"
    yield "|---|" + "---|" * (1 + 2 * len(RANGES))
    for path in sorted(DASHBOARDS.glob("*.json")):
        found = [times(prometheus, path, Time(end, span)) for span in RANGES.values()]
        cells = [f"{_sum(rows)} | {_said(sorted(rows, reverse=True)[:slowest])}" for rows in found]
        title = json.loads(path.read_text())["title"].removeprefix("virtcast / ")
        yield f"| {title} | {len(found[0])} | {' | '.join(cells)} |"


def _sum(rows: list[Took]) -> str:
    return f"{sum(row.processor for row in rows):.2f} s ({sum(row.wall for row in rows):.2f} s)"


def _said(rows: list[Took]) -> str:
    return ", ".join(f"{row.processor:.2f} s ({row.wall:.2f} s) {row.whose}" for row in rows)


@contextmanager
def filled(folder: Path, vms: int, hosts: int, days: int) -> Iterator[tuple[Program, int]]:
    """A Prometheus with a fleet, and the time of its newest samples."""
    known = folder / "end"
    with prometheus(folder) as program:
        if not known.exists():
            begun, end = time.monotonic(), int(time.time()) // 60 * 60
            written = write_fleet(program.url, vms, hosts, end, days)
            known.write_text(str(end))
            sys.stderr.write(f"{written / 1e6:.0f} million samples in {time.monotonic() - begun:.0f} s\n")
        yield program, int(known.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, number in (("vms", 500), ("hosts", 20), ("days", 90), ("slowest", 1)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--data", type=Path, help="a folder, filled if it is empty, and kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-dashboards-") as passing:
        folder = given.data or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        with filled(folder, given.vms, given.hosts, given.days) as (program, end):
            for line in table(program, end, given.slowest):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
