"""Names that dashboards made for inovex' exporter read beside those all exporters share.

Its libvirt_domain_openstack_info is the collector metadata's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot import Snapshot

STATE = Metric(
    "libvirt_domain_info_state",
    Kind.GAUGE,
    "State of the domain as libvirt's number for it; libvirt_domain_state has it by name.",
    ("domain", "state_desc"),
)
# virDomainState, by number, in the words of that exporter
STATES = (
    "no state",
    "the domain is running",
    "the domain is blocked on resource",
    "the domain is paused by user",
    "the domain is being shut down",
    "the domain is shut off",
    "the domain is crashed",
    "the domain is suspended by guest power management",
)
METRICS = (STATE,)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The name above for each domain."""
    for domain in snapshot.domains:
        if domain.state is not None and 0 <= domain.state < len(STATES):
            yield STATE.sample(domain.state, domain.name, STATES[domain.state])
