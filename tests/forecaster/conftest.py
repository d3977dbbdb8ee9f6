"""Backends for the forecaster's tests, filled with history; a view to read."""

from __future__ import annotations

import math
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

import example_view
from backends import MemoryBackend, Program
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forecaster.view.view import View


@pytest.fixture
def view() -> Callable[..., View]:
    """Makes views with distinct values; see `example_view.make`."""
    return example_view.make


@pytest.fixture
def history() -> Iterator[MemoryBackend]:
    backend = MemoryBackend()
    yield backend
    backend.close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port at which nobody answers."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield closed.getsockname()[1]


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


@pytest.fixture(scope="module")  # one that runs on, asked by nobody, takes the time of other tests
def prometheus_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """Starts a real Prometheus that already has the samples of an OpenMetrics text, with a configuration."""
    for program in ("prometheus", "promtool"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: install the Debian package prometheus")
    started: list[Program] = []

    def start(text: str, configuration: str = "global: {}\n") -> Program:
        folder = tmp_path_factory.mktemp("prometheus")
        (folder / "samples.om").write_text(text)
        (folder / "prometheus.yml").write_text(configuration)
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


@pytest.fixture(scope="module")
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
