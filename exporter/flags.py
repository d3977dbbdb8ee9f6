"""The command line of the exporter."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.collectors.registry import COLLECTORS, needs
from exporter.config import ALIAS, libvirt_uri
from exporter.source.settings import MOST_CONNECTIONS, Settings
from exporter.web.flags import add_log_flags, add_web_flags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.collectors.row import Collector

ABOUT = (
    "Prometheus exporter for the domains of a libvirt host: statistics, guest file systems, live migrations."
)
COMPAT = "compat-{}"  # the collector of a value of --compat; `common` is enabled with any of them


def parser(release: str) -> argparse.ArgumentParser:
    """The parser; `release` is the version of the program."""
    made = argparse.ArgumentParser("virtcast-exporter", "%(prog)s [flags]", ABOUT, allow_abbrev=False)
    made.add_argument("--version", action="version", version=f"virtcast-exporter {release}")
    made.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        type=Path,
        help="configuration file with the targets of /probe?target=ALIAS; read again on SIGHUP",
    )
    made.add_argument(
        "--check",
        action="store_true",
        help="read the files of --config.file and --web.config.file, libvirt and every target, say what each "
        "collector finds and what mends the rest, and end; the exit status is 1 if a file cannot be used, or "
        "a libvirt or a collector failed",
    )
    made.add_argument(
        "--check-config",
        dest="check_config",
        action="store_true",
        help="read the files of --config.file and --web.config.file, no libvirt, and end; the exit status "
        "is 1 if a file cannot be used",
    )
    _add_libvirt_flags(made)
    _add_scrape_flags(made)
    _add_collector_flags(made)
    add_web_flags(made)
    add_log_flags(made)
    return made


def collectors(arguments: argparse.Namespace) -> tuple[Collector, ...]:
    """The enabled collectors."""
    compat = [*arguments.compat, "common"] if arguments.compat else []
    added = set(map(COMPAT.format, compat))
    return tuple(one for one in COLLECTORS if getattr(arguments, _flag(one.name)) or one.name in added)


def settings(arguments: argparse.Namespace, enabled: Iterable[Collector]) -> Settings:
    """What the source reads for the enabled collectors, and how."""
    return Settings(
        uri=arguments.libvirt_uri,
        connections=arguments.libvirt_connections,
        read_write=arguments.libvirt_read_write,
        include=arguments.domain_include,
        exclude=arguments.domain_exclude,
        agent_interval=arguments.agent_interval,
        dirty_rate_interval=arguments.dirty_rate_interval,
        needs=needs(enabled),
    )


def _add_libvirt_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("libvirt")
    group.add_argument(
        "--libvirt.uri",
        dest="libvirt_uri",
        metavar="URI",
        type=_uri,
        default="qemu:///system",
        help="URI of the libvirt to read, opened read-only; qemu:///system?mode=direct for modular daemons, "
        "such as virtqemud; ?socket=PATH for another socket (default %(default)s)",
    )
    group.add_argument(
        "--libvirt.connections",
        dest="libvirt_connections",
        metavar="N",
        type=_count,
        default=4,
        help="connections that read statistics at the same time (default %(default)s); each stuck domain "
        f"blocks one and adds another, {MOST_CONNECTIONS} at most because libvirtd has 20 workers",
    )
    group.add_argument(
        "--libvirt.read-write",
        dest="libvirt_read_write",
        action="store_true",
        help="also open a read-write connection, for guest agents and for measuring dirty rates",
    )
    group.add_argument(
        "--agent.interval",
        dest="agent_interval",
        metavar="SECONDS",
        type=_seconds,
        default=10.0,
        help="interval at which each guest agent is asked (default %(default)s)",
    )
    group.add_argument(
        "--dirty-rate.interval",
        dest="dirty_rate_interval",
        metavar="SECONDS",
        type=_seconds,
        help="interval at which the dirty rate of each guest is measured, three times for 1 s, then for 30 s "
        "(needs --libvirt.read-write and --collector.dirtyrate; all clients of libvirt see the result; "
        "default: never)",
    )


def _add_scrape_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("scrape")
    group.add_argument(
        "--scrape.deadline",
        dest="scrape_deadline",
        metavar="SECONDS",
        type=_seconds,
        default=2.0,
        help="time after which a scrape is answered with the values that are available; less if the timeout "
        "of Prometheus is shorter (default %(default)s)",
    )
    group.add_argument(
        "--scrape.series-limit",
        dest="scrape_series_limit",
        metavar="N",
        type=_limit,
        default=100_000,
        help="maximum number of samples per collector and scrape, the rest is dropped and counted; 0 for no "
        "limit (default %(default)s)",
    )
    for which in ("include", "exclude"):
        group.add_argument(
            f"--domain.{which}",
            dest=f"domain_{which}",
            metavar="REGEX",
            type=_pattern,
            help=f"{which} domains whose whole name matches"
            + (" (default: all)" if which == "include" else " (default: none)"),
        )


def _add_collector_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("collectors")
    group.add_argument(
        "--compat",
        action="append",
        choices=("tinkoff", "inovex"),
        default=[],
        help="add the metric names that dashboards for this exporter use (repeatable)",
    )
    for one in COLLECTORS:
        group.add_argument(
            f"--collector.{one.name}",
            dest=_flag(one.name),
            action=argparse.BooleanOptionalAction,
            default=one.enabled,
            help=f"{one.about} (default: {one.usual})",
        )


def _flag(collector: str) -> str:
    return f"collector_{collector}"


def _uri(text: str) -> str:
    """A URI, or the name that libvirt.conf gives one (uri_aliases)."""
    try:
        return text if ALIAS.fullmatch(text) else libvirt_uri(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CONNECTIONS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number from 1 to {MOST_CONNECTIONS} (libvirtd has 20 workers for all clients)"
        )
    return int(text)


def _limit(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of samples")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.1 to 600")
    return seconds


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a regular expression: {error}") from error
