"""What is put into a wheel, by the rules of pyproject.toml.

`make release` checks it in a wheel that is built.
"""

from __future__ import annotations

import re
import shutil
import tomllib
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


def test_the_page_installs_what_a_compiler_of_libvirt_python_needs_and_names_every_extra() -> None:
    """The packages that `make install` installs before pip; CI proves that those are enough."""
    page = (ROOT / "docs/install.md").read_text().partition("\n## From the wheel\n")[2].partition("\n## ")[0]
    (named,) = re.findall("^apt-get install -y --no-install-recommends (.*)$", page, re.MULTILINE)
    (base,) = re.findall(r'\[base\]="(.*)"', (ROOT / "deploy/packages.sh").read_text())
    assert {*named.split()} == {*base.split()} - {"python3", "make"}  # python3-venv needs python3
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {one for group in re.findall(r"\[([a-z,]+)\]", page) for one in group.split(",")} == {*extras}
