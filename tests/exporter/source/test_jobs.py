"""Jobs of domains: one whose guest hangs keeps the others going, and no old values are shown."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from exporter.source import lanes
from exporter.source.background import Background
from exporter.source.jobs import LONGEST_AGE, RESTING, WATCHING, Jobs
from exporter.source.migrations import SETTLE, MigrationRecord
from fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

LONG = 60.0  # seconds: a test fails if something does not happen by then
NO_JOB: dict[str, Any] = {"type": 0}


class LibvirtError(libvirt.libvirtError):  # type: ignore[misc]
    def __init__(self, code: int) -> None:
        super().__init__("refused")
        self._code = code

    def get_error_code(self) -> int:
        return self._code


class Domain:
    """A domain that migrates away; its job is asked for beyond `gate`."""

    def __init__(self, uuid: str) -> None:
        self.uuid = uuid
        self.gate = threading.Event()
        self.gate.set()
        self.elapsed = 0
        self.error: int | None = None
        self.raw: dict[str, Any] = {"operation": 5, "type": 2}

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return self.uuid

    def isActive(self) -> bool:  # noqa: N802 (libvirt's name)
        return False

    def jobStats(self) -> dict[str, Any]:  # noqa: N802 (libvirt's name)
        self.gate.wait()
        self.elapsed += 1000
        if self.error is not None:
            raise LibvirtError(self.error)
        return self.raw | {"time_elapsed": self.elapsed}


class Connection:
    """A connection, and the links that give it."""

    def __init__(self, *uuids: str) -> None:
        self.domains = {uuid: Domain(uuid) for uuid in uuids}

    def listAllDomains(self) -> list[Domain]:  # noqa: N802 (libvirt's name)
        return list(self.domains.values())

    @contextmanager
    def use(self) -> Iterator[Connection]:
        yield self

    def close(self) -> None: ...


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def record(clock: FakeTime) -> MigrationRecord:
    return MigrationRecord(clock)


def made(
    connection: Any,
    record: MigrationRecord,
    clock: FakeTime,
    stuck: Callable[[], Collection[str]] = frozenset,
) -> Jobs:
    names = {uuid: f"name of {uuid}" for uuid in connection.domains}
    return Jobs(connection, record, lambda: names, Background(), stuck=stuck, clock=clock)


def eventually(holds: Callable[[], object], does: Callable[[], object] = lambda: None) -> None:
    limit = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < limit, "in vain"
        does()
        time.sleep(0.005)


def elapsed(jobs: Jobs) -> dict[str, float | None]:
    return {uuid: job.elapsed for uuid, job in jobs.running().items()}


def test_a_guest_that_hangs_holds_up_no_other(record: MigrationRecord, clock: FakeTime) -> None:
    connection = Connection("a", "b", "c")
    jobs = made(connection, record, clock)
    jobs._step(connection)
    eventually(lambda: elapsed(jobs).keys() == {"a", "b", "c"})
    connection.domains["a"].gate.clear()

    def step() -> None:
        clock.now += lanes.PATIENCE / 2
        jobs._step(connection)

    eventually(lambda: "a" not in elapsed(jobs), step)
    assert elapsed(jobs).keys() == {"b", "c"}
    assert min(one or 0 for one in elapsed(jobs).values()) > 3
    connection.domains["a"].gate.set()
    eventually(lambda: "a" in elapsed(jobs))


def test_a_job_that_cannot_be_read_any_more_is_not_shown_for_ever(
    record: MigrationRecord, clock: FakeTime
) -> None:
    connection = Connection("a")
    jobs = made(connection, record, clock)
    jobs._step(connection)
    eventually(lambda: elapsed(jobs) == {"a": 1})
    clock.now += LONGEST_AGE
    assert elapsed(jobs) == {"a": 1}
    clock.now += 0.1
    assert elapsed(jobs) == {}


def test_domains_that_are_stuck_are_not_asked(record: MigrationRecord, clock: FakeTime) -> None:
    connection = Connection("a", "b")
    stuck: set[str] = set()
    jobs = made(connection, record, clock, lambda: stuck)
    jobs._step(connection)
    eventually(lambda: elapsed(jobs) == {"a": 1, "b": 1})
    stuck.add("a")
    jobs._step(connection)
    eventually(lambda: elapsed(jobs)["b"] == 2)
    assert elapsed(jobs)["a"] == 1


@pytest.mark.parametrize(
    "error",
    [libvirt.VIR_ERR_OPERATION_TIMEOUT, libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_INTERNAL_ERROR],
    ids=["the guest does not answer", "the connection is lost", "odd"],
)
def test_a_migration_of_which_nothing_is_known_has_not_ended(
    record: MigrationRecord, clock: FakeTime, error: int
) -> None:
    connection = Connection("a")
    jobs = made(connection, record, clock)
    jobs._step(connection)
    eventually(lambda: record.running() == {"a": "name of a"})
    connection.domains["a"].error = error
    jobs._step(connection)
    eventually(lambda: connection.domains["a"].elapsed == 2000)
    clock.now += SETTLE
    record.settle()
    assert record.running() == {"a": "name of a"}


@pytest.mark.parametrize("error", [None, libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID])
def test_a_job_that_is_gone_has_ended(record: MigrationRecord, clock: FakeTime, error: int | None) -> None:
    connection = Connection("a")
    jobs = made(connection, record, clock)
    jobs._step(connection)
    eventually(lambda: elapsed(jobs) == {"a": 1})
    connection.domains["a"].raw, connection.domains["a"].error = NO_JOB, error
    jobs._step(connection)
    eventually(lambda: elapsed(jobs) == {})
    eventually(lambda: record._outgoing["a"].gone_at is not None)


def test_what_runs_is_looked_at_more_often(record: MigrationRecord, clock: FakeTime) -> None:
    connection = Connection("a")
    jobs = made(connection, record, clock)
    assert jobs._step(connection) == RESTING
    eventually(lambda: elapsed(jobs) == {"a": 1})
    assert jobs._step(connection) == WATCHING
