"""The runner of the accuracy suites."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import run

SCRIPTS = sorted({suite.script for suite in run.SUITES.values() if suite.own})


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_suite_finds_its_modules(script: str) -> None:
    environment = {**os.environ, "PYTHONPATH": run.python_path()}
    command = [sys.executable, str(run.HERE / script), "--help"]
    told = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr.splitlines()[-1:]
    assert "--json" in told.stdout
