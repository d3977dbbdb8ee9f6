"""`python -m bench.clients`: many readers of the page, the API and /metrics for a minute, beside cycles.

A real VictoriaMetrics and a real forecaster, on loopback only. Each reader asks one page after the other,
waits between, and reads each answer whole. It has an address of its own: of one address, the server lets
requests wait from the sixth in a second on. The figures go to forecaster/BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from bench.processes import SELDOM, cpu, forecaster, history, until, value
from bench.restart import configuration
from bench.stores import BACKENDS, labels

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable

CYCLES = 'virtcast_cycle_runs_total{result="success"}'
STEP = 60  # seconds: some cycles take place within the minute
MOST_CLIENTS, MOST_SECONDS = 200, 600
PAUSE_SECONDS = 1.0  # of a reader, between two answers
SERIES = "".join(f'{name}="{text}",' for name, text in labels(7).items())
ADDRESSES = (
    "/",
    "/metrics",
    "/api/v1/series?limit=100",
    "/api/v1/outlook?limit=100",
    "/api/v1/anomalies",
    "/api/v1/issues",
    "/api/v1/accuracy?limit=100",
    "/api/v1/resources",
)


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        run = Path(folder)
        (run / "virtcast.yml").write_text(configuration(flags.days, f"step: {STEP}s\n"))
        store = flags.data or run / "data"
        with (
            BACKENDS["victoria-metrics"](run, store, flags.series, flags.days) as url,
            forecaster(run, url) as (process, address),
        ):
            until(process, lambda: history(address) == 1)
            cycles = value(f"{address}/metrics", CYCLES)  # one more, so that late ones of the start are told
            until(process, lambda: value(f"{address}/metrics", CYCLES) > cycles, SELDOM)
            measured = _read(process, address, flags.clients, flags.seconds)
    sys.stdout.write(f"{json.dumps({'series': flags.series, **measured}, indent=1)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.clients", description=__doc__)
    made.add_argument("--clients", type=int, choices=range(1, MOST_CLIENTS + 1), default=50, metavar="N")
    made.add_argument("--seconds", type=int, choices=range(1, MOST_SECONDS + 1), default=60, metavar="N")
    made.add_argument("--series", type=int, default=1_000)
    made.add_argument("--days", type=int, default=3)
    made.add_argument("--data", type=Path, help="the back end's folder, filled if it is not there, and kept")
    return made


class _From(HTTPAdapter):
    """Asks from this address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))


def _read(process: subprocess.Popen[bytes], address: str, clients: int, seconds: int) -> dict[str, object]:
    """What the readers saw, and whether a cycle was late meanwhile."""
    took: dict[str, list[float]] = {path: [] for path in ADDRESSES}
    statuses: dict[int, int] = {}
    lock, end = threading.Lock(), time.monotonic() + seconds

    def read(number: int) -> None:
        with requests.Session() as session:
            session.mount("http://", _From(f"127.0.1.{number + 1}"))
            turn = number  # so that not all ask the same
            while time.monotonic() < end:
                path = ADDRESSES[turn % len(ADDRESSES)]
                begun = time.monotonic()
                status = session.get(f"{address}{path}", timeout=60).status_code
                with lock:
                    took[path].append(time.monotonic() - begun)
                    statuses[status] = statuses.get(status, 0) + 1
                turn += 1
                time.sleep(PAUSE_SECONDS)

    page = f"{address}/metrics"
    late, begun = value(page, "virtcast_cycle_overruns_total"), cpu(process)
    threads = [threading.Thread(target=read, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return {
        "clients": clients,
        "seconds": seconds,
        "answers": statuses,
        "p99_s": {"all": _percentile(each for its in took.values() for each in its)}
        | {path: _percentile(its) for path, its in took.items()},
        "cycle_s": value(page, "virtcast_cycle_duration_seconds"),
        "late_cycles": value(page, "virtcast_cycle_overruns_total") - late,
        "cores_of_the_forecaster": round((cpu(process) - begun) / seconds, 2),
    }


def _percentile(seconds: Iterable[float]) -> float:
    """The 99th."""
    return round(statistics.quantiles(seconds, n=100)[98], 3)


if __name__ == "__main__":
    sys.exit(main())
