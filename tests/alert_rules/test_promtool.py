"""promtool runs the tests of alerts and recording rules on the committed files, and one of the demo's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

HERE = Path(__file__).resolve().parent


FILES = sorted(path.relative_to(HERE) for path in HERE.glob("*/*.test.yml"))


@pytest.mark.parametrize("file", FILES, ids=str)
def test_promtool(file: Path, run: Tool) -> None:
    tested = run("promtool", "test", "rules", file.name, cwd=HERE / file.parent)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count("SUCCESS") == 1


@pytest.mark.parametrize("profile", ["demo"], indirect=True)
def test_the_demo_s_alerts_come_in_seconds(rendered: Path, run: Tool) -> None:
    shutil.copy(HERE / "demo.test.yml", rendered)
    tested = run("promtool", "test", "rules", "demo.test.yml", cwd=rendered)
    assert tested.returncode == 0, tested.stdout + tested.stderr
