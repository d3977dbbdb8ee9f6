"""Bulk statistics of all domains by a deadline, over several connections, whatever single guests do.

A call that visits a guest whose QEMU does not answer hangs until that guest wakes, for every domain in it.
So the domains are split into more pieces than there are connections; whoever is done takes the next piece.
What is still out when the rest is in is asked again over a free connection: libvirt then finds the stuck
guest's monitor taken and passes it by. The hanging call is never repeated on its connection, which waits.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from exporter.source.connection import Unreachable
from exporter.source.round import Answers, Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.source.calls import Found
    from exporter.source.worker import Call, Done, Worker

    Raw = Mapping[str, Any]
    Ask = Callable[[Any, Sequence[str], bool], Mapping[str, Raw]]

PIECES_PER_WORKER = 2
PATIENCE = 0.25  # seconds a piece may at least be out before it is asked again


class Statistics:
    """Collects over `greeter` and `surveyor`, which ask nothing of guests, and `workers`.

    The first comes with a call the daemon answers whatever its domains do, the second with one that lists the
    domains, and each worker with its `ask(connection, uuids, active)`, which gets raw statistics by UUID.
    `is_complete(raw)` tells whether a running domain's statistics are whole.
    """

    def __init__(
        self,
        greeter: tuple[Worker, Call],
        surveyor: tuple[Worker, Call],
        workers: Sequence[tuple[Worker, Ask]],
        is_complete: Callable[[Raw], bool],
    ) -> None:
        self._aside = (greeter, surveyor)
        self._aside_out: set[Worker] = set()
        self._workers = tuple(workers)
        self._is_complete = is_complete
        self._changed = threading.Condition()
        self._out: dict[Worker, Piece] = {}  # the call in flight of each worker that has one

    def collect(self, until: float, answers: Answers) -> None:
        """Fill `answers`; returns when everything is in, or at `until` (monotonic seconds)."""
        with self._changed:
            while not answers.over and (now := time.monotonic()) < until:
                next_look = self._advance(answers, now)
                if not answers.over:
                    self._changed.wait(max(0.0, min(until, next_look) - now))
            answers.over = True

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
            return float("inf")
        while answers.waiting and self._begin(answers, answers.waiting[0], now):
            answers.waiting.popleft()
        if answers.waiting and not answers.out and self._free():
            answers.waiting.clear()  # what may not have the last free connection
        next_look = self._ask_again(answers, now)
        answers.over = answers.is_settled()
        return next_look

    def _begin_aside(self, answers: Answers) -> None:
        """Greet the daemon and list its domains, once a collection and never behind a call that hangs."""
        kinds = (self._when_greeted, self._when_surveyed)
        for (worker, call), when_done in zip(self._aside, kinds, strict=True):
            if worker not in self._aside_out and worker not in answers.aside:
                self._aside_out.add(worker)
                answers.aside.add(worker)
                worker.submit(call, when_done(answers, worker))

    def _begin(self, answers: Answers, piece: Piece, now: float) -> bool:
        """Hand the piece to a free connection; False when there is none that it may have."""
        free = self._free()
        if not free or (len(free) == 1 and self._times_hanging(piece) >= max(2, len(self._workers) - 1)):
            return False  # the last connection is for the others, not for what has taken all but it
        worker, ask = free[0]
        piece.began, piece.unanswered = now, set(piece.uuids)
        self._out[worker] = piece
        answers.out.append(piece)
        worker.submit(
            lambda connection: ask(connection, piece.uuids, piece.active),
            self._when_answered(answers, worker, piece),
        )
        return True

    def _free(self) -> list[tuple[Worker, Ask]]:
        return [(worker, ask) for worker, ask in self._workers if worker not in self._out]

    def _ask_again(self, answers: Answers, now: float) -> float:
        """Ask late pieces again over free connections; returns when the next one will be late."""
        patience = max(PATIENCE, 2 * answers.slowest)
        next_look = float("inf")
        for piece in answers.out.copy():
            missing = tuple(uuid for uuid in piece.uuids if uuid not in answers.raw)
            if piece.asked_again or not missing:
                continue
            if now < piece.began + patience:
                next_look = min(next_look, piece.began + patience)
            elif self._begin(answers, Piece(missing, piece.active), now):
                piece.asked_again = True
                next_look = min(next_look, now + patience)
        return next_look

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
                answers.surveyed(found, error, self._hanging(), PIECES_PER_WORKER * len(self._workers))
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

    def _hanging(self) -> set[str]:
        return {uuid for piece in self._out.values() for uuid in piece.unanswered}

    def _times_hanging(self, piece: Piece) -> int:
        return max(sum(uuid in out.unanswered for out in self._out.values()) for uuid in piece.uuids)
