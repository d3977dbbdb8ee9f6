"""How long a Prometheus with months of a fleet takes for what each dashboard asks.

    make bench-dashboards                   # or: VMS=100 DAYS=30 make bench-dashboards

A row a page, as Markdown: panels, marks and variables; their time in sum and that of the slowest, for each
time range: seconds until the answers were there, one request after the other, and in brackets processor time
of Prometheus. Each is asked three times. Below the table: whose processor time is over the bounds. `--data`
keeps the samples.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from fleet_history import DASHBOARDS, FLEET, OF_ONE_PAGE, filled, spent
from fleet_series import DAY, HOUR
from front_end import Time, chosen, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from backends import Program
    from front_end import Asked

REPEATS = 3
RANGES = {"6 h": 6 * HOUR, "30 d": 30 * DAY, "90 d": 90 * DAY}


# Most seconds of processor time: of one panel, by time range; of the home page in sum.
OF_A_PANEL = {"30 d": 0.5, "90 d": 1.0}
HOME, OF_HOME = "virtcast-fleet", ("30 d", 1.0)


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


def times(prometheus: Program, path: Path, moment: Time) -> list[Took]:
    """Of all that a page asks for."""
    values = {**FLEET, **OF_ONE_PAGE.get(path.stem, {})}
    with requests.Session() as session:
        page = json.loads(path.read_text())
        asked = opened(page, chosen(prometheus.url, session, page, values, moment), moment)
        each = [took(prometheus, session, request) for request in asked]
    return [
        Took(sum(one.processor for one in mine), sum(one.wall for one in mine), whose)
        for whose in dict.fromkeys(one.whose for one in each)
        if (mine := [one for one in each if one.whose == whose])
    ]


def over(name: str, found: Mapping[str, list[Took]]) -> Iterator[str]:
    """What takes longer than it may."""
    for span, most in OF_A_PANEL.items():
        yield from (f"{name}, {span}: {row.whose}" for row in found[span] if row.processor > most)
    span, most = OF_HOME
    if name == HOME and sum(row.processor for row in found[span]) > most:
        yield f"{name}, {span}: in sum"


def table(prometheus: Program, end: int, slowest: int, missed: list[str]) -> Iterator[str]:
    heads = " | ".join(f"{each}: sum | slowest" for each in RANGES)
    yield f"| page | panels, marks, variables | {heads} |"
    yield "|---|" + "---|" * (1 + 2 * len(RANGES))
    for path in sorted(DASHBOARDS.glob("*.json")):
        found = {name: times(prometheus, path, Time(end, span)) for name, span in RANGES.items()}
        missed += over(path.stem, found)
        each = found.values()
        cells = [f"{_sum(rows)} | {_said(sorted(rows, reverse=True)[:slowest])}" for rows in each]
        title = json.loads(path.read_text())["title"].removeprefix("virtcast / ")
        yield f"| {title} | {len(next(iter(each)))} | {' | '.join(cells)} |"


def _sum(rows: list[Took]) -> str:
    return f"{sum(row.wall for row in rows):.2f} s ({sum(row.processor for row in rows):.2f} s)"


def _said(rows: list[Took]) -> str:
    return ", ".join(f"{row.wall:.2f} s ({row.processor:.2f} s) {row.whose}" for row in rows)


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
            missed: list[str] = []
            for line in table(program, end, given.slowest, missed):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    sys.stdout.write(f"\nOver the bounds: {'; '.join(missed) or 'nothing'}\n")


if __name__ == "__main__":
    main()
