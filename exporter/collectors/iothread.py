"""I/O threads of domains, and how they poll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.iothread import IOTHREAD, Iothread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "iothread")
IOTHREADS = Metric(
    "libvirt_domain_iothreads",
    Kind.GAUGE,
    "Number of I/O threads of the domain; absent if there are none.",
    ("domain",),
    "threads",
)
_READ = (
    Metric(
        "libvirt_domain_iothread_poll_max_seconds",
        Kind.GAUGE,
        "Maximum polling time of the I/O thread; 0 if it does not poll.",
        _LABELS,
        "seconds",
        "poll_max",
    ),
    Metric(
        "libvirt_domain_iothread_poll_grow",
        Kind.GAUGE,
        "Factor by which the polling time grows; 0 is the hypervisor's default.",
        _LABELS,
        "",
        "poll_grow",
    ),
    Metric(
        "libvirt_domain_iothread_poll_shrink",
        Kind.GAUGE,
        "Divisor by which the polling time shrinks; 0 is the hypervisor's default.",
        _LABELS,
        "",
        "poll_shrink",
    ),
)
METRICS = (IOTHREADS, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The number of I/O threads, and a sample for each field that libvirt reports of each."""
    for domain in snapshot.domains:
        threads = Iothread.read(domain.statistics)
        if threads:
            yield IOTHREADS.sample(len(threads), domain.name)
        for thread in threads:
            yield from read(_READ, thread, domain.name, str(thread.number))


COLLECTOR = Collector(
    "iothread",
    order=200,
    about="I/O threads of domains",
    metrics=METRICS,
    collect=collect,
    needs=(IOTHREAD,),
    enabled=False,
)
