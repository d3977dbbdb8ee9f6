"""Backends for the forecaster's tests: one in memory, and real ones filled with history."""

from __future__ import annotations

import math
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

from forecaster.config import Backend, Matcher
from forecaster.promql import Client
from forecaster.series import Track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forecaster.promql_result import PromqlError
    from forecaster.series import Labels

SELECTOR = re.compile(r"([\w:]+)(?:\{(.*)\})?")


@dataclass
class History(Client):
    """A backend in memory: metric → labels → time → value. Errors by metric; what it was asked, in order."""

    series: dict[str, dict[Labels, dict[int, float]]] = field(default_factory=dict)
    errors: dict[str, PromqlError] = field(default_factory=dict)
    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(Backend(retries=0))

    def put(self, metric: str, labels: dict[str, str], samples: dict[int, float]) -> None:
        """Add samples of a series."""
        row = tuple(sorted(labels.items()))
        self.series.setdefault(metric, {}).setdefault(row, {}).update(samples)

    def query(self, expression: str, at: int) -> list[Track]:
        return self._answer(expression, at, at, 1)

    def query_range(self, expression: str, start: int, end: int, step: int) -> list[Track]:
        return self._answer(expression, start, end, step)

    def _answer(self, expression: str, start: int, end: int, step: int) -> list[Track]:
        self.asked.append((expression, start, end))
        match = SELECTOR.fullmatch(expression)
        assert match is not None
        if match[1] in self.errors:
            raise self.errors[match[1]]
        matchers = [Matcher.parse(text) for text in re.findall(r'\w+=~"(?:[^"\\]|\\.)*"', match[2] or "")]
        found = []
        for labels, samples in self.series.get(match[1], {}).items():
            if not all(matcher.matches(dict(labels)) for matcher in matchers):
                continue
            times = [t for t in range(start, end + 1, step) if t in samples]
            if times:
                values = np.array([samples[t] for t in times])
                found.append(Track(labels, np.array(times, dtype=float), values))
        return found


@pytest.fixture
def history() -> Iterator[History]:
    backend = History()
    yield backend
    backend.close()


@pytest.fixture
def wave() -> Callable[..., dict[int, float]]:
    """Samples of a daily wave on the grid, with `level` in its middle."""

    def samples(first: int, last: int, level: float = 0.3, step: int = 900) -> dict[int, float]:
        rng = np.random.default_rng(first + last)
        return {
            t: level + 0.1 * math.sin(2 * math.pi * t / 86_400) + rng.normal(0, 0.01)
            for t in range(first, last + 1, step)
        }

    return samples


class Program:
    """A backend's process on a loopback port of its own, started and stopped as often as a test wants."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.command = command
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            try:
                if requests.get(f"{self.url}/-/ready", timeout=1).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-2000:])

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def prometheus_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Program]]:
    """Starts a real Prometheus that already has the samples of an OpenMetrics text."""
    for program in ("prometheus", "promtool"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: install the Debian package prometheus")
    started: list[Program] = []

    def start(text: str) -> Program:
        folder = tmp_path_factory.mktemp("prometheus")
        (folder / "samples.om").write_text(text)
        (folder / "prometheus.yml").write_text("global: {}\n")
        data = str(folder / "data")
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "samples.om"), data],
            check=True,
            capture_output=True,
        )
        port = free_port()
        command = [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        program = Program(command, port, folder / "log")
        program.start()
        started.append(program)
        return program

    yield start
    for each in started:
        each.stop()


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A real, empty VictoriaMetrics; it takes samples at /api/v1/import/prometheus."""
    if shutil.which("victoria-metrics") is None:
        pytest.fail("victoria-metrics is missing: install the Debian package victoria-metrics")
    folder = tmp_path_factory.mktemp("victoria-metrics")
    port = free_port()
    command = [
        "victoria-metrics",
        f"-storageDataPath={folder}/data",
        "-retentionPeriod=100y",
        f"-httpListenAddr=127.0.0.1:{port}",
    ]
    program = Program(command, port, folder / "log")
    program.start()
    yield program
    program.stop()
