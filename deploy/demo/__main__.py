"""The demo: real hosts, real guests and the whole stack.

    python -m demo              runs it; DEMO_SECONDS=N ends it N seconds after it is ready
    python -m demo start NAME   starts a program of the running demo that you have ended (libvirtd-host-a, …)

Exit status: 0 if no check failed (with DEMO_SECONDS: every check held), 1 if one did, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from demo.show import PREFIX, REQUESTS, run
from lab import LabError

if TYPE_CHECKING:
    from types import FrameType

PLAIN_WIDTH = 140  # of a log file


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo", description="The demo of virtcast.", allow_abbrev=False)
    command = parser.add_subparsers(dest="command", metavar="COMMAND")
    start = command.add_parser("start", help="start a program of the running demo again that was ended")
    start.add_argument("name", metavar="NAME", help="as in the summary's first column")
    flags = parser.parse_args()
    if flags.command == "start":
        return ask_to_start(flags.name)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(_console(), ends_after())
    except KeyboardInterrupt:
        return 130
    except (LabError, OSError, TimeoutError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 2


def ends_after() -> float | None:
    """DEMO_SECONDS, if it is set. Raises LabError when it is no number."""
    text = os.environ.get("DEMO_SECONDS", "")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise LabError(f"DEMO_SECONDS must be a number of seconds, not {text!r}") from None


def ask_to_start(name: str) -> int:
    """Ask the newest running demo of this user to start one of its programs."""
    requests = Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{REQUESTS}")
    newest = max(requests, key=lambda folder: folder.stat().st_mtime, default=None)
    if newest is None or "/" in name:
        sys.stderr.write("demo: no demo runs\n" if newest is None else f"demo: no such program: {name}\n")
        return 2
    (newest / name).touch()
    return 0


def _console() -> Console:
    """The terminal as it is; a log file is as wide as the summary needs."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
