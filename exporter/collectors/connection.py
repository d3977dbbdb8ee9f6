"""The connection to libvirt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

VERSIONS = Metric(
    "libvirt_versions_info",
    Kind.GAUGE,
    "Versions of the exporter's libvirt library, the libvirt daemon and the hypervisor; always 1.",
    ("libvirt_library", "libvirtd_running", "hypervisor", "hypervisor_running"),
)
INFO = Metric(
    "libvirt_connection_info",
    Kind.GAUGE,
    "URI of the libvirt connection and name of its host; always 1.",
    ("uri", "hostname"),
)
_READ = (
    Metric(
        "libvirt_connections_opened_total",
        Kind.COUNTER,
        "Connections to libvirt opened since the exporter started; increases when libvirt restarts.",
        (),
        "connections",
        "opened",
    ),
    Metric(
        "libvirt_statistics_connections",
        Kind.GAUGE,
        "Connections that read statistics at the same time, as configured.",
        (),
        "connections",
        "connections",
    ),
    Metric(
        "libvirt_statistics_connections_stuck",
        Kind.GAUGE,
        "Statistics connections that wait for a stuck domain, at most 15 because libvirtd has 20 workers; "
        "at 15 only domains that answered before are asked.",
        (),
        "connections",
        "stuck",
    ),
    Metric(
        "libvirt_domains_unreadable",
        Kind.GAUGE,
        "Domains that are missing because libvirt's answer about them cannot be read.",
        (),
        "domains",
        "unreadable",
    ),
    Metric(
        "libvirt_guest_agents_hung",
        Kind.GAUGE,
        "Guest agents that have not answered a question for 15 s; each holds one of libvirtd's 20 workers. "
        "At 8 no other agent is asked.",
        (),
        "agents",
        "hung_agents",
    ),
)
FAILURES = Metric(
    "libvirt_background_failures_total",
    Kind.COUNTER,
    "Unforeseen failures of background work since the exporter started, by task; the work goes on.",
    ("task",),
    "failures",
)
METRICS = (INFO, VERSIONS, *_READ, FAILURES)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The connection, and the versions at its ends."""
    connection = snapshot.connection
    yield from read(_READ, connection)
    for task, count in connection.failures.items():
        yield FAILURES.sample(count, task)
    if connection.hostname is not None:
        yield INFO.sample(1, connection.uri, connection.hostname)
    if connection.library_version is not None:
        yield VERSIONS.sample(
            1,
            connection.library_version,
            connection.daemon_version or "",
            connection.hypervisor or "",
            connection.hypervisor_version or "",
        )


COLLECTOR = Collector(
    "connection",
    order=10,
    about="the connection to libvirt",
    metrics=METRICS,
    collect=collect,
)
