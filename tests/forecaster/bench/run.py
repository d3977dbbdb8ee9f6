"""Runs the accuracy suites and writes forecaster/ACCURACY.md from every result there is.

The shared bench (data and scorers, no part of the project) is used where it is; each result is kept as a file
together with the state of the engine it was made with, so that suites may run one at a time. Sections of the
page that no result renews stay, marked as older.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import accuracy_page
import numpy as np

from forecaster import engine
from forecaster.backtest.accuracy import average_precision, brier_skill, reliability
from forecaster.backtest.events import Clock, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Table = NDArray[np.float64]
    Flags = NDArray[np.bool_]

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
GOLDEN = HERE.parent / "engine" / "golden.tsv"


class Suite(NamedTuple):
    """A command: `script`, the project's or one of the shared bench, with its flags.

    `off` is a stage without a say, `from_day` the first day the engine sees; `data` says that a script of the
    project's reads the shared bench.
    """

    script: str
    flags: tuple[str, ...] = ()
    off: str = ""
    data: bool = False
    from_day: int = 0

    @property
    def shared(self) -> bool:
        """Whether it needs the shared bench."""
        return self.data or not self.own

    @property
    def own(self) -> bool:
        """Whether the script is the project's."""
        return (HERE / self.script).exists()


ENGINE = ("--engine", "staged")
ANOMALIES = ("--engine", "anomalies_alone")
FORECASTS = ("--engine", "forecaster.replay", "--forms", "points")
JULY = 31  # days, before those that are judged
QUARTERS = 4
SUITES: dict[str, Suite] = {
    "step": Suite("own.py", ("step",)),
    "cost": Suite("engine_cost.py"),
    "fresh-start": Suite("fresh_start.py"),
    "outliers": Suite("own.py", ("outliers",)),
    "planted": Suite("own.py", ("planted",)),
    "minutes": Suite("minute_figures.py"),
    "anomaly-choice": Suite("anomaly_choice.py", data=True),
    "clean": Suite("own.py", ("clean",)),
    "vms": Suite("own.py", ("vms",), data=True),
    "nab": Suite("score_nab.py", ANOMALIES),
    "nab-choice": Suite("nab_choice.py", data=True),
    "points": Suite("score_points.py", ANOMALIES),
    "fit": Suite("score_speed.py", ("--engine", "forecaster.engine.holt_winters")),
    "synthetic": Suite("score_exhaustion.py", (*ENGINE, "--synthetic")),
    "synthetic-seeds": Suite("seeds.py", data=True),
    "time-errors": Suite("time_errors.py", data=True),
    "seasonal": Suite("seasonal.py", data=True),
    "cpu": Suite("score_exhaustion.py", ENGINE),
    "cpu-without-past": Suite("score_exhaustion.py", ENGINE, from_day=JULY),
    **{
        name: Suite("own_limits.py", (rate, *ENGINE), data=True)
        for name, rate in (("network", "network_rx_kb_s"), ("disk", "disk_write_kb_s"))
    },
    "memory": Suite("score_exhaustion.py", (*ENGINE, "--resource", "memory")),
    "forecast-cpu": Suite("score_forecast.py", FORECASTS),
    "forecast-memory": Suite("score_forecast.py", (*FORECASTS, "--resource", "memory", "--from-day", "17")),
    "forecast-gift": Suite("score_forecast.py", ("--engine", "forecasts_alone", "--gift")),
    **{
        f"planted-without-{stage}": Suite("own.py", ("planted",), stage)
        for stage in ("rarity", "residual", "shape", "roughness")
    },
    **{
        f"synthetic-without-{stage}": Suite("score_exhaustion.py", (*ENGINE, "--synthetic"), stage)
        for stage in ("tables", "clock")
    },
    **{
        f"seasonal-without-{stage}": Suite("seasonal.py", (), stage, data=True)
        for stage in ("season", "clock")
    },
    "synthetic-without-season": Suite("score_exhaustion.py", (*ENGINE, "--synthetic"), "season"),
    "cpu-without-season": Suite("score_exhaustion.py", ENGINE, "season"),
    "cpu-without-tables": Suite("score_exhaustion.py", ENGINE, "tables"),
}


RECORDED = ("cpu", "cpu-without-past")


