"""Bulk statistics of all domains by a deadline, over several connections, whatever single guests do.

A call that visits a guest whose QEMU does not answer hangs until that guest wakes, for every domain in it.
So the domains are split into more pieces than there are connections; whoever is done takes the next piece.
What is out for too long is asked again in parts over free connections: libvirt then finds the stuck guest's
monitor taken and passes it by, so that each guest that is stuck holds one call. The more calls hang, the
fewer domains each further one visits, down to one, so that few healthy guests share a call with a stuck one.
Calls are never repeated on a connection that hangs; a spare one steps in for it. When all others hang, the
last one goes on with those that answered before.
"""

from __future__ import annotations

import threading
import time
from math import inf
from typing import TYPE_CHECKING, Any

from exporter.source.connection import Unreachable
from exporter.source.round import Answers, Piece, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exporter.source.calls import Found
    from exporter.source.worker import Call, Done, Worker

    Raw = Mapping[str, Any]
    Ask = Callable[[Any, Sequence[str], bool], Mapping[str, Raw]]

PIECES_PER_WORKER = 2
PATIENCE = 0.25  # seconds a piece may at least be out before it is asked again
LONGEST_PATIENCE = 0.6  # seconds, where pieces take long as a rule: there is a scrape's deadline to meet


class Statistics:
    """Collects over `greeter` and `surveyor`, which ask nothing of guests, and `workers`.

    The first comes with a call the daemon answers whatever its domains do, the second with one that lists the
    domains, and each worker with its `ask(connection, uuids, active)`, which gets raw statistics by UUID.
    `is_complete(raw)` tells whether a running domain's statistics are whole. The last `spare` workers step in
    for others that hang.
    """

    def __init__(
        self,
        greeter: tuple[Worker, Call],
        surveyor: tuple[Worker, Call],
        workers: Sequence[tuple[Worker, Ask]],
        is_complete: Callable[[Raw], bool],
        spare: int = 0,
    ) -> None:
        self._aside = (greeter, surveyor)
        self._aside_out: set[Worker] = set()
        self._workers = tuple(workers)
        self._width = len(self._workers) - spare
        self._familiar: set[str] = set()  # what answered when it was last asked
        self._usual = 0.0  # seconds, of the slowest answer in the last collection in which nothing hung
        self._is_complete = is_complete
        self._changed = threading.Condition()
        self._out: dict[Worker, Piece] = {}  # the call in flight of each worker that has one

    def collect(self, until: float, answers: Answers) -> None:
        """Fill `answers`; returns when everything is in, or at `until` (monotonic seconds)."""
        with self._changed:
            answers.usual = self._usual
            while not answers.over and (now := time.monotonic()) < until:
                next_look = self._advance(answers, now)
                if not answers.over:
                    self._changed.wait(max(0.0, min(until, next_look) - now))
            answers.over = True
            if answers.found is not None:
                self._remember(answers)

    def view(self, answers: Answers) -> Answers:
        """A copy of what `answers` holds at this moment."""
        with self._changed:
            return answers.copy()

    def unresponsive(self) -> set[str]:
        """Domains that calls in flight still wait for."""
        with self._changed:
            return self._hanging()

    @property
    def stuck(self) -> int:
        """Connections whose call is out; between collections: those that hang."""
        with self._changed:
            return len(self._out)

    # All below runs with the lock held.

    def _advance(self, answers: Answers, now: float) -> float:
        """Begin what can begin; returns when to look again if nothing comes in before."""
        if answers.found is None:
            self._begin_aside(answers)
            return inf
        self._begin_waiting(answers, now)
        self._ask_again(answers, now)
        answers.over = answers.is_settled()
        return min((at for piece in self._out.values() if (at := _late(piece, answers)) > now), default=inf)

    def _begin_aside(self, answers: Answers) -> None:
        """Greet the daemon and list its domains, once a collection and never behind a call that hangs."""
        kinds = (self._when_greeted, self._when_surveyed)
        for (worker, call), when_done in zip(self._aside, kinds, strict=True):
            if worker not in self._aside_out and worker not in answers.aside:
                self._aside_out.add(worker)
                answers.aside.add(worker)
                worker.submit(call, when_done(answers, worker))

    def _begin_waiting(self, answers: Answers, now: float) -> None:
        while answers.waiting:
            answers.cut_next(self._largest(answers, now))
            if not self._begin(answers, answers.waiting[0], now):
                return
            answers.waiting.popleft()

    def _largest(self, answers: Answers, now: float) -> int:
        """How many domains a call may visit now."""
        if self._hang(answers, now) == len(self._workers) - 2 > 0:
            return 1  # who shares a call with the next one that hangs could not be asked again
        return -(-answers.largest // (1 + _late_ones(answers.out, answers, now)))

    def _begin(self, answers: Answers, piece: Piece, now: float) -> bool:
        """Hand the piece to a free connection; False when there is none."""
        hang = self._hang(answers, now)
        if len(self._out) - hang >= self._width or len(self._out) == len(self._workers):
            return False
        if hang and len(self._out) == len(self._workers) - 1:
            if hang < len(self._out):
                return False  # the others may come back
            known = self._safe(answers, now)
            piece.uuids = tuple(uuid for uuid in piece.uuids if uuid in known)
            if not piece.uuids:
                return True  # nobody may try these, lest the last connection hangs, too
        worker, ask = next(one for one in self._workers if one[0] not in self._out)
        piece.began, piece.unanswered = now, set(piece.uuids)
        self._out[worker] = piece
        answers.out.append(piece)
        worker.submit(
            lambda connection: ask(connection, piece.uuids, piece.active),
            self._when_answered(answers, worker, piece),
        )
        return True

    def _safe(self, answers: Answers, now: float) -> set[str]:
        """Whom the last connection may ask: nobody in a collection in which guests were found to hang."""
        return set() if _late_ones(answers.out, answers, now) else self._familiar - self._hanging()

    def _remember(self, answers: Answers) -> None:
        """Who was not asked counts as before, unless several guests have just stopped: it may be another."""
        hang = _late_ones(answers.out, answers, time.monotonic())
        if not hang:
            self._usual = answers.slowest
        before = set() if hang > 1 else self._familiar & {one.uuid for one in answers.found or ()}
        self._familiar = (before | answers.fresh) - self._hanging()

    def _ask_again(self, answers: Answers, now: float) -> None:
        """Ask late pieces again, each in parts: what is stuck in one does not hold up the others."""
        for piece in answers.out.copy():
            missing = [uuid for uuid in piece.uuids if uuid not in answers.raw]
            if piece.asked_again or not missing or now < _late(piece, answers):
                continue
            number = max(2, -(-len(missing) // self._largest(answers, now)))
            parts = [Piece(part.uuids, piece.active) for part in split(missing, number)]
            begun = [part for part in parts if self._begin(answers, part, now)]
            piece.asked_again = bool(begun)
            if begun:
                answers.waiting.extend(part for part in parts if part not in begun)

    def _when_greeted(self, answers: Answers, worker: Worker) -> Done:
        def done(_result: Any, error: Exception | None) -> None:
            with self._changed:
                self._aside_out.discard(worker)
                answers.greeted(error)
                self._changed.notify_all()

        return done

    def _when_surveyed(self, answers: Answers, worker: Worker) -> Done:
        def done(found: list[Found] | None, error: Exception | None) -> None:
            with self._changed:
                self._aside_out.discard(worker)
                answers.surveyed(
                    found, error, self._hanging(), PIECES_PER_WORKER * self._width, len(self._out)
                )
                self._changed.notify_all()

        return done

    def _when_answered(self, answers: Answers, worker: Worker, piece: Piece) -> Done:
        def done(result: Mapping[str, Raw] | None, error: Exception | None) -> None:
            with self._changed:
                del self._out[worker]
                if not answers.over:
                    answers.slowest = max(answers.slowest, time.monotonic() - piece.began)
                    if result is not None:
                        self._take(answers, piece, result)
                    else:
                        answers.failed(piece, error, split=not isinstance(error, Unreachable))
                self._changed.notify_all()

        return done

    def _take(self, answers: Answers, piece: Piece, result: Mapping[str, Raw]) -> None:
        whole = {uuid for uuid, raw in result.items() if not piece.active or self._is_complete(raw)}
        answers.answered(piece, result, whole)
        for other in self._out.values():
            other.unanswered -= whole

    def _hang(self, answers: Answers, now: float) -> int:
        return _late_ones(self._out.values(), answers, now)

    def _hanging(self) -> set[str]:
        return {uuid for piece in self._out.values() for uuid in piece.unanswered}


def _late_ones(pieces: Iterable[Piece], answers: Answers, now: float) -> int:
    return sum(_late(piece, answers) <= now for piece in pieces)


def _late(piece: Piece, answers: Answers) -> float:
    """From when on a piece counts as hanging (monotonic seconds); a small one does so earlier."""
    share = min(1.0, len(piece.uuids) / answers.largest)
    usual = min(LONGEST_PATIENCE, 2 * answers.usual)
    return piece.began + max(PATIENCE, share * max(usual, 2 * answers.slowest))
