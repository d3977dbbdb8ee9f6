"""backtest: judge the engine on the backend's own history."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from forecaster.backtest.flags import add_backtest_flags
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, configured
from forecaster.config.model import Shard

if TYPE_CHECKING:
    import argparse


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of backtest."""
    add_config_flags(parser)
    add_backtest_flags(parser)
    parser.set_defaults(shard=Shard())


def run(flags: argparse.Namespace) -> int:
    """Print the tables and write the page."""
    from forecaster.backtest import page, run, tables  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.backtest.history import Span  # noqa: PLC0415 (as above)

    config = configured(flags)
    if flags.html is not None and not flags.html.absolute().parent.is_dir():
        raise ValueError(f"--html: {flags.html.parent} is no directory")
    resources = run.chosen(config, flags.resources)
    now = int(time.time() - config.settle) // config.step * config.step
    span = Span(now, flags.days, flags.series)
    reports, skipped = run.backtest(config, resources, span, sys.stderr)
    write = tables.as_json if flags.format == "json" else tables.text
    sys.stdout.write(write(reports, skipped))
    if flags.html is not None:
        flags.html.write_text(page.page(reports, skipped, config.backend.url), encoding="utf-8")
    return 0


COMMAND = Command("backtest", "judge the engine on the backend's own history", add_flags, run)
