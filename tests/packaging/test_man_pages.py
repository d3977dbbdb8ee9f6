"""The manual pages say what the command lines say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from exporter.flags import parser
from forecaster.commands.registry import COMMANDS

PAGES = Path(__file__).parents[2] / "docs/man"
UNITS = PAGES.parents[1] / "deploy/packaging/systemd"


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
def test_signals_and_files_of_the_service_are_there(name: str) -> None:
    """What the unit reloads by, and each file that a unit of the package names."""
    shown = text(name)
    units = [f"{name}.service"] + ["virtcast-report.service"] * (name == "virtcast-forecaster")
    read = "\n".join((UNITS / unit).read_text() for unit in units)
    assert ("HUP" in read) == ("SIGHUP" in shown.partition(".SH SIGNALS\n")[2].partition(".SH ")[0])
    listed = shown.partition(".SH FILES\n")[2].partition(".SH ")[0]
    files = set(re.findall(r"/etc/[\w./-]+", read))
    files |= {f"/var/lib/{folder}" for folder in re.findall("^StateDirectory=(.*)$", read, re.MULTILINE)}
    assert {file for file in files if file not in listed} == set()
    assert "read at the start" not in listed
    assert ("virtcast-report.timer" in listed) == (len(units) > 1)


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
