"""The commands there are; the first one is the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.commands import backtest, check_config, dashboards, replay, report, rules, serve

if TYPE_CHECKING:
    from forecaster.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    serve.COMMAND,
    replay.COMMAND,
    backtest.COMMAND,
    report.COMMAND,
    check_config.COMMAND,
    rules.COMMAND,
    dashboards.COMMAND,
)
