"""The manual pages say what the command lines say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from exporter.flags import parser
from forecaster.commands.registry import COMMANDS

PAGES = Path(__file__).parents[2] / "docs/man"


def text(name: str) -> str:
    return (PAGES / f"{name}.1").read_text().replace("\\-", "-")


def test_every_flag_of_the_exporter_is_there() -> None:
    shown = text("virtcast-exporter")
    flags = [name for action in parser("")._actions for name in action.option_strings]
    assert "--libvirt.uri" in flags
    assert [name for name in flags if name not in shown] == []


def test_every_command_of_the_forecaster_is_there() -> None:
    shown = text("virtcast-forecaster")
    assert [one.name for one in COMMANDS if f".SH COMMAND {one.name.upper()}\n" not in shown] == []


@pytest.mark.parametrize("name", ["virtcast-exporter", "virtcast-forecaster"])
def test_troff_has_nothing_to_complain_about(name: str) -> None:
    troff = shutil.which("groff")
    assert troff, "groff is not installed: `bash deploy/packages.sh test`"
    done = subprocess.run(
        [troff, "-man", "-Tutf8", "-ww", "-z", PAGES / f"{name}.1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
