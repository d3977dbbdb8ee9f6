"""dashboards: write the JSON of the dashboards, to be provisioned or imported in Grafana."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.commands.command import Command

if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Write the dashboards as JSON files to a directory. They show the built-in resources and horizons. For other
resources run `python -m grafana --config.file FILE` in the repository.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of dashboards."""
    parser.description = DESCRIPTION
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="directory for the files")


def run(flags: argparse.Namespace) -> int:
    """Write the files."""
    flags.output.mkdir(parents=True, exist_ok=True)
    for each in (files("forecaster") / "dashboards").iterdir():
        (flags.output / each.name).write_bytes(each.read_bytes())
    return 0


COMMAND = Command("dashboards", "write the dashboards for Grafana", add_flags, run)
