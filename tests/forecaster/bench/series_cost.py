"""What a series costs: memory, state on disk, time of a step, size of /metrics and of the answer to a query.

    PYTHONPATH=. tests/forecaster/bench/series_cost.py --json tests/forecaster/bench/series_cost.json
    PYTHONPATH=. tests/forecaster/bench/scale_table.py

The second command writes what follows from the figures into docs/scale.md. Memory and times are of this
process; times are CPU time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import requests

from exporter.metric import families
from exporter.web.exposition import exposition
from forecaster.config.model import Backend, Config
from forecaster.config.resources import RESOURCES
from forecaster.promql.client import Client
from forecaster.promql.decoding import decoded, tracks
from forecaster.promql.transport import Answer
from forecaster.publish.gauges import samples
from forecaster.series.frame import Frame, align, arrange, grid
from forecaster.series.labels import shard_of, without
from forecaster.series.state import State
from forecaster.serve.batch import Batch
from forecaster.serve.progress import promql_view
from forecaster.serve.saved_watch import save
from forecaster.serve.watch import Watch
from forecaster.view.rows import Rows
from forecaster.view.view import ResourceView, View

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

STEP, DAY = 300, 86_400
NOW = 20_000 * DAY
CPU = RESOURCES[0]
ONLINE = 12  # steps whose time is taken
SHARDS = 3


def labels_of(number: int) -> Labels:
    """Labels as a fleet has them: a hundred VMs a host."""
    host = f"hypervisor-{number // 100:03d}.example"
    return (("domain", f"instance-{number:08x}"), ("instance", host), ("provider", "libvirt"))


def frame(rows: tuple[Labels, ...], times: np.ndarray[Any, np.dtype[np.int64]], seed: int) -> Frame:
    """Samples with a daily season and noise."""
    rng = np.random.default_rng(seed)
    phase = np.random.default_rng(7).uniform(0, 2 * np.pi, (len(rows), 1))  # the same each day
    season = 0.15 * np.sin(2 * np.pi * times[None, :] / DAY + phase)
    values = np.clip(0.4 + season + rng.normal(0, 0.02, season.shape), 0, 1)
    return Frame(rows, times, values, np.ones(values.shape, dtype=bool))


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def measured(series: int, days: int) -> dict[str, float]:
    """The figures, each for one series."""
    client = Client(Backend())
    watch = Watch(CPU, Config.of(Backend(), (CPU,)), client)
    rows = tuple(labels_of(number) for number in range(series))
    bounds = [CPU.bounds(row)[0] for row in rows]
    warm = Batch.fresh(rows[:1], bounds[:1], watch.settings)
    warm.observe(frame(rows[:1], np.arange(NOW - 2 * DAY, NOW, STEP), 0))  # imports and compiled loops
    before = resident()
    batch = Batch.fresh(rows, bounds, watch.settings)
    begun = time.process_time()
    for day in range(days, 0, -1):
        batch.observe(frame(rows, np.arange(NOW - day * DAY, NOW - (day - 1) * DAY, STEP), day))
    history = (time.process_time() - begun) / (days * DAY // STEP)
    begun = time.process_time()
    for step in range(ONLINE):
        batch.observe(frame(rows, np.array([NOW + step * STEP]), step), up_to_date=True)
    online = (time.process_time() - begun) / ONLINE
    memory = resident() - before
    watch.resume(NOW + (ONLINE - 1) * STEP, batch, {}, {})
    file = BytesIO()
    save(watch, file)
    begun = time.process_time()
    page = metrics_page(watch)
    rendering = time.process_time() - begun
    begun = time.process_time()
    for row in rows:
        shard_of(without(row, CPU.follow), SHARDS)
    sharing = time.process_time() - begun
    answer, reading = read(rows, 1)
    past, reading_past = read(rows, DAY // STEP)
    return {
        "the program alone, bytes": before,
        "memory, bytes": memory / series,
        "state on disk, bytes": file.tell() / series,
        "a step of history, CPU µs": 1e6 * history / series,
        "an online step, CPU µs": 1e6 * online / series,
        "/metrics, bytes": len(page) / series,
        "/metrics by gzip, bytes": len(gzip.compress(page, 1)) / series,
        "rendering /metrics, CPU µs": 1e6 * rendering / series,
        "samples on /metrics": sum(not line.startswith(b"#") for line in page.splitlines()) / series,
        "answer of a query, bytes": answer / series,
        "reading the answer, CPU µs": 1e6 * reading / series,
        "telling its shard, CPU µs": 1e6 * sharing / series,
        "answer for a step of history, bytes": past / series / (DAY // STEP),
        "reading a step of history, CPU µs": 1e6 * reading_past / series / (DAY // STEP),
    }


def read(rows: tuple[Labels, ...], steps: int) -> tuple[int, float]:
    """Of the answer to a query for these series: its bytes, and CPU seconds until its values are there."""
    times = grid(NOW - (steps - 1) * STEP, NOW, STEP)
    kind, field = ("vector", "value") if steps == 1 else ("matrix", "values")
    points = [[int(at), "0.4123456789"] for at in times]
    series = [{"metric": dict(row), field: points[0] if steps == 1 else points} for row in rows]
    told = {"status": "success", "data": {"resultType": kind, "result": series}}
    body = json.dumps(told, separators=(",", ":")).encode()
    response = requests.Response()
    response.status_code = 200
    begun = time.process_time()
    arrange(align(tracks(decoded("", Answer(response, body)).series, field)[0], times), rows)
    return len(body), time.process_time() - begun


def metrics_page(watch: Watch) -> bytes:
    """The page of the resource."""
    batch = watch.batch
    assert batch is not None
    assert batch.outlook is not None
    assert watch.at is not None
    states = dict.fromkeys(batch.labels, State.READY)
    rows = Rows(CPU, watch.at, batch.labels, batch.values, batch.outlook, batch.bounds)
    view = View(
        watch.at, STEP, (ResourceView(CPU, states, rows),), promql_view(watch.client), "", True, {}, 0
    )
    return exposition(families(samples(view, watch.at, 900)), "").body


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=2000)
    parser.add_argument("--days", type=int, default=15)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    flags = parser.parse_args()
    found = measured(flags.series, flags.days)
    sys.stdout.write("".join(f"| {name} | {value:,.1f} |\n" for name, value in found.items()))
    if flags.json:
        flags.json.write_text(json.dumps({"series": flags.series, "days": flags.days, **found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
