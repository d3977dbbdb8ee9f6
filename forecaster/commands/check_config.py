"""check-config: read the configuration and print what is in force."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_shard_flag, configured
from forecaster.config.summary import summary

if TYPE_CHECKING:
    import argparse


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of check-config."""
    add_config_flags(parser)
    add_shard_flag(parser)


def run(flags: argparse.Namespace) -> int:
    """Print the configuration in force."""
    sys.stdout.write(summary(configured(flags)))
    return 0


COMMAND = Command("check-config", "read the configuration and print what is in force", add_flags, run)
