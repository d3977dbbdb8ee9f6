"""Build hook: the engine's loops, Python compiled by Cython.

In the wheel they are compiled; the modules are put beside their sources, where tests of a working tree find
them, too. In the source distribution they are C beside their sources: a distribution that has no Cython, or
an older one, compiles that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import Cython
from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

KERNELS = (
    "forecaster/engine/sample_kernel.py",
    "forecaster/engine/anomaly/kernels/displacement.py",
    "forecaster/engine/anomaly/kernels/extremes.py",
    "forecaster/engine/anomaly/kernels/jumps.py",
    "forecaster/engine/anomaly/kernels/onset.py",
    "forecaster/engine/anomaly/kernels/profile.py",
    "forecaster/engine/anomaly/kernels/residual.py",
    "forecaster/engine/anomaly/kernels/roughness.py",
    "forecaster/engine/anomaly/kernels/shape.py",
    "forecaster/engine/anomaly/kernels/tails.py",
    "forecaster/engine/anomaly/kernels/units.py",
    "forecaster/engine/forecasts/members_kernel.py",
    "forecaster/engine/forecasts/memory_kernel.py",
    "forecaster/engine/forecasts/pool_kernel.py",
    "forecaster/engine/holt_winters/kernel.py",
    "forecaster/engine/holt_winters/search_kernel.py",
    "forecaster/engine/baseline/cleaning.py",
    "forecaster/engine/baseline/kernel.py",
    "forecaster/engine/baseline/logarithm_kernel.py",
    "forecaster/engine/baseline/window_kernel.py",
    "forecaster/engine/exhaustion/foresight_kernel.py",
    "forecaster/engine/exhaustion/passage_kernel.py",
    "forecaster/engine/exhaustion/trend_kernel.py",
    "forecaster/engine/exhaustion/state_tables/kernel.py",
    "forecaster/promql/samples_kernel.py",
)
# Loops are plain arithmetic; no contraction to fused multiply-add: results are the same on every processor.
DIRECTIVES = {
    "boundscheck": "VIRTCAST_CHECK_BOUNDS" in os.environ,  # make test-bounds
    "cdivision": True,
    "infer_types": True,
    "initializedcheck": False,
    "language_level": 3,
    "wraparound": False,
}
# Cython's memoryviews, once for all kernels: in each of them they would be most of its C, and most of the
# time that it takes to compile.
SHARED = "forecaster.memoryviews"
FLAGS = ["-O3", "-g0", "-ffp-contract=off"]
CORES = len(os.sched_getaffinity(0))
CYTHON: dict[str, Any] = {
    "compiler_directives": DIRECTIVES,
    "nthreads": CORES,
    "quiet": True,
    "shared_utility_qualified_name": SHARED,
}
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles what is older than its source for a wheel of this Python and machine; adds C to the sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        root = Path(self.root)
        if self.target_name == "sdist":
            self._scratch = TemporaryDirectory()
            build_data["force_include"].update(write_c(root, Path(self._scratch.name)))
            return
        compile_kernels(root)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if self.target_name == "sdist":
            self._scratch.cleanup()


def write_c(root: Path, folder: Path) -> dict[str, str]:
    """Write the kernels' C below `folder`: each file, and its place in the source distribution.

    Cython writes the path of the source into it: a relative one, so that C is the same wherever it is made.
    """
    extensions = [Extension(_name(Path(each), Path()), [each]) for each in KERNELS]
    with chdir(root):
        cythonize(  # type: ignore[no-untyped-call]
            extensions, build_dir=str(folder), force=True, **CYTHON
        )
    shared = write_shared(folder)
    return {
        str(shared): str(_place(SHARED).with_suffix(".c")),
        **{str((folder / each).with_suffix(".c")): str(Path(each).with_suffix(".c")) for each in KERNELS},
    }


def write_shared(folder: Path) -> Path:
    """Write the C of what the kernels share; Cython takes the name of the module from that of the file."""
    path = folder / _place(SHARED).with_suffix(".c").name
    subprocess.run([sys.executable, "-m", "cython", f"--generate-shared={path}"], check=True)
    return path


def compile_kernels(root: Path) -> None:
    """Compile the modules whose compiled form is missing or older."""
    old = [root / each for each in KERNELS if not _current(root / each)]
    without_shared = not _current(root / _place(SHARED))
    if not old and not without_shared:
        return
    extensions = [Extension(_name(each, root), [str(each)], extra_compile_args=FLAGS) for each in old]
    with TemporaryDirectory() as scratch:
        modules = cythonize(  # type: ignore[no-untyped-call]
            extensions, build_dir=scratch, **CYTHON
        )
        if without_shared:
            shared = write_shared(Path(scratch))
            modules.append(Extension(SHARED, [str(shared)], extra_compile_args=FLAGS))
        command = build_ext(Distribution({"name": "kernels", "ext_modules": modules}))
        linked = Path(scratch, "lib")
        command.ensure_finalized()
        command.build_temp, command.build_lib, command.parallel = scratch, str(linked), CORES
        command.run()
        for each in linked.rglob(f"*{SUFFIX}"):
            _put(each, root / each.relative_to(linked))


def _put(module: Path, place: Path) -> None:
    """At once: a program that imports it meanwhile has the old one or the new one."""
    beside = place.with_suffix(".new")
    shutil.copyfile(module, beside)
    beside.replace(place)


def _name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _place(name: str) -> Path:
    return Path(*name.split("."))


def _current(path: Path) -> bool:
    """Whether it is compiled, and newer than its sources, than the Cython that wrote what it shares, and than
    what is said here of how it is compiled.
    """
    compiled, declared = path.with_suffix(SUFFIX), path.with_suffix(".pxd")
    read = path, declared, Path(Cython.__file__), Path(__file__)
    sources = [each.stat().st_mtime for each in read if each.exists()]
    return compiled.exists() and compiled.stat().st_mtime >= max(sources)


if __name__ == "__main__":
    compile_kernels(Path(__file__).parents[2])
