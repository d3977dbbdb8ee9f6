"""Real back ends with months of VMs' CPU use: VictoriaMetrics, Prometheus."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import numpy as np
import requests

from bench.backfill import write
from bench.processes import running
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

STEP, DAY = 300, 86_400
SPAN = 12  # steps of a remote write: Prometheus refuses what is an hour older than the newest sample
AHEAD = 4 * 3600  # seconds of samples beyond now, so that cycles find some
SHAPES = 64  # different series; the others are copies under other names
METRIC = "vm:cpu_utilization:ratio"


def samples(days: int, now: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times, and a daily wave with noise for each shape, the same for the same `now`."""
    rng, now = np.random.default_rng(11), now or int(time.time())
    at = np.arange((now - days * DAY) // STEP * STEP, now + AHEAD, STEP)
    waves = 0.4 + 0.2 * np.sin(2 * np.pi * (at[None, :] / DAY + rng.random((SHAPES, 1))))
    return at, waves + rng.normal(0, 0.02, waves.shape)


def labels(number: int) -> dict[str, str]:
    """Of a series."""
    return {"provider": "libvirt", "instance": f"h{number // 50}", "domain": f"vm{number}"}


def named(series: int) -> list[dict[str, str]]:
    """The labels of so many series, with their name."""
    return [{"__name__": METRIC, **labels(number)} for number in range(series)]


@contextlib.contextmanager
def victoria_metrics(run: Path, store: Path, series: int, days: int, now: int | None = None) -> Iterator[str]:
    """Its URL; `store` is filled if it is not there."""
    address, filled = f"127.0.0.1:{free_port()}", store.exists()
    options = {"storageDataPath": store, "retentionPeriod": "100y", "httpListenAddr": address}
    with running(run, "victoria-metrics", options, address) as url:
        if not filled:
            at, shapes = samples(days, now)
            write(url, named(series), at, shapes, len(at))
            requests.get(f"{url}/internal/force_flush", timeout=60)
        yield url


@contextlib.contextmanager
def prometheus(run: Path, store: Path, series: int, days: int, now: int | None = None) -> Iterator[str]:
    """Its URL; `store` is filled if it is not there."""
    address, filled = f"127.0.0.1:{free_port()}", store.exists()
    (run / "prometheus.yml").write_text("{}")
    options = {
        "config.file": run / "prometheus.yml",
        "storage.tsdb.path": store,
        "storage.tsdb.retention.time": "100y",
        "web.listen-address": address,
        "web.enable-remote-write-receiver": True,
    }
    with running(run, "prometheus", options, address) as url:
        if not filled:
            write(url, named(series), *samples(days, now), SPAN)
        yield url


BACKENDS = {"victoria-metrics": victoria_metrics, "prometheus": prometheus}
