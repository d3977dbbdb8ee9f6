"""serve: forecast and serve the metrics until told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exporter.web.flags import add_log_flags, add_web_flags
from exporter.web.logs import configure_logging
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_replica_flag, add_shard_flag, flag
from forecaster.config import file as config_file

if TYPE_CHECKING:
    import argparse


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of serve."""
    add_config_flags(parser)
    add_shard_flag(parser)
    add_replica_flag(parser)
    parser.add_argument(
        "--state.dir",
        dest="state_dir",
        metavar="DIR",
        type=Path,
        help="folder that keeps what was learned, so that a restart takes seconds, and the audit log of "
        "alerts; what was learned may be deleted at any time (default: none, history is read again)",
    )
    parser.add_argument(
        "--alerts.token-file",
        dest="alerts_token_file",
        metavar="FILE",
        type=Path,
        help="take notifications of Alertmanager at POST /api/v1/alerts, with the bearer token in this file, "
        "into the audit log of --state.dir (default: take none)",
    )
    parser.add_argument(
        "--alertmanager.url",
        dest="alertmanager_url",
        metavar="URL",
        type=flag(config_file.backend_url),
        help="Alertmanager whose silences are read: acknowledgements and their comments, and what #noise and "
        "#expected in them teach; needs --alerts.token-file (default: none is read)",
    )
    add_web_flags(parser, ":9178")
    add_log_flags(parser)


def run(flags: argparse.Namespace) -> int:
    """Forecast and serve; 1 if the loop failed."""
    from forecaster.commands.service import Service  # noqa: PLC0415 (numpy is slow to load)

    configure_logging(flags.log_level, flags.log_format)
    return Service(flags).run()


COMMAND = Command("serve", "forecast and serve the metrics (the default)", add_flags, run)
