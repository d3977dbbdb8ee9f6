"""A forecaster that is killed and started again, on a real Prometheus: nothing is lost, little is read."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests

from backends import Program, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Seconds. A day of four minutes has the state saved every ten seconds; the history begins within the
# look-back of every start, so that all of them read the same.
STEP, PAST, AHEAD = 2, 1200, 600
ONLY = ("vm_cpu", "vm_memory")
OFF = ("vm_filesystem", "vm_disk_allocation", "host_cpu", "host_memory", "pool")
METRICS = ("vm:cpu_utilization:ratio", "vm:memory_utilization:ratio")
SECONDS = 60  # that anything may take


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[str], Program]) -> Program:
    rng, now = np.random.default_rng(5), int(time.time())
    lines = []
    for metric in METRICS:
        lines.append(f"# TYPE {metric} gauge")
        for vm in range(5):
            labels = f'{{instance="h1",domain="vm{vm}",provider="libvirt"}}'
            for at in range((now - PAST) // STEP * STEP, now + AHEAD, STEP):
                value = 0.4 + 0.1 * math.sin(2 * math.pi * at / 240 + vm) + rng.normal(0, 0.01)
                lines.append(f"{metric}{labels} {value:.6f} {at}")
    return prometheus_with("\n".join((*lines, "# EOF", "")))


class Forecaster:
    """One that runs as a process."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log

    def page(self) -> str:
        try:
            return requests.get(f"{self.url}/metrics", timeout=5).text
        except requests.ConnectionError:
            return ""

    def value(self, sample: str) -> float:
        """NaN where the page does not have the sample."""
        found = re.search(rf"^{re.escape(sample)} (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else math.nan

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
        """What is said of series, by the instant that it is of; both resources must be at the same."""
        page = self.page()
        read = r"^virtcast_resource_last_success_timestamp_seconds\S+ (\S+)$"
        instants = set(re.findall(read, page, re.MULTILINE))
        said = re.findall(r"^(virtcast_\w+\{\S*domain=\S+) (\S+)$", page, re.MULTILINE)
        return {float(instants.pop()): {k: float(v) for k, v in said}} if len(instants) == 1 else {}


@contextmanager
def running(prometheus: Program, folder: Path, *flags: str) -> Iterator[Forecaster]:
    (folder / "virtcast.yml").write_text(
        "step: 2s\nday: 4m\nlookback: 30m\nresources:\n"
        + "".join(f"  {name}: {{horizons: [1m, 5m]}}\n" for name in ONLY)
        + "".join(f"  {name}: {{enabled: false}}\n" for name in OFF)
    )
    address, log = f"127.0.0.1:{free_port()}", folder / f"forecaster-{time.monotonic_ns()}.log"
    given = [f"--config.file={folder / 'virtcast.yml'}", f"--prometheus.url={prometheus.url}"]
    command = [sys.executable, "-m", "forecaster.cli", *given, f"--web.listen-address={address}", *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield Forecaster(process, f"http://{address}", log)
    finally:
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
    assert mine[at] == theirs[at]


def test_killed_and_started_again_it_says_the_same(prometheus: Program, tmp_path: Path) -> None:
    state = f"--state.dir={tmp_path / 'state'}"
    with running(prometheus, tmp_path) as undisturbed:
        with running(prometheus, tmp_path, state) as first:
            first.until_ready()
            done = first.value('virtcast_state_saves_total{result="success"}')
            first.until(lambda: first.value('virtcast_state_saves_total{result="success"}') > done, "a save")
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(20)
        time.sleep(3 * STEP)  # steps are missed
        with running(prometheus, tmp_path, state) as second:
            second.until_ready()
            assert second.value('virtcast_state_loads_total{result="success"}') == len(ONLY)
            read, whole = (
                each.value("virtcast_promql_response_bytes_total") for each in (second, undisturbed)
            )
            assert read < whole / 5, "history is not read again"
            same_outlook(undisturbed, second)
            second.process.terminate()
            assert second.process.wait(20) == 0
        with running(prometheus, tmp_path, state) as third:  # saved at the end of the second
            third.until_ready()
            same_outlook(undisturbed, third)


@pytest.mark.parametrize("after", [0.3, 1.0, 2.0, 3.0])
def test_killed_at_any_time_it_starts_again(prometheus: Program, tmp_path: Path, after: float) -> None:
    """In the start, while history is read, or in the first cycle: before anything was saved."""
    state = f"--state.dir={tmp_path / 'state'}"
    with running(prometheus, tmp_path, state) as first:
        time.sleep(after)
        first.process.send_signal(signal.SIGKILL)
    with running(prometheus, tmp_path, state) as second:
        second.until_ready()
        assert "Traceback" not in second.log.read_text()


def test_a_damaged_file_costs_the_history_and_one_line(prometheus: Program, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with running(prometheus, tmp_path, f"--state.dir={folder}") as first:
        first.until_ready()
        first.process.terminate()
        assert first.process.wait(20) == 0
    saved = folder / "vm_cpu.state"
    saved.write_bytes(saved.read_bytes()[:-1000])
    with running(prometheus, tmp_path, f"--state.dir={folder}") as second:
        second.until_ready()
        assert second.value('virtcast_state_loads_total{result="success"}') == 1
        assert second.value('virtcast_state_loads_total{result="set_aside"}') == 1
        assert second.log.read_text().count("state is set aside") == 1
    assert (folder / "vm_cpu.state.set-aside").exists()


def test_a_folder_in_use_is_refused(prometheus: Program, tmp_path: Path) -> None:
    state = f"--state.dir={tmp_path / 'state'}"
    with running(prometheus, tmp_path, state) as first:
        first.until_ready()
        with running(prometheus, tmp_path, state) as second:
            assert second.process.wait(SECONDS) == 1
            assert "is used by another forecaster" in second.log.read_text()
