"""What events and states come to in the record of events; a clock that is set by hand."""

from __future__ import annotations

from typing import Any

import libvirt
import pytest

from exporter.snapshot.event import Latest
from exporter.source.calls import Listed
from exporter.source.event_record import BURST, KEPT, REMEMBERED, SETTLE, EventRecord
from exporter.source.happenings import EVENTS, STATES
from fake_time import FakeTime

BOOTED, STARTED_MIGRATED, RESUMED, RESUMED_MIGRATED = (2, 0), (2, 1), (4, 0), (4, 1)
PANICKED, STOPPED_CRASHED, STOPPED_FAILED, STOPPED_SHUTDOWN = (8, 0), (5, 2), (5, 5), (5, 0)
RUNNING, IS_PANICKED, IS_CRASHED, IS_FAULTY, IS_BITTEN = (1, 1), (6, 1), (5, 3), (3, 5), (3, 6)
NO_SPACE = ("/images/web.qcow2", "virtio-disk0", libvirt.VIR_DOMAIN_EVENT_IO_ERROR_PAUSE, "enospc")
REPORTED = ("/images/web.qcow2", "virtio-disk0", libvirt.VIR_DOMAIN_EVENT_IO_ERROR_REPORT, "")


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def record(clock: FakeTime) -> EventRecord:
    return EventRecord(clock)


def counted(record: EventRecord, uuid: str = "u") -> dict[str, int]:
    one = record.read(lambda _: True).domains.get(uuid)
    return {} if one is None else {str(what): count for what, count in one.counts.items()}


def latest(record: EventRecord) -> dict[str, Latest]:
    return {str(what): when for what, when in record.read(lambda _: True).domains["u"].latest.items()}


def listed(state: tuple[int, int], uuid: str = "u", name: str = "web") -> list[Listed]:
    return [Listed(uuid, name, state[0] != libvirt.VIR_DOMAIN_SHUTOFF, *state)]


def look(record: EventRecord, clock: FakeTime, state: tuple[int, int], times: int = 2) -> None:
    """The states of the domain in lists that are further apart than events and lists may be."""
    for _ in range(times):
        clock.now += 2 * SETTLE
        record.listed(listed(state))


@pytest.mark.parametrize(
    ("event", "what", "reason"),
    [
        (BOOTED, "start", "booted"),
        (PANICKED, "panic", "panicked"),
        ((8, 1), "panic", "crashloaded"),
        (STOPPED_CRASHED, "crash", "crashed"),
        (STOPPED_FAILED, "crash", "failed"),
    ],
)
def test_lifecycle_events_that_count(
    record: EventRecord, event: tuple[int, int], what: str, reason: str
) -> None:
    record.lifecycle("u", "web", *event)
    assert counted(record) == {what: 1}
    assert latest(record) == {what: Latest(1000.0, reason)}


@pytest.mark.parametrize("event", [STARTED_MIGRATED, RESUMED, STOPPED_SHUTDOWN, (5, 1), (5, 3), (0, 0)])
def test_other_lifecycle_events_do_not(record: EventRecord, event: tuple[int, int]) -> None:
    record.lifecycle("u", "web", *event)
    assert counted(record) == {}


@pytest.mark.parametrize(
    ("kind", "values", "what", "reason"),
    [
        ("reboot", (), "reboot", ""),
        ("watchdog", (libvirt.VIR_DOMAIN_EVENT_WATCHDOG_RESET,), "watchdog", "reset"),
        ("watchdog", (libvirt.VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI,), "watchdog", "inject-nmi"),
        ("watchdog", (99,), "watchdog", "99"),
        ("io-error", NO_SPACE, "io_error", "enospc"),
        ("io-error", REPORTED, "io_error", "other"),
        ("memory-failure", (1, 2, 0), "memory_failure", "fatal"),
        ("balloon-change", (98304,), "balloon_change", ""),
        ("device-removed", ("virtio-disk3",), "device_removed", "virtio-disk3"),
        ("device-removal-failed", ("net0",), "device_removal_failed", "net0"),
        ("control-error", (), "control_error", ""),
    ],
)
def test_other_events(clock: FakeTime, kind: str, values: tuple[Any, ...], what: str, reason: str) -> None:
    record = EventRecord(clock)
    for _ in range(2):
        clock.now += BURST
        record.happened("u", "web", kind, values)
    assert counted(record) == {what: 2}
    assert latest(record) == {what: Latest(clock.now, reason)}


