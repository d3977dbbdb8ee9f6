"""Systems inside the guests, as their agents report them (needs --libvirt.read-write)."""

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
    "The guest's operating system and name; always 1, empty labels for what its agent does not say.",
    (
        *_LABELS, "hostname", "os_id", "os_name", "os_version", "kernel_release", "machine", "timezone",
    ),
)  # fmt: skip
_READ = (
    Metric(
        "libvirt_domain_guest_clock_offset_seconds",
        Kind.GAUGE,
        "The guest's clock minus the host's; as exact as the agent is fast.",
        _LABELS,
        "seconds",
        "clock_offset",
    ),
    Metric(
        "libvirt_domain_guest_timezone_offset_seconds",
        Kind.GAUGE,
        "The guest's local time minus UTC.",
        _LABELS,
        "seconds",
        "timezone_offset",
    ),
    Metric(
        "libvirt_domain_guest_users",
        Kind.GAUGE,
        "Users logged in to the guest.",
        _LABELS,
        "users",
        "user_count",
    ),
    Metric(
        "libvirt_domain_guest_addresses",
        Kind.GAUGE,
        "Network addresses of the guest.",
        _LABELS,
        "addresses",
        "address_count",
    ),
)
LOGIN = Metric(
    "libvirt_domain_guest_user_login_timestamp_seconds",
    Kind.GAUGE,
    "When the user logged in to the guest; of the first users the agent names.",
    (*_LABELS, "user", "user_domain"),
    "Unix time",
)
ADDRESS = Metric(
    "libvirt_domain_guest_address_info",
    Kind.GAUGE,
    "A network address of the guest, of the first ones the agent names; always 1.",
    (*_LABELS, "interface", "mac_address", "family", "address", "prefix"),
)
METRICS = (INFO, *_READ, LOGIN, ADDRESS)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """What each guest's agent said."""
    for domain in snapshot.domains:
        if domain.agent is not None and domain.agent.details is not None:
            yield from _guest(domain.name, domain.agent.details)


def _guest(name: str, said: Details) -> Iterator[Sample]:
    system = (said.hostname, said.os_id, said.os_name, said.os_version, said.kernel_release, said.machine)
    if any(system):
        yield INFO.sample(1, name, *system, said.timezone)
    yield from read(_READ, said, name)
    for user in said.users:
        if user.login is not None:
            yield LOGIN.sample(user.login, name, user.name, user.domain)
    for one in said.addresses:
        yield ADDRESS.sample(1, name, one.interface, one.mac, one.family, one.address, one.prefix)


COLLECTOR = Collector(
    "guest",
    order=120,
    about="systems in guests (with --libvirt.read-write)",
    metrics=METRICS,
    collect=collect,
    needs=(GUEST_AGENTS, GUEST_DETAILS),
)
