"""The deadline: fake domains that get stuck as libvirt lets them, in a time set by hand; and real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from exporter.source.answers import Answers, Piece, split
from exporter.source.background import Background
from exporter.source.calls import Listed
from exporter.source.connection import Unreachable
from exporter.source.statistics import PATIENCE, Statistics
from exporter.source.worker import Worker
from fake_time import FakeCondition, FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.source.worker import Call, Done

    Raw = dict[str, dict[str, bool]]
    Visits = Generator[float | str, None, Raw]  # seconds that pass, or the domain that is waited for

NAMES = tuple(f"d{n:02}" for n in range(40))
COMPLETE = {"complete": True}
PARTIAL = {"complete": False}


class FakeWorker:
    """Runs a call step by step, as time passes."""

    def __init__(self, time: FakeTime, waiting: dict[str, list[Callable[[], None]]]) -> None:
        self._time = time
        self._waiting = waiting
        self.calls = 0

    def submit(self, call: Call, done: Done) -> None:
        self.calls += 1
        self._time.after(0, lambda: self._begin(call, done))

    def _begin(self, call: Call, done: Done) -> None:
        try:
            result = call(None)
        except Exception as error:  # noqa: BLE001 (as worker.Worker)
            done(None, error)
            return
        if isinstance(result, Generator):
            self._go_on(result, done)
        else:
            done(result, None)

    def _go_on(self, visits: Visits, done: Done) -> None:
        try:
            awaited = next(visits)
        except StopIteration as end:
            done(end.value, None)
            return
        if isinstance(awaited, str):
            self._waiting.setdefault(awaited, []).append(lambda: self._go_on(visits, done))
        else:
            self._time.after(awaited, lambda: self._go_on(visits, done))


class FakeHost:
    """Domains whose monitor one call can hold: it is stuck while the domain is stopped; others skip it."""

    def __init__(self, connections: int, spare: int = 0) -> None:
        self.time = FakeTime()
        self.stopped: set[str] = set()
        self.held: set[str] = set()
        self.waiting: dict[str, list[Callable[[], None]]] = {}
        self.asked: list[tuple[str, ...]] = []
        self.inactive: set[str] = set()
        self.fails: set[str] = set()
        self.reachable = True
        self.lists = True
        self.seconds = 0.0  # each visit takes
        self.workers = [FakeWorker(self.time, self.waiting) for _ in range(connections + spare + 2)]
        ping, listing, *others = self.workers
        self.statistics = Statistics(
            (ping, self.ping),
            (listing, self.list_domains),
            [(worker, self.ask) for worker in others],
            lambda _uuid, raw: bool(raw["complete"]),
            spare=spare,
            changed=FakeCondition(self.time),
            clock=self.time,
        )

    def ping(self, _connection: Any) -> None:
        if not self.reachable:
            raise Unreachable("no daemon")

    def list_domains(self, _connection: Any) -> Any:
        if not self.reachable:
            raise Unreachable("no daemon")
        return self._listed()

    def _listed(self) -> Generator[str, None, list[Listed]]:
        if not self.lists:
            yield "the list"
        return [Listed(name, name, active=name not in self.inactive) for name in NAMES]

    def ask(self, _connection: Any, names: Sequence[str], active: bool) -> Any:
        self.asked.append(tuple(names))
        if self.fails & set(names):
            raise ValueError("one domain spoils it")
        return self._visits(names) if active else dict.fromkeys(names, COMPLETE)

    def _visits(self, names: Sequence[str]) -> Visits:
        found = {}
        for name in names:
            if name in self.held:
                found[name] = PARTIAL
                continue
            self.held.add(name)
            if name in self.stopped:
                yield name
            if self.seconds:
                yield self.seconds
            self.held.remove(name)
            found[name] = COMPLETE
        return found

    def collect(self, seconds: float = 2.0) -> tuple[Answers, float]:
        """The answers, and how long they took."""
        began, answers = self.time.now, Answers()
        self.statistics.collect(began + seconds, answers)
        return answers, self.time.now - began

    def stop(self, *names: str) -> None:
        self.stopped |= set(names)

    def wake(self) -> None:
        """All domains go on, and all calls return."""
        self.stopped.clear()
        self.lists = True
        for resume in [one for resumes in self.waiting.values() for one in resumes]:
            self.time.after(0, resume)
        self.waiting.clear()
        self.time.pass_until(self.time.now + 0.1)


@pytest.fixture
def host() -> FakeHost:
    return FakeHost(4)


@pytest.fixture
def spared() -> FakeHost:
    return FakeHost(4, spare=12)


def test_all_is_fresh_in_as_many_calls_as_there_are_pieces(host: FakeHost) -> None:
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)
    assert sorted(name for piece in host.asked for name in piece) == list(NAMES)
    assert len(host.asked) == 8


def test_one_stuck_domain_costs_itself_only(host: FakeHost) -> None:
    host.stop("d07")
    answers, took = host.collect(1.0)
    assert took <= 1.0
    assert answers.fresh == set(NAMES) - {"d07"}
    assert answers.raw["d07"] == PARTIAL


def test_the_next_collection_does_not_wait_for_a_domain_known_to_be_stuck(host: FakeHost) -> None:
    host.stop("d07")
    host.collect(1.0)
    calls = len(host.asked)
    answers, took = host.collect(1.0)
    assert took < PATIENCE
    assert answers.fresh == set(NAMES) - {"d07"}
    assert ("d07",) in host.asked[calls:]  # apart from all others
    assert host.statistics.stuck_domains() == {"d07"}
    assert host.statistics.stuck_connections() == 1


def test_a_domain_that_wakes_is_fresh_at_once(host: FakeHost) -> None:
    host.stop("d07")
    host.collect(0.6)
    host.wake()
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)
    assert host.statistics.stuck_connections() == 0


def test_more_stuck_domains_than_connections_are_all_named_within_the_deadline(host: FakeHost) -> None:
    host.stop(*NAMES[::5])
    for _ in range(3):
        answers, took = host.collect(0.5)
        assert took <= 0.5
        assert answers.listed is not None
        assert not answers.fresh & set(NAMES[::5])
    assert host.statistics.stuck_connections() <= 4
    host.wake()
    assert host.collect()[0].fresh == set(NAMES)


@pytest.mark.parametrize("stuck", [("d00", "d01"), ("d00", "d20"), ("d03", "d04", "d39")])
def test_several_stuck_domains_cost_themselves_only(spared: FakeHost, stuck: tuple[str, ...]) -> None:
    spared.stop(*stuck)
    for _ in range(3):
        answers, took = spared.collect(1.5)
        assert took <= 1.5
        assert answers.fresh == set(NAMES) - set(stuck)


@pytest.mark.parametrize(
    "stuck",
    [NAMES[::8], NAMES[:8], NAMES[::4], NAMES[::3]],
    ids=["apart", "together", "ten", "fourteen"],
)
def test_more_stuck_domains_than_connections_cost_themselves_only(
    spared: FakeHost, stuck: tuple[str, ...]
) -> None:
    spared.collect()
    spared.stop(*stuck)
    first, _ = spared.collect(2.0)
    second, took = spared.collect(2.0)
    assert len(stuck) > 4
    assert not (first.fresh | second.fresh) & set(stuck)
    assert second.fresh == set(NAMES) - set(stuck)
    assert took < PATIENCE
    assert spared.statistics.stuck_connections() == len(stuck)


def test_spare_connections_are_idle_while_no_domain_is_stuck(spared: FakeHost) -> None:
    for _ in range(3):
        spared.collect()
    assert spared.statistics.stuck_connections() == 0
    assert len(spared.asked) == 3 * 8
    assert sum(worker.calls > 0 for worker in spared.workers[2:]) == 4


def test_the_last_connection_goes_on_with_domains_that_answered_before(spared: FakeHost) -> None:
    spared.collect()
    spared.stop(*NAMES[:20])
    spared.collect(2.5)
    assert spared.statistics.stuck_connections() == 15  # of sixteen
    for _ in range(3):
        answers, took = spared.collect(1.0)
        assert answers.fresh >= set(NAMES[25:])
        assert took < PATIENCE
    assert spared.statistics.stuck_connections() == 15
    spared.wake()
    spared.collect()
    assert spared.collect()[0].fresh == set(NAMES)


@pytest.mark.parametrize("number", [16, 20, 28])
def test_with_more_stuck_domains_than_connections_may_be_the_last_one_stays_free(
    spared: FakeHost, number: int
) -> None:
    spared.collect()
    stuck = {NAMES[n * len(NAMES) // number] for n in range(number)}
    spared.stop(*stuck)
    first, _ = spared.collect(2.5)
    for _ in range(3):
        answers, took = spared.collect(2.5)
        assert took < PATIENCE
        assert answers.fresh >= first.fresh != set()
        assert not answers.fresh & stuck
    assert spared.statistics.stuck_connections() == 15


def test_domains_that_stop_one_after_the_other_cost_themselves_only(spared: FakeHost) -> None:
    spared.stop(*NAMES[:36:3])
    spared.collect(2.0)
    stopped = set(NAMES[:36:3])
    for name in ("d10", "d20", "d37"):
        spared.stop(name)
        stopped.add(name)
        spared.collect(1.0)
        answers, took = spared.collect(1.0)
        assert took < PATIENCE
        assert answers.fresh == set(NAMES) - stopped
    assert spared.statistics.stuck_connections() == 15


def test_the_more_calls_are_stuck_the_fewer_domains_a_call_visits(spared: FakeHost) -> None:
    spared.stop(*NAMES[:20:5])  # one in each of the first four calls
    calls = len(spared.asked)
    spared.collect(2.0)
    first, later = spared.asked[calls : calls + 4], spared.asked[calls + 4 :]
    assert {len(piece) for piece in first} == {5}
    assert {len(piece) for piece in later} == {1}


def test_a_daemon_known_to_be_slow_is_not_asked_again(spared: FakeHost) -> None:
    spared.seconds = 0.055  # more than the patience for a piece of five
    spared.collect(3.0)
    spared.collect(3.0)
    calls = len(spared.asked)
    answers, took = spared.collect(3.0)
    assert answers.fresh == set(NAMES)
    assert len(spared.asked) - calls == 8
    assert took == pytest.approx(10 * 0.055)  # two pieces of five, one after the other


def test_a_stuck_call_is_not_repeated_on_its_connection(host: FakeHost) -> None:
    host.stop("d07")
    for _ in range(5):
        host.collect(0.6)
    holders = [piece for piece in host.asked if "d07" in piece and len(piece) > 1]
    assert len(holders) == 2  # the call that is stuck, and the one that found it so; then it is asked apart


def test_a_complete_answer_replaces_a_partial_one_and_never_the_other_way_round() -> None:
    first, second = Piece(("a", "b")), Piece(("a", "b"))
    answers = Answers(out=[first, second])
    answers.answered(first, {"a": PARTIAL, "b": COMPLETE}, {"b"})
    answers.answered(second, {"a": COMPLETE, "b": PARTIAL}, {"a"})
    assert answers.raw == {"a": COMPLETE, "b": COMPLETE}
    assert answers.fresh == {"a", "b"}


def test_a_domain_that_is_gone_is_waited_for_no_longer() -> None:
    piece = Piece(("a", "b"))
    answers = Answers(out=[piece])
    answers.answered(piece, {"a": PARTIAL}, set())
    assert answers.settled == {"b"}


def test_inactive_domains_are_asked_apart(host: FakeHost) -> None:
    host.inactive = {"d01", "d02"}
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)
    assert ("d01", "d02") in host.asked


def test_a_domain_that_spoils_a_whole_call_costs_itself_only(host: FakeHost) -> None:
    host.fails = {"d11"}
    answers, took = host.collect()
    assert answers.fresh == set(NAMES) - {"d11"}
    assert took == 0


def test_an_unreachable_daemon_is_known_at_once(host: FakeHost) -> None:
    host.reachable = False
    answers, took = host.collect()
    assert answers.listed is None
    assert not answers.reachable
    assert isinstance(answers.error, Unreachable)
    assert took == 0


def test_a_list_that_does_not_come_ends_with_the_deadline_and_is_not_asked_for_again_meanwhile() -> None:
    host = FakeHost(2)
    host.lists = False
    for _ in range(2):
        answers, took = host.collect(0.3)
        assert answers.listed is None
        assert answers.reachable  # the daemon itself answers
        assert took == pytest.approx(0.3)
    _, listing, *_ = host.workers
    assert listing.calls == 1
    host.wake()
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)


def test_late_answers_do_not_leak_into_a_later_collection(host: FakeHost) -> None:
    host.stop("d07")
    first, _ = host.collect(0.6)
    host.wake()
    assert "d07" not in first.fresh


def test_one_connection_alone_still_answers_in_time() -> None:
    host = FakeHost(1)
    host.stop("d39")
    answers, took = host.collect(0.5)
    assert took <= 0.5
    assert answers.listed is not None
    assert set(NAMES[:20]) <= answers.fresh


@pytest.mark.parametrize(("domains", "pieces"), [(0, 8), (1, 8), (8, 8), (9, 8), (100, 8)])
def test_pieces_cover_everything_once(domains: int, pieces: int) -> None:
    names = [str(n) for n in range(domains)]
    made = list(split(names, pieces))
    assert len(made) <= pieces
    assert [uuid for piece in made for uuid in piece.uuids] == names


class Link:
    """A connection that cannot break."""

    def get(self) -> None:
        return None

    def is_broken(self, _connection: None) -> bool:
        return False


def test_under_real_threads_a_stuck_domain_costs_itself_only() -> None:
    gate, held = threading.Event(), threading.Lock()

    def visit(name: str) -> dict[str, bool]:
        if name == "d07" and not gate.is_set():
            if not held.acquire(blocking=False):
                return PARTIAL
            gate.wait()
        return COMPLETE

    def ask(_connection: Any, names: Sequence[str], _active: bool) -> Raw:
        return {name: visit(name) for name in names}

    def listed(_connection: Any) -> list[Listed]:
        return [Listed(name, name, active=True) for name in NAMES]

    workers = [Worker(Link(), "fake", Background()) for _ in range(8)]
    ping, listing, *others = workers
    asking = [(worker, ask) for worker in others]
    statistics = Statistics(
        (ping, lambda _: None), (listing, listed), asking, lambda _uuid, raw: bool(raw["complete"]), spare=2
    )
    answers = Answers()
    statistics.collect(time.monotonic() + 1.0, answers)
    gate.set()
    assert answers.fresh == set(NAMES) - {"d07"}
