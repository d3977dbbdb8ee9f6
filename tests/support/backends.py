"""Backends for tests: one in memory, and the process of a real one."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import requests

from forecaster.config.matcher import Matcher
from forecaster.config.model import Backend
from forecaster.config.resources import RESOURCES
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result
from forecaster.series.frame import Track
from forecaster.serve.limits import ASKED
from forecaster.view.facts import FACTS
from forecaster.view.rollups import STEPS

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.series.labels import Labels

FACT_QUERIES = frozenset(
    (*(fact.query for fact in FACTS), *(getattr(each, asked.key) for each in RESOURCES for asked in ASKED))
)
STEP_QUERIES = frozenset(kept.query for kept in STEPS) - {each.query for each in RESOURCES}
START_SECONDS = 60.0  # of a program on a machine that does much else: a wait, no promise
ROLLED_UP = re.compile(r"(.*\b(avg|max|min)_over_time|sum by \(instance, domain\) \(rate)\(.*\)")
SELECTOR = re.compile(r"([\w:]+)(?:\{(.*)\})?")


@dataclass
class MemoryBackend(Client):
    """A backend in memory: metric → labels → time → value. Errors by metric; what it was asked, in order.

    `facts` are the answers to the queries of the inventory and for resets of counters, by query; those are
    not noted in `asked`.
    """

    series: dict[str, dict[Labels, dict[int, float]]] = field(default_factory=dict)
    kept: int | None = None  # seconds
    errors: dict[str, PromqlError] = field(default_factory=dict)
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    facts: dict[str, list[Track] | PromqlError] = field(default_factory=dict)
    partial: bool = False  # its answers
    accepts: int | None = None  # series at once; more are refused

    def __post_init__(self) -> None:
        super().__init__(Backend(retries=0))

    def put(self, metric: str, labels: dict[str, str], samples: dict[int, float]) -> None:
        """Add samples of a series."""
        row = tuple(sorted(labels.items()))
        self.series.setdefault(metric, {}).setdefault(row, {}).update(samples)

    def retention(self) -> int | None:
        return self.kept

    def query(self, expression: str, at: int, retries: int | None = None) -> list[Track]:
        assert retries is None or retries >= 0
        return self._answer(expression, at, at, 1)

    def instant(self, expression: str, at: int) -> list[Track]:
        return self.query(expression, at) if self.accepts is None else super().instant(expression, at)

    def labels(self, selector: str) -> list[str]:
        raise PromqlError(Result.NOT_FOUND, f"no labels of {selector}: this backend answers queries only")

    def query_range(
        self, expression: str, start: int, end: int, step: int, retries: int | None = None
    ) -> list[Track]:
        assert retries is None or retries >= 0
        return self._answer(expression, start, end, step)

    def _answer(self, expression: str, start: int, end: int, step: int) -> list[Track]:
        self.statistics.partial += self.partial
        if expression in FACT_QUERIES or "(resets(" in expression:
            return self._fact(expression)
        if ROLLED_UP.fullmatch(expression) or expression in STEP_QUERIES:
            return []
        self.asked.append((expression, start, end))
        match = SELECTOR.fullmatch(expression)
        assert match is not None
        if match[1] in self.errors:
            raise self.errors[match[1]]
        matchers = [
            Matcher.parse(text)
            for text in re.findall(r'(?:\w+|"(?:[^"\\]|\\.)*")[=!]~"(?:[^"\\]|\\.)*"', match[2] or "")
        ]
        found = []
        for labels, samples in self.series.get(match[1], {}).items():
            if not all(matcher.matches(dict(labels)) for matcher in matchers):
                continue
            times = [t for t in range(start, end + 1, step) if t in samples]
            if times:
                values = np.array([samples[t] for t in times])
                found.append(Track(labels, np.array(times, dtype=float), values))
        if self.accepts is not None and len(found) > self.accepts:
            raise PromqlError(Result.SERVER_ERROR, "no reason given")
        return found

    def _fact(self, query: str) -> list[Track]:
        answer = self.facts.get(query, [])
        if isinstance(answer, PromqlError):
            raise answer
        return answer


class Program:
    """A program on a loopback port of its own, started and stopped as often as a test wants."""

    def __init__(self, command: list[str], port: int, log: Path, ready: str = "/-/ready") -> None:
        self.command, self.ready = command, ready
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            try:
                if requests.get(f"{self.url}{self.ready}", timeout=1).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-2000:])

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The one that runs."""
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(20)
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None
