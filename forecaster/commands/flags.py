"""Flags that several commands share."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forecaster.config import file as config_file
from forecaster.config.model import Shard

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.config.model import Config

T = TypeVar("T")


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
    parser.set_defaults(replica="")
    group = parser.add_argument_group("forecaster")
    group.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        type=Path,
        help="configuration file (default: the built-in configuration)",
    )
    group.add_argument(
        "--prometheus.url",
        dest="prometheus_url",
        metavar="URL",
        type=flag(config_file.backend_url),
        help="PromQL backend: Prometheus, Thanos, Mimir or VictoriaMetrics "
        "(default: the URL in the configuration, http://127.0.0.1:9090)",
    )


def add_shard_flag(parser: argparse.ArgumentParser) -> None:
    """Which part of the series is meant."""
    parser.add_argument(
        "--shard",
        metavar="K/N",
        type=flag(Shard.parse),
        default=Shard(),
        help="forecast the K-th of N shards of the series only (default 1/1)",
    )


def add_replica_flag(parser: argparse.ArgumentParser) -> None:
    """Which of several forecasters of the same series this is."""
    parser.add_argument(
        "--replica",
        metavar="NAME",
        default="",
        help="label `replica` of every forecast, where several forecasters forecast the same series "
        "(default: that of the configuration)",
    )


def configured(flags: argparse.Namespace) -> Config:
    """The configuration file with the flags over it."""
    config = config_file.read(flags.config_file)
    url = flags.prometheus_url or config.backend.url
    replica = flags.replica or config.replica
    return replace(config, backend=replace(config.backend, url=url), shard=flags.shard, replica=replica)
