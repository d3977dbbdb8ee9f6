"""`python -m bench.restart`: how long the forecaster takes to first outlooks, to all history, to restart.

A real VictoriaMetrics with N series of VMs' CPU use, and the forecaster as a process. The figures go to
forecaster/BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEP, DAY = 300, 86_400
SHAPES = 64  # different series; the others are copies under other names
METRIC = "vm:cpu_utilization:ratio"
OTHERS = ("vm_memory", "vm_filesystem", "vm_disk_allocation", "host_cpu", "host_memory", "pool")
READY_SECONDS = 4 * 3600  # that anything may take


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        run = Path(folder)
        (run / "virtcast.yml").write_text(
            f"settle: 15s\nlookback: {flags.days}d\nresources:\n"
            + "".join(f"  {name}: {{enabled: false}}\n" for name in OTHERS)
        )
        with _backend(run) as url:
            _fill(url, flags.series, flags.days)
            measured = _measured(run, url)
    text = json.dumps({"series": flags.series, "days": flags.days, **measured}, indent=1)
    sys.stdout.write(f"{text}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.restart", description=__doc__)
    made.add_argument("--series", type=int, default=10_000)
    made.add_argument("--days", type=int, default=28)
    return made


def _measured(run: Path, url: str) -> dict[str, float]:
    found: dict[str, float] = {}
    with _forecaster(run, url) as (process, page):
        begun = time.monotonic()
        _until(process, lambda: _value(page, "virtcast_last_success_timestamp_seconds") > 0)
        found["first_outlooks_s"] = time.monotonic() - begun
        found["rss_first_mib"] = _memory(process, "VmHWM")
        _until(process, lambda: _value(page, "virtcast_history_read_ratio") == 1)
        found["whole_history_s"] = time.monotonic() - begun
        found["rss_peak_mib"] = _memory(process, "VmHWM")
        cycles = _value(page, 'virtcast_cycle_runs_total{result="success"}')
        _until(process, lambda: _value(page, 'virtcast_cycle_runs_total{result="success"}') > cycles)
        found["page_s"], found["page_mb"], found["samples_per_series"] = _page(page)
        found["cycle_s"] = _value(page, "virtcast_cycle_duration_seconds")
        found["rss_mib"] = _memory(process, "VmRSS")
        begun = time.monotonic()
        process.terminate()
        process.wait(600)
        found["stop_and_save_s"] = time.monotonic() - begun
    found["state_mb"] = sum(each.stat().st_size for each in (run / "state").iterdir()) / 1e6
    with _forecaster(run, url) as (process, page):
        begun = time.monotonic()
        _until(process, lambda: _value(page, "virtcast_last_success_timestamp_seconds") > 0)
        found["restart_s"] = time.monotonic() - begun
        found["rss_restart_mib"] = _memory(process, "VmHWM")
    return {name: round(value, 2) for name, value in found.items()}


@contextlib.contextmanager
def _backend(run: Path) -> Iterator[str]:
    address = f"127.0.0.1:{_port()}"
    command = ["victoria-metrics", f"-storageDataPath={run / 'data'}", "-retentionPeriod=100y"]
    with (run / "victoria-metrics.log").open("wb") as log:
        process = subprocess.Popen([*command, f"-httpListenAddr={address}"], stdout=log, stderr=log)
    try:
        _until(process, lambda: _text(f"http://{address}/-/ready") is not None)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def _forecaster(run: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    address = f"127.0.0.1:{_port()}"
    given = {
        "config.file": run / "virtcast.yml",
        "prometheus.url": url,
        "state.dir": run / "state",
        "web.listen-address": address,
    }
    command = [
        sys.executable,
        "-m",
        "forecaster.cli",
        *(f"--{name}={value}" for name, value in given.items()),
    ]
    with (run / "forecaster.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process, f"http://{address}/metrics"
    finally:
        process.kill()
        process.wait(60)
        sys.stderr.write((run / "forecaster.log").read_text()[-4000:])


def _fill(url: str, series: int, days: int) -> None:
    """A daily wave with noise, each shape of its own; an hour beyond now, so that cycles find samples."""
    rng, now = np.random.default_rng(11), int(time.time())
    at = np.arange((now - days * DAY) // STEP * STEP, now + 4 * 3600, STEP)
    stamps = json.dumps((at * 1000).tolist())
    waves = 0.4 + 0.2 * np.sin(2 * np.pi * (at[None, :] / DAY + rng.random((SHAPES, 1))))
    values = [json.dumps(row.round(5).tolist()) for row in waves + rng.normal(0, 0.02, waves.shape)]
    for number in range(series):
        labels = {
            "__name__": METRIC,
            "provider": "libvirt",
            "instance": f"h{number // 50}",
            "domain": f"vm{number}",
        }
        line = f'{{"metric":{json.dumps(labels)},"values":{values[number % SHAPES]},"timestamps":{stamps}}}'
        requests.post(f"{url}/api/v1/import", data=line.encode(), timeout=60).raise_for_status()
    requests.get(f"{url}/internal/force_flush", timeout=60)


def _page(page: str) -> tuple[float, float, float]:
    """Seconds of a page, its MB, and its samples for each series."""
    begun = time.monotonic()
    text = requests.get(page, timeout=120).text
    took, of_series = time.monotonic() - begun, re.findall(r"^virtcast_\w+\{\S*domain=", text, re.MULTILINE)
    names = set(re.findall(r'domain="(\w+)"', text))
    return took, len(text) / 1e6, len(of_series) / max(1, len(names))


def _value(page: str, name: str) -> float:
    """NaN where the page does not have the sample; the first one of the name."""
    found = re.search(rf"^{re.escape(name)}(?:\{{\S*)? (\S+)$", _text(page) or "", re.MULTILINE)
    return float(found[1]) if found else float("nan")


def _text(address: str) -> str | None:
    try:
        return requests.get(address, timeout=120).text
    except requests.RequestException:
        return None


def _until(process: subprocess.Popen[Any], holds: Callable[[], bool]) -> None:
    end = time.monotonic() + READY_SECONDS
    while not holds():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("a program ended, or nothing came of it")
        time.sleep(0.5)


def _memory(process: subprocess.Popen[bytes], what: str) -> float:
    """MiB."""
    found = re.search(rf"^{what}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main())
