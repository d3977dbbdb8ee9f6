"""Bulk statistics of all domains by a deadline, over several connections, even if domains are stuck.

A domain is stuck while its QEMU does not answer. A call that includes such a domain does not return until
it answers, for none of the domains in the call. So the domains are split into more pieces than there are
connections, and each free connection takes the next piece. A piece that is late is asked for again in parts
over other connections: libvirt then finds the monitor of the stuck domain in use and skips it, so that each
stuck domain holds one call. The more calls are stuck, the fewer domains each further call includes, down to
one, so that few others share a call with a stuck one. A connection with a stuck call is not used; a spare
one replaces it. When all other connections are stuck, the last one asks only for domains that answered
before.
"""

from __future__ import annotations

import threading
import time
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from exporter.source.answers import Answers, Piece, split
from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exporter.source.calls import Listed
    from exporter.source.worker import Call, Done

    Raw = Mapping[str, Any]
    Ask = Callable[[Any, Sequence[str], bool], Mapping[str, Raw]]

PIECES_PER_WORKER = 2
PATIENCE = 0.25  # seconds before a piece is late, at least
LONGEST_PATIENCE = 0.6  # seconds, if pieces usually take long: a scrape has a deadline


class Asking(Protocol):
    """A connection that runs one call at a time; see worker.Worker."""

    def submit(self, call: Call, done: Done) -> None:
        """Start `call(connection)`; `done(result, error)` follows."""


