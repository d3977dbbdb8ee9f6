"""The answers of one collection: what is known, what is awaited, what is settled. No locks, no threads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exporter.source.calls import Listed

    Raw = Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Piece:
    """Domains that one call asks for; the call began at `began` (monotonic seconds)."""

    uuids: tuple[str, ...]
    active: bool = True
    began: float = 0.0
    asked_again: bool = False
    unanswered: set[str] = field(default_factory=set)  # domains that no later call has completed


@dataclass(slots=True, eq=False)
class Answers:
    """One collection. `listed` is None until the domains are listed; `error` is why they could not be.

    `reachable` is whether the daemon has answered at all. After a restart it does so before it can list its
    domains, while it reconnects to their QEMUs.
    """

    reachable: bool = False
    listed: list[Listed] | None = None
    error: Exception | None = None
    raw: dict[str, Raw] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    over: bool = False
    settled: set[str] = field(default_factory=set)  # fresh, gone, or failed
    waiting: deque[Piece] = field(default_factory=deque)
    largest: int = 1  # domains in a piece while no call is stuck
    out: list[Piece] = field(default_factory=list)
    slowest: float = 0.0  # seconds of the slowest answer
    usual: float = 0.0  # seconds of the slowest answer of an earlier collection
    first: set[object] = field(default_factory=set)  # the connections that ping and list

    def pinged(self, error: Exception | None) -> None:
        """The daemon answered, or it cannot be reached."""
        self.reachable = error is None
        if error is not None and not self.over:
            self.error, self.over = error, True

    def were_listed(
        self, listed: list[Listed] | None, error: Exception | None, stuck: set[str], pieces: int, calls: int
    ) -> None:
        """The domains are listed. The stuck ones, in `calls` older calls, are asked for last and apart."""
        if self.over:
            return
        self.listed, self.error = listed, error
        if listed is None:
            self.over = True
            return
        self.reachable = True
        healthy = [one.uuid for one in listed if one.active and one.uuid not in stuck]
        self.largest = max(1, -(-len(healthy) // pieces))
        self.waiting.extend(split(healthy, pieces))
        inactive = tuple(one.uuid for one in listed if not one.active)
        if inactive:
            self.waiting.append(Piece(inactive, active=False))
        self.waiting.extend(split((one.uuid for one in listed if one.active and one.uuid in stuck), calls))

    def cut_next(self, size: int) -> None:
        """Cut the next piece to `size` domains at most; the rest waits behind it."""
        piece = self.waiting[0]
        if piece.active and len(piece.uuids) > size:
            self.waiting.popleft()
            parts = split(piece.uuids, -(-len(piece.uuids) // size))
            self.waiting.extendleft(reversed([*parts]))

    def answered(self, piece: Piece, result: Mapping[str, Raw], complete: set[str]) -> None:
        """A call returned. A complete answer of a domain replaces a partial one, and never the reverse."""
        self.out.remove(piece)
        for uuid, raw in result.items():
            if uuid in complete or uuid not in self.raw:
                self.raw[uuid] = raw
        self.fresh |= complete
        self.settled |= complete | (set(piece.uuids) - result.keys())

    def failed(self, piece: Piece, error: Exception | None, *, split: bool) -> None:
        """A call failed. One domain can make a call fail, so each half is asked for separately."""
        self.out.remove(piece)
        if split and len(piece.uuids) > 1:
            middle = len(piece.uuids) // 2
            halves = (piece.uuids[:middle], piece.uuids[middle:])
            self.waiting.extendleft(Piece(half, piece.active) for half in halves)
        else:
            self.error = error
            self.settled.update(piece.uuids)

    def is_settled(self) -> bool:
        """Whether nothing more can come: no piece waits, and no call in progress has a missing domain."""
        return not self.waiting and all(uuid in self.settled for piece in self.out for uuid in piece.uuids)

    def is_cut_off(self) -> bool:
        """Whether it is over because time was, and not because all was answered or nothing can be."""
        return self.over and (self.error is None if self.listed is None else not self.is_settled())

    def copy(self) -> Answers:
        """The answers so far, which later ones do not change."""
        return replace(self, raw=dict(self.raw), fresh=set(self.fresh))


def split(uuids: Iterable[str], pieces: int) -> Iterator[Piece]:
    """At most `pieces` pieces of nearly equal size."""
    listed = tuple(uuids)
    size = -(-len(listed) // (pieces or 1))
    return (Piece(listed[start : start + size]) for start in range(0, len(listed), size or 1))
