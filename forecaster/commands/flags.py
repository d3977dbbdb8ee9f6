"""The flags of virtcast-forecaster; nothing here loads what computes."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forecaster.backtest.flags import positive
from forecaster.config import file as config_file
from forecaster.config.durations import horizon, seconds
from forecaster.config.file import limit
from forecaster.config.model import Shard

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

REPLAY_COLUMNS = (
    "Runs the engine over CSV files, step by step as if live. Columns of the output: timestamp (Unix "
    "seconds), value; expected, lower and upper: what was normal; anomaly_score: anomalous from 1 on; "
    "exhaustion_seconds: until the limit is reached; probability_N: that it is reached within N seconds. "
    "Why: trend_per_hour; season: what time of day and week add; usual: median of this hour over the last "
    "week; onset (Unix seconds) and origin: when the anomaly began, and what was normal then; "
    "contribution_residual, _shape, _roughness and _displacement: what each sign says of an anomaly, 1 = its "
    "alarm limit. An empty field is none."
)


def flag(parse: Callable[[str], T]) -> Callable[[str], T]:
    """`parse` as argparse wants it: its ValueError becomes the message."""

    def parsed(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed


def add_config_flags(parser: argparse.ArgumentParser) -> None:
    """Where the configuration is, and what it forecasts from."""
    group = parser.add_argument_group("forecaster")
    group.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        type=Path,
        help="configuration (default: what is built in)",
    )
    group.add_argument(
        "--prometheus.url",
        dest="prometheus_url",
        metavar="URL",
        type=flag(config_file.backend_url),
        help="backend that speaks PromQL: Prometheus, Thanos, Mimir, VictoriaMetrics "
        "(default: the configuration's, http://127.0.0.1:9090)",
    )


def add_shard_flag(parser: argparse.ArgumentParser) -> None:
    """Which part of the series is meant."""
    parser.add_argument(
        "--shard",
        metavar="K/N",
        type=flag(Shard.parse),
        default=Shard(),
        help="forecast only the K-th of N parts of the series (default 1/1)",
    )


def add_replay_flags(parser: argparse.ArgumentParser) -> None:
    """What is replayed, against which limit, and how sensitive."""
    parser.description = REPLAY_COLUMNS
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


def deviation(text: str) -> float:
    """A distance in the values' unit; 0 is none."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(f"{text!r} is no deviation: write 0 or a positive number")
    return value
