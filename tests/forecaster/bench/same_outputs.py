"""Compares the engines of two checkouts bit for bit.

All outputs of `replay`, reasons included, and those of `fit` are compared. Each case runs in a process of its
own per checkout, side by side, with the checkout's own .venv where it has one. The exit status is 1 when an
output differs or is missing; the first series and step at which it does are named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from engine_cases import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine_cases import Case
    from numpy.typing import NDArray

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SHOWN = 20  # differences of a case
COLUMNS = "{:<22}{:>7}{:>8}{:>9}{:>9}{:>9}  {}"


@dataclass(frozen=True)
class Checkout:
    """A folder with the project in it."""

    folder: Path

    @property
    def python(self) -> str:
        """The interpreter of its environment; this one when it has none."""
        own = self.folder / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    def run(self, case: Path, outputs: Path) -> Mapping[str, NDArray[Any]]:
        """What its engine says of a case; RuntimeError when it fails, or is not its own."""
        once = {f"{each}_NUM_THREADS": "1" for each in ("OMP", "OPENBLAS", "MKL")}
        environment = {**os.environ, **once, "PYTHONPATH": str(self.folder)}
        command = [self.python, str(HERE / "engine_outputs.py"), str(case), str(outputs)]
        done = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.folder}: {done.stderr.strip()}")
        with np.load(outputs) as file:
            said = dict(file)
        if Path(str(said["/code"])).resolve() != self.folder:
            raise RuntimeError(f"{self.folder}: ran the code in {said['/code']}")
        return said


def differences(base: Mapping[str, Any], other: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """A line for each output of `base` that differs in `other`, with the first step where it does."""
    for output in base:
        if output.startswith("/"):
            continue
        if output not in other:
            yield f"{output}: missing"
            continue
        was, now = base[output], other[output]
        if (was.dtype, was.shape) != (now.dtype, now.shape):
            yield f"{output}: {was.dtype} {was.shape}, now {now.dtype} {now.shape}"
        elif (cells := unequal(was, now)).size:
            yield f"{output}: {_first(was, now, cells, names)}"


def unequal(was: NDArray[Any], now: NDArray[Any]) -> NDArray[np.intp]:
    """Where two arrays of one shape differ in any bit (k, dimensions), earliest step (axis 1) first."""
    bits = (
        np.ascontiguousarray(each).reshape(-1).view(np.uint8).reshape(*each.shape, each.itemsize)
        for each in (was, now)
    )
    cells = np.argwhere(np.not_equal(*bits).any(axis=-1))
    return cells[np.argsort(cells[:, 1], kind="stable")] if was.ndim > 1 else cells


def _first(was: NDArray[Any], now: NDArray[Any], cells: NDArray[np.intp], names: Sequence[str]) -> str:
    series, *place = (int(each) for each in cells[0])
    step = f", step {place[0]}" if place else ""
    at = (series, *place)
    rows = len(np.unique(cells[:, 0]))
    return (
        f"first in {names[series]!r}{step}: {was[at].item()!r}, now {now[at].item()!r} "
        f"({len(cells)} values of {rows} series differ)"
    )


def compared(case: Case, base: Checkout, other: Checkout) -> tuple[list[str], str]:
    """The differences, and the row's figures: outputs and the CPU seconds each engine took."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        given = Path(folder) / "case.npz"
        case.save(given)
        running = [
            pool.submit(each.run, given, Path(folder) / f"{number}.npz")
            for number, each in enumerate((base, other))
        ]
        was, now = (each.result() for each in running)
        found = list(differences(was, now, case.names))
        if found and was["/numpy"] != now["/numpy"]:
            found.append(f"numpy is {was['/numpy']}, now {now['/numpy']}")
        outputs = sum(not each.startswith("/") for each in was)
        taken = (f"{float(each['/seconds']):.1f}" for each in (was, now))
        verdict = f"{len(found)} DIFFER" if found else "equal"
        return found, COLUMNS.format("", *case.values.shape, outputs, *taken, verdict)


def main(argv: Sequence[str] | None = None) -> int:
    """Compare case by case; 0 when all is equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path, help="checkout with the outputs that are to stay")
    parser.add_argument("other", type=Path, nargs="?", default=HERE.parents[2], help="default: this checkout")
    parser.add_argument(
        "--data", type=Path, default=HERE.parents[2] / "../shared/bench", help="the shared bench"
    )
    parser.add_argument("--case", action="append", choices=tuple(CASES), help="default: every one")
    parser.add_argument("--all", action="store_true", help="all data instead of a part of each kind: hours")
    flags = parser.parse_args(argv)
    base, other = (Checkout(each.resolve()) for each in (flags.base, flags.other))
    told = sys.stdout.write
    told(COLUMNS.format("case", "series", "steps", "outputs", "base s", "other s", "") + "\n")
    failed = 0
    for name in flags.case or CASES:
        row = CASES[name]
        if row.shared and not flags.data.is_dir():
            told(f"{name}: left out, there is no {flags.data}\n")
            continue
        build = row.everything if flags.all else row.usual
        found, figures = compared(build(flags.data.resolve()), base, other)
        told(name + figures[len(name) :] + "\n" + "".join(f"    {each}\n" for each in found[:SHOWN]))
        sys.stdout.flush()
        failed += bool(found)
    told(f"{failed} cases differ\n" if failed else "every output is equal, bit for bit\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
