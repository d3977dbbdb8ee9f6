"""`python -m bench.restart`: how long the forecaster takes to first outlooks, to all history, to restart.

A real back end with N series of VMs' CPU use, and the forecaster as a process. The figures go to
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

    from numpy.typing import NDArray

STEP, BLOCK, DAY = 300, 7_200, 86_400
SHAPES = 64  # different series; the others are copies under other names
METRIC = "vm:cpu_utilization:ratio"
OTHERS = ("vm_memory", "vm_filesystem", "vm_disk_allocation", "host_cpu", "host_memory", "pool")
READY_SECONDS = 4 * 3600  # that anything may take
OFTEN, SCRAPED = 0.5, 15.0  # seconds between two looks: to time what takes seconds, and as a scraper looks


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        run = Path(folder)
        (run / "virtcast.yml").write_text(
            f"settle: 15s\nlookback: {flags.days}d\nresources:\n"
            + "".join(f"  {name}: {{enabled: false}}\n" for name in OTHERS)
        )
        with BACKENDS[flags.backend](run, flags.series, flags.days) as url:
            measured = _measured(run, url)
    about = {"backend": flags.backend, "series": flags.series, "days": flags.days}
    text = json.dumps({**about, **measured}, indent=1)
    sys.stdout.write(f"{text}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.restart", description=__doc__)
    made.add_argument("--backend", choices=BACKENDS, default="victoria-metrics")
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
        _until(process, lambda: _value(page, "virtcast_history_read_ratio") == 1, SCRAPED)
        found["whole_history_s"] = time.monotonic() - begun
        found["rss_peak_mib"] = _memory(process, "VmHWM")
        cycles = _value(page, 'virtcast_cycle_runs_total{result="success"}')
        _until(process, lambda: _value(page, 'virtcast_cycle_runs_total{result="success"}') > cycles, SCRAPED)
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
def _victoria_metrics(run: Path, series: int, days: int) -> Iterator[str]:
    address = f"127.0.0.1:{_port()}"
    options = {"storageDataPath": run / "data", "retentionPeriod": "100y", "httpListenAddr": address}
    with _running(run, "victoria-metrics", options, address) as url:
        _import(url, series, days)
        yield url


@contextlib.contextmanager
def _prometheus(run: Path, series: int, days: int) -> Iterator[str]:
    _create_blocks(run, series, days)
    address = f"127.0.0.1:{_port()}"
    (run / "prometheus.yml").write_text("{}")
    options = {
        "config.file": run / "prometheus.yml",
        "storage.tsdb.path": run / "data",
        "storage.tsdb.retention.time": "100y",
        "web.listen-address": address,
    }
    with _running(run, "prometheus", options, address) as url:
        yield url


BACKENDS = {"victoria-metrics": _victoria_metrics, "prometheus": _prometheus}


@contextlib.contextmanager
def _running(run: Path, program: str, options: dict[str, Any], address: str) -> Iterator[str]:
    flags = [f"--{name}={value}" for name, value in options.items()]
    with (run / f"{program}.log").open("wb") as log:
        process = subprocess.Popen([program, *flags], stdout=log, stderr=log)
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


def _samples(days: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times, and a daily wave with noise for each shape; to four hours beyond now, so that cycles find
    samples.
    """
    rng, now = np.random.default_rng(11), int(time.time())
    at = np.arange((now - days * DAY) // STEP * STEP, now + 4 * 3600, STEP)
    waves = 0.4 + 0.2 * np.sin(2 * np.pi * (at[None, :] / DAY + rng.random((SHAPES, 1))))
    return at, waves + rng.normal(0, 0.02, waves.shape)


def _labels(number: int) -> dict[str, str]:
    return {"provider": "libvirt", "instance": f"h{number // 50}", "domain": f"vm{number}"}


def _import(url: str, series: int, days: int) -> None:
    at, shapes = _samples(days)
    stamps, values = json.dumps((at * 1000).tolist()), [json.dumps(row.tolist()) for row in shapes]
    for number in range(series):
        labels = json.dumps({"__name__": METRIC, **_labels(number)})
        line = f'{{"metric":{labels},"values":{values[number % SHAPES]},"timestamps":{stamps}}}'
        requests.post(f"{url}/api/v1/import", data=line.encode(), timeout=60).raise_for_status()
    requests.get(f"{url}/internal/force_flush", timeout=60)


def _create_blocks(run: Path, series: int, days: int) -> None:
    """Two hours at once, which make a block: promtool reads its file again for each."""
    at, shapes = _samples(days)
    heads = [
        f"{METRIC}{{{','.join(f'{name}={json.dumps(value)}' for name, value in _labels(number).items())}}}"
        for number in range(series)
    ]
    text, command = run / "samples.om", ["promtool", "tsdb", "create-blocks-from", "openmetrics"]
    for block in range(int(at[0]) // BLOCK, int(at[-1]) // BLOCK + 1):
        chosen = np.flatnonzero(at // BLOCK == block)
        with text.open("w") as file:
            file.write(f"# TYPE {METRIC} gauge\n")
            for number, head in enumerate(heads):
                row = shapes[number % SHAPES, chosen].tolist()
                file.writelines(
                    f"{head} {value} {when}\n" for value, when in zip(row, at[chosen].tolist(), strict=True)
                )
            file.write("# EOF\n")
        subprocess.run([*command, text, run / "data"], check=True, stdout=subprocess.DEVNULL)
    text.unlink()


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


def _until(process: subprocess.Popen[Any], holds: Callable[[], bool], pause: float = OFTEN) -> None:
    end = time.monotonic() + READY_SECONDS
    while not holds():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("a program ended, or nothing came of it")
        time.sleep(pause)


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
