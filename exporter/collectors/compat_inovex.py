"""Names that dashboards made for inovex' exporter read beside those all exporters share.

Its libvirt_domain_openstack_info is the collector metadata's.
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
TIMED_OUT = Metric(
    "libvirt_domain_timed_out",
    GAUGE,
    "Whether the domain did not answer everything; libvirt_domain_stats_stale elsewhere.",
    _LABELS,
)
_CPUS = (
    Metric("libvirt_domain_vcpu_current", GAUGE, "Virtual CPUs that are online.", _LABELS, "vCPUs", "online"),
    Metric(
        "libvirt_domain_vcpu_maximum",
        GAUGE,
        "Virtual CPUs the domain can have online without a restart.",
        _LABELS,
        "vCPUs",
        "maximum",
    ),
)
_MEMORY = (
    Metric(
        "libvirt_domain_memory_stats_maximum_bytes",
        GAUGE,
        "Memory the domain may have at most.",
        _LABELS,
        "bytes",
        "maximum",
    ),
    Metric(
        "libvirt_domain_memory_stats_current_balloon_bytes",
        GAUGE,
        "Size the balloon leaves to the domain.",
        _LABELS,
        "bytes",
        "current",
    ),
)
JOB_TYPE = Metric(
    "libvirt_domain_job_type",
    GAUGE,
    "Type of the job that runs on the domain, as libvirt's number for it; absent when none runs.",
    _LABELS,
)
_JOB = tuple(
    Metric(f"libvirt_domain_job_{name}_{unit}", GAUGE, help_text, _LABELS, unit, field)
    for name, unit, field, help_text in (
        ("time_elapsed", "seconds", "elapsed", "Time since the job began."),
        ("time_remaining", "seconds", "remaining", "Time libvirt expects the job still to take."),
        ("mem_total", "bytes", "memory_total", "Memory the job has to move."),
        ("mem_processed", "bytes", "memory_processed", "Memory the job has moved."),
        ("mem_remaining", "bytes", "memory_remaining", "Memory the job has still to move."),
    )
)
_POOLS = tuple(
    Metric(f"libvirt_storage_pool_{name}", GAUGE, help_text, ("storage_pool",), unit, field)
    for name, unit, field, help_text in (
        ("state", "", "state", "State of the pool as libvirt's number for it."),
        ("capacity_bytes", "bytes", "capacity", "Size of the storage the pool lies on."),
        ("allocation_bytes", "bytes", "allocation", "What is taken of it."),
        ("available_bytes", "bytes", "available", "What is left of it."),
    )
)
METRICS = (STATE, TIMED_OUT, *_CPUS, *_MEMORY, JOB_TYPE, *_JOB, *_POOLS)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The names above for each domain and pool."""
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
    about="names of dashboards for inovex' exporter (--compat=inovex)",
    metrics=METRICS,
    collect=collect,
    needs=(VCPU, BALLOON, JOBS, POOLS),
    enabled=False,
)
