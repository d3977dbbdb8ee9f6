"""`python -m bench.growth`: ten times the series from one step to the next; what it costs the former ones.

A real VictoriaMetrics and a real forecaster that knows the history of N series; then nine times as many
begin. The figures go to forecaster/BENCHMARKS.md. That forecasts stay what they would have been is asked by
tests/forecaster/serve/test_growth.py.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.backfill import write
from bench.processes import SELDOM, forecaster, history, memory, until, value
from bench.restart import configuration
from bench.stores import AHEAD, BACKENDS, named, samples

if TYPE_CHECKING:
    import subprocess

STEP = 60  # seconds
TIMES = 10
CYCLES = 'virtcast_cycle_runs_total{result="success"}'
NEW = 'virtcast_series_changes_total{resource="vm_cpu",change="new"}'
LAG = 'virtcast_resource_lag_seconds{resource="vm_cpu"}'


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        run = Path(folder)
        (run / "virtcast.yml").write_text(configuration(flags.days, f"step: {STEP}s\n"))
        with (
            BACKENDS["victoria-metrics"](run, run / "data", flags.series, flags.days) as url,
            forecaster(run, url) as (process, address),
        ):
            until(process, lambda: history(address) == 1)
            measured = _grown(process, url, f"{address}/metrics", flags.series)
    sys.stdout.write(f"{json.dumps({'series': flags.series, 'times': TIMES, **measured}, indent=1)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    made.add_argument("--series", type=int, default=1_000, help="that are there (default %(default)s)")
    made.add_argument("--days", type=int, default=3, help="of their history (default %(default)s)")
    return made


def _grown(process: subprocess.Popen[bytes], url: str, page: str, series: int) -> dict[str, float]:
    found = {"rss_before_mib": memory(process, "VmHWM")}
    next_cycle(process, page)
    found |= {
        "cycle_before_s": value(page, "virtcast_cycle_duration_seconds"),
        "lag_before_s": value(page, LAG),
    }
    late = value(page, "virtcast_cycle_overruns_total")
    now = int(time.time()) // STEP * STEP
    at, shapes = np.arange(now, now + AHEAD, STEP), samples(1)[1]
    write(url, named(TIMES * series)[series:], at, shapes[:, : len(at)], len(at))
    begun = time.monotonic()
    cycles: list[float] = []
    lags: list[float] = []
    while value(page, NEW) < (TIMES - 1) * series or len(cycles) < 3:
        next_cycle(process, page)
        cycles.append(value(page, "virtcast_cycle_duration_seconds"))
        lags.append(value(page, LAG))
    found |= {
        "all_known_s": time.monotonic() - begun,
        "longest_cycle_s": max(cycles),
        "longest_lag_s": max(lags),
    }
    found["late_cycles"] = value(page, "virtcast_cycle_overruns_total") - late
    return {name: round(each, 2) for name, each in {**found, "rss_mib": memory(process, "VmHWM")}.items()}


def next_cycle(process: subprocess.Popen[bytes], page: str) -> None:
    """Wait until one more is over."""
    done = value(page, CYCLES)
    until(process, lambda: value(page, CYCLES) > done, SELDOM / 5)


if __name__ == "__main__":
    sys.exit(main())
