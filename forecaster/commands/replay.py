"""replay: run the engine over CSV files, step by step as if live."""

from __future__ import annotations

import argparse
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
    from forecaster.config.durations import Horizon

DESCRIPTION = "Run the engine over CSV files, step by step as in the service."
COLUMNS = (
    ("timestamp", "Unix seconds"),
    ("value", "the input"),
    ("expected, lower, upper", "the expected value and its band"),
    ("anomaly_score", "0.9 or more is an anomaly, above 1 it begins or grows"),
    ("exhaustion_seconds", "time until the limit is reached"),
    ("probability_N", "probability that the limit is reached within N seconds"),
    ("trend_per_hour", "change per hour"),
    ("season", "contribution of the time of day and week"),
    ("usual", "median of this hour over the last week"),
    ("onset", "when the anomaly began, Unix seconds"),
    ("origin", "expected value when the anomaly began"),
    ("contribution_residual", "strength of each sign of the anomaly, 1 at its alarm limit;"),
    ("", "also _shape, _roughness, _displacement"),
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of replay."""
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    rows = "\n".join(f"  {name:<24}{meaning}" for name, meaning in COLUMNS)
    parser.epilog = f"columns of the output (an empty field is not known):\n{rows}"
    parser.add_argument(
        "--input",
        metavar="DIR",
        type=Path,
        required=True,
        help="directory with a CSV file per series: timestamp,value",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="directory for the results, a file of the same name each",
    )
    parser.add_argument(
        "--step",
        metavar="DURATION",
        type=flag(seconds),
        default=300,
        help="distance between samples (default 5m)",
    )
    parser.add_argument(
        "--day",
        metavar="DURATION",
        type=flag(seconds),
        default=86_400,
        help="length of the main season (default 1d)",
    )
    parser.add_argument(
        "--limit",
        metavar="VALUE",
        type=flag(limit),
        help="value at which the resource is exhausted (default: none)",
    )
    parser.add_argument(
        "--limit-side",
        choices=("upper", "lower"),
        default="upper",
        help="side from which values reach the limit; lower: by falling (default upper)",
    )
    parser.add_argument(
        "--sensitivity",
        metavar="FACTOR",
        type=positive,
        default=1.0,
        help="how unusual an anomaly must be, as anomaly_threshold in the configuration (default 1)",
    )
    parser.add_argument(
        "--min-deviation",
        metavar="VALUE",
        type=flag(deviation),
        default=0.0,
        help="smallest distance from the expected value at which an anomaly begins, as in the configuration "
        "(default 0)",
    )
    parser.add_argument(
        "--horizon",
        dest="horizons",
        metavar="DURATION",
        type=flag(horizon),
        action="append",
        help="forecast horizon; repeatable (default 15m, 1h, 24h)",
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
