"""How long a Prometheus with months of a fleet takes for what each dashboard asks.

    make bench-dashboards                   # or: VMS=100 DAYS=30 make bench-dashboards

A row a page, as Markdown: requests of panels, marks and variables; their time in sum, and the slowest, for
each time range. Each is asked three times, one after the other; the median counts. `--data` keeps samples.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from dashboards import VALUES
from fleet_history import DASHBOARDS, prometheus, write_fleet
from fleet_series import DAY, HOUR
from front_end import Time, chosen, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from front_end import Asked

REPEATS = 3
RANGES = {"6 h": 6 * HOUR, "30 d": 30 * DAY, "90 d": 90 * DAY}
FLEET = {**VALUES, "$instance": ".*", "$pool": "default"}
# One host, one VM.
OF_ONE = {"virtcast-host": {"$instance": "host-00"}, "virtcast-vm": {"$domain": "vm-000"}}


def took(url: str, session: requests.Session, asked: Asked) -> float:
    """Seconds, the median of a few."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        asked.answer(url, session)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def times(url: str, path: Path, end: int, span: int) -> list[tuple[float, str]]:
    """Seconds and panel of each request, the slowest first."""
    values = {**FLEET, **OF_ONE.get(path.stem, {})}
    with requests.Session() as session:
        page = json.loads(path.read_text())
        moment = Time(end, span)
        asked = opened(page, chosen(url, session, page, values, moment), moment)
        rows = [(took(url, session, each), each.whose) for each in asked]
    return sorted(rows, reverse=True)


def table(url: str, end: int, slowest: int) -> Iterator[str]:
    yield f"| page | requests | {' | '.join(f'sum, {each} | slowest, {each}' for each in RANGES)} |"
    yield "|---|" + "---|" * (1 + 2 * len(RANGES))
    for path in sorted(DASHBOARDS.glob("*.json")):
        found = [times(url, path, end, span) for span in RANGES.values()]
        cells = [f"{sum(row[0] for row in rows):.2f} s | {_said(rows[:slowest])}" for rows in found]
        title = json.loads(path.read_text())["title"].removeprefix("virtcast / ")
        yield f"| {title} | {len(found[0])} | {' | '.join(cells)} |"


def _said(rows: list[tuple[float, str]]) -> str:
    return ", ".join(f"{each:.2f} s ({whose})" for each, whose in rows)


@contextmanager
def filled(folder: Path, vms: int, hosts: int, days: int) -> Iterator[tuple[str, int]]:
    """The address of a Prometheus with a fleet, and the time of its newest samples."""
    known = folder / "end"
    with prometheus(folder) as url:
        if not known.exists():
            begun, end = time.monotonic(), int(time.time()) // 60 * 60
            written = write_fleet(url, vms, hosts, end, days)
            known.write_text(str(end))
            sys.stderr.write(f"{written / 1e6:.0f} million samples in {time.monotonic() - begun:.0f} s\n")
        yield url, int(known.read_text())


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
        with filled(folder, given.vms, given.hosts, given.days) as (url, end):
            for line in table(url, end, given.slowest):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
