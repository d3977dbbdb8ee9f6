"""Many people with a dashboard open, beside a forecaster: how long they wait, whether its cycles are late.

    make bench-viewers                      # or: VIEWERS=20 SECONDS_EACH=60 make bench-viewers

Each viewer has one of the pages open and asks everything on it at each refresh. The forecaster reads the same
Prometheus, with a step of a minute, so that several cycles take place meanwhile. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from bench.processes import SELDOM, cpu, forecaster, history, until, value
from fleet_history import DASHBOARDS, FLEET, OF_ONE_PAGE, filled, spent, write_now
from fleet_series import HOUR
from front_end import Time, chosen, opened

if TYPE_CHECKING:
    import subprocess

    from backends import Program
    from front_end import Asked

CONFIGURATION = "step: 60s\nsettle: 15s\nlookback: 1d\n"
AHEAD = 1200  # seconds of samples beyond now, so that cycles find some
OPEN = 6 * HOUR  # the time range of pages


@dataclass
class Seen:
    """What viewers saw, shared by their threads."""

    waits: list[float] = field(default_factory=list)
    refused: int = 0
    late: int = 0  # refreshes that took longer than the time to the next
    lock: threading.Lock = field(default_factory=threading.Lock)


def view(prometheus: Program, page: Path, seen: Seen, refresh: float, times: tuple[float, float]) -> None:
    """Open the page at the first of these times, and again at each refresh until the second one."""
    shown, values = json.loads(page.read_text()), {**FLEET, **OF_ONE_PAGE.get(page.stem, {})}
    due, end = times
    with requests.Session() as session:
        while due < end:
            time.sleep(max(0.0, due - time.monotonic()))
            moment = Time(int(time.time()), OPEN)
            asked = list(opened(shown, chosen(prometheus.url, session, shown, values, moment), moment))
            waits = [_waited(prometheus, session, each, seen) for each in asked]
            due += refresh
            with seen.lock:
                seen.waits += waits
                seen.late += time.monotonic() > due


def _waited(prometheus: Program, session: requests.Session, asked: Asked, seen: Seen) -> float:
    begun = time.monotonic()
    try:
        asked.ask(prometheus.url, session)
    except AssertionError:
        with seen.lock:
            seen.refused += 1
    return time.monotonic() - begun


def watch(prometheus: Program, viewers: int, seconds: float, refresh: float) -> Seen:
    """The viewers begin one after the other within the first refresh."""
    pages, seen, now = sorted(DASHBOARDS.glob("*.json")), Seen(), time.monotonic()
    threads = [
        threading.Thread(
            target=view,
            args=(prometheus, pages[number % len(pages)], seen, refresh),
            kwargs={"times": (now + refresh * number / viewers, now + seconds)},
        )
        for number in range(viewers)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return seen


def measured(
    prometheus: Program, process: subprocess.Popen[bytes], address: str, given: argparse.Namespace
) -> dict[str, object]:
    page = f"{address}/metrics"
    cycles, overruns = 'virtcast_cycle_runs_total{result="success"}', "virtcast_cycle_overruns_total"
    begun, late, ran = cpu(process), value(page, overruns), value(page, cycles)
    asked = spent(prometheus)
    seen = watch(prometheus, given.viewers, given.seconds, given.refresh)
    cuts = statistics.quantiles(seen.waits, n=100)
    return {
        "viewers": given.viewers,
        "seconds": given.seconds,
        "requests": len(seen.waits),
        "refused": seen.refused,
        "late_refreshes": seen.late,
        "wait_s": {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)},
        "cores_of_prometheus": round((spent(prometheus) - asked) / given.seconds, 2),
        "cores_of_the_forecaster": round((cpu(process) - begun) / given.seconds, 2),
        "cycles": value(page, cycles) - ran,
        "late_cycles": value(page, overruns) - late,
        "cycle_s": value(page, "virtcast_cycle_duration_seconds"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = {"viewers": 50, "seconds": 300, "refresh": 30, "vms": 500, "hosts": 20, "days": 2}
    for name, number in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--data", type=Path, help="a folder, filled if it is empty, and kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-viewers-") as passing:
        run, folder = Path(passing), given.data or Path(passing) / "prometheus"
        folder.mkdir(parents=True, exist_ok=True)
        (run / "virtcast.yml").write_text(CONFIGURATION)
        with filled(folder, given.vms, given.hosts, given.days) as (prometheus, end):
            ahead = int(time.time()) + given.seconds + AHEAD
            write_now(prometheus.url, given.vms, given.hosts, end, ahead)
            (folder / "end").write_text(str(ahead))
            with forecaster(run, prometheus.url) as (process, address):
                until(process, lambda: history(address) == 1, SELDOM)
                found = measured(prometheus, process, address, given)
    sys.stdout.write(f"{json.dumps(found, indent=1)}\n")


if __name__ == "__main__":
    main()
