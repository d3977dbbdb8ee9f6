"""MAC addresses that several interfaces of this host's domains have.

`libvirt_domain_interface_stats_info` has the address of each interface of running domains, for a rule that
compares hosts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

DUPLICATES = Metric(
    "libvirt_domain_duplicate_mac_interfaces",
    Kind.GAUGE,
    "Interfaces of this host's domains, running or not, that have the MAC address of an interface of this "
    "domain; absent for addresses that are used once.",
    ("domain", "mac_address"),
    "interfaces",
)
METRICS = (DUPLICATES,)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Each address that is used more than once, at each domain that uses it."""
    macs = {
        domain.name: domain.description.macs for domain in snapshot.domains if domain.description is not None
    }
    used = Counter(mac for found in macs.values() for mac in found)
    for name, found in macs.items():
        for mac in dict.fromkeys(found):
            if used[mac] > 1:
                yield DUPLICATES.sample(used[mac], name, mac)


COLLECTOR = Collector(
    "mac",
    order=85,
    about="MAC addresses that several interfaces of the host's domains have",
    metrics=METRICS,
    collect=collect,
)
