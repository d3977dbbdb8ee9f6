"""The flags of `backtest`; nothing here loads what computes."""

from __future__ import annotations

import argparse
import math
from pathlib import Path


def add_backtest_flags(parser: argparse.ArgumentParser) -> None:
    """Add what is judged, and how it is told."""
    group = parser.add_argument_group("backtest")
    group.add_argument(
        "--resource",
        dest="resources",
        metavar="NAME",
        action="append",
        help="judge this resource; repeatable (default: all that are configured)",
    )
    group.add_argument(
        "--days",
        metavar="N",
        type=positive,
        default=28.0,
        help="days of history to read (default 28); the first quarter, at most a week, only teaches",
    )
    group.add_argument(
        "--series",
        metavar="N",
        type=whole,
        default=200,
        help="judge at most N series of a resource, chosen evenly (default 200)",
    )
    group.add_argument(
        "--reference",
        action=argparse.BooleanOptionalAction,
        help="also compare with the reference models of statsmodels, ETS and MSTL, which the extra "
        "`reference` installs (default: if it is installed)",
    )
    group.add_argument(
        "--reference-series",
        metavar="N",
        type=whole,
        default=10,
        help="ask the reference models about at most N series of a resource (default 10); each takes about a "
        "second for a week that is judged",
    )
    group.add_argument(
        "--format", choices=("text", "json"), default="text", help="of the table (default text)"
    )
    group.add_argument("--html", metavar="FILE", type=Path, help="write a page with plots, too")


def positive(text: str) -> float:
    """A positive number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def whole(text: str) -> int:
    """A positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
