"""`python -m bench.restart`: how long the forecaster takes to first outlooks, to all history, to restart.

A real back end with N series of VMs' CPU use, and the forecaster as a process. The figures go to
forecaster/BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

import requests

from bench.processes import SELDOM, cpu, forecaster, history, memory, until, value
from bench.stores import BACKENDS

OTHERS = ("vm_memory", "vm_filesystem", "vm_disk_allocation", "host_cpu", "host_memory", "pool")


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        run = Path(folder)
        store = flags.data or run / "data"
        (run / "virtcast.yml").write_text(configuration(flags.days, series=flags.series))
        with BACKENDS[flags.backend](run, store, flags.series, flags.days) as url:
            measured = _measured(run, url)
    about = {"backend": flags.backend, "series": flags.series, "days": flags.days}
    sys.stdout.write(f"{json.dumps({**about, **measured}, indent=1)}\n")
    return 0


def configuration(days: int, more: str = "", series: int = 0) -> str:
    """Of a forecaster of VMs' CPU use alone, with room for so many series, or for the usual number."""
    room = f"  vm_cpu: {{max_series: {series}}}\n" if series else ""
    off = "".join(f"  {name}: {{enabled: false}}\n" for name in OTHERS)
    return f"{more}settle: 15s\nlookback: {days}d\nresources:\n{room}{off}"


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.restart", description=__doc__)
    made.add_argument("--backend", choices=BACKENDS, default="victoria-metrics")
    made.add_argument("--series", type=int, default=10_000)
    made.add_argument("--days", type=int, default=28)
    made.add_argument(
        "--data",
        type=Path,
        help="folder of the back end, filled if it is not there, and kept (for some hours)",
    )
    return made


def _measured(run: Path, url: str) -> dict[str, float]:
    found: dict[str, float] = {}
    with forecaster(run, url) as (process, address):
        page = f"{address}/metrics"
        begun = time.monotonic()
        until(process, lambda: value(page, "virtcast_last_success_timestamp_seconds") > 0)
        found["first_outlooks_s"] = time.monotonic() - begun
        found["first_outlooks_cpu_s"] = cpu(process)
        found["rss_first_mib"] = memory(process, "VmHWM")
        until(process, lambda: history(address) == 1, SELDOM)
        found["whole_history_s"] = time.monotonic() - begun
        found["whole_history_cpu_s"] = cpu(process)
        found["rss_peak_mib"] = memory(process, "VmHWM")
        cycles = value(page, 'virtcast_cycle_runs_total{result="success"}')
        until(process, lambda: value(page, 'virtcast_cycle_runs_total{result="success"}') > cycles, SELDOM)
        found["page_s"], found["page_mb"], found["samples_per_series"] = _page(page)
        found["cycle_s"] = value(page, "virtcast_cycle_duration_seconds")
        found["rss_mib"] = memory(process, "VmRSS")
        begun = time.monotonic()
        process.terminate()
        process.wait(600)
        found["stop_and_save_s"] = time.monotonic() - begun
    found["state_mb"] = sum(each.stat().st_size for each in (run / "state").iterdir()) / 1e6
    with forecaster(run, url) as (process, address):
        page = f"{address}/metrics"
        begun = time.monotonic()
        until(process, lambda: value(page, "virtcast_last_success_timestamp_seconds") > 0)
        found["restart_s"] = time.monotonic() - begun
        found["rss_restart_mib"] = memory(process, "VmHWM")
    return {name: round(each, 2) for name, each in found.items()}


def _page(page: str) -> tuple[float, float, float]:
    """Seconds of a page, its MB, and its samples for each series."""
    begun = time.monotonic()
    text = requests.get(page, timeout=120).text
    took, of_series = time.monotonic() - begun, re.findall(r"^virtcast_\w+\{\S*domain=", text, re.MULTILINE)
    names = set(re.findall(r'domain="(\w+)"', text))
    return took, len(text) / 1e6, len(of_series) / max(1, len(names))


if __name__ == "__main__":
    sys.exit(main())
