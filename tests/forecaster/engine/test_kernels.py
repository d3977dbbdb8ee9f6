"""The compiled loops are Python: interpreted they say the same, and touch nothing beyond their arrays."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import forecaster

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(forecaster.__file__).parent
KERNELS = sorted(
    ".".join(("forecaster", *path.relative_to(ROOT).with_suffix("").parts))
    for path in ROOT.glob("engine/**/*.py")
    if "import cython\n" in path.read_text()
)

# Runs the engine over some days of five series; the modules named on the command line from their sources.
PROGRAM = """
import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path

import numpy as np

target, *interpreted = sys.argv[1:]

class Sources(MetaPathFinder):
    def find_spec(self, name, path, module=None):
        if name in interpreted:
            return spec_from_file_location(name, Path(path[0]) / (name.rpartition(".")[2] + ".py"))

sys.meta_path.insert(0, Sources())
from forecaster.replay import replay

for name in interpreted:
    assert sys.modules[name].__file__.endswith(".py"), name
rng, t = np.random.default_rng(3), np.arange(24 * 9)
wave = 50 + 20 * np.sin(2 * np.pi * t / 24)
rows = [wave, 20 + 68 * t / len(t), wave * np.exp(0.3 * np.sin(t / 20)), 30 + t % 31 * 2.5]
rows.append(np.where(t % 24 == 7, 95.0, 20.0))
values = np.array(rows) + rng.normal(0, 0.5, (5, len(t)))
values[2, rng.random(len(t)) < 0.1] = np.nan
values[0, 150] = 1e6
with np.errstate(all="ignore"):
    said = replay(values, 1_700_006_400 + 3600 * t, limit=90.0, horizons=(3600, 86400, 7 * 86400))
names = "expected lower upper exhaustion_seconds probability forecast exhaustion_quantiles ready".split()
np.savez(target, season=said.reasons.season, trend=said.reasons.trend, **{n: getattr(said, n) for n in names})
"""


def said(folder: Path, interpreted: list[str]) -> dict[str, np.ndarray]:
    target = folder / "said.npz"
    command = [sys.executable, "-c", PROGRAM, str(target), *interpreted]
    subprocess.run(command, check=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT.parent)})
    with np.load(target) as file:
        return dict(file)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return said(tmp_path_factory.mktemp("compiled"), [])


def compiled_files(name: str) -> list[Path]:
    module = ROOT.parent.joinpath(*name.split("."))
    return [path for suffix in EXTENSION_SUFFIXES if (path := module.with_suffix(suffix)).exists()]


def test_kernels_are_compiled() -> None:
    assert len(KERNELS) >= 7
    assert [name for name in KERNELS if not compiled_files(name)] == []


def test_kernels_share_the_code_of_memoryviews() -> None:
    """In each of them it would be most of the module, and of the minutes that a build takes."""
    files = [path for name in KERNELS for path in compiled_files(name)]
    assert files
    assert [path.name for path in files if b"forecaster.memoryviews" not in path.read_bytes()] == []
    assert compiled_files("forecaster.memoryviews")


def differing(interpreted: Mapping[str, np.ndarray], compiled: Mapping[str, np.ndarray]) -> list[str]:
    return [output for output, values in interpreted.items() if not same(values, compiled[output])]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_interpreted_they_say_the_same(compiled: dict[str, np.ndarray], tmp_path: Path) -> None:
    """All in one run: a start takes longer than most of them. Where one differs, each alone tells which."""
    if not differing(said(tmp_path, KERNELS), compiled):
        return
    alone = {name: differing(said(tmp_path, [name]), compiled) for name in KERNELS}
    pytest.fail(f"not what the compiled ones say: {alone}")
