"""The deadline: fake guests that hang, as libvirt lets them hang, under the real threads."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from exporter.source.calls import Found
from exporter.source.connection import Unreachable
from exporter.source.round import Answers, Piece, split
from exporter.source.statistics import Statistics
from exporter.source.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAMES = tuple(f"d{n:02}" for n in range(40))
WHOLE = {"whole": True}
PARTIAL = {"whole": False}


class Link:
    """A connection that cannot break."""

    opened = 0

    def get(self) -> None:
        return None

    def is_broken(self) -> bool:
        return False


class FakeHost:
    """Domains whose monitor one call can hold: it hangs while the guest is stopped; others pass by."""

    def __init__(self, connections: int, spare: int = 0) -> None:
        self.spare = spare
        self.running = {name: threading.Event() for name in NAMES}
        for event in self.running.values():
            event.set()
        self.locks = {name: threading.Lock() for name in NAMES}
        self.asked: list[tuple[str, ...]] = []
        self.askers: set[int] = set()
        self.inactive: set[str] = set()
        self.fails: set[str] = set()
        self.reachable = True
        self.seconds = 0.0  # each visit takes
        self.workers = [Worker(Link(), f"fake-{n}") for n in range(connections + spare + 2)]
        self.statistics = self.statistics_with(self.survey)

    def statistics_with(self, survey: Callable[[Any], list[Found]]) -> Statistics:
        greeter, surveyor, *others = self.workers
        asking = [(worker, self.ask) for worker in others]
        aside = (greeter, self.greet), (surveyor, survey)
        return Statistics(*aside, asking, lambda raw: bool(raw["whole"]), self.spare)

    def greet(self, _connection: Any) -> None:
        if not self.reachable:
            raise Unreachable("no daemon")

    def survey(self, _connection: Any) -> list[Found]:
        if not self.reachable:
            raise Unreachable("no daemon")
        return [Found(name, name, active=name not in self.inactive) for name in NAMES]

    def ask(self, _connection: Any, names: Sequence[str], active: bool) -> dict[str, dict[str, bool]]:
        self.asked.append(tuple(names))
        self.askers.add(threading.get_ident())
        if self.fails & set(names):
            raise ValueError("one domain spoils it")
        return {name: self.visit(name) if active else dict(WHOLE) for name in names}

    def visit(self, name: str) -> dict[str, bool]:
        if not self.locks[name].acquire(blocking=False):
            return dict(PARTIAL)
        try:
            self.running[name].wait()
            time.sleep(self.seconds)
            return dict(WHOLE)
        finally:
            self.locks[name].release()

    def collect(self, seconds: float = 2.0) -> tuple[Answers, float]:
        began = time.monotonic()
        answers = Answers()
        self.statistics.collect(began + seconds, answers)
        return answers, time.monotonic() - began

    def stop(self, *names: str) -> None:
        for name in names:
            self.running[name].clear()

    def wake(self) -> None:
        for event in self.running.values():
            event.set()


@pytest.fixture
def host() -> Iterator[FakeHost]:
    made = FakeHost(4)
    yield made
    made.wake()
    for worker in made.workers:
        worker.stop()


def test_all_is_fresh_in_as_many_calls_as_there_are_pieces(host: FakeHost) -> None:
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)
    assert sorted(name for piece in host.asked for name in piece) == list(NAMES)
    assert len(host.asked) == 8


def test_one_stuck_guest_costs_itself_only(host: FakeHost) -> None:
    host.stop("d07")
    answers, took = host.collect(1.0)
    assert took < 1.2
    assert answers.fresh == set(NAMES) - {"d07"}
    assert answers.raw["d07"] == PARTIAL


def test_the_next_collection_does_not_wait_for_a_guest_known_to_be_stuck(host: FakeHost) -> None:
    host.stop("d07")
    host.collect(1.0)
    calls = len(host.asked)
    answers, took = host.collect(1.0)
    assert took < 0.5
    assert answers.fresh == set(NAMES) - {"d07"}
    assert ("d07",) in host.asked[calls:]  # apart from all others
    assert host.statistics.unresponsive() == {"d07"}
    assert host.statistics.stuck == 1


def test_a_guest_that_wakes_is_fresh_at_once(host: FakeHost) -> None:
    host.stop("d07")
    host.collect(0.6)
    host.wake()
    time.sleep(0.1)
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)
    assert host.statistics.stuck == 0


def test_more_stuck_guests_than_connections_are_all_named_within_the_deadline(host: FakeHost) -> None:
    host.stop(*NAMES[::5])
    for _ in range(3):
        answers, took = host.collect(0.5)
        assert took < 0.7
        assert answers.found is not None
        assert not answers.fresh & set(NAMES[::5])
    assert host.statistics.stuck <= 4
    host.wake()
    time.sleep(0.1)
    assert host.collect()[0].fresh == set(NAMES)


@pytest.fixture
def spared() -> Iterator[FakeHost]:
    made = FakeHost(4, spare=12)
    yield made
    made.wake()
    for worker in made.workers:
        worker.stop()


@pytest.mark.parametrize("stuck", [("d00", "d01"), ("d00", "d20"), ("d03", "d04", "d39")])
def test_several_stuck_guests_cost_themselves_only(spared: FakeHost, stuck: tuple[str, ...]) -> None:
    spared.stop(*stuck)
    for _ in range(3):
        answers, took = spared.collect(1.5)
        assert took < 1.7
        assert answers.fresh == set(NAMES) - set(stuck)


@pytest.mark.parametrize(
    "stuck",
    [NAMES[::8], NAMES[:8], NAMES[::4], NAMES[::3]],
    ids=["apart", "together", "ten", "fourteen"],
)
def test_more_stuck_guests_than_connections_cost_themselves_only(
    spared: FakeHost, stuck: tuple[str, ...]
) -> None:
    spared.collect()
    spared.stop(*stuck)
    first, _ = spared.collect(2.0)
    second, took = spared.collect(2.0)
    assert len(stuck) > 4
    assert not (first.fresh | second.fresh) & set(stuck)
    assert second.fresh == set(NAMES) - set(stuck)
    assert took < 0.5
    assert spared.statistics.stuck == len(stuck)


def test_spare_connections_are_idle_while_none_hangs(spared: FakeHost) -> None:
    for _ in range(3):
        spared.collect()
    assert spared.statistics.stuck == 0
    assert len(spared.asked) == 3 * 8
    assert len(spared.askers) <= 4


def test_the_last_connection_goes_on_with_who_answered_before(spared: FakeHost) -> None:
    spared.collect()
    spared.stop(*NAMES[:20])
    spared.collect(2.5)
    assert spared.statistics.stuck == 15  # of sixteen
    for _ in range(3):
        answers, took = spared.collect(1.0)
        assert answers.fresh >= set(NAMES[25:])
        assert took < 0.5
    assert spared.statistics.stuck == 15
    spared.wake()
    time.sleep(0.1)
    spared.collect()
    assert spared.collect()[0].fresh == set(NAMES)


@pytest.mark.parametrize("number", [16, 20, 28])
def test_with_more_stuck_guests_than_may_hang_the_last_connection_stays_free(
    spared: FakeHost, number: int
) -> None:
    spared.collect()
    stuck = {NAMES[n * len(NAMES) // number] for n in range(number)}
    spared.stop(*stuck)
    first, _ = spared.collect(2.5)
    for _ in range(3):
        answers, took = spared.collect(2.5)
        assert took < 0.5
        assert answers.fresh >= first.fresh != set()
        assert not answers.fresh & stuck
    assert spared.statistics.stuck == 15


def test_guests_that_stop_one_after_the_other_cost_themselves_only(spared: FakeHost) -> None:
    spared.stop(*NAMES[:36:3])
    spared.collect(2.0)
    stopped = set(NAMES[:36:3])
    for name in ("d10", "d20", "d37"):
        spared.stop(name)
        stopped.add(name)
        spared.collect(1.0)
        answers, took = spared.collect(1.0)
        assert took < 0.5
        assert answers.fresh == set(NAMES) - stopped
    assert spared.statistics.stuck == 15


def test_the_more_calls_hang_the_fewer_domains_a_call_visits(spared: FakeHost) -> None:
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
    answers, _ = spared.collect(3.0)
    assert answers.fresh == set(NAMES)
    assert len(spared.asked) - calls == 8


def test_a_hanging_call_is_not_repeated_on_its_connection(host: FakeHost) -> None:
    host.stop("d07")
    for _ in range(5):
        host.collect(0.6)
    holders = [piece for piece in host.asked if "d07" in piece and len(piece) > 1]
    assert len(holders) == 2  # the call that hangs, and the one that found it hanging; then it is asked apart


def test_a_whole_answer_replaces_a_partial_one_and_never_the_other_way_round() -> None:
    first, second = Piece(("a", "b")), Piece(("a", "b"))
    answers = Answers(out=[first, second])
    answers.answered(first, {"a": PARTIAL, "b": WHOLE}, {"b"})
    answers.answered(second, {"a": WHOLE, "b": PARTIAL}, {"a"})
    assert answers.raw == {"a": WHOLE, "b": WHOLE}
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
    assert took < 1.0


def test_an_unreachable_daemon_is_known_at_once(host: FakeHost) -> None:
    host.reachable = False
    answers, took = host.collect()
    assert answers.found is None
    assert not answers.reachable
    assert isinstance(answers.error, Unreachable)
    assert took < 0.5


def test_a_survey_that_hangs_ends_with_the_deadline_and_is_not_repeated_meanwhile() -> None:
    host = FakeHost(2)
    gate, surveys = threading.Event(), []

    def survey(_connection: Any) -> list[Found]:
        surveys.append(1)
        gate.wait()
        return host.survey(None)

    host.statistics = host.statistics_with(survey)
    for _ in range(2):
        answers, took = host.collect(0.3)
        assert answers.found is None
        assert answers.reachable  # the daemon itself answers
        assert took < 0.5
    assert len(surveys) == 1
    gate.set()
    answers, _ = host.collect()
    assert answers.fresh == set(NAMES)


def test_late_answers_do_not_leak_into_a_later_collection(host: FakeHost) -> None:
    host.stop("d07")
    first, _ = host.collect(0.6)
    host.wake()
    time.sleep(0.1)
    assert "d07" not in first.fresh


def test_one_connection_alone_still_answers_in_time() -> None:
    host = FakeHost(1)
    host.stop("d39")
    answers, took = host.collect(0.5)
    host.wake()
    assert took < 0.7
    assert answers.found is not None
    assert set(NAMES[:20]) <= answers.fresh


@pytest.mark.parametrize(("domains", "pieces"), [(0, 8), (1, 8), (8, 8), (9, 8), (100, 8)])
def test_pieces_cover_everything_once(domains: int, pieces: int) -> None:
    names = [str(n) for n in range(domains)]
    made = list(split(names, pieces))
    assert len(made) <= pieces
    assert [uuid for piece in made for uuid in piece.uuids] == names
