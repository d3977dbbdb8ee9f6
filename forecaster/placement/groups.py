"""Groups of guests that are to be apart, or together, and how far an assignment breaks them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.placement.fleet import Fleet


def broken(fleet: Fleet, assigned: Sequence[int]) -> int:
    """How many guests are with one that they are to be apart from, or not with those of their group."""
    apart, together = _places(fleet, assigned)
    return sum(count - 1 for count in apart.values()) + sum(len(on) - 1 for on in together.values())


def broken_groups(fleet: Fleet, assigned: Sequence[int]) -> set[str]:
    """Which groups those are."""
    apart, together = _places(fleet, assigned)
    return {name for (name, _), count in apart.items() if count > 1} | {
        name for name, on in together.items() if len(on) > 1
    }


def broken_at(fleet: Fleet, assigned: Sequence[int], at: int, place: int) -> str:
    """Which groups a guest would break at a machine, in words."""
    guest = fleet.guests[at]
    there = (other for other, machine in zip(fleet.guests, assigned, strict=True) if machine == place)
    torn = guest.apart & frozenset().union(*(other.apart for other in there)) or guest.together
    return f"would break the group {', '.join(sorted(torn))}"


def _places(fleet: Fleet, assigned: Sequence[int]) -> tuple[Counter[tuple[str, int]], dict[str, set[int]]]:
    """How many of each group that is to be apart are on a machine; the machines of each that is together."""
    apart: Counter[tuple[str, int]] = Counter()
    together: dict[str, set[int]] = {}
    for guest, machine in zip(fleet.guests, assigned, strict=True):
        apart.update((group, machine) for group in guest.apart)
        for group in guest.together:
            together.setdefault(group, set()).add(machine)
    return apart, together
