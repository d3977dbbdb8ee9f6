"""check-config: read the configuration and print what is in force; --online also asks the backend."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.web import checked_file
from exporter.web.finding import Finding
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_replica_flag, add_shard_flag, configured
from forecaster.config.durations import written
from forecaster.config.summary import summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from forecaster.config.model import Config
    from forecaster.promql.client import Client
    from forecaster.serve.survey import Survey

DESCRIPTION = """\
Read the configuration and print what is in force. A query that no dialect of PromQL accepts is an error. With
--online the backend is asked: whether exporters, rules and forecasters are there and in order, how much
history it keeps, and what each resource finds. A line is ok, none (something is missing) or failed, and says
what mends it. The exit status is 1 if the configuration cannot be used or a line is failed.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of check-config."""
    parser.description = DESCRIPTION
    add_config_flags(parser)
    add_shard_flag(parser)
    add_replica_flag(parser)
    parser.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        type=Path,
        help="also read this file of TLS and authentication, as serve would (default: none)",
    )
    parser.add_argument(
        "--online",
        action="store_true",
        help="also ask the backend: exporters, rules, labels, history, series of each query, cost of a start",
    )


def run(flags: argparse.Namespace) -> int:
    """Print the configuration in force; 1 if the backend cannot run one of its queries."""
    config = configured(flags)
    sys.stdout.write(summary(config))
    if flags.web_config_file:
        sys.stdout.write(f"{checked_file.checked(flags.web_config_file)}\n")
    return online(config) if flags.online else 0


def online(config: Config) -> int:
    """Print what a start would find, a line for each question as soon as it is answered."""
    from forecaster.promql.client import Client  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.promql.results import PromqlError  # noqa: PLC0415 (as above)

    client = Client(config.backend)
    now = int(time.time() - config.settle) // config.step * config.step
    failed = False
    try:
        for finding in _findings(config, client, now):
            sys.stdout.write(f"{finding}\n")
            sys.stdout.flush()
            failed = failed or finding.word == "failed"
    except PromqlError as error:
        raise ValueError(str(error)) from error
    finally:
        client.close()
    return 1 if failed else 0


def _findings(config: Config, client: Client, now: int) -> Iterator[Finding]:
    from forecaster.serve.history import shortage  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.serve.surroundings import recorded_by, surroundings  # noqa: PLC0415 (as above)
    from forecaster.serve.survey import surveys  # noqa: PLC0415 (as above)

    kept = client.retention()
    told = "does not say how much history it keeps" if kept is None else f"keeps {written(kept)} of history"
    yield Finding("ok", "backend", f"{config.backend.url} answers and {told}")
    if missing := shortage(kept, config.lookback):
        yield Finding("none", "history", missing)
    loaded = client.rules()
    yield from surroundings(config, client, loaded, now)
    done = []
    for survey in surveys(config, client, now, recorded_by(loaded)):
        yield _found(survey, config)
        done.append(survey)
    total = sum(each.seconds for each in done), sum(each.bytes for each in done)
    yield Finding("ok", "a start", _cost(sum(each.points for each in done), *total))


def _found(survey: Survey, config: Config) -> Finding:
    subject = f"resource {survey.resource.name}"
    if survey.error:
        return Finding("failed", subject, survey.error)
    return Finding("none" if survey.advice else "ok", subject, "; ".join(_told(survey, config)))


def _told(survey: Survey, config: Config) -> Iterator[str]:
    yield f"{survey.series:,} series"
    if survey.oldest is not None:
        since = f"{datetime.fromtimestamp(survey.oldest, UTC):%Y-%m-%d %H:%M} UTC"
        yield f"history since {since} or before" if _whole(survey, config) else f"history since {since}"
    if survey.points:
        yield f"a start: {_cost(survey.points, survey.seconds, survey.bytes)}"
    if survey.advice:
        yield survey.advice


def _whole(survey: Survey, config: Config) -> bool:
    """Whether the history reaches about as far as the look-back."""
    assert survey.oldest is not None  # noqa: S101 (the caller knows)
    return survey.oldest <= time.time() - config.lookback * 0.95


def _cost(points: int, seconds: float, size: int) -> str:
    return f"{points:,} points, about {written(max(1, round(seconds)))}, {max(1, size >> 20)} MiB"


COMMAND = Command("check-config", "read the configuration and print what is in force", add_flags, run)
