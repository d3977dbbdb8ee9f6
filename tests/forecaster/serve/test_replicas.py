"""Two forecasters of the same series on one real Prometheus, one alert, and one may end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from alert_rules import render
from backends import Program
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STEP, PAST = 2, 1200  # seconds, as in the demo
LABELS = '{provider="libvirt",instance="host-a",domain="web",mountpoint="/data"}'
METRIC = "vm:filesystem_utilization:ratio"
REPLICAS = ("a", "b")
PREDICTED = 'ALERTS{alertname="VmFilesystemExhaustionPredicted",alertstate="firing"}'
STALE = 'ALERTS{alertname="VirtcastForecasterStale",alertstate="firing"}'
FORECASTER = """
step: 2s
day: 4m
lookback: 20m
resources:
  vm_filesystem: {horizons: [1m, 5m]}
"""


def used(at: float, begun: float) -> float:
    """A file system that fills: at 90 % when the test begins, at its limit four minutes later."""
    return 0.9 + 0.05 * (at - begun) / 240


class Stack:
    """A Prometheus that scrapes the file system and both forecasters, and evaluates the demo's rules."""

    def __init__(self, run: Path) -> None:
        self.run, self.begun = run, time.time()
        self.ports = {replica: free_port() for replica in REPLICAS}
        self.prometheus = self._prometheus(free_port(), free_port())

    def ask(self, query: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.prometheus.url}/api/v1/query", params={"query": query}, timeout=5)
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def values(self, query: str, label: str) -> dict[str, float]:
        return {each["metric"].get(label, ""): float(each["value"][1]) for each in self.ask(query)}

    def forecaster(self, replica: str) -> list[str]:
        (self.run / "virtcast.yml").write_text(FORECASTER)
        given = {
            "config.file": str(self.run / "virtcast.yml"),
            "prometheus.url": self.prometheus.url,
            "replica": replica,
            "web.listen-address": f"127.0.0.1:{self.ports[replica]}",
        }
        flags = [f"--{name}={value}" for name, value in given.items()]
        return [sys.executable, "-m", "forecaster.cli", *flags]

    def _prometheus(self, port: int, feed: int) -> Program:
        assert render.main(["--profile=demo", f"--output={self.run / 'rules'}"]) == 0
        self.feed = feed
        targets = [
            {"targets": [f"127.0.0.1:{each}"], "labels": {"instance": f"forecaster-{name}"}}
            for name, each in self.ports.items()
        ]
        fed = [{"targets": [f"127.0.0.1:{feed}"]}]
        jobs = [
            {"job_name": "forecasts", "honor_labels": True, "static_configs": targets},
            {"job_name": "feed", "honor_labels": True, "static_configs": fed},
            {"job_name": "self", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]},
        ]
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self.run / "rules/alerts.rules.yml")],
            "scrape_configs": jobs,
        }
        (self.run / "prometheus.yml").write_text(yaml.safe_dump(config))
        first, last = int(self.begun) - PAST, int(self.begun) - STEP
        lines = [f"{METRIC}{LABELS} {used(at, self.begun):.6f} {at}" for at in range(first, last + 1, STEP)]
        (self.run / "past.om").write_text("\n".join((f"# TYPE {METRIC} gauge", *lines, "# EOF", "")))
        data = str(self.run / "data")
        past = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(self.run / "past.om"), data]
        subprocess.run(past, check=True, capture_output=True)
        command = [
            "prometheus",
            f"--config.file={self.run / 'prometheus.yml'}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        return Program(command, port, self.run / "prometheus.log")


@contextmanager
def feeding(stack: Stack) -> Iterator[None]:
    """The file system goes on filling."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{METRIC}{LABELS} {used(time.time(), stack.begun):.6f}\n".encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", stack.feed), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@contextmanager
def forecasting(stack: Stack) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    with (stack.run / "forecasters.log").open("wb") as log:
        running = {
            replica: subprocess.Popen(stack.forecaster(replica), stdout=log, stderr=log)
            for replica in REPLICAS
        }
        try:
            yield running
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait(20)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path)
    with feeding(made):
        made.prometheus.start()
        try:
            yield made
        finally:
            made.prometheus.stop()


def eventually(holds: Callable[[], bool], stack: Stack, what: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, f"{what}\n{(stack.run / 'forecasters.log').read_text()[-2000:]}"
        time.sleep(0.3)


def test_two_forecasters_are_one_to_the_rules_and_one_may_end(stack: Stack) -> None:
    both = dict.fromkeys(REPLICAS, 1.0)
    with forecasting(stack) as running:
        eventually(
            lambda: stack.values("count by (replica) (virtcast_limit_value)", "replica") == both,
            stack,
            "each writes its own series",
        )
        eventually(lambda: len(stack.ask(PREDICTED)) == 1, stack, "one alert")
        (alert,) = stack.ask(PREDICTED)
        assert "replica" not in alert["metric"]
        lost = "prometheus_target_scrapes_sample_(duplicate_timestamp|out_of_order)_total"
        assert stack.values(f'sum({{__name__=~"{lost}"}})', "") == {"": 0.0}
        assert stack.ask(STALE) == []

        running["a"].terminate()
        eventually(
            lambda: stack.values(STALE, "instance") == {"forecaster-a": 1.0}, stack, "the one that ended"
        )
        eventually(
            lambda: stack.values("count by (replica) (virtcast_limit_value)", "replica") == {"b": 1.0},
            stack,
            "the other one goes on",
        )
        assert len(stack.ask(PREDICTED)) == 1
