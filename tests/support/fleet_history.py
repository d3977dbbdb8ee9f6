"""A fleet's series in a real Prometheus: the last hours of all, months of what graphs read."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from backends import Program
from bench.backfill import write_each
from dashboards import VALUES, filled_in, panels
from fleet_series import DAY, HOUR, fleet
from lab.ports import free_port
from rules_lint.queries import names, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from fleet_series import Series

DASHBOARDS = Path(__file__).resolve().parents[2] / "grafana/json"
OF_ONE = (
    "virtcast-host",
    "virtcast-vm",
)  # pages of one host or VM: vm-000 and host-00 have all their history
FLEET = {**VALUES, "$instance": ".*", "$pool": "default"}
# The values of variables on pages of many, and those of the pages of one host and one VM.
OF_ONE_PAGE = {"virtcast-host": {"$instance": "host-00"}, "virtcast-vm": {"${domain:raw}": "vm-000"}}
ALL_HAVE = 3 * HOUR  # seconds
SCRAPES, HOURLY, HALF_HOURLY = (
    60,
    240,
    1800,
)  # seconds between samples: of scrapes and rules, of aggregates by window
MINUTES_KEPT = 9 * DAY  # aggregates of minutes: pages of two days read them, and those of a week before
SPAN = 12 * HOUR  # of samples written at once: Prometheus takes samples in their order, or nearly
# What the variables stand for over less than two days, and over more.
LONG = (
    VALUES,
    {
        **VALUES,
        "$mean": ":avg30m",
        "$peak": ":max30m",
        "$kept": ":avg30m",
        "$sampled": ":sampled30m",
        "$anomalous": ":lasting30m",
        "$halves": ":avg30m",
    },
)
LONG_WINDOW = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\[(?:\d+[dwy]|\$__range\b)")


def in_graphs() -> set[str]:
    """The metrics of which the pages of many VMs ask more than the last hours."""
    found: set[str] = set()
    for path in DASHBOARDS.glob("*.json"):
        for panel in panels(json.loads(path.read_text())):
            for target in panel["targets"]:
                if target.get("range") and path.stem not in OF_ONE:
                    for values in LONG:
                        found |= set(names(parse(filled_in(target["expr"], values))))
                found |= set(LONG_WINDOW.findall(target["expr"]))
    return found


def step(series: Series) -> int:
    """Seconds between its samples."""
    ends = {"1h": HOURLY, ":sampled": HOURLY, "30m": HALF_HOURLY, "1d": HALF_HOURLY}
    return next((step for end, step in ends.items() if series.name.endswith(end)), SCRAPES)


def write_fleet(url: str, vms: int, hosts: int, end: int, days: int) -> int:
    """Fill the Prometheus; how many samples were written."""
    every = list(fleet(vms, hosts, end))
    long = in_graphs()
    kept = [
        each
        for each in every
        if each.name in long
        or each.labels.get("domain") == "vm-000"
        or (each.labels.get("instance") in (None, "host-00") and "domain" not in each.labels)
    ]
    # Nobody asks how long migrations took where they ended.
    kept = [each for each in kept if "_bucket" not in each.name or each.labels.get("direction") != "incoming"]
    start, written = end - days * DAY, 0
    for first in range(start, end - ALL_HAVE, SPAN):
        last = min(first + SPAN, end - ALL_HAVE)
        fine = last > end - MINUTES_KEPT
        written += _write(url, [each for each in kept if fine or "5m" not in each.name], first, last)
    return written + _write(url, every, end - ALL_HAVE, end + 1)


def write_named(url: str, size: tuple[int, int], end: int, days: int, named: Collection[str]) -> int:
    """Fill the Prometheus with all of some metrics of so many VMs on so many hosts, and the last hours of the
    others; how many samples.
    """
    every, start, written = list(fleet(*size, end)), end - days * DAY, 0
    long = [each for each in every if each.name in named]
    for first in range(start, end - ALL_HAVE, SPAN):
        written += _write(url, long, first, min(first + SPAN, end - ALL_HAVE))
    return written + _write(url, every, end - ALL_HAVE, end + 1)


def write_now(url: str, vms: int, hosts: int, end: int, until: int) -> None:
    """All series from where `write_fleet` ended until another time, which may lie ahead of now."""
    _write(url, list(fleet(vms, hosts, end)), end + 1, until)


def _write(url: str, some: Sequence[Series], first: int, last: int) -> int:
    noise = np.random.default_rng(first).normal(size=SPAN)
    times = {
        every: np.arange(-(-first // every) * every, last, every) for every in (SCRAPES, HOURLY, HALF_HOURLY)
    }
    written = 0

    def rows() -> Iterator[tuple[dict[str, str], NDArray[np.int64], NDArray[np.float64]]]:
        nonlocal written
        for at, each in enumerate(some):
            mine = times[step(each)]
            values = each.values(mine, noise[at % 1000 :][: len(mine)])
            there = ~np.isnan(values)
            written += int(there.sum())
            if there.any():
                yield dict(each.labels), mine[there], values[there]

    write_each(url, rows())
    return written


@contextmanager
def prometheus(folder: Path) -> Iterator[Program]:
    """One that takes remote writes and scrapes nothing; its samples stay in the folder."""
    binary = shutil.which("prometheus")
    assert binary, "deploy/packages.sh test installs it"
    config, port = folder / "prometheus.yml", free_port()
    config.write_text("{}")
    flags = {
        "config.file": str(config),
        "storage.tsdb.path": str(folder / "data"),
        "storage.tsdb.retention.time": "100y",
        "storage.tsdb.min-block-duration": "24h",
        "storage.tsdb.max-block-duration": "31d",
        "web.listen-address": f"127.0.0.1:{port}",
    }
    command = [binary, "--web.enable-remote-write-receiver", *(f"--{k}={v}" for k, v in flags.items())]
    program = Program(command, port, folder / "log")
    program.start()
    try:
        yield program
    finally:
        program.stop()


@contextmanager
def filled(folder: Path, vms: int, hosts: int, days: int) -> Iterator[tuple[Program, int]]:
    """A Prometheus with a fleet, and the time of its newest samples."""
    known = folder / "end"
    with prometheus(folder) as program:
        if not known.exists():
            begun, end = time.monotonic(), int(time.time()) // 60 * 60
            written = write_fleet(program.url, vms, hosts, end, days)
            known.write_text(str(end))
            sys.stderr.write(f"{written / 1e6:.0f} million samples in {time.monotonic() - begun:.0f} s\n")
        yield program, int(known.read_text())


def spent(prometheus: Program) -> float:
    """Seconds of processor time so far."""
    times = psutil.Process(prometheus.process.pid).cpu_times()
    return float(times.user + times.system)
