"""What each constant of the anomaly score is worth: the four sets of anomaly_choice.py with it changed.

A constant is MODULE:NAME, a file of forecaster/engine/anomaly and a name in it. For each factor, a copy of
the package gets the constant times it, is compiled, and judged in a process of its own. A constant is left
where no other value has a better mean rank over the sets.

    anomaly_constants.py --data ../shared/bench --json out.json kernels/tails:_SINGLE kernels/residual:_FEW
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
FACTORS = (0.7, 1.0, 1.4)
SETS = ("minutes", "planted", "nab", "microsoft")


def changed(text: str, name: str, factor: float) -> str:
    """A module's text with the constant `name` times `factor`; LookupError where it has none."""
    number = r"-?[0-9][0-9_.e+-]*(?: / [0-9]+)?"
    pattern = rf"(?m)^(?P<before>{name} = (?:cython\.declare\([\w.]+, )?)(?P<value>{number})"
    made, times = re.subn(pattern, lambda found: f"{found['before']}{factor} * {found['value']}", text)
    if times != 1:
        raise LookupError(f"there is no constant {name}")
    return made


def variant(folder: Path, constant: str, factor: float) -> None:
    """A compiled copy of the package in `folder`, with a constant changed."""
    shutil.copytree(ROOT / "forecaster", folder / "forecaster")
    shutil.copytree(ROOT / "deploy" / "packaging", folder / "deploy" / "packaging")
    module, name = constant.split(":")
    path = folder / "forecaster" / "engine" / "anomaly" / f"{module}.py"
    path.write_text(changed(path.read_text(), name, factor))
    compiler = str(folder / "deploy" / "packaging" / "kernels.py")
    subprocess.run([sys.executable, compiler], check=True, stdout=subprocess.DEVNULL)


def figures(folder: Path, data: Path, sets: list[str]) -> dict[str, float]:
    """What the package in `folder` has on the sets."""
    paths = (folder, HERE, ROOT / "tests" / "support", ROOT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, str(HERE / "anomaly_choice.py"), "--data", str(data), "--only", *sets]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(told.stdout)
    return found


def main() -> None:
    """Figures by constant and factor, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/bench", help="the shared bench")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--set", action="append", choices=SETS, help="default: all four")
    parser.add_argument("--factor", action="append", type=float, help=f"default: {FACTORS}")
    parser.add_argument("constants", nargs="+", metavar="MODULE:NAME")
    flags = parser.parse_args()
    told: dict[str, dict[float, dict[str, float]]] = {}
    for constant in flags.constants:
        told[constant] = {}
        for factor in flags.factor or FACTORS:
            with TemporaryDirectory() as folder:
                variant(Path(folder), constant, factor)
                found = figures(Path(folder), flags.data.resolve(), flags.set or list(SETS))
            told[constant][factor] = found
            flags.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
