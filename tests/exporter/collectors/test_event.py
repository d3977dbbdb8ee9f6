"""What happened to domains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.collectors.event import EVENTS, IO_ERRORS, LATEST, RESETS, collect
from exporter.snapshot.event import DomainEvents, Events, Happening, Latest

if TYPE_CHECKING:
    from exporter.metric import Metric
    from exporter.snapshot.snapshot import Snapshot

SNAPSHOT = {
    "events": Events(
        {
            "uuid-web": DomainEvents(
                "uuid-web",
                "web",
                {what: 5201 + n for n, what in enumerate(Happening)},
                {
                    Happening.WATCHDOG: Latest(5221.5, "reset"),
                    Happening.IO_ERROR: Latest(5222.5, "enospc"),
                    Happening.REBOOT: Latest(5223.5),
                },
                {("virtio-disk0", "enospc"): 5231, ("virtio-disk0", "other"): 5232, ("scsi0", "other"): 5233},
                {"guest": 5234, "host": 5235},
            ),
            "uuid-gone": DomainEvents(
                "uuid-gone", "gone", {Happening.CRASH: 5241}, {Happening.CRASH: Latest(5242.5, "failed")}
            ),
        },
        interruptions=5251,
        tells_resets=True,
    ),
}
VIRSH = """
nobody: the exporter counts events and times them itself: test_exporter_events.py
    libvirt_domain_events_total libvirt_domain_last_event_timestamp_seconds
    libvirt_domain_block_io_errors_total libvirt_domain_resets_total libvirt_event_interruptions_total
"""


def samples(snapshot: Snapshot, metric: Metric) -> dict[tuple[str, ...], float | object]:
    return {one.labels: one.value for one in collect(snapshot) if one.metric is metric}


def test_a_domain_without_events_begins_at_zero_so_that_the_first_is_an_increase(snapshot: Snapshot) -> None:
    quiet = replace(snapshot, events=Events())
    assert samples(quiet, EVENTS) == {(name, what): 0 for name in ("web", "idle") for what in Happening}
    assert samples(quiet, IO_ERRORS) == {("web", "vda", "enospc"): 0, ("web", "vda", "other"): 0}


def test_a_disk_that_is_not_described_goes_by_its_alias_once_it_had_errors(snapshot: Snapshot) -> None:
    assert samples(snapshot, IO_ERRORS) == {
        ("web", "vda", "enospc"): 5231,
        ("web", "vda", "other"): 5232,
        ("web", "scsi0", "enospc"): 0,
        ("web", "scsi0", "other"): 5233,
    }


def test_a_domain_goes_by_its_present_name(snapshot: Snapshot) -> None:
    web, idle = snapshot.domains
    renamed = replace(snapshot, domains=(replace(web, name="shop"), idle))
    assert samples(renamed, EVENTS)["shop", "crash"] == samples(snapshot, EVENTS)["web", "crash"]
    assert ("web", "crash") not in samples(renamed, EVENTS)


def test_resets_are_told_apart_only_where_qemu_is_heard(snapshot: Snapshot) -> None:
    assert samples(snapshot, RESETS)["idle", "guest"] == 0
    unheard = replace(snapshot, events=replace(snapshot.events, tells_resets=False))
    assert samples(unheard, RESETS) == {}


def test_of_a_domain_that_no_longer_exists_only_what_happened_remains(snapshot: Snapshot) -> None:
    gone = {labels: value for labels, value in samples(snapshot, EVENTS).items() if labels[0] == "gone"}
    assert gone == {("gone", "crash"): 5241}


def test_a_domain_that_is_created_anew_under_an_old_name_inherits_nothing(snapshot: Snapshot) -> None:
    web, idle = snapshot.domains
    anew = replace(snapshot, domains=(replace(web, uuid="uuid-new"), replace(idle, name="gone")))
    assert samples(anew, EVENTS) == {(name, what): 0 for name in ("web", "gone") for what in Happening}
    assert samples(anew, LATEST) == {}


def test_of_several_domains_that_are_gone_and_had_one_name_the_last_one_remains(snapshot: Snapshot) -> None:
    when = {"first": 5.0, "last": 7.0, "second": 6.0}
    events = {
        uuid: DomainEvents(uuid, "gone", {Happening.CRASH: int(time)}, {Happening.CRASH: Latest(time)})
        for uuid, time in when.items()
    }
    found = [one for one in collect(replace(snapshot, events=Events(events))) if one.labels[:1] == ("gone",)]
    assert [one.value for one in found] == [7.0, 7.0]
