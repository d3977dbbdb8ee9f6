"""backtest: judge the engine on the backend's own history."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from exporter.web.extras import missing
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
    from forecaster.backtest import page, reference_models, run  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.backtest.as_json import as_json  # noqa: PLC0415 (as above)
    from forecaster.backtest.dataset import Span  # noqa: PLC0415 (as above)
    from forecaster.backtest.text import text  # noqa: PLC0415 (as above)

    config = configured(flags)
    if flags.html is not None and not flags.html.absolute().parent.is_dir():
        raise ValueError(f"--html: {flags.html.parent} is no directory")
    at_most = flags.reference_series if reference_models.wanted(flags.reference) else 0
    resources = run.chosen(config, flags.resources)
    now = int(time.time() - config.settle) // config.step * config.step
    span = Span(now, flags.days, flags.series)
    reports, skipped = run.backtest(config, resources, span, sys.stderr, reference_series=at_most)
    sys.stdout.write((as_json if flags.format == "json" else text)(reports, skipped))
    if flags.html is not None:
        flags.html.write_text(page.page(reports, skipped, config.backend.url), encoding="utf-8")
    if flags.reference is None and not at_most:
        sys.stderr.write(f"left out the reference models ETS and MSTL: {missing('statsmodels')}\n")
    return 0


COMMAND = Command("backtest", "evaluate the engine on the history of the backend", add_flags, run)
