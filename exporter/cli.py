"""virtcast-exporter: a Prometheus exporter for libvirt."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from exporter import descriptors, exporter_metrics
from exporter.allocator import limit_arenas, return_blocks
from exporter.check import check
from exporter.config import Config
from exporter.flags import ABOUT, collectors, parser, settings
from exporter.probe import Probes
from exporter.scrape import Scrape, time_allowed
from exporter.source.host import Host
from exporter.web.html import Link
from exporter.web.landing import landing_page
from exporter.web.limits import Limits
from exporter.web.logs import configure_logging
from exporter.web.message import WebError
from exporter.web.server import Request, Response, Route, serve
from exporter.web.shared_page import SharedPage
from exporter.web.strict_yaml import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from exporter.web.message import Handler

log = logging.getLogger(__name__)

ARENAS = 2  # one for the server, one for all other threads; more would only fragment memory
RETURNED = 64 * 1024  # bytes of a block that is worth a system call when it is freed


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    arguments = parser(release()).parse_args(argv)
    configure_logging(arguments.log_level, arguments.log_format)
    limit_arenas(ARENAS)
    return_blocks(RETURNED)
    try:
        if arguments.check:
            return checked(arguments)
        run(arguments)
    except WebError as error:
        sys.stderr.write(f"virtcast-exporter: {error}\n")
        return 1
    log.info("stopped")
    return 0


def checked(arguments: argparse.Namespace) -> int:
    """Read the host of --libvirt.uri and say what was found; the exit status."""
    enabled = collectors(arguments)
    wanted = settings(arguments, enabled)
    host = Host(wanted)
    scrape = Scrape(host, enabled, arguments.scrape_series_limit)
    return check(host, scrape, enabled, wanted, arguments.scrape_deadline)


def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT. Raises WebError, also for a configuration that cannot be used."""
    config = load(arguments.config_file, Config) if arguments.config_file else Config()
    deadline, limit = arguments.scrape_deadline, arguments.scrape_series_limit
    enabled = collectors(arguments)
    wanted = settings(arguments, enabled)
    probes = Probes(config.targets, wanted, enabled, deadline, series_limit=limit)
    hosts = (*probes.settings, *(() if config.only_targets else (wanted,)))
    limits = Limits(connections=web_clients(one.usual_connections for one in hosts))
    host = None if config.only_targets else Host(wanted)
    of_host = (
        scraped(Scrape(host, enabled, limit), deadline) if host else exporter_metrics.page(probes, release())
    )
    pages = routes(of_host, arguments.web_telemetry_path, lambda: host is None or host.reached)
    if config.targets:
        pages.append(Route("/probe", probes))
    if not arguments.libvirt_read_write and (arguments.collector_filesystem or arguments.collector_guest):
        log.info("guest agents are not asked without --libvirt.read-write")
    if arguments.dirty_rate_interval and not (arguments.libvirt_read_write and arguments.collector_dirtyrate):
        log.warning("--dirty-rate.interval needs --libvirt.read-write and --collector.dirtyrate")
    if host:
        host.start()
    try:
        serve(
            pages,
            arguments.web_listen_address,
            arguments.web_config_file,
            systemd_socket=arguments.web_systemd_socket,
            access_log=arguments.web_access_log,
            limits=limits,
        )
    finally:
        if host:
            host.stop()
        probes.stop()


def web_clients(connections: Iterable[int]) -> int:
    """How many clients the server may have. Raises WebError if the connections to libvirt leave too few."""
    try:
        return descriptors.clients(descriptors.raise_soft_limit(), connections, Limits().connections)
    except descriptors.DoesNotFit as error:
        raise WebError(str(error)) from error


def scraped(scrape: Scrape, deadline: float) -> Handler:
    """The page with the metrics of a libvirt host."""
    shared = SharedPage()

    def metrics(request: Request) -> Response:
        families = scrape.page(time_allowed(deadline, request.headers))
        return shared.of(families, request.headers.get("Accept", ""))

    return metrics


def routes(metrics: Handler, telemetry_path: str, reached: Callable[[], bool]) -> list[Route]:
    """The pages that every exporter has; `reached` tells whether libvirt could be reached."""

    def healthy(_request: Request) -> Response:
        return Response(b"virtcast-exporter is healthy.\n")

    def ready(_request: Request) -> Response:
        if reached():
            return Response(b"virtcast-exporter is ready.\n")
        return Response(b"libvirt has not been reached; the log says why.\n", status=503)

    links = (
        Link(telemetry_path, "Metrics", "for Prometheus"),
        Link("/-/healthy", "Healthy", "whether the exporter is running"),
        Link("/-/ready", "Ready", "whether libvirt was reached at the last attempt"),
    )
    return [
        Route("/", landing_page("virtcast exporter", ABOUT, links, release())),
        Route(telemetry_path, metrics),
        Route("/-/healthy", healthy, probe=True),
        Route("/-/ready", ready, probe=True),
    ]


def release() -> str:
    """The installed version."""
    try:
        return version("virtcast")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
