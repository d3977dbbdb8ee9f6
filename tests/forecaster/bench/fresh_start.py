"""How long a fresh forecaster takes to its forecasts: a real Prometheus is filled with history, the program
is started beside it, and its own /metrics are asked until every series has a forecast.

    tests/forecaster/bench/fresh_start.py --vms 10 --days 28 --json result.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import requests
from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
sys.path.insert(0, str(Path(__file__).parents[3] / "deploy"))
from backends import Program
from forecaster.config.resources import RESOURCES
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.config.resource import Resource

DAY = 86_400
PATIENCE = 600  # seconds
LOOKS = 0.05  # seconds between two looks
FORECAST = "virtcast_forecast_value"


def write_day(file: IO[str], vms: int, times: NDArray[np.int64], seed: int) -> None:
    """OpenMetrics text: a series of every resource for each VM, with a sample at each of these times."""
    rng = np.random.default_rng(seed)
    for resource in RESOURCES:
        file.write(f"# TYPE {resource.query} gauge\n")
        for vm in range(vms):
            labels = _labels(resource, vm)
            wave = 0.15 * np.sin(2 * np.pi * (times / DAY + vm / vms))
            values = np.clip(0.4 + wave + rng.normal(0, 0.02, len(times)), 0, 1)
            for at, value in zip(times.tolist(), values.tolist(), strict=True):
                file.write(f"{resource.query}{{{labels}}} {value:.4f} {at}\n")
    file.write("# EOF\n")


def fill(folder: Path, vms: int, days: int, interval: int) -> int:
    """Blocks of so many days up to now, a sample of each series every `interval` seconds; how many samples.

    A day at once: promtool reads its file again for each block of two hours.
    """
    end = int(time.time()) // interval * interval
    text = folder / "samples.om"
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data")]
    for day in range(days):
        with text.open("w") as file:
            begin = end - (days - day) * DAY
            write_day(file, vms, np.arange(begin + interval, begin + DAY + 1, interval), day)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return vms * len(RESOURCES) * days * DAY // interval


def _labels(resource: Resource, number: int) -> str:
    """A VM, or a host, with the part that a resource's series are of."""
    of_vm = resource.display.owner == "vm"
    labels = {"instance": f"host{0 if of_vm else number}"}
    if of_vm:
        labels["domain"] = f"vm{number}"
    if resource.display.part:
        labels[resource.display.part] = "one"
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


@contextmanager
def prometheus(folder: Path, vms: int, days: int, interval: int) -> Iterator[tuple[Program, int]]:
    """A real one with history, and how many samples it has."""
    samples, port = fill(folder, vms, days, interval), free_port()
    (folder / "prometheus.yml").write_text("global: {}\n")
    options = {"config.file": str(folder / "prometheus.yml"), "storage.tsdb.path": str(folder / "data")}
    options |= {"storage.tsdb.retention.time": "10y", "web.listen-address": f"127.0.0.1:{port}"}
    command = ["prometheus", *(f"--{name}={value}" for name, value in options.items())]
    program = Program(command, port, folder / "log")
    program.start()
    try:
        yield program, samples
    finally:
        program.stop()


def started(url: str, wanted: int) -> dict[str, float]:
    """Seconds from the start of the program to its first forecast and to the forecasts of all series; its CPU
    time and most memory until then.
    """
    address = f"127.0.0.1:{free_port()}"
    own = [str(Path(sys.executable).with_name("virtcast-forecaster")), "serve"]
    command = [*own, f"--prometheus.url={url}", f"--web.listen-address={address}", "--log.level=warn"]
    begin, found = time.monotonic(), dict[str, float]()
    process = subprocess.Popen(command)
    try:
        while "seconds_to_all" not in found:
            passed = time.monotonic() - begin
            if process.poll() is not None or passed > PATIENCE:
                raise RuntimeError(f"not all forecasts after {passed:.0f} s")
            known = _forecast(f"http://{address}/metrics")
            if known:
                found.setdefault("seconds_to_first", time.monotonic() - begin)
            if known >= wanted:
                found["seconds_to_all"] = time.monotonic() - begin
            time.sleep(LOOKS)
        found |= _used(process.pid)
    finally:
        process.terminate()
        process.wait(30)
    return found


def _forecast(url: str) -> int:
    """How many series have a forecast, of any horizon that is published."""
    try:
        text = requests.get(url, timeout=10).text
    except requests.RequestException:
        return 0
    medians = [
        sample.labels
        for family in text_string_to_metric_families(text)
        if family.name == FORECAST
        for sample in family.samples
        if sample.labels["quantile"] == "0.5"
    ]
    return len({tuple(sorted((labels | {"horizon": ""}).items())) for labels in medians})


def _used(pid: int) -> dict[str, float]:
    """CPU seconds and peak MiB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    ticks = os.sysconf("SC_CLK_TCK")
    return {
        "cpu_seconds": (int(fields[11]) + int(fields[12])) / ticks,
        "peak_mib": int(status["VmHWM"].split()[0]) / 1024,
    }


def main() -> None:
    """Measure; the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vms", type=int, default=10)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--interval", type=int, default=60, help="seconds between two samples")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, required=True)
    flags = parser.parse_args()
    wanted = flags.vms * len(RESOURCES)
    with (
        tempfile.TemporaryDirectory() as folder,
        prometheus(Path(folder), flags.vms, flags.days, flags.interval) as (program, samples),
    ):
        runs = [started(program.url, wanted) for _ in range(flags.runs)]
    runs.sort(key=lambda each: each["seconds_to_all"])
    about = {"series": wanted, "samples": samples, "days": flags.days, "runs": flags.runs}
    flags.json.write_text(json.dumps({**about, **runs[len(runs) // 2]}, indent=1))


if __name__ == "__main__":
    main()
