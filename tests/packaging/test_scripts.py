"""The shell scripts: what cleans up does so to its end."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENDING = re.compile(r"^trap '([^']+)' EXIT$", re.MULTILINE)


def test_a_command_that_fails_at_the_end_keeps_no_other_from_it() -> None:
    """With `set -e` bash leaves what a trap still has to do, and the script fails."""
    steps = {
        (path.name, step)
        for path in sorted((ROOT / "deploy").rglob("*.sh"))
        for ending in ENDING.findall(path.read_text())
        for step in ending.split("; ")[:-1]
    }
    assert steps
    assert {step for step in steps if not step[1].endswith("|| true")} == set()
