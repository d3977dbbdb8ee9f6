"""Names that dashboards for inovex' exporter use, in addition to those of compat_common.

Its libvirt_domain_openstack_info is part of the collector metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.cpu import VCPU
from exporter.snapshot.job import JOBS, TYPES
from exporter.snapshot.memory import BALLOON
from exporter.snapshot.storage import POOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.domain import Domain
    from exporter.snapshot.snapshot import Snapshot

GAUGE = Kind.GAUGE
_LABELS = ("domain",)
STATE = Metric(
    "libvirt_domain_info_state",
    GAUGE,
    "State of the domain as libvirt's number; see libvirt_domain_state.",
    ("domain", "state_desc"),
)
# virDomainState by number, in that exporter's words
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
TIMED_OUT = Metric(
    "libvirt_domain_timed_out",
    GAUGE,
    "The same as libvirt_domain_stats_stale.",
    _LABELS,
)
_CPUS = (
    Metric(
        "libvirt_domain_vcpu_current",
        GAUGE,
        "The same as libvirt_domain_info_virtual_cpus.",
        _LABELS,
        "vCPUs",
        "online",
    ),
    Metric(
        "libvirt_domain_vcpu_maximum",
        GAUGE,
        "The same as libvirt_domain_info_maximum_virtual_cpus.",
        _LABELS,
        "vCPUs",
        "maximum",
    ),
)
_MEMORY = (
    Metric(
        "libvirt_domain_memory_stats_maximum_bytes",
        GAUGE,
        "The same as libvirt_domain_info_maximum_memory_bytes.",
        _LABELS,
        "bytes",
        "maximum",
    ),
    Metric(
        "libvirt_domain_memory_stats_current_balloon_bytes",
        GAUGE,
        "The same as libvirt_domain_memory_stats_actual_balloon_bytes.",
        _LABELS,
        "bytes",
        "current",
    ),
)
JOB_TYPE = Metric(
    "libvirt_domain_job_type",
    GAUGE,
    "Type of the running job as libvirt's number; absent if no job is running.",
    _LABELS,
)
_JOB = tuple(
    Metric(f"libvirt_domain_job_{name}_{unit}", GAUGE, help_text, _LABELS, unit, field)
    for name, unit, field, help_text in (
        ("time_elapsed", "seconds", "elapsed", "The same as libvirt_domain_job_elapsed_seconds."),
        ("time_remaining", "seconds", "remaining", "The same as libvirt_domain_job_remaining_seconds."),
        ("mem_total", "bytes", "memory_total", "The same as libvirt_domain_job_memory_total_bytes."),
        (
            "mem_processed",
            "bytes",
            "memory_processed",
            "The same as libvirt_domain_job_memory_processed_bytes.",
        ),
        (
            "mem_remaining",
            "bytes",
            "memory_remaining",
            "The same as libvirt_domain_job_memory_remaining_bytes.",
        ),
    )
)
_POOLS = tuple(
    Metric(f"libvirt_storage_pool_{name}", GAUGE, help_text, ("storage_pool",), unit, field)
    for name, unit, field, help_text in (
        ("state", "", "state", "State of the storage pool as libvirt's number."),
        ("capacity_bytes", "bytes", "capacity", "The same as libvirt_pool_info_capacity_bytes."),
        ("allocation_bytes", "bytes", "allocation", "The same as libvirt_pool_info_allocation_bytes."),
        ("available_bytes", "bytes", "available", "The same as libvirt_pool_info_available_bytes."),
    )
)
METRICS = (STATE, TIMED_OUT, *_CPUS, *_MEMORY, JOB_TYPE, *_JOB, *_POOLS)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """These names for each domain and storage pool."""
    for domain in snapshot.domains:
        yield from _domain(domain)
    for pool in snapshot.get(POOLS, ()):
        yield from read(_POOLS, pool, pool.name)


def _domain(domain: Domain) -> Iterator[Sample]:
    if domain.state is not None and 0 <= domain.state < len(STATES):
        yield STATE.sample(domain.state, domain.name, STATES[domain.state])
    yield TIMED_OUT.sample(not domain.fresh, domain.name)
    yield from read(_CPUS, domain.cpu, domain.name)
    yield from read(_MEMORY, domain.memory, domain.name)
    if domain.job is not None:
        if domain.job.type in TYPES:
            yield JOB_TYPE.sample(TYPES.index(domain.job.type), domain.name)
        yield from read(_JOB, domain.job, domain.name)


COLLECTOR = Collector(
    "compat-inovex",
    order=370,
    about="names that dashboards for inovex' exporter use (--compat=inovex)",
    metrics=METRICS,
    collect=collect,
    needs=(VCPU, BALLOON, JOBS, POOLS),
    enabled=False,
)
