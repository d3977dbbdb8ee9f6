"""Details of guests, as guest agents report them (needs --libvirt.read-write)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.guest_details import Details
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
INFO = Metric(
    "libvirt_domain_guest_info",
    Kind.GAUGE,
    "Operating system and hostname of the guest; always 1. Labels that the agent does not report are empty.",
    (
        *_LABELS, "hostname", "os_id", "os_name", "os_version", "kernel_release", "machine", "timezone",
    ),
)  # fmt: skip
_READ = (
    Metric(
        "libvirt_domain_guest_clock_offset_seconds",
        Kind.GAUGE,
        "Guest's clock minus the host's clock; the slower the agent, the less exact.",
        _LABELS,
        "seconds",
        "clock_offset",
    ),
    Metric(
        "libvirt_domain_guest_timezone_offset_seconds",
        Kind.GAUGE,
        "Offset of the guest's time zone from UTC.",
        _LABELS,
        "seconds",
        "timezone_offset",
    ),
    Metric(
        "libvirt_domain_guest_users",
        Kind.GAUGE,
        "Number of users logged in to the guest.",
        _LABELS,
        "users",
        "user_count",
    ),
    Metric(
        "libvirt_domain_guest_addresses",
        Kind.GAUGE,
        "Number of network addresses of the guest.",
        _LABELS,
        "addresses",
        "address_count",
    ),
)
METRICS = (INFO, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The details of each guest."""
    for domain in snapshot.domains:
        if domain.agent is not None and domain.agent.details is not None:
            yield from _guest(domain.name, domain.agent.details)


def _guest(name: str, details: Details) -> Iterator[Sample]:
    system = (
        details.hostname,
        details.os_id,
        details.os_name,
        details.os_version,
        details.kernel_release,
        details.machine,
    )
    if any(system):
        yield INFO.sample(1, name, *system, details.timezone)
    yield from read(_READ, details, name)


COLLECTOR = Collector(
    "guest",
    order=120,
    about="operating system and clock of guests (needs --libvirt.read-write)",
    metrics=METRICS,
    collect=collect,
    needs=(GUEST_AGENTS, GUEST_DETAILS),
)
