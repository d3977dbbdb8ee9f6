"""report: read the history once and print what runs out first and what is unusual now."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from typing import TYPE_CHECKING

from exporter.web.logs import configure_logging
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_shard_flag, configured

if TYPE_CHECKING:
    import argparse


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of report."""
    add_config_flags(parser)
    add_shard_flag(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="json: the anomalies only (default text)"
    )


def run(flags: argparse.Namespace) -> int:
    """Print the report; 1 if a resource could not be read."""
    from forecaster.api.anomalies import anomalies  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.report.text import report  # noqa: PLC0415 (as above)
    from forecaster.serve.loop import Loop  # noqa: PLC0415 (as above)

    configure_logging("info", "logfmt")
    loop = Loop(configured(flags), threading.Event(), clock=time.time)
    now = loop.due()
    loop.cycle(now)
    loop.read_past(now)
    view = loop.view
    if not view.backend_up:
        return 1  # the log says why
    known = view.fresh(view.made_at, math.inf)
    text = report(view) if flags.format == "text" else json.dumps(anomalies(known.rows), indent=1) + "\n"
    sys.stdout.write(text)
    return 1 if any(each.error for each in view.resources) else 0


COMMAND = Command("report", "print what runs out first and what is unusual now", add_flags, run)
