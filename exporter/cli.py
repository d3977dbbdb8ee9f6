"""virtcast-exporter: a Prometheus exporter for libvirt."""

from __future__ import annotations

import logging
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from exporter import descriptors, exporter_metrics, tasks
from exporter.allocator import limit_arenas, return_blocks
from exporter.check import check
from exporter.collectors import job
from exporter.flags import ABOUT, collectors, parser, settings
from exporter.metric import families
from exporter.probe import Probes, settings_of
from exporter.reload import Reload, read
from exporter.scrape import Scrape, time_allowed
from exporter.source.host import Host
from exporter.web import checked_file
from exporter.web.exposition import exposition
from exporter.web.finding import Finding
from exporter.web.gate import Gate
from exporter.web.html import Link
from exporter.web.landing import landing_page
from exporter.web.lifecycle import reload_route
from exporter.web.limits import Limits
from exporter.web.logs import configure_logging
from exporter.web.message import WebError
from exporter.web.server import Request, Response, Route, serve
from exporter.web.shared_page import SharedPage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from exporter.config import Config
    from exporter.metric import Sample
    from exporter.source.settings import Settings
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
        if arguments.check_config:
            return files_checked(arguments)
        if arguments.check:
            return checked(arguments)
        run(arguments)
    except WebError as error:
        sys.stderr.write(f"virtcast-exporter: {error}\n")
        return 1
    log.info("stopped")
    return 0


def files_checked(arguments: argparse.Namespace) -> int:
    """Read the files of the flags, and no libvirt; the exit status. Raises WebError for a wrong one."""
    config = read(arguments.config_file)
    sys.stdout.write(f"{Finding('ok', 'configuration', f'targets of /probe: {len(config.targets)}')}\n")
    if arguments.web_config_file:
        sys.stdout.write(f"{checked_file.checked(arguments.web_config_file)}\n")
    return 0


def checked(arguments: argparse.Namespace) -> int:
    """Read the configuration and every libvirt that it names, and say what was found; the exit status.

    Raises WebError for what keeps the exporter from starting, as `run` does.
    """
    config = read(arguments.config_file)
    Gate(arguments.web_config_file)
    enabled = collectors(arguments)
    wanted = settings(arguments, enabled)
    hosts = {} if config.only_targets else {"": wanted}
    hosts |= settings_of(config.targets, wanted)
    web_clients(hosts.values())
    tell_what_is_missing(arguments)
    few = tasks.missing(len(hosts), tasks.allowed())
    if few:
        sys.stdout.write(f"{Finding('none', 'threads', few, tasks.MENDS)}\n")
    return check(hosts, enabled, arguments.scrape_deadline, arguments.scrape_series_limit)


def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT. Raises WebError, also for a configuration that cannot be used."""
    config = read(arguments.config_file)
    enabled = collectors(arguments)
    wanted = settings(arguments, enabled)
    probes = Probes(
        config.targets,
        wanted,
        enabled,
        arguments.scrape_deadline,
        series_limit=arguments.scrape_series_limit,
    )
    own = () if config.only_targets else (wanted,)
    clients = web_clients((*own, *probes.settings_of(config.targets).values()))
    reload = Reload(arguments.config_file, lambda new: take(new, config, probes, own, clients))
    host = None if config.only_targets else Host(wanted)
    gate = Gate(arguments.web_config_file)

    def itself() -> Iterator[Sample]:
        return exporter_metrics.of_itself(reload, gate.rules.expires)

    pages = routes(
        page_of_host(host, arguments, itself) if host else exporter_metrics.page(probes, release(), itself),
        arguments.web_telemetry_path,
        lambda: host is None or host.reached,
    )
    if host and arguments.collector_job:
        pages.append(Route(f"{arguments.web_telemetry_path.rstrip('/')}/jobs", page_of_jobs(host)))
    pages.append(reload_route(reload, enabled=arguments.web_enable_lifecycle))
    if arguments.config_file:
        pages.append(Route("/probe", probes))
    tell_what_is_missing(arguments)
    tell_of_threads(len(own) + len(config.targets))
    signal.signal(signal.SIGHUP, reload.in_background)
    if host:
        host.start()
    try:
        serve(
            pages,
            arguments.web_listen_address,
            gate,
            systemd_socket=arguments.web_systemd_socket,
            access_log=arguments.web_access_log,
            limits=Limits(connections=clients),
        )
    finally:
        if host:
            host.stop()
        probes.stop()


def take(new: Config, at_start: Config, probes: Probes, own: Sequence[Settings], clients: int) -> None:
    """Probe the targets of a new configuration. Raises WebError if only a restart can apply it."""
    if new.only_targets != at_start.only_targets:
        raise WebError("only_targets has changed: start the exporter again")
    if web_clients((*own, *probes.settings_of(new.targets).values())) < clients:
        raise WebError(f"{len(new.targets)} targets leave the server fewer clients: start the exporter again")
    probes.replace(new.targets)
    tell_of_threads(len(own) + len(new.targets))


def tell_what_is_missing(arguments: argparse.Namespace) -> None:
    """Log which flags need others that are not given."""
    if not arguments.libvirt_read_write and (arguments.collector_filesystem or arguments.collector_guest):
        log.info("guest agents are not asked without --libvirt.read-write")
    if arguments.dirty_rate_interval and not (arguments.libvirt_read_write and arguments.collector_dirtyrate):
        log.warning("--dirty-rate.interval needs --libvirt.read-write and --collector.dirtyrate")


def tell_of_threads(hosts: int) -> None:
    """Log that so many libvirt hosts may need more threads than are allowed, if they do."""
    few = tasks.missing(hosts, tasks.allowed())
    if few:
        log.warning("few threads are allowed", extra={"reason": few, "advice": tasks.MENDS})


def web_clients(hosts: Iterable[Settings]) -> int:
    """How many clients the server may have. Raises WebError if the connections to libvirt leave too few."""
    connections = (one.usual_connections for one in hosts)
    try:
        return descriptors.clients(descriptors.raise_soft_limit(), connections, Limits().connections)
    except descriptors.DoesNotFit as error:
        raise WebError(str(error)) from error


def page_of_host(
    host: Host, arguments: argparse.Namespace, itself: Callable[[], Iterator[Sample]]
) -> Handler:
    """The page with the metrics of a libvirt host."""
    shared = SharedPage()
    scrape = Scrape(
        host,
        collectors(arguments),
        arguments.scrape_series_limit,
        own=itself,
    )

    def metrics(request: Request) -> Response:
        families = scrape.page(time_allowed(arguments.scrape_deadline, request.headers))
        return shared.of(families, request.headers.get("Accept", ""))

    return metrics


def page_of_jobs(host: Host) -> Handler:
    """The page with the metrics of running jobs alone, which may be scraped every second."""

    def metrics(request: Request) -> Response:
        found = families(job.collect(host.jobs()))
        return exposition(found, request.headers.get("Accept", ""))

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
