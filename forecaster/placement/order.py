"""The order of moves: each target has the memory when its guest arrives, and no group is broken meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.placement import load
from forecaster.placement.fleet import refusal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from forecaster.placement.fleet import Fleet


class Move(NamedTuple):
    """Migrate `guest`.

    `cpu_ratio` and `memory_ratio` are the target's shares after the move, at their highest; `seconds` is the
    expected duration, `downtime` how long the guest then stands still, nan = not known. `parked`: only until
    a later move of the plan. `why` it is in the plan, in words.
    """

    guest: str
    source: str
    target: str
    cpu_ratio: float
    memory_ratio: float
    seconds: float
    downtime: float
    converges: bool
    parked: bool = False
    why: str = ""


def ordered(
    fleet: Fleet, wanted: Sequence[int], empty: Container[str] = frozenset()
) -> tuple[list[Move], list[int]]:
    """Moves one after the other, and the assignment that they reach.

    A guest that fits once another one has left waits for it. Of a circle of such guests one is parked on a
    third machine, none of the `empty` ones. Where no order leads on, the moves end at the last state in which
    no guest is parked and no group that belongs together is further apart than now, or than wanted.
    """
    queue = _Queue(fleet, wanted, empty)
    while queue.waiting and (queue.advance() or queue.park()):
        pass
    queue.cut()
    return queue.moves, queue.at


class _Queue:
    """The guests that are still to move, largest first, and where all are meanwhile."""

    def __init__(self, fleet: Fleet, wanted: Sequence[int], empty: Container[str]) -> None:
        self.fleet, self.wanted, self.empty = fleet, wanted, empty
        self.at = list(fleet.now)
        self.held = load.memory_bytes(fleet, self.at)
        self.room = np.array([each.memory_bytes * fleet.memory_ceiling for each in fleet.machines])
        waiting = (guest for guest, machine in enumerate(wanted) if machine != self.at[guest])
        self.waiting = sorted(waiting, key=lambda guest: -fleet.guests[guest].memory_bytes)
        self.moves: list[Move] = []
        self.trail: list[tuple[int, int]] = []  # of each move: the guest, and the machine that it left
        self.whole = 0  # moves until the last state at which a plan may end
        self.parked: set[int] = set()
        self.torn: set[str] = set()  # groups that are further apart than they may be at the end
        self.groups = _groups(fleet)
        self.spread = {
            name: max(_spread(members, self.at), _spread(members, wanted))
            for name, members in self.groups.items()
        }

    def advance(self) -> bool:
        """Move the first guest whose target has room for it."""
        for guest in self.waiting:
            if self._fits(guest, self.wanted[guest]):
                self.waiting.remove(guest)
                self.parked.discard(guest)
                self._move(guest, self.wanted[guest])
                return True
        return False

    def park(self) -> bool:
        """Move the smallest guest that has not moved yet to any machine that takes it."""
        for guest in reversed(self.waiting):
            if self.at[guest] == self.fleet.now[guest]:
                for place, machine in enumerate(self.fleet.machines):
                    if (
                        machine.name not in self.empty
                        and not refusal(self.fleet.guests[guest], machine)
                        and self._fits(guest, place)
                    ):
                        self.parked.add(guest)
                        self._move(guest, place, parked=True)
                        return True
        return False

    def cut(self) -> None:
        """Take back what came after the last state at which a plan may end."""
        for guest, source in reversed(self.trail[self.whole :]):
            self.at[guest] = source
        del self.moves[self.whole :], self.trail[self.whole :]

    def _fits(self, guest: int, target: int) -> bool:
        """Whether a machine has the memory, and no guest that this one is to be apart from."""
        mine = self.fleet.guests[guest]
        return (
            target != self.at[guest]
            and bool(self.held[target] + mine.memory_bytes <= self.room[target])
            and not any(
                mine.apart & other.apart
                for other, at in zip(self.fleet.guests, self.at, strict=True)
                if at == target
            )
        )

    def _move(self, guest: int, target: int, *, parked: bool = False) -> None:
        of, source = self.fleet.guests[guest], self.at[guest]
        self.held[source] -= of.memory_bytes
        self.held[target] += of.memory_bytes
        self.at[guest] = target
        after = load.loads(self.fleet, self.at)[target]
        ratios = after.cpu_ratio, after.memory_ratio
        way, left = of.way(after.machine), self.fleet.machines[source].name
        figures = *ratios, way.seconds, way.downtime
        self.moves.append(Move(of.name, left, after.machine, *figures, way.converges, parked))
        self.trail.append((guest, source))
        for name in of.together:
            further = _spread(self.groups[name], self.at) > self.spread[name]
            (self.torn.add if further else self.torn.discard)(name)
        if not self.parked and not self.torn:
            self.whole = len(self.moves)


def _groups(fleet: Fleet) -> Mapping[str, list[int]]:
    """The guests of each group that belongs together."""
    found: dict[str, list[int]] = {}
    for at, guest in enumerate(fleet.guests):
        for name in guest.together:
            found.setdefault(name, []).append(at)
    return found


def _spread(members: Iterable[int], at: Sequence[int]) -> int:
    """On how many machines the members of a group are."""
    return len({at[guest] for guest in members})
