"""virtcast-exporter: libvirt's domains as Prometheus metrics."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.allocator import limit_arenas
from exporter.collectors.registry import COLLECTORS
from exporter.config import Config
from exporter.probe import Probes
from exporter.scrape import Scrape, time_allowed
from exporter.source.host import Host, Settings
from exporter.web.exposition import exposition
from exporter.web.flags import add_log_flags, add_web_flags
from exporter.web.landing import Link, landing_page
from exporter.web.logs import configure_logging
from exporter.web.message import WebError
from exporter.web.server import Request, Response, serve
from exporter.web.strict_yaml import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.web.message import Handler

log = logging.getLogger(__name__)

COMPAT = "compat-{}"  # the collector of a --compat

ARENAS = 2  # one for the server, one for the threads beside it: heaps of their own would only fragment
ABOUT = (
    "Prometheus exporter for the domains of a libvirt host: statistics, guest file systems, live migrations."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    arguments = parser().parse_args(argv)
    configure_logging(arguments.log_level, arguments.log_format)
    limit_arenas(ARENAS)
    try:
        run(arguments)
    except WebError as error:
        sys.stderr.write(f"virtcast-exporter: {error}\n")
        return 1
    log.info("stopped")
    return 0


def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT. Raises WebError, also for a configuration that cannot be used."""
    config = load(arguments.config_file, Config) if arguments.config_file else Config()
    deadline, wanted = arguments.scrape_deadline, settings(arguments)
    enabled = [one for one in COLLECTORS if one.name in wanted.collectors]
    limit = arguments.scrape_series_limit
    host, probes = Host(wanted), Probes(config.targets, wanted, enabled, deadline, series_limit=limit)
    pages = routes(Scrape(host, enabled, limit), deadline, arguments.web_telemetry_path)
    if config.targets:
        pages["/probe"] = probes
    if not arguments.libvirt_read_write and (arguments.collector_filesystem or arguments.collector_guest):
        log.info("guests are not asked for file systems, names or users without --libvirt.read-write")
    if arguments.dirty_rate_interval and not (arguments.libvirt_read_write and arguments.collector_dirtyrate):
        log.warning("--dirty-rate.interval needs --libvirt.read-write and --collector.dirtyrate")
    host.start()
    try:
        serve(
            pages,
            arguments.web_listen_address,
            arguments.web_config_file,
            systemd_socket=arguments.web_systemd_socket,
        )
    finally:
        host.stop()
        probes.stop()


def routes(scrape: Scrape, deadline: float, telemetry_path: str) -> dict[str, Handler]:
    """The pages that are always there."""

    def metrics(request: Request) -> Response:
        families = scrape.page(time_allowed(deadline, request.headers))
        return exposition(families, request.headers.get("Accept", ""))

    def healthy(_request: Request) -> Response:
        return Response(b"virtcast-exporter is healthy.\n")

    links = (
        Link(telemetry_path, "Metrics", "what Prometheus scrapes"),
        Link("/-/healthy", "Healthy", "whether the exporter runs"),
        Link("/-/ready", "Ready", "whether it serves"),
    )
    return {
        "/": landing_page("virtcast exporter", ABOUT, links, release()),
        telemetry_path: metrics,
        "/-/healthy": healthy,
        "/-/ready": healthy,
    }


def release() -> str:
    """The installed version."""
    try:
        return version("virtcast")
    except PackageNotFoundError:
        return "unknown"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser("virtcast-exporter", "%(prog)s [flags]", ABOUT, allow_abbrev=False)
    made.add_argument("--version", action="version", version=f"virtcast-exporter {release()}")
    made.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        type=Path,
        help="YAML that names the hosts /probe?target=ALIAS may be asked for",
    )
    group = made.add_argument_group("libvirt")
    group.add_argument(
        "--libvirt.uri",
        dest="libvirt_uri",
        metavar="URI",
        default="qemu:///system",
        help="libvirt to read; opened read-only (default %(default)s)",
    )
    group.add_argument(
        "--libvirt.connections",
        dest="libvirt_connections",
        metavar="N",
        type=_count,
        default=4,
        help="connections that read statistics at the same time; each guest that hangs may hold one up "
        "(default %(default)s)",
    )
    group.add_argument(
        "--libvirt.read-write",
        dest="libvirt_read_write",
        action="store_true",
        help="also open a read-write connection, to ask guest agents and, on request, to measure dirty rates",
    )
    group.add_argument(
        "--agent.interval",
        dest="agent_interval",
        metavar="SECONDS",
        type=_seconds,
        default=10.0,
        help="time between two questions to a guest's agent (default %(default)s)",
    )
    group.add_argument(
        "--dirty-rate.interval",
        dest="dirty_rate_interval",
        metavar="SECONDS",
        type=_seconds,
        help="measure each guest's dirty rate this often, one guest at a time, for a second each "
        "(needs --libvirt.read-write and --collector.dirtyrate; default: never)",
    )
    _add_scrape_flags(made)
    add_web_flags(made)
    add_log_flags(made)
    return made


def _add_scrape_flags(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("scrape")
    group.add_argument(
        "--scrape.deadline",
        dest="scrape_deadline",
        metavar="SECONDS",
        type=_seconds,
        default=2.0,
        help="answer after this time at the latest, with what could be had; earlier if Prometheus waits less "
        "(default %(default)s)",
    )
    group.add_argument(
        "--scrape.series-limit",
        dest="scrape_series_limit",
        metavar="N",
        type=_limit,
        default=100_000,
        help="series each collector may have on a page, the rest is dropped and counted; 0 for any number "
        "(default %(default)s)",
    )
    for which in ("include", "exclude"):
        group.add_argument(
            f"--domain.{which}",
            dest=f"domain_{which}",
            metavar="REGEX",
            type=_pattern,
            help=f"{which} only the domains whose whole name matches"
            if which == "include"
            else "leave out the domains whose whole name matches",
        )
    group = made.add_argument_group("collectors")
    group.add_argument(
        "--compat",
        action="append",
        choices=("tinkoff", "inovex"),
        default=[],
        help="add the names that dashboards made for this exporter read (repeatable)",
    )
    for one in COLLECTORS:
        group.add_argument(
            f"--collector.{one.name}",
            dest=_flag(one.name),
            action=argparse.BooleanOptionalAction,
            default=one.enabled,
            help=one.about,
        )


def settings(arguments: argparse.Namespace) -> Settings:
    """What the source needs of the command line."""
    return Settings(
        uri=arguments.libvirt_uri,
        connections=arguments.libvirt_connections,
        read_write=arguments.libvirt_read_write,
        include=arguments.domain_include,
        exclude=arguments.domain_exclude,
        agent_interval=arguments.agent_interval,
        dirty_rate_interval=arguments.dirty_rate_interval if arguments.collector_dirtyrate else None,
        collectors=tuple(one.name for one in COLLECTORS if _is_wanted(one.name, arguments)),
    )


def _is_wanted(collector: str, arguments: argparse.Namespace) -> bool:
    return getattr(arguments, _flag(collector)) or collector in map(COMPAT.format, arguments.compat)


def _flag(collector: str) -> str:
    return f"collector_{collector}"


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 20:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 20 (libvirtd has 20 workers)")
    return int(text)


def _limit(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of series")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0.1 to 600")
    return seconds


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