def fingerprint() -> str:
    """The state of the engine: a digest of its outputs of ten shapes, as committed, and of its tables.

    A change of its code alone does not count: `make compare-engines` shows that it changes no output.
    """
    folder = Path(str(engine.__file__)).parent
    digest = blake2b(GOLDEN.read_bytes(), digest_size=6)
    for path in sorted(folder.rglob("*.json")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def python_path() -> str:
    """Where the scripts of the suites find their modules."""
    own = (HERE, ROOT / "tests/support", ROOT / "deploy")
    return os.pathsep.join((*(str(each) for each in own), *filter(None, [os.environ.get("PYTHONPATH")])))


def run(name: str, suite: Suite, data: Path, results: Path) -> bool:
    """Run one suite and keep its result; whether it worked."""
    folder = HERE if suite.own else data
    read = ("--data", str(data)) if suite.data else ()
    raw, record = results / "raw.json", results / "record.npz"
    for path in (raw, record):
        path.unlink(missing_ok=True)
    once = {f"{each}_NUM_THREADS": "1" for each in ("OMP", "OPENBLAS", "MKL")}
    kept = str(record) if name in RECORDED else ""
    own = {
        "VIRTCAST_STAGE_OFF": suite.off,
        "VIRTCAST_RECORD": kept,
        "VIRTCAST_FROM_DAY": str(suite.from_day),
    }
    begin, state = time.monotonic(), fingerprint()
    command = [sys.executable, str(folder / suite.script), *suite.flags, *read, "--json", str(raw)]
    environment = {**os.environ, **once, **own, "PYTHONPATH": python_path()}
    done = subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
    if done.returncode or not raw.exists():
        sys.stderr.write(f"{name}: failed, status {done.returncode}\n")
        return False
    result: dict[str, object] = {
        "engine": state,
        "seconds": time.monotonic() - begin,
        "result": json.loads(raw.read_text()),
    }
    if record.exists():
        result["reliability"] = reliabilities(record)
        result["quarters"] = quarters(record)
    (results / f"{name}.json").write_text(json.dumps(result, indent=1))
    return True


def judged(record: Path) -> Iterator[tuple[str, Flags, Flags, Table]]:
    """By horizon: what came, where that is known, what a recorded run said, (n, I) each, by the project's own
    code; July is not judged.
    """
    told = np.load(record)
    values, clock = told["values"], Clock(300)
    protocol = Protocol.of(values, np.full(len(values), float(told["limit"])), clock, JULY * 288)
    for number, horizon in enumerate((900, 3600, 86_400)):
        said = np.nan_to_num(told["probability"][:, protocol.columns, number])
        yield str(horizon), *protocol.label(horizon), said


def reliabilities(record: Path) -> dict[str, object]:
    """The reliability tables of a recorded run."""
    found: dict[str, object] = {}
    for horizon, labels, known, said in judged(record):
        bins = [each._asdict() for each in reliability(labels[known], said[known])]
        precision = average_precision(labels[known], said[known])
        found[horizon] = {"average_precision": precision, "bins": bins}
    return found


def quarters(record: Path) -> dict[str, object]:
    """Brier skill on each quarter of the series as a fleet of its own, by horizon, and how many of its
    instants are followed by the limit; nothing was learnt from the other quarters.
    """
    found: dict[str, object] = {}
    for horizon, labels, known, said in judged(record):
        rows = []
        for part in np.array_split(np.arange(len(labels)), QUARTERS):
            use = known[part]
            came = labels[part][use]
            skill = brier_skill(came, said[part][use]) if came.any() else None
            rows.append({"instants": int(use.sum()), "reached": int(came.sum()), "brier_skill": skill})
        found[horizon] = rows
    return found


def main() -> int:
    """Run what was asked for, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/bench", help="the shared bench")
    parser.add_argument("--suite", action="append", choices=(*SUITES, "none"), help="default: every one")
    parser.add_argument("--results", type=Path, default=ROOT / ".bench")
    parser.add_argument("--output", type=Path, default=ROOT / "forecaster" / "ACCURACY.md")
    flags = parser.parse_args()
    flags.results.mkdir(exist_ok=True)
    failed = []
    for name in flags.suite or SUITES:
        if name == "none":
            continue
        if SUITES[name].shared and not flags.data.is_dir():
            sys.stderr.write(f"{name}: left out, there is no {flags.data}\n")
            continue
        sys.stderr.write(f"{name}: running\n")
        if not run(name, SUITES[name], flags.data.resolve(), flags.results):
            failed.append(name)
    read = {path.stem: json.loads(path.read_text()) for path in flags.results.glob("*.json")}
    kept = {name: read[name] for name in SUITES if name in read}
    commands = {
        name: " ".join(
            ([f"VIRTCAST_STAGE_OFF={each.off}"] if each.off else [])
            + ([f"VIRTCAST_FROM_DAY={each.from_day}"] if each.from_day else [])
            + [each.script, *each.flags]
        )
        for name, each in SUITES.items()
    }
    former = flags.output.read_text() if flags.output.exists() else ""
    flags.output.write_text(accuracy_page.page(kept, commands, fingerprint(), former))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
