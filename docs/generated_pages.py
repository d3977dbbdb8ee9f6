"""Pages written at each build: flags from the parsers, the API from its rows, the alerts' runbooks."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.flags import parser as exporter_parser
from forecaster.api.openapi import parameters
from forecaster.api.registry import API
from forecaster.cli import arguments as forecaster_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = "100"  # argparse wraps at the width of the terminal, which a build does not have
RUNBOOKS = Path(__file__).resolve().parent.parent / "alert_rules/runbooks"


def write(folder: Path) -> None:
    """Write the pages into `folder`, the reference."""
    os.environ["COLUMNS"] = COLUMNS
    parsers = {"virtcast-exporter": exporter_parser("VERSION"), "virtcast-forecaster": forecaster_parser()}
    for name, parser in parsers.items():
        sections = (f"## {title}\n\n```text\n{text}```\n" for title, text in _sections(name, parser))
        (folder / f"{name}-flags.md").write_text(f"# Flags of {name}\n\n" + "\n".join(sections))
    (folder / "api.md").write_text("".join(_api()))
    shutil.rmtree(folder / "runbooks", ignore_errors=True)
    shutil.copytree(RUNBOOKS, folder / "runbooks")


API_INTRODUCTION = """# HTTP API of the forecaster

An answer is `{"status": "success", "data": …}`, with `warnings` where it is less than was asked for. An error
is `{"status": "error", "errorType": …, "error": …}` with a status of 4xx or 5xx. Times are Unix seconds; null
is what is not known. Unknown parameters are refused. Answers have an ETag.
`/api/v1/openapi.json` describes every name of an answer in OpenAPI 3.1.
"""


def _api() -> Iterator[str]:
    """The API resources, from their rows."""
    yield API_INTRODUCTION
    for each in API:
        yield f"\n## GET {each.path}\n\n{each.help}\n"
        yield from (f"\n- `{parameter.name}`: {parameter.help}\n" for parameter in parameters(each))


def _sections(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """The help of the program and of each of its commands."""
    yield name, parser.format_help()
    for action in parser._actions:  # noqa: SLF001 (argparse has no public way to its commands)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 (as above)
            for command, each in action.choices.items():
                yield f"{name} {command}", each.format_help()
