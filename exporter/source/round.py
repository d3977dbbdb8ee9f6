"""The answers of one collection: what is in, what is out, what is settled. No locks, no threads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exporter.source.calls import Found

    Raw = Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Piece:
    """Domains that are asked for in one call, begun at `began` (monotonic seconds)."""

    uuids: tuple[str, ...]
    active: bool = True
    began: float = 0.0
    asked_again: bool = False
    unanswered: set[str] = field(default_factory=set)  # those of which no call since has brought everything


@dataclass(slots=True, eq=False)
class Answers:
    """One collection. `found` is None until the survey has answered; `error` is why it could not.

    `reachable` is whether the daemon has answered at all: after a restart it does so before it can list the
    domains, while it takes up its guests again.
    """

    reachable: bool = False
    found: list[Found] | None = None
    error: Exception | None = None
    raw: dict[str, Raw] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    over: bool = False
    settled: set[str] = field(default_factory=set)  # fresh, gone, or not to be had
    waiting: deque[Piece] = field(default_factory=deque)
    largest: int = 1  # domains in a piece while no call hangs
    out: list[Piece] = field(default_factory=list)
    slowest: float = 0.0  # seconds an answer has taken
    usual: float = 0.0  # that of an earlier collection
    aside: set[object] = field(default_factory=set)  # those who were sent to greet and to survey

    def greeted(self, error: Exception | None) -> None:
        """The daemon has answered, or it cannot be reached."""
        self.reachable = error is None
        if error is not None and not self.over:
            self.error, self.over = error, True

    def surveyed(
        self, found: list[Found] | None, error: Exception | None, hanging: set[str], pieces: int, hang: int
    ) -> None:
        """The survey is in. Domains that hang in `hang` older calls are asked last, apart from the others."""
        if self.over:
            return
        self.found, self.error = found, error
        if found is None:
            self.over = True
            return
        self.reachable = True
        healthy = [one.uuid for one in found if one.active and one.uuid not in hanging]
        self.largest = max(1, -(-len(healthy) // pieces))
        self.waiting.extend(split(healthy, pieces))
        idle = tuple(one.uuid for one in found if not one.active)
        if idle:
            self.waiting.append(Piece(idle, active=False))
        self.waiting.extend(split((one.uuid for one in found if one.active and one.uuid in hanging), hang))

    def cut_next(self, size: int) -> None:
        """Cut the piece that is next to at most so many domains; the rest waits behind it."""
        piece = self.waiting[0]
        if piece.active and len(piece.uuids) > size:
            self.waiting.popleft()
            parts = split(piece.uuids, -(-len(piece.uuids) // size))
            self.waiting.extendleft(reversed([*parts]))

    def answered(self, piece: Piece, result: Mapping[str, Raw], whole: set[str]) -> None:
        """A piece is in: the whole answer of a domain replaces a partial one, never the other way round."""
        self.out.remove(piece)
        for uuid, raw in result.items():
            if uuid in whole or uuid not in self.raw:
                self.raw[uuid] = raw
        self.fresh |= whole
        self.settled |= whole | (set(piece.uuids) - result.keys())

    def failed(self, piece: Piece, error: Exception | None, *, split: bool) -> None:
        """A call failed. One domain can fail a whole call: the halves are asked apart."""
        self.out.remove(piece)
        if split and len(piece.uuids) > 1:
            middle = len(piece.uuids) // 2
            halves = (piece.uuids[:middle], piece.uuids[middle:])
            self.waiting.extendleft(Piece(half, piece.active) for half in halves)
        else:
            self.error = error
            self.settled.update(piece.uuids)

    def is_settled(self) -> bool:
        """Whether nothing more can come: no piece waits, and those that are out miss nothing."""
        return not self.waiting and all(uuid in self.settled for piece in self.out for uuid in piece.uuids)

    def copy(self) -> Answers:
        """What is in, apart from this collection's further course."""
        return replace(self, raw=dict(self.raw), fresh=set(self.fresh))


def split(uuids: Iterable[str], pieces: int) -> Iterator[Piece]:
    """Pieces of nearly equal size, at most `pieces`."""
    listed = tuple(uuids)
    size = -(-len(listed) // (pieces or 1))
    return (Piece(listed[start : start + size]) for start in range(0, len(listed), size or 1))
