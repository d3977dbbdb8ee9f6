"""replay: run the engine over CSV files, step by step as if live."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.backtest.flags import positive
from forecaster.commands.command import Command
from forecaster.commands.flags import flag
from forecaster.config.durations import horizon, seconds
from forecaster.config.file import limit

if TYPE_CHECKING:
    import argparse

    from forecaster.config.durations import Horizon

DESCRIPTION = (
    "Runs the engine over CSV files, step by step as if live. Columns of the output: timestamp (Unix "
    "seconds), value; expected, lower and upper: what was normal; anomaly_score: anomalous from 1 on; "
    "exhaustion_seconds: until the limit is reached; probability_N: that it is reached within N seconds. "
    "Why: trend_per_hour; season: what time of day and week add; usual: median of this hour over the last "
    "week; onset (Unix seconds) and origin: when the anomaly began, and what was normal then; "
    "contribution_residual, _shape, _roughness and _displacement: what each sign says of an anomaly, 1 = its "
    "alarm limit. An empty field is none."
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of replay."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "--input", metavar="DIR", type=Path, required=True, help="timestamp,value files (CSV), one per series"
    )
    parser.add_argument(
        "--output", metavar="DIR", type=Path, required=True, help="where a file of the same name goes"
    )
    parser.add_argument(
        "--step", metavar="DURATION", type=flag(seconds), default=300, help="grid of the input (default 5m)"
    )
    parser.add_argument(
        "--day", metavar="DURATION", type=flag(seconds), default=86_400, help="the main season (default 1d)"
    )
    parser.add_argument(
        "--limit", metavar="VALUE", type=flag(limit), help="value that counts as exhausted (default: none)"
    )
    parser.add_argument(
        "--limit-side",
        choices=("upper", "lower"),
        default="upper",
        help="lower: the limit is reached by falling values (default upper)",
    )
    parser.add_argument(
        "--sensitivity",
        metavar="FACTOR",
        type=positive,
        default=1.0,
        help="how unusual it takes to be an anomaly: anomaly_threshold of the configuration (default 1)",
    )
    parser.add_argument(
        "--min-deviation",
        metavar="VALUE",
        type=flag(deviation),
        default=0.0,
        help="nearer than this to the expected value, no anomaly begins: min_deviation of the configuration "
        "(default 0; the service has one for each resource)",
    )
    parser.add_argument(
        "--horizon",
        dest="horizons",
        metavar="DURATION",
        type=flag(horizon),
        action="append",
        help="how far ahead; repeatable (default 15m, 1h, 24h)",
    )


def run(flags: argparse.Namespace) -> int:
    """Run the engine over files."""
    from forecaster.replay_csv import Run, replay_files  # noqa: PLC0415 (numpy is slow to load)

    horizons: list[Horizon] = flags.horizons or [horizon(text) for text in ("15m", "1h", "24h")]
    ahead = tuple(each.seconds for each in horizons)
    run = Run(
        flags.step,
        flags.day,
        flags.limit,
        ahead,
        lower_limit=flags.limit_side == "lower",
        sensitivity=flags.sensitivity,
        min_deviation=flags.min_deviation,
    )
    replay_files(flags.input, flags.output, run, sys.stderr)
    return 0


def deviation(text: str) -> float:
    """A distance in the values' unit; 0 is none."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(f"{text!r} is no deviation: write 0 or a positive number")
    return value


COMMAND = Command("replay", "run the engine over CSV files", add_flags, run)
