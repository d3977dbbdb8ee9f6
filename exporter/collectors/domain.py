"""State and identity of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.domain import Domain
    from exporter.snapshot.snapshot import Snapshot

# virDomainState, by number
STATES = ("nostate", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended")

STATE = Metric(
    "libvirt_domain_state",
    Kind.GAUGE,
    "State of the domain: 1 for the current state, 0 for all others.",
    ("domain", "state"),
)
REASON = Metric(
    "libvirt_domain_state_reason",
    Kind.GAUGE,
    "Reason for the state of the domain, as libvirt's number; its meaning depends on the state.",
    ("domain",),
)
INFO = Metric(
    "libvirt_domain_info",
    Kind.GAUGE,
    "Identity of the domain; always 1.",
    ("domain", "uuid", "title", "virtualization", "os_type", "arch", "machine"),
)
AUTOSTART = Metric(
    "libvirt_domain_autostart",
    Kind.GAUGE,
    "Whether libvirt starts the domain when the host boots.",
    ("domain",),
)
PERSISTENT = Metric(
    "libvirt_domain_persistent",
    Kind.GAUGE,
    "Whether the domain is persistent: its definition remains after it stops.",
    ("domain",),
)
DOMAINS = Metric(
    "libvirt_domains",
    Kind.GAUGE,
    "Number of domains by state, without excluded ones.",
    ("state",),
)
METRICS = (STATE, REASON, INFO, AUTOSTART, PERSISTENT, DOMAINS)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The states and identities of domains, and their number by state."""
    if not snapshot.connection.up:
        return
    counts = dict.fromkeys(STATES, 0)
    for domain in snapshot.domains:
        if domain.state is not None and 0 <= domain.state < len(STATES):
            counts[STATES[domain.state]] += 1
        yield from _domain(domain)
    for state, count in counts.items():
        yield DOMAINS.sample(count, state)


def _domain(domain: Domain) -> Iterator[Sample]:
    if domain.state is not None:
        for number, state in enumerate(STATES):
            yield STATE.sample(number == domain.state, domain.name, state)
    if domain.reason is not None:
        yield REASON.sample(domain.reason, domain.name)
    if domain.autostart is not None:
        yield AUTOSTART.sample(domain.autostart, domain.name)
    if domain.persistent is not None:
        yield PERSISTENT.sample(domain.persistent, domain.name)
    about = domain.description
    if about is not None:
        identity = (about.title, about.virtualization, about.os_type, about.arch, about.machine)
        yield INFO.sample(1, domain.name, domain.uuid, *identity)


COLLECTOR = Collector(
    "domain",
    order=20,
    about="state and identity of domains",
    metrics=METRICS,
    collect=collect,
)
