"""What happened to domains since the exporter started: reboots, crashes, panics, watchdogs, I/O errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.event import IO_ERROR_REASONS, RESET_BY, DomainEvents, Happening

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exporter.metric import Sample
    from exporter.snapshot.domain import Domain
    from exporter.snapshot.snapshot import Snapshot

EVENTS = Metric(
    "libvirt_domain_events_total",
    Kind.COUNTER,
    "Events of the domain since the exporter started. A reset by the host is a reboot, too.",
    ("domain", "event"),
    "events",
)
LATEST = Metric(
    "libvirt_domain_last_event_timestamp_seconds",
    Kind.GAUGE,
    "Time of the last such event of the domain, with its reason or action; absent before the first.",
    ("domain", "event", "reason"),
    "Unix time",
)
IO_ERRORS = Metric(
    "libvirt_domain_block_io_errors_total",
    Kind.COUNTER,
    "I/O errors of the disk since the exporter started, as QEMU reports them; enospc: no space on the host.",
    ("domain", "target_device", "reason"),
    "errors",
)
RESETS = Metric(
    "libvirt_domain_resets_total",
    Kind.COUNTER,
    "Resets of the domain since the exporter started, by who asked for them: its guest or the host. "
    "Only with --libvirt.read-write.",
    ("domain", "by"),
    "resets",
)
INTERRUPTIONS = Metric(
    "libvirt_event_interruptions_total",
    Kind.COUNTER,
    "Interruptions of the connection over which events come. Events during one are lost, but for crashes, "
    "panics and pauses that the state of the domain still shows.",
    (),
    "interruptions",
)
METRICS = (EVENTS, LATEST, IO_ERRORS, RESETS, INTERRUPTIONS)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Existing domains, from 0 on, so that a first event is an increase; others only what is counted.

    A name belongs to the domain that has it now, and else to the one that was heard of last.
    """
    for domain in snapshot.domains:
        events = snapshot.events.domains.get(domain.uuid, DomainEvents(domain.uuid, domain.name))
        for what in Happening:
            yield EVENTS.sample(events.counts.get(what, 0), domain.name, what)
        yield from _latest(events, domain.name)
        yield from _io_errors(events, domain)
        for by in RESET_BY if snapshot.events.tells_resets else ():
            yield RESETS.sample(events.resets.get(by, 0), domain.name, by)
    for events in _gone(snapshot):
        for what, count in events.counts.items():
            yield EVENTS.sample(count, events.domain, what)
        yield from _latest(events, events.domain)
    yield INTERRUPTIONS.sample(snapshot.events.interruptions)


def _gone(snapshot: Snapshot) -> Iterable[DomainEvents]:
    """The events of domains that no longer exist, and whose names no other has."""
    existing = {domain.uuid for domain in snapshot.domains}
    taken = {domain.name for domain in snapshot.domains}
    gone = [
        one
        for uuid, one in snapshot.events.domains.items()
        if uuid not in existing and one.domain not in taken
    ]
    return {one.domain: one for one in sorted(gone, key=_last_time)}.values()


def _last_time(events: DomainEvents) -> float:
    return max((one.time for one in events.latest.values()), default=float("-inf"))


def _latest(events: DomainEvents, name: str) -> Iterator[Sample]:
    for what, latest in events.latest.items():
        yield LATEST.sample(latest.time, name, what, latest.reason)


def _io_errors(events: DomainEvents, domain: Domain) -> Iterator[Sample]:
    """Each disk; one that was removed, or is not described yet, by libvirt's alias once it had errors."""
    disks = domain.description.disks if domain.description else ()
    aliases = {disk.alias: disk.device for disk in disks if disk.alias}
    aliases |= {alias: alias for alias, _ in events.io_errors if alias not in aliases}
    for alias, device in aliases.items():
        for reason in IO_ERROR_REASONS:
            yield IO_ERRORS.sample(events.io_errors.get((alias, reason), 0), domain.name, device, reason)


COLLECTOR = Collector(
    "event",
    order=195,
    about="reboots, crashes, panics, watchdogs and I/O errors of domains",
    metrics=METRICS,
    collect=collect,
)
