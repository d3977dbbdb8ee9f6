"""Which series there is room for: no VM takes the room of others, and the dead give way to the living."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.series.labels import Labels, vm_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.config.resource import Resource


LIMITS = ("max_series", "max_series_per_vm")  # of a resource


@dataclass(frozen=True)
class Room:
    """`admitted` newcomers in the order in which they are to join; held series that are `giving_way`; how
    many newcomers are `left_out`, by the limit that keeps them out.
    """

    admitted: list[Labels]
    giving_way: frozenset[Labels] = frozenset()
    left_out: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0))


def room(
    newcomers: Mapping[Labels, int], held: Mapping[Labels, int], alive_since: int, resource: Resource
) -> Room:
    """Room for newcomers beside what is held; both with the Unix second at which each was last seen.

    The living have precedence over those not seen since `alive_since`; among the living those that are held;
    among newcomers those of the VMs that have fewest.
    """
    taken = _Taken(resource)
    dead = [row for row, seen in held.items() if seen < alive_since]
    for row in held.keys() - dead:
        taken.take(row)
    found = Room([])
    for row in _in_turn(newcomers, taken.by_vm, alive_since):
        full = taken.full(row)
        if full:
            found.left_out[full] += 1
        else:
            taken.take(row)
            found.admitted.append(row)
    giving_way = set()
    for row in sorted(dead, key=lambda row: (-held[row], row)):
        if taken.full(row):
            giving_way.add(row)
        else:
            taken.take(row)
    return Room(found.admitted, frozenset(giving_way), found.left_out)


class _Taken:
    """How much of the room is taken."""

    def __init__(self, resource: Resource) -> None:
        self.by_vm: Counter[Labels] = Counter()
        self._total = 0
        self._resource = resource

    def take(self, row: Labels) -> None:
        self.by_vm[vm_of(row)] += 1
        self._total += 1

    def full(self, row: Labels) -> str:
        """The limit that leaves no room for the series, empty if there is room."""
        whose = vm_of(row)
        if whose and self.by_vm[whose] >= self._resource.max_series_per_vm:
            return "max_series_per_vm"
        return "max_series" if self._total >= self._resource.max_series else ""


def _in_turn(
    newcomers: Mapping[Labels, int], held: Mapping[Labels, int], alive_since: int
) -> Iterable[Labels]:
    """The living before the dead; each VM's first one before anyone's second one."""
    turns = Counter(held)
    order = []
    for row in sorted(newcomers, key=lambda row: (-newcomers[row], row)):
        whose = vm_of(row)
        order.append((newcomers[row] < alive_since, turns[whose] if whose else 0, row))
        turns[whose] += 1
    return [row for *_, row in sorted(order)]
