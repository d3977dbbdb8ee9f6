"""`python -m bench.agree`: whether outlooks are the same by Prometheus and by VictoriaMetrics.

Both get the same samples. A watch reads all of them from each, and the largest difference of what it says is
printed. The exit status is 1 where it is more than 1e-9.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.stores import BACKENDS, DAY, STEP
from forecaster.config.model import Backend, Config
from forecaster.config.resources import RESOURCES
from forecaster.promql.client import Client
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

WITHIN = 1e-9


def main() -> int:
    """Compare and print."""
    flags = _parser().parse_args()
    now = flags.now // STEP * STEP
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        said = [
            outlook(kind, Path(folder), flags.series, flags.days, now)
            for kind in ("prometheus", "victoria-metrics")
        ]
    largest = max(difference(mine, said[1][name]) for name, mine in said[0].items())
    found = {
        "now": now,
        "series": flags.series,
        "days": flags.days,
        "outputs": len(said[0]),
        "largest_difference": largest,
    }
    sys.stdout.write(f"{json.dumps(found, indent=1)}\n")
    return int(not largest <= WITHIN)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.agree", description=__doc__)
    made.add_argument("--series", type=int, default=10_000)
    made.add_argument("--days", type=int, default=2)
    made.add_argument("--now", type=int, default=int(time.time()), help="Unix seconds (default: of now)")
    return made


def outlook(kind: str, folder: Path, series: int, days: int, now: int) -> dict[str, NDArray[np.float64]]:
    """What is said of all series at `now`, by name."""
    run = folder / kind
    run.mkdir()
    with BACKENDS[kind](run, run / "data", series, days, now) as url:
        backend = Backend(url=url)
        watch = Watch(
            RESOURCES[0],
            Config.of(backend, RESOURCES[:1], step=STEP, lookback=days * DAY),
            client := Client(backend),
        )
        watch.advance(now)
        client.close()
    assert watch.batch is not None  # noqa: S101 (it has advanced)
    assert watch.batch.outlook is not None  # noqa: S101
    found = watch.batch.outlook
    arrays = {each.name: getattr(found, each.name) for each in fields(found)}
    return {name: np.asarray(each, float) for name, each in arrays.items() if isinstance(each, np.ndarray)}


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The largest one; infinite where only one of both is a number, or they are of different form."""
    if one.shape != other.shape or (np.isfinite(one) != np.isfinite(other)).any():
        return float("inf")
    finite = np.isfinite(one)
    return float(np.abs(one[finite] - other[finite]).max(initial=0.0))


if __name__ == "__main__":
    sys.exit(main())
