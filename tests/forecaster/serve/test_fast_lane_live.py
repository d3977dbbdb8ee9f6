"""The fast lane on a real Prometheus, scraped or pushed: a jump is seen by PromQL between two steps."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests
import yaml

from backends import Program
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEP, PAST = 60, 7200  # seconds
METRIC = "vm:cpu_utilization:ratio"
VMS = tuple(f"vm{number}" for number in range(5))
CONFIG = """
step: 1m
day: 1h
lookback: 2h
resources:
  vm_cpu: {horizons: [5m], fast: 1s}
  vm_memory: {enabled: false}
  vm_filesystem: {enabled: false}
  vm_disk_allocation: {enabled: false}
  host_cpu: {enabled: false}
  host_memory: {enabled: false}
  pool: {enabled: false}
"""
PATIENCE = 60  # seconds that anything may take
JUMPS = 3


class Stack:
    """A Prometheus that scrapes VMs each second. It scrapes the forecaster's fast page, too, or takes remote
    writes. A VM in `high` uses 95 %.
    """

    def __init__(self, run: Path, *, pushed: bool) -> None:
        self.run, self.high = run, set[str]()
        self.feed, self.web, own = free_port(), free_port(), free_port()
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [
                *([] if pushed else [_job("fast", self.web, "/metrics/fast")]),
                _job("feed", self.feed, "/metrics"),
            ],
        }
        (run / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._fill(run / "data")
        flags = [f"--config.file={run / 'prometheus.yml'}", f"--storage.tsdb.path={run / 'data'}"]
        flags += ["--web.enable-remote-write-receiver"] if pushed else []
        self.prometheus = Program(
            ["prometheus", *flags, f"--web.listen-address=127.0.0.1:{own}"], own, run / "log"
        )

    def used(self, vm: str) -> float:
        return 0.95 if vm in self.high else 0.3 + float(np.random.default_rng().normal(0, 0.01))

    def score(self, vm: str) -> float:
        """By PromQL; 0 where there is none."""
        query = {"query": f'virtcast_fast_anomaly_score{{domain="{vm}"}}'}
        answer = requests.get(f"{self.prometheus.url}/api/v1/query", params=query, timeout=5).json()
        return max((float(each["value"][1]) for each in answer["data"]["result"]), default=0.0)

    def _fill(self, data: Path) -> None:
        now = int(time.time())
        lines = [
            f'{METRIC}{{instance="h1",domain="{vm}"}} {self.used(vm):.6f} {at}'
            for vm in VMS
            for at in range(now - PAST, now, STEP)
        ]
        (self.run / "past.om").write_text("\n".join((f"# TYPE {METRIC} gauge", *lines, "# EOF", "")))
        past = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(self.run / "past.om"), str(data)]
        subprocess.run(past, check=True, capture_output=True)


def _job(name: str, port: int, path: str) -> dict[str, object]:
    targets = [{"targets": [f"127.0.0.1:{port}"]}]
    return {"job_name": name, "honor_labels": True, "metrics_path": path, "static_configs": targets}


@contextmanager
def feeding(stack: Stack) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for vm in VMS:
                line = f'{METRIC}{{instance="h1",domain="{vm}",job=""}} {stack.used(vm):.6f}\n'
                self.wfile.write(line.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", stack.feed), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture(params=["scraped", "pushed"])
def stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    pushed = request.param == "pushed"
    made = Stack(tmp_path, pushed=pushed)
    push = f"prometheus: {{remote_write: {made.prometheus.url}/api/v1/write}}\n" if pushed else ""
    (tmp_path / "virtcast.yml").write_text(push + CONFIG)
    given = [f"--config.file={tmp_path / 'virtcast.yml'}", f"--web.listen-address=127.0.0.1:{made.web}"]
    with feeding(made), (tmp_path / "forecaster.log").open("wb") as log:
        made.prometheus.start()
        command = [sys.executable, "-m", "forecaster.cli", *given, f"--prometheus.url={made.prometheus.url}"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield made
        finally:
            process.terminate()
            process.wait(20)
            made.prometheus.stop()


def until(stack: Stack, vm: str, *, anomalous: bool) -> float:
    """Wait until PromQL says so; the seconds that it took."""
    begun = time.monotonic()
    while (stack.score(vm) >= 1) is not anomalous:
        assert time.monotonic() - begun < PATIENCE, (stack.run / "forecaster.log").read_text()
        time.sleep(0.1)
    return time.monotonic() - begun


def ready(stack: Stack) -> bool:
    try:
        page = requests.get(f"http://127.0.0.1:{stack.web}/metrics/fast", timeout=5).text
    except requests.ConnectionError:
        return False
    return "virtcast_fast_last_success_timestamp_seconds{" in page


def test_a_jump_is_seen_between_steps(stack: Stack) -> None:
    deadline = time.monotonic() + 2 * PATIENCE
    while not ready(stack):
        assert time.monotonic() < deadline, (stack.run / "forecaster.log").read_text()
        time.sleep(0.2)
    for number in range(JUMPS):
        vm = VMS[number % len(VMS)]
        stack.high.add(vm)
        until(stack, vm, anomalous=True)
        stack.high.clear()
        until(stack, vm, anomalous=False)
