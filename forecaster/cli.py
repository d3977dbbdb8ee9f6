"""virtcast-forecaster: the command line."""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from typing import TYPE_CHECKING

from exporter.web.extras import explained
from exporter.web.server import WebError
from forecaster.commands.registry import COMMANDS
from forecaster.series.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GENERAL = ("-h", "--help", "--version")
DEFAULT = COMMANDS[0].name


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    known = [command.name for command in COMMANDS]
    if given and given[0] not in known and not given[0].startswith("-"):
        sys.stderr.write(f"virtcast-forecaster: {given[0]!r} is no command: use one of {', '.join(known)}\n")
        return 2
    if not given or given[0] not in (*GENERAL, *known):
        given.insert(0, DEFAULT)
    flags = arguments().parse_args(given)
    run: Callable[[argparse.Namespace], int] = flags.run
    try:
        return run(flags)
    except (WebError, ValueError, OSError) as error:
        sys.stderr.write(f"virtcast-forecaster: {printable(str(error))}\n")
        return 1
    except ModuleNotFoundError as error:
        sys.stderr.write(f"virtcast-forecaster: {explained(error)}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="virtcast-forecaster",
        description="Forecasts the series of a Prometheus server: expected bands, anomalies, exhaustion.",
        epilog=f"The default command is {DEFAULT}. "
        "`virtcast-forecaster COMMAND --help` lists the flags of a command.",
    )
    parser.add_argument("--version", action="version", version=f"virtcast-forecaster {version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        described = f"{command.help[0].upper()}{command.help[1:]}."
        each = commands.add_parser(command.name, help=command.help, description=described)
        command.add_flags(each)
        each.set_defaults(run=command.run)
    return parser


def version() -> str:
    """The installed version."""
    try:
        return importlib.metadata.version("virtcast")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
