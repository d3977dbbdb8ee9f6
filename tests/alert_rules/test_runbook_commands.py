"""Every virsh command of a runbook exists in the virsh of this machine, with the flags that are given."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

RUNBOOKS = sorted((Path(__file__).resolve().parents[2] / "alert_rules" / "runbooks").glob("*.md"))
LINES = re.compile(r"^\s*(virsh .*)$", re.MULTILINE)
needs_virsh = pytest.mark.skipif(shutil.which("virsh") is None, reason="needs libvirt-clients")


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Each command of a runbook, and its long flags."""
    calls = (part.strip() for line in LINES.findall(text) for part in re.split(r"[;|]", line))
    words = [re.sub(r" -c \S+", "", call).split() for call in calls if call.startswith("virsh ")]
    return [(each[1], [word for word in each[2:] if re.fullmatch(r"--[a-z-]+", word)]) for each in words]


@cache
def described(command: str) -> str:
    """What virsh says of a command; it asks no daemon for it."""
    asked = subprocess.run(["virsh", "help", command], capture_output=True, text=True, check=False)
    return asked.stdout if asked.returncode == 0 else ""


@needs_virsh
@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_commands_exist(path: Path) -> None:
    used = commands(path.read_text())
    missing = [name for name, _ in used if not described(name)]
    unknown = [(name, flag) for name, flags in used for flag in flags if flag not in described(name)]
    assert (missing, unknown) == ([], [])


@needs_virsh
def test_what_does_not_exist_is_found() -> None:
    assert commands("virsh fly VM --high; virsh list\n") == [("fly", ["--high"]), ("list", [])]
    assert not described("fly")
    assert "--all" in described("list")
    assert "--high" not in described("list")