class Statistics:
    """Collects statistics over connections.

    `ping` and `listing` are connections with their call, which asks no guest: one that the daemon answers
    whatever its domains do, and one that lists the domains. Each of `workers` is a connection with its
    `ask(connection, uuids, active)`, which returns raw statistics by UUID; the last `spare` of them replace
    stuck ones. `is_complete(uuid, raw)` is whether the statistics of an active domain are complete. `changed`
    and `clock` (monotonic seconds) are for tests.
    """

    def __init__(
        self,
        ping: tuple[Asking, Call],
        listing: tuple[Asking, Call],
        workers: Sequence[tuple[Asking, Ask]],
        is_complete: Callable[[str, Raw], bool],
        *,
        spare: int = 0,
        changed: threading.Condition | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = (ping, listing)
        self._first_busy: set[Asking] = set()
        self._workers = tuple(workers)
        self._width = len(self._workers) - spare
        self._familiar: set[str] = set()  # domains that answered when they were last asked
        self._usual = 0.0  # seconds of the slowest answer in the last collection without a stuck call
        self._is_complete = is_complete
        self._changed = changed or threading.Condition()
        self._clock = clock
        self._busy: dict[Asking, Piece] = {}  # the call in progress of each worker that has one

    def collect(self, until: float, answers: Answers) -> None:
        """Fill `answers`; returns when they are complete, or at `until` (monotonic seconds)."""
        with self._changed:
            answers.usual = self._usual
            while not answers.over and (now := self._clock()) < until:
                next_look = self._advance(answers, now)
                if not answers.over:
                    self._changed.wait(max(0.0, min(until, next_look) - now))
            answers.over = True
            if answers.listed is not None:
                self._remember(answers)

    def view(self, answers: Answers) -> Answers:
        """A copy of `answers` at this moment."""
        with self._changed:
            return answers.copy()

    def stuck_domains(self) -> set[str]:
        """Domains that calls in progress still wait for; between collections, those that are stuck."""
        with self._changed:
            return self._unanswered()

    def stuck_connections(self) -> int:
        """Connections with a call in progress; between collections, those that are stuck."""
        with self._changed:
            return len(self._busy)

    # All methods below are called with the lock held.

    def _advance(self, answers: Answers, now: float) -> float:
        """Start what can be started; returns when to look again if nothing is answered before."""
        if answers.listed is None:
            self._start_first(answers)
            return inf
        self._start_waiting(answers, now)
        self._ask_again(answers, now)
        answers.over = answers.is_settled()
        return min(
            (at for piece in self._busy.values() if (at := _late_at(piece, answers)) > now), default=inf
        )

    def _start_first(self, answers: Answers) -> None:
        """Ping the daemon and list its domains: once per collection, and never behind a stuck call."""
        kinds = (self._when_pinged, self._when_listed)
        for (worker, call), when_done in zip(self._first, kinds, strict=True):
            if worker not in self._first_busy and worker not in answers.first:
                self._first_busy.add(worker)
                answers.first.add(worker)
                worker.submit(call, when_done(answers, worker))

    def _start_waiting(self, answers: Answers, now: float) -> None:
        while answers.waiting:
            answers.cut_next(self._largest(answers, now))
            if not self._start(answers, answers.waiting[0], now):
                return
            answers.waiting.popleft()

    def _largest(self, answers: Answers, now: float) -> int:
        """How many domains a call may include now."""
        if self._stuck_calls(answers, now) == len(self._workers) - 2 > 0:
            return 1  # a domain that shares a call with the next stuck one could not be asked again
        return -(-answers.largest // (1 + _late(answers.out, answers, now)))

    def _start(self, answers: Answers, piece: Piece, now: float) -> bool:
        """Give the piece to a free connection; False if there is none."""
        stuck = self._stuck_calls(answers, now)
        if len(self._busy) - stuck >= self._width or len(self._busy) == len(self._workers):
            return False
        if stuck and len(self._busy) == len(self._workers) - 1:
            if stuck < len(self._busy):
                return False  # the others may return
            safe = self._safe(answers, now)
            piece.uuids = tuple(uuid for uuid in piece.uuids if uuid in safe)
            if not piece.uuids:
                return True  # not asked for, because the last connection could get stuck
        worker, ask = next(one for one in self._workers if one[0] not in self._busy)
        piece.began, piece.unanswered = now, set(piece.uuids)
        self._busy[worker] = piece
        answers.out.append(piece)
        worker.submit(
            lambda connection: ask(connection, piece.uuids, piece.active),
            self._when_answered(answers, worker, piece),
        )
        return True

    def _safe(self, answers: Answers, now: float) -> set[str]:
        """Domains that the last connection may ask for; none once this collection has found stuck ones."""
        return set() if _late(answers.out, answers, now) else self._familiar - self._unanswered()

    def _remember(self, answers: Answers) -> None:
        """A domain that was not asked keeps its place, unless several got stuck: it may be one of them."""
        late = _late(answers.out, answers, self._clock())
        if not late:
            self._usual = answers.slowest
        before = set() if late > 1 else self._familiar & {one.uuid for one in answers.listed or ()}
        self._familiar = (before | answers.fresh) - self._unanswered()

    def _ask_again(self, answers: Answers, now: float) -> None:
        """Ask for late pieces again in parts, so that a stuck domain delays only its own part."""
        for piece in answers.out.copy():
            missing = [uuid for uuid in piece.uuids if uuid not in answers.raw]
            if piece.asked_again or not missing or now < _late_at(piece, answers):
                continue
            number = max(2, -(-len(missing) // self._largest(answers, now)))
            parts = [Piece(part.uuids, piece.active) for part in split(missing, number)]
            started = [part for part in parts if self._start(answers, part, now)]
            piece.asked_again = bool(started)
            if started:
                answers.waiting.extend(part for part in parts if part not in started)

    def _when_pinged(self, answers: Answers, worker: Asking) -> Done:
        def done(_result: Any, error: Exception | None) -> None:
            with self._changed:
                self._first_busy.discard(worker)
                answers.pinged(error)
                self._changed.notify_all()

        return done

    def _when_listed(self, answers: Answers, worker: Asking) -> Done:
        def done(listed: list[Listed] | None, error: Exception | None) -> None:
            with self._changed:
                self._first_busy.discard(worker)
                pieces = PIECES_PER_WORKER * self._width
                answers.were_listed(listed, error, self._unanswered(), pieces, len(self._busy))
                self._changed.notify_all()

        return done

    def _when_answered(self, answers: Answers, worker: Asking, piece: Piece) -> Done:
        def done(result: Mapping[str, Raw] | None, error: Exception | None) -> None:
            with self._changed:
                del self._busy[worker]
                if not answers.over:
                    answers.slowest = max(answers.slowest, self._clock() - piece.began)
                    if result is not None:
                        self._take(answers, piece, result)
                    else:
                        answers.failed(piece, error, split=not isinstance(error, Unreachable))
                self._changed.notify_all()

        return done

    def _take(self, answers: Answers, piece: Piece, result: Mapping[str, Raw]) -> None:
        complete = {uuid for uuid, raw in result.items() if not piece.active or self._is_complete(uuid, raw)}
        answers.answered(piece, result, complete)
        for other in self._busy.values():
            other.unanswered -= complete

    def _stuck_calls(self, answers: Answers, now: float) -> int:
        return _late(self._busy.values(), answers, now)

    def _unanswered(self) -> set[str]:
        return {uuid for piece in self._busy.values() for uuid in piece.unanswered}


def _late(pieces: Iterable[Piece], answers: Answers, now: float) -> int:
    """How many of the pieces are late."""
    return sum(_late_at(piece, answers) <= now for piece in pieces)


def _late_at(piece: Piece, answers: Answers) -> float:
    """When a piece is late (monotonic seconds): the earlier, the fewer domains it has."""
    share = min(1.0, len(piece.uuids) / answers.largest)
    usual = min(LONGEST_PATIENCE, 2 * answers.usual)
    return piece.began + max(PATIENCE, share * max(usual, 2 * answers.slowest))
