"""What the engine costs by the number of series: CPU time of history, of live steps with their outlooks, of
a single outlook, of a copy; memory.

Each number of series is measured in a process of its own, by this checkout's engine and, with --base or
VIRTCAST_BASE, by that of another one beside it, with its own .venv where it has one.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[3]
SERIES = (1, 10, 100, 1_000, 10_000, 50_000)
STEP, DAY, START = 300, 288, 1_700_006_400  # seconds, steps, a midnight
LEARNT, JUDGED = 2, 2  # days: fits begin with the third
CHUNK = 72  # steps that are made and read at once
SAVED = 10_000  # series, up to which live steps are measured and a state is saved, too
BEFORE = ("series_steps_per_second", "peak_mib", "milliseconds_of_a_step", "milliseconds_of_the_dearest_step")


def chunk(first: int, phase: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Noisy waves of utilisation (n, steps), made in place: the peak is to be the engine's."""
    steps = np.arange(first, first + CHUNK)
    values = rng.normal(0.4, 0.02, (len(phase), CHUNK))
    for row, own in zip(values, phase, strict=True):
        np.clip(row + 0.15 * np.sin(2 * np.pi * (steps / DAY + own)), 0, 1, out=row)
    return values


def read(engine: Any, values: NDArray[np.float64], first: int, limits: NDArray[np.float64]) -> None:
    """Steps of history, as windows of a backend's samples are; by an engine that knows no history one by one,
    and no windows where it does not know how much is to come.
    """
    times = START + STEP * np.arange(first, first + values.shape[1])
    if hasattr(engine, "read"):
        last = START + STEP * ((LEARNT + JUDGED) * DAY - 1)
        knows = "until" in signature(engine.read).parameters
        engine.read(values, times, limits, **({"until": last} if knows else {}))
        return
    for column, at in zip(values.T, times.tolist(), strict=True):
        engine.observe(np.ascontiguousarray(column), at, limits)


def live(engine: Any, steps: int, phase: NDArray[np.float64], rng: np.random.Generator) -> list[float]:
    """Milliseconds of steps after the history, each with its outlook."""
    limits, taken = np.full(len(phase), 0.9), []
    for first in range((LEARNT + JUDGED) * DAY, (LEARNT + JUDGED) * DAY + steps, CHUNK):
        for at, values in enumerate(np.ascontiguousarray(chunk(first, phase, rng).T), first):
            begin = time.process_time()
            engine.observe(values, START + STEP * at, limits)
            engine.outlook()
            taken.append(1e3 * (time.process_time() - begin))
    return taken


def measured(n: int, days: int) -> dict[str, float | None]:
    """The figures of n series, with so many days of live steps."""
    from forecaster.engine.engine import Engine, Settings  # noqa: PLC0415 (of the checkout that is asked for)

    engine, rng = Engine.fresh(n, Settings(step=STEP)), np.random.default_rng(0)
    phase, limits, taken = rng.random(n), np.full(n, 0.9), 0.0
    for first in range(0, (LEARNT + JUDGED) * DAY, CHUNK):
        values = chunk(first, phase, rng)
        begin = time.process_time()
        read(engine, values, first, limits)
        taken += (time.process_time() - begin) * (first >= LEARNT * DAY)
        del values  # before the next ones are made
    found: dict[str, float | None] = {
        "series_steps_per_second": JUDGED * DAY * n / taken,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if not hasattr(engine, "outlook"):
        return found
    begin = time.process_time()
    engine.outlook()
    found["milliseconds_of_an_outlook"] = 1e3 * (time.process_time() - begin)
    if n <= SAVED and days:
        steps = live(engine, days * DAY, phase, rng)
        found["milliseconds_of_a_step"] = float(np.median(steps))
        found["milliseconds_of_the_dearest_step"] = max(steps)
    begin = time.process_time()
    engine.take(np.arange(n))
    found["milliseconds_of_a_copy"] = 1e3 * (time.process_time() - begin)
    arrays = (part for part in engine.parts().values() if isinstance(part, np.ndarray))
    found["state_bytes_per_series"] = sum(part.nbytes for part in arrays) / n
    if n <= SAVED:
        file = io.BytesIO()
        engine.save(file)
        found["saved_bytes_per_series"] = file.tell() / n
    return found


def in_checkout(folder: Path, n: int, days: int) -> dict[str, float | None]:
    """The figures of n series by a checkout's engine."""
    own = folder / ".venv" / "bin" / "python"
    once = {f"{each}_NUM_THREADS": "1" for each in ("OMP", "OPENBLAS", "MKL")}
    with tempfile.TemporaryDirectory() as scratch:
        told = Path(scratch) / "told.json"
        command = [
            str(own) if own.exists() else sys.executable,
            __file__,
            "--one",
            str(n),
            "--days",
            str(days),
            "--json",
            str(told),
        ]
        environment = {**os.environ, **once, "PYTHONPATH": str(folder)}
        subprocess.run(command, check=True, cwd=scratch, env=environment)
        found: dict[str, float | None] = json.loads(told.read_text())
    return found


def main() -> None:
    """Every number of series; the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, nargs="+", default=SERIES)
    parser.add_argument("--base", type=Path, default=os.environ.get("VIRTCAST_BASE"), help="another checkout")
    parser.add_argument("--one", type=int, help="measure so many series here")
    parser.add_argument("--days", type=int, default=1, help="of live steps; the dearest one is asked of 5")
    parser.add_argument("--json", type=Path, required=True)
    flags = parser.parse_args()
    if flags.one:
        flags.json.write_text(json.dumps(measured(flags.one, flags.days)))
        return
    found = {}
    for n in flags.series:
        found[str(n)] = in_checkout(ROOT, n, flags.days)
        if flags.base:
            before = in_checkout(Path(flags.base).resolve(), n, flags.days)
            for name in BEFORE:
                if name in before:
                    found[str(n)][f"base_{name}"] = before[name]
        sys.stderr.write(f"{n}: {found[str(n)]}\n")
    flags.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
