"""The way of a VM from host to host, as both ends of its migrations tell it.

Each end tells its last one. Names are reused: what both ends tell is of one VM, what a name tells may not be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.view.inventory import other_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forecaster.view.inventory import Migration, Vm


def by_domain(told: Iterable[Migration]) -> Mapping[str, Sequence[Migration]]:
    """The migrations of all VMs of each name."""
    found: dict[str, list[Migration]] = {}
    for each in told:
        found.setdefault(each.domain, []).append(each)
    return found


def came_from(vm: Vm, told: Sequence[Migration]) -> Iterator[tuple[Migration, Migration]]:
    """How a VM came to where it is, the last migration first, as the host that it left and the one where it
    arrived tell it; `told` are those of VMs of its name.
    """
    host, before = vm.instance, float("inf")
    while arrived := next((each for each in told if _is_arrival(each, host, before)), None):
        left = other_end(arrived, told)
        if left is None:
            return
        yield left, arrived
        host, before = left.instance, arrived.ended or 0.0


def _is_arrival(of: Migration, host: str, before: float) -> bool:
    return of.direction == "incoming" and of.instance == host and 0 < (of.ended or 0.0) < before
