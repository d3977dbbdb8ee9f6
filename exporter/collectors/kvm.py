"""KVM's own statistics. Their names are those of the kernel and may change with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.cpu import VCPU
from exporter.snapshot.kvm import VM, KvmStatistic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

DOMAIN_LIMIT, VCPU_LIMIT = 100, 2000  # statistics of a domain, and of all its virtual CPUs

_LABELS = ("domain", "statistic")
_VCPU_LABELS = ("domain", "vcpu", "statistic")
DROPPED = Metric(
    "libvirt_domain_kvm_statistics_dropped",
    Kind.GAUGE,
    "KVM statistics of the domain that are not exported because there are too many.",
    ("domain",),
    "statistics",
)


def _metrics(subject: str, name: str, labels: tuple[str, ...]) -> dict[str, Metric]:
    return {
        "sum": Metric(
            f"{name}_total",
            Kind.COUNTER,
            f"Cumulative KVM statistics of the {subject}, by KVM's name.",
            labels,
        ),
        "cur": Metric(
            f"{name}_current", Kind.GAUGE, f"Current KVM statistics of the {subject}, by KVM's name.", labels
        ),
        "max": Metric(
            f"{name}_max",
            Kind.GAUGE,
            f"Maximum values of KVM statistics of the {subject}, by KVM's name.",
            labels,
        ),
    }


_DOMAIN = _metrics("domain", "libvirt_domain_kvm_statistic", _LABELS)
_VCPU = _metrics("virtual CPU", "libvirt_domain_vcpu_kvm_statistic", _VCPU_LABELS)
METRICS = (*_DOMAIN.values(), *_VCPU.values(), DROPPED)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Each statistic, up to the limits."""
    for domain in snapshot.domains:
        found = KvmStatistic.read(domain.statistics)
        whole = [one for one in found if not one.vcpu]
        single = [one for one in found if one.vcpu]
        for one in whole[:DOMAIN_LIMIT]:
            yield _DOMAIN[one.kind].sample(one.value, domain.name, one.name)
        for one in single[:VCPU_LIMIT]:
            yield _VCPU[one.kind].sample(one.value, domain.name, one.vcpu, one.name)
        if found:
            dropped = max(0, len(whole) - DOMAIN_LIMIT) + max(0, len(single) - VCPU_LIMIT)
            yield DROPPED.sample(dropped, domain.name)


COLLECTOR = Collector(
    "kvm",
    order=240,
    about="KVM's own statistics",
    metrics=METRICS,
    collect=collect,
    needs=(VM, VCPU),
    enabled=False,
)
