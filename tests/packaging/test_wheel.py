"""What is put into a wheel, by the rules of pyproject.toml.

`make release` checks it in a wheel that is built.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
RUN = ("forecaster/engine/kernel.cpython-311-x86_64-linux-gnu.so", "forecaster/engine/kernel.py")
COMPILED = ("forecaster/engine/kernel.c", "forecaster/engine/kernel.pxd")


def test_what_only_a_compiler_reads_is_left_out(tmp_path: Path) -> None:
    """A source distribution has the C of each kernel beside it, and wheels are made of it."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in (*RUN, *COMPILED):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = {one.distribution_path for one in WheelBuilder(str(tmp_path)).recurse_included_files()}
    assert found == set(RUN)
