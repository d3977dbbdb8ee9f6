"""What events and job statistics come to in the record of migrations; a clock that is set by hand."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.snapshot.job import Job
from exporter.snapshot.migration import Direction, Result
from exporter.source.migrations import ARRIVAL, SETTLE, MigrationRecord
from fake_time import FakeTime

STARTED_MIGRATED, SUSPENDED_PAUSED, RESUMED_MIGRATED, RESUMED_POSTCOPY = (2, 1), (3, 0), (4, 1), (4, 3)
STOPPED_MIGRATED, STOPPED_FAILED, STOPPED_SHUTDOWN = (5, 3), (5, 5), (5, 0)
OUT: dict[str, Any] = {"operation": 5, "time_elapsed": 4008, "downtime": 254, "data_processed": 100}
IN: dict[str, Any] = {"operation": 4, "type": 3, "time_elapsed": 3992, "downtime": 253, "data_processed": 99}
NO_JOB = {"type": 0}


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def record(clock: FakeTime) -> MigrationRecord:
    return MigrationRecord(clock)


def counted(record: MigrationRecord) -> dict[tuple[str, str], int]:
    return {(str(d), str(r)): n for (d, r), n in record.read().counts.items() if n}


def live(**fields: Any) -> Job:
    job = Job.read({"operation": 5, "type": 2, **fields})
    assert job is not None
    return job


def test_all_six_counters_begin_at_zero(record: MigrationRecord) -> None:
    assert record.read().counts == {(d, r): 0 for d in Direction for r in Result}


def test_a_success_on_the_source_has_libvirts_figures(record: MigrationRecord) -> None:
    record.began("u", "web", Direction.OUTGOING)
    record.lifecycle("u", "web", *STOPPED_MIGRATED)
    record.completed("u", "web", OUT)
    seen = record.read()
    assert counted(record) == {("outgoing", "success"): 1}
    (last,) = seen.last
    assert last.job is not None
    assert (last.domain, last.ended, last.job.elapsed, last.job.downtime) == ("web", 1000, 4.008, 0.254)
    assert (seen.durations[Direction.OUTGOING].sum, seen.downtimes[Direction.OUTGOING].sum) == (4.008, 0.254)
    assert seen.transferred[Direction.OUTGOING].sum == 100
    assert seen.durations[Direction.INCOMING].sum == 0


def test_the_dirty_rate_is_the_highest_one_that_was_polled_on_the_source(record: MigrationRecord) -> None:
    for pages in (100, 200, 0):
        record.polled("u", "web", live(memory_dirty_rate=pages, memory_page_size=4096))
    record.completed("u", "web", {**OUT, "memory_dirty_rate": 0, "memory_page_size": 4096})
    record.lifecycle("v", "db", *STARTED_MIGRATED)
    record.arrived("v", {**IN, "memory_dirty_rate": 0, "memory_page_size": 4096})
    record.completed("w", "unseen", OUT)
    last = {each.domain: each.job and each.job.memory_dirty_rate for each in record.read().last}
    assert last == {"web": 200 * 4096, "db": None, "unseen": None}


def test_newcomers_are_arriving_or_arrived_lately(record: MigrationRecord, clock: FakeTime) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.completed("v", "gone", OUT)
    assert record.newcomers(30) == {"u"}
    record.lifecycle("u", "web", *RESUMED_MIGRATED)
    record.arrived("u", IN)
    clock.now += 29
    assert record.newcomers(30) == {"u"}
    clock.now += 2
    assert record.newcomers(30) == set()


def test_a_success_nobody_saw_begin_counts_all_the_same(record: MigrationRecord) -> None:
    record.completed("u", "web", OUT)
    assert counted(record) == {("outgoing", "success"): 1}


def test_a_success_counts_once_whatever_comes_after(record: MigrationRecord, clock: FakeTime) -> None:
    record.completed("u", "web", OUT)
    record.began("u", "web", Direction.OUTGOING)  # a late iteration event
    record.polled("u", "web", None)
    clock.now += SETTLE
    record.settle()
    assert counted(record) == {("outgoing", "success"): 1}


def test_another_job_is_no_migration(record: MigrationRecord) -> None:
    record.completed("u", "web", {"operation": 9, "success": True})
    assert counted(record) == {}


@pytest.mark.parametrize(
    ("kind", "result"),
    [(5, Result.CANCELLED), (4, Result.FAILED), (2, Result.FAILED)],
    ids=["cancelled", "failed", "unknown"],
)
def test_a_job_that_is_gone_without_success(
    record: MigrationRecord, clock: FakeTime, kind: int, result: Result
) -> None:
    record.polled("u", "web", live(type=kind, time_elapsed=7000))
    record.polled("u", "web", None)
    record.settle()
    assert counted(record) == {}  # the success may still be on its way
    clock.now += SETTLE
    record.settle()
    assert counted(record) == {("outgoing", result.value): 1}
    assert record.running() == {}
    assert record.read().durations[Direction.OUTGOING].sum == 0  # of successes only


def test_a_job_seen_again_is_not_gone(record: MigrationRecord, clock: FakeTime) -> None:
    record.began("u", "web", Direction.OUTGOING)
    record.polled("u", "web", None)
    record.polled("u", "web", live())
    clock.now += SETTLE
    record.settle()
    assert counted(record) == {}
    assert record.running() == {"u": "web"}


def test_a_domain_that_left_has_succeeded_even_without_figures(
    record: MigrationRecord, clock: FakeTime
) -> None:
    record.began("u", "web", Direction.OUTGOING)
    record.lifecycle("u", "web", *STOPPED_MIGRATED)
    clock.now += SETTLE
    record.settle()
    assert counted(record) == {("outgoing", "success"): 1}


def test_a_success_on_the_destination_waits_for_its_figures(record: MigrationRecord) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    assert record.arriving() == []
    record.lifecycle("u", "web", *RESUMED_MIGRATED)
    assert record.arriving() == ["u"]
    record.arrived("u", NO_JOB)  # the destination is still finishing
    assert counted(record) == {}
    record.arrived("u", IN)
    assert counted(record) == {("incoming", "success"): 1}
    assert record.read().durations[Direction.INCOMING].sum == 3.992
    assert record.arriving() == []


def test_a_domain_that_runs_here_counts_even_if_the_figures_never_come(
    record: MigrationRecord, clock: FakeTime
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.lifecycle("u", "web", *RESUMED_MIGRATED)
    clock.now += ARRIVAL
    record.settle()
    assert counted(record) == {("incoming", "success"): 1}


@pytest.mark.parametrize("event", [RESUMED_POSTCOPY, SUSPENDED_PAUSED])
def test_post_copy_and_paused_guests_have_arrived_when_their_figures_have(
    record: MigrationRecord, clock: FakeTime, event: tuple[int, int]
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.lifecycle("u", "web", *event)
    clock.now += 10 * ARRIVAL
    record.settle()
    assert counted(record) == {}
    record.arrived("u", IN)
    assert counted(record) == {("incoming", "success"): 1}


RUNNING, PAUSED_BY_USER, PAUSED_FOR_MIGRATION, RUNS_POSTCOPY = (1, 1), (3, 1), (3, 2), (1, 10)
SHUT_OFF, SHUT_OFF_MIGRATED = (5, 1), (5, 4)


def interrupted(record: MigrationRecord, clock: FakeTime, state: tuple[int, int] | None) -> None:
    """A connection that broke and came back while a migration was under way; what is seen then lasts."""
    record.connected()
    for _ in range(2):
        for uuid in record.unheard():
            record.looked(uuid, state)
        record.settle()
        clock.now += ARRIVAL


@pytest.mark.parametrize("state", [RUNNING, PAUSED_BY_USER])
def test_a_guest_that_is_here_after_an_interruption_has_arrived(
    record: MigrationRecord, clock: FakeTime, state: tuple[int, int]
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    interrupted(record, clock, state)
    assert counted(record) == {("incoming", "success"): 1}
    assert not record.is_unsettled()


def test_its_figures_count_if_libvirt_has_them(record: MigrationRecord) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.connected()
    assert record.arriving() == []  # libvirt may have the figures of an earlier one
    record.looked("u", RUNNING)
    assert record.arriving() == ["u"]
    record.arrived("u", IN)
    assert record.read().durations[Direction.INCOMING].sum == 3.992


@pytest.mark.parametrize("state", [None, SHUT_OFF])
def test_of_a_guest_that_is_gone_after_an_interruption_nothing_counts(
    record: MigrationRecord, clock: FakeTime, state: tuple[int, int] | None
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    interrupted(record, clock, state)
    assert counted(record) == {}
    assert not record.is_unsettled()
    assert record.newcomers(30) == set()


@pytest.mark.parametrize("state", [PAUSED_FOR_MIGRATION, RUNS_POSTCOPY])
def test_a_migration_goes_on_after_an_interruption_and_ends_as_any_other(
    record: MigrationRecord, clock: FakeTime, state: tuple[int, int]
) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    interrupted(record, clock, state)
    assert (counted(record), record.arriving()) == ({}, [])
    record.lifecycle("u", "web", *RESUMED_MIGRATED)
    record.settle()
    assert (counted(record), record.unheard()) == ({}, [])  # the figures may take a moment
    record.arrived("u", IN)
    assert counted(record) == {("incoming", "success"): 1}


@pytest.mark.parametrize(
    ("state", "result"), [(None, "success"), (SHUT_OFF_MIGRATED, "success"), (RUNNING, "failed")]
)
def test_a_migration_whose_end_was_not_heard_on_the_source(
    record: MigrationRecord, clock: FakeTime, state: tuple[int, int] | None, result: str
) -> None:
    record.polled("u", "web", live())
    record.connected()
    assert record.unheard() == []  # its job runs, as far as it is known
    record.polled("u", "web", None)
    interrupted(record, clock, state)
    assert counted(record) == {("outgoing", result): 1}


def test_a_state_is_no_news_where_events_were_heard(record: MigrationRecord, clock: FakeTime) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.looked("u", RUNNING)
    record.polled("v", "db", live())
    record.looked("v", None)
    record.polled("v", "db", None)
    clock.now += ARRIVAL
    record.settle()
    assert counted(record) == {("outgoing", "failed"): 1}
    assert record.newcomers(30) == {"u"}


def test_a_failure_on_the_destination(record: MigrationRecord) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.lifecycle("u", "web", *STOPPED_FAILED)
    assert counted(record) == {("incoming", "failed"): 1}


def test_later_events_of_a_guest_that_has_arrived_count_nothing(record: MigrationRecord) -> None:
    record.lifecycle("u", "web", *STARTED_MIGRATED)
    record.lifecycle("u", "web", *RESUMED_MIGRATED)
    record.arrived("u", IN)
    record.lifecycle("u", "web", *SUSPENDED_PAUSED)
    record.began("u", "web", Direction.INCOMING)  # found by looking, a moment too late
    record.arrived("u", IN)
    record.lifecycle("u", "web", *STOPPED_SHUTDOWN)
    assert counted(record) == {("incoming", "success"): 1}


def test_the_last_migrations_of_domains_that_are_not_wanted_are_left_out(record: MigrationRecord) -> None:
    record.completed("u", "web", OUT)
    record.completed("v", "test-1", OUT)
    seen = record.read(lambda name: not name.startswith("test"))
    assert [one.domain for one in seen.last] == ["web"]
    assert seen.counts[Direction.OUTGOING, Result.SUCCESS] == 2  # of the host


def test_an_ordinary_stop_is_no_migration(record: MigrationRecord) -> None:
    record.lifecycle("u", "web", *STOPPED_SHUTDOWN)
    assert counted(record) == {}


def test_the_last_migration_of_a_domain_replaces_the_one_before(
    record: MigrationRecord, clock: FakeTime
) -> None:
    record.completed("u", "web", OUT)
    clock.now += 5
    record.completed("u", "web", OUT | {"time_elapsed": 9000})
    (last,) = record.read().last
    assert (last.ended, last.job and last.job.elapsed) == (1005, 9)


def test_a_completed_job_may_say_that_it_was_cancelled(record: MigrationRecord) -> None:
    record.completed("u", "web", OUT | {"success": False, "errmsg": "operation aborted: canceled by client"})
    assert counted(record) == {("outgoing", "cancelled"): 1}