def test_every_kind_has_been_tried() -> None:
    (tried,) = (mark.args[1] for mark in test_other_events.pytestmark)
    assert {kind for kind, *_ in tried} == set(EVENTS)


def test_io_errors_count_by_disk_and_reason(record: EventRecord) -> None:
    for values in (NO_SPACE, NO_SPACE, REPORTED, ("", "scsi0-0-0-0", 0, "")):
        record.happened("u", "web", "io-error", values)
    assert record.read(lambda _: True).domains["u"].io_errors == {
        ("virtio-disk0", "enospc"): 2,
        ("virtio-disk0", "other"): 1,
        ("scsi0-0-0-0", "other"): 1,
    }


def test_the_resets_of_one_reboot_count_once_and_a_loop_of_resets_counts_on(
    record: EventRecord, clock: FakeTime
) -> None:
    for _ in range(5):
        record.happened("u", "web", "reboot", ())
        clock.now += 0.1
    assert counted(record) == {"reboot": 1}
    for _ in range(100):
        clock.now += 0.1
        record.happened("u", "web", "reboot", ())
    assert counted(record)["reboot"] >= 5


def test_resets_count_by_who_asked_and_what_the_firmware_adds_does_not(
    record: EventRecord, clock: FakeTime
) -> None:
    for by_guest in (False, True, True):  # seen of `virsh reset`
        record.reset("u", "web", by_guest)
        clock.now += 0.3
    clock.now += BURST
    record.reset("u", "web", True)
    record.happened("u", "web", "reboot", ())
    assert record.read(lambda _: True).domains["u"].resets == {"host": 1, "guest": 1}


def test_what_libvirt_stops_after_a_panic_is_no_crash_of_its_own(record: EventRecord) -> None:
    record.lifecycle("u", "web", *PANICKED)
    record.lifecycle("u", "web", *STOPPED_CRASHED)
    assert counted(record) == {"panic": 1}
    record.lifecycle("u", "web", *BOOTED)
    record.lifecycle("u", "web", *STOPPED_CRASHED)
    assert counted(record) == {"panic": 1, "start": 1, "crash": 1}


def test_the_state_after_a_panic_is_no_crash_either(record: EventRecord, clock: FakeTime) -> None:
    """The state of a domain that libvirt stopped after a panic is `shut off`, its reason `crashed`."""
    look(record, clock, RUNNING)
    record.lifecycle("u", "web", *PANICKED)
    record.lifecycle("u", "web", *STOPPED_CRASHED)
    look(record, clock, IS_CRASHED, times=5)
    assert counted(record) == {"panic": 1}
    record.lifecycle("u", "web", *BOOTED)
    look(record, clock, RUNNING)
    look(record, clock, IS_CRASHED, times=5)
    assert counted(record) == {"panic": 1, "start": 1, "crash": 1}


def test_a_migration_that_fails_is_no_crash_of_the_destination(record: EventRecord) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.lifecycle("u", "web", *STOPPED_FAILED)
    assert counted(record) == {}
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.lifecycle("u", "web", *RESUMED_MIGRATED)
    record.lifecycle("u", "web", *STOPPED_FAILED)
    assert counted(record) == {"crash": 1}


