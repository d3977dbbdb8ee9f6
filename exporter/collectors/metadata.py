"""Metadata of domains: OpenStack Nova's and virtcast's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.metadata import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.metadata import Nova
    from exporter.snapshot.overrides import Overrides
    from exporter.snapshot.snapshot import Snapshot

OPENSTACK = Metric(
    "libvirt_domain_openstack_info",
    Kind.GAUGE,
    "OpenStack Nova's metadata of the domain, version 1.0 or 1.1; always 1.",
    (
        "domain", "instance_name", "instance_id", "flavor_name", "user_name", "user_id", "project_name",
        "project_id", "root_type", "root_id",
    ),
)  # fmt: skip
CREATED = Metric(
    "libvirt_domain_openstack_creation_timestamp_seconds",
    Kind.GAUGE,
    "Time when OpenStack Nova created the instance.",
    ("domain",),
    "Unix time",
)
OWNERSHIP = Metric(
    "libvirt_domain_virtcast_info",
    Kind.GAUGE,
    "virtcast's metadata of the domain: owner, criticality, maintenance window, cost centre; always 1.",
    ("domain", "owner", "criticality", "maintenance_window", "cost_centre"),
)
GROUP = Metric(
    "libvirt_domain_virtcast_group_info",
    Kind.GAUGE,
    "Group of the domain, by its metadata: domains of a group are to be on different hosts (apart) or on one "
    "host (together); always 1.",
    ("domain", "rule", "group"),
)
SENSITIVITY = Metric(
    "libvirt_domain_virtcast_sensitivity_ratio",
    Kind.GAUGE,
    "How sensitive anomalies of the domain are to be, by its metadata: 1 as configured, 2 at half the "
    "anomaly threshold; absent without metadata.",
    ("domain",),
    "ratio",
)
LIMIT = Metric(
    "libvirt_domain_virtcast_limit_value",
    Kind.GAUGE,
    "Limit of a resource of the domain by its metadata, in the unit of the resource.",
    ("domain", "resource"),
)
MAINTENANCE = Metric(
    "libvirt_domain_virtcast_maintenance",
    Kind.GAUGE,
    "Whether a maintenance window of the domain is open; absent for domains without one.",
    ("domain",),
)
SKIPPED = Metric(
    "libvirt_domains_metadata_skipped",
    Kind.GAUGE,
    "Domains whose metadata is not exported completely, by reason: unreadable XML, values "
    "that were cut, more than 256 KiB, or an invalid sensitivity, limit or maintenance window.",
    ("reason",),
    "domains",
)
METRICS = (OPENSTACK, CREATED, OWNERSHIP, GROUP, SENSITIVITY, LIMIT, MAINTENANCE, SKIPPED)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The metadata of each domain, and the number of domains whose metadata is incomplete."""
    skipped = dict.fromkeys(REASONS, 0)
    for domain in snapshot.domains:
        if domain.description is None:
            continue
        metadata = domain.description.metadata
        if metadata.nova is not None:
            yield from _openstack(domain.name, domain.uuid, metadata.nova)
        if metadata.ownership is not None:
            own = metadata.ownership
            yield OWNERSHIP.sample(
                1, domain.name, own.owner, own.criticality, own.maintenance_window, own.cost_centre
            )
        for group in metadata.groups:
            yield GROUP.sample(1, domain.name, *group)
        yield from _overrides(domain.name, metadata.overrides, snapshot.at)
        for reason in metadata.problems:
            skipped[reason] += 1
    if snapshot.connection.up:
        for reason, count in skipped.items():
            yield SKIPPED.sample(count, reason)


def _overrides(name: str, overrides: Overrides, at: float) -> Iterator[Sample]:
    """What the metadata state about the monitoring of the domain, at Unix time `at`."""
    if overrides.sensitivity is not None:
        yield SENSITIVITY.sample(overrides.sensitivity, name)
    for resource, limit in overrides.limits.items():
        yield LIMIT.sample(limit, name, resource)
    if overrides.windows:
        yield MAINTENANCE.sample(any(each.is_open(at) for each in overrides.windows), name)


def _openstack(name: str, uuid: str, nova: Nova) -> Iterator[Sample]:
    """The UUID of Nova's instance is that of its domain."""
    yield OPENSTACK.sample(
        1, name, nova.instance_name, uuid, nova.flavor_name, nova.user_name, nova.user_id, nova.project_name,
        nova.project_id, nova.root_type, nova.root_id,
    )  # fmt: skip
    if nova.created is not None:
        yield CREATED.sample(nova.created, name)


COLLECTOR = Collector(
    "metadata",
    order=170,
    about="metadata of domains: OpenStack Nova's and virtcast's own",
    metrics=METRICS,
    collect=collect,
)
