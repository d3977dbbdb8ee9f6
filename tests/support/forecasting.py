"""Forecasters that run as processes on a clock of two seconds, and the series they forecast."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import requests

from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# Seconds. A day of four minutes has the state saved every ten seconds; the history begins within the
# look-back of every start, so that all of them read the same.
STEP, PAST, AHEAD = 2, 1200, 600
ONLY = ("vm_cpu", "vm_memory")
OFF = ("vm_filesystem", "vm_disk_allocation", "host_cpu", "host_memory", "pool")
METRICS = ("vm:cpu_utilization:ratio", "vm:memory_utilization:ratio")
ADVICE = "(?:recommended|efficiency|runway|cost|pattern|issue)_"
VMS = 5
SECONDS = 60  # that anything may take


def samples(now: int | None = None, *, joining: range = range(0), at: int = 0) -> str:
    """OpenMetrics text: waves of five VMs, from some minutes before now to some after it; those of the VMs
    that are `joining` begin `at` that time.
    """
    rng, now = np.random.default_rng(5), now or int(time.time())
    begins = dict.fromkeys(range(VMS), now - PAST) | dict.fromkeys(joining, at)
    noise = {
        (metric, vm): rng.normal(0, 0.01, (now + AHEAD - begun) // STEP + 1)
        for vm, begun in begins.items()
        for metric in METRICS
    }
    lines = []
    for metric in METRICS:
        lines.append(f"# TYPE {metric} gauge")
        for vm, begun in begins.items():
            labels = f'{{instance="h1",domain="vm{vm}",provider="libvirt"}}'
            times = range(begun // STEP * STEP, now + AHEAD, STEP)
            for when, its in zip(times, noise[metric, vm], strict=False):
                value = 0.4 + 0.1 * math.sin(2 * math.pi * when / 240 + vm) + its
                lines.append(f"{metric}{labels} {value:.6f} {when}")
    return "\n".join((*lines, "# EOF", ""))


class Forecaster:
    """One that runs as a process."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log
        self._session = requests.Session()  # a page of a new one takes longer to ask for than to answer
        self._session.trust_env = False

    def close(self) -> None:
        """Close the connection to it."""
        self._session.close()

    def page(self) -> str:
        try:
            return self._session.get(f"{self.url}/metrics", timeout=SECONDS).text
        except requests.ConnectionError:
            return ""

    def value(self, sample: str) -> float:
        """NaN where the page does not have the sample."""
        found = re.search(rf"^{re.escape(sample)} (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else math.nan

    def last_success(self) -> float:
        """When either resource was read last, in Unix seconds."""
        sample = "virtcast_resource_last_success_timestamp_seconds"
        return max(self.value(f'{sample}{{resource="{name}"}}') for name in ONLY)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"{what}\n{self.log.read_text()}"
            time.sleep(0.1)

    def until_ready(self) -> None:
        self.until(lambda: self.value("virtcast_last_success_timestamp_seconds") > 0, "a whole cycle")
        read = [f'virtcast_history_read_ratio{{resource="{name}"}}' for name in ONLY]
        self.until(lambda: all(self.value(each) == 1 for each in read), "the whole history")

    def outlooks(self) -> dict[float, dict[str, float]]:
        """What is forecast of series, by the instant that it is of; both resources must be at the same.

        Advice is left out: the past that it is made from is read row by row, over many cycles.
        """
        page = self.page()
        read = r"^virtcast_resource_last_success_timestamp_seconds\S+ (\S+)$"
        instants = set(re.findall(read, page, re.MULTILINE))
        said = re.findall(rf"^(virtcast_(?!{ADVICE})\w+\{{\S*domain=\S+) (\S+)$", page, re.MULTILINE)
        return {float(instants.pop()): {k: float(v) for k, v in said}} if len(instants) == 1 else {}


@contextmanager
def running(
    url: str,
    folder: Path,
    *flags: str,
    more: str = "",
    room: int = 20_000,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Forecaster]:
    """A forecaster of the back end at `url`; `more` are lines of its configuration, each resource has `room`
    for so many series, `environment` is beside that of the tests.
    """
    (folder / "virtcast.yml").write_text(
        f"{more}step: 2s\nday: 4m\nlookback: 30m\nresources:\n"
        + "".join(f"  {name}: {{horizons: [1m, 5m], max_series: {room}}}\n" for name in ONLY)
        + "".join(f"  {name}: {{enabled: false}}\n" for name in OFF)
    )
    address, log = f"127.0.0.1:{free_port()}", folder / f"forecaster-{time.monotonic_ns()}.log"
    given = [f"--config.file={folder / 'virtcast.yml'}", f"--prometheus.url={url}"]
    command = [sys.executable, "-m", "forecaster.cli", *given, f"--web.listen-address={address}", *flags]
    with log.open("wb") as output:
        its = {**os.environ, **(environment or {})}
        process = subprocess.Popen(command, stdout=output, stderr=output, env=its)
    forecaster = Forecaster(process, f"http://{address}", log)
    try:
        yield forecaster
    finally:
        forecaster.close()
        process.kill()
        process.wait(20)


def same_outlook(one: Forecaster, other: Forecaster) -> None:
    """Both say the same at the next instant at which both can be asked."""
    mine: dict[float, Any] = {}
    theirs: dict[float, Any] = {}

    def met() -> bool:
        mine.update(one.outlooks())
        theirs.update(other.outlooks())
        return bool(mine.keys() & theirs.keys())

    one.until(met, "both at the same instant")
    at = max(mine.keys() & theirs.keys())
    assert len(mine[at]) > 10 * 2 * 5 - 20
    differ = {key: (mine[at].get(key), theirs[at].get(key)) for key in mine[at].keys() | theirs[at].keys()}
    assert not {key: pair for key, pair in differ.items() if pair[0] != pair[1]}, at