@pytest.mark.parametrize("seconds", [0.0, 2 * SETTLE], ids=["a list from before", "a slow one"])
def test_a_migration_that_fails_before_its_domain_is_listed_is_no_crash_either(
    record: EventRecord, clock: FakeTime, seconds: float
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    clock.now += seconds
    record.listed([])
    record.lifecycle("u", "web", *STOPPED_FAILED)
    assert counted(record) == {}


def test_a_guest_that_runs_here_has_arrived_even_if_no_event_told(
    record: EventRecord, clock: FakeTime
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    look(record, clock, (3, libvirt.VIR_DOMAIN_PAUSED_MIGRATION))
    assert record._domains["u"].arriving
    look(record, clock, RUNNING)
    record.lifecycle("u", "web", *STOPPED_FAILED)
    assert counted(record) == {"crash": 1}


def test_what_is_known_of_a_domain_that_was_never_listed_is_dropped_in_time(
    record: EventRecord, clock: FakeTime
) -> None:
    record.lifecycle("u", "web", *RESUMED)
    record.listed([])
    assert "u" in record._domains
    clock.now += SETTLE + 1
    record.listed([])
    assert "u" not in record._domains
    for n in range(REMEMBERED + 5):
        record.lifecycle(f"u{n}", "web", *STARTED_MIGRATED)
    record.listed([])
    assert len(record._domains) == REMEMBERED


MISSED = [(IS_PANICKED, "panic"), ((3, 10), "panic"), (IS_CRASHED, "crash"), (IS_FAULTY, "io_error"),
          (IS_BITTEN, "watchdog")]  # fmt: skip


@pytest.mark.parametrize(("state", "what"), MISSED)
def test_a_trouble_that_no_event_told_counts_by_the_state_that_lasts(
    record: EventRecord, clock: FakeTime, state: tuple[int, int], what: str
) -> None:
    look(record, clock, RUNNING)
    look(record, clock, state, times=1)
    assert counted(record) == {}  # its event may still come
    look(record, clock, state, times=5)
    assert counted(record) == {what: 1}


def test_every_trouble_that_a_state_shows_has_been_missed() -> None:
    assert {state for state, _ in MISSED} == set(STATES)


def test_a_trouble_that_was_there_before_the_exporter_is_no_news(
    record: EventRecord, clock: FakeTime
) -> None:
    look(record, clock, IS_CRASHED, times=5)
    assert counted(record) == {}
    look(record, clock, RUNNING)
    look(record, clock, IS_CRASHED)
    assert counted(record) == {"crash": 1}


@pytest.mark.parametrize("state", [IS_FAULTY, IS_CRASHED])
def test_an_event_and_the_state_after_it_count_once(
    record: EventRecord, clock: FakeTime, state: tuple[int, int]
) -> None:
    look(record, clock, RUNNING)
    record.listed(listed(state))  # seen before its event is read
    if state == IS_FAULTY:
        record.happened("u", "web", "io-error", NO_SPACE)
    else:
        record.lifecycle("u", "web", *STOPPED_FAILED)
    record.listed(listed(RUNNING))  # a list from before the event
    look(record, clock, state, times=5)
    assert sum(counted(record).values()) == 1


def test_an_error_that_is_only_reported_pauses_nobody(record: EventRecord, clock: FakeTime) -> None:
    look(record, clock, RUNNING)
    record.happened("u", "web", "io-error", REPORTED)
    look(record, clock, IS_FAULTY)
    assert counted(record) == {"io_error": 2}


def test_events_that_change_no_state_hide_none(record: EventRecord, clock: FakeTime) -> None:
    look(record, clock, RUNNING)
    for _ in range(20):
        clock.now += 2
        record.happened("u", "web", "balloon-change", (98304,))
        record.listed(listed(IS_FAULTY))
    assert counted(record)["io_error"] == 1


def test_a_guest_that_goes_on_and_fails_again_counts_again(record: EventRecord, clock: FakeTime) -> None:
    look(record, clock, RUNNING)
    record.happened("u", "web", "io-error", NO_SPACE)
    record.lifecycle("u", "web", *RESUMED)
    look(record, clock, IS_FAULTY)
    assert counted(record) == {"io_error": 2}


def test_a_domain_that_is_gone_keeps_its_events_for_an_hour(record: EventRecord, clock: FakeTime) -> None:
    record.lifecycle("u", "web", *STOPPED_FAILED)
    clock.now += KEPT
    record.listed([])
    assert counted(record) == {"crash": 1}
    clock.now += 1
    record.listed([])
    assert counted(record) == {}


def test_a_domain_that_exists_keeps_its_events_for_ever(record: EventRecord, clock: FakeTime) -> None:
    record.lifecycle("u", "web", *STOPPED_FAILED)
    clock.now += 100 * KEPT
    record.listed(listed(IS_CRASHED))
    assert counted(record) == {"crash": 1}


def test_few_domains_that_are_gone_are_remembered(record: EventRecord) -> None:
    for n in range(REMEMBERED + 5):
        record.lifecycle(f"u{n}", "web", *STOPPED_FAILED)
    record.listed(listed(RUNNING, "u0"))
    assert len(record.read(lambda _: True).domains) == REMEMBERED + 1


def test_domains_that_are_not_wanted_are_left_out(record: EventRecord) -> None:
    for name in ("web", "test-1"):
        record.lifecycle(name, name, *BOOTED)
    assert record.read(lambda name: not name.startswith("test")).domains.keys() == {"web"}


def test_the_first_connection_is_no_interruption(record: EventRecord) -> None:
    assert record.read(lambda _: True).interruptions == 0
    record.connected()
    assert record.read(lambda _: True).interruptions == 0
    record.connected()
    assert record.read(lambda _: True).interruptions == 1
