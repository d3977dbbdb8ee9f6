"""The next live migration of each VM: whether it would end, how long it takes, how long the VM stands still.

The memory comes from the guest and from its past migrations, the link from past migrations between the hosts;
without one of the pair, from those of the source; without any, from those of all hosts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from forecaster.advice.wording import amount, rough, shown
from forecaster.migration.guest import Known, memory
from forecaster.migration.past import Past, link_of
from forecaster.migration.rounds import expected
from forecaster.view.inventory import other_end
from forecaster.view.way import by_domain, came_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from forecaster.migration.rounds import Expected, Link, Memory
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Migration, Vm

    Told = Mapping[str, Sequence[Migration]]  # by the VM's name

ENDS, ENDLESS, UNKNOWN = "converges", "does not converge", "unknown"


@dataclass(frozen=True)
class Outlook:
    """The next live migration of a VM, without a limit of bandwidth: to any host, and by host to which others
    went before.
    """

    labels: Labels
    memory: Memory | None
    usual: Expected | None  # None: not known
    link: Link | None = None
    by_target: Mapping[str, Expected] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """One of the three."""
        if self.usual is None:
            return UNKNOWN
        return ENDS if self.usual.converges else ENDLESS

    @property
    def ending(self) -> Expected | None:
        """The figures, if it ends."""
        return self.usual if self.usual and self.usual.converges else None

    @property
    def order(self) -> tuple[int, float]:
        """Those that do not end first, then the longest."""
        return (ENDLESS, ENDS, UNKNOWN).index(self.verdict), -self.usual.seconds if self.usual else 0.0

    def targets(self) -> tuple[str, ...]:
        """For example: h2: 40s."""
        ending = ((name, each.seconds) for name, each in self.by_target.items() if each.converges)
        return tuple(f"{shown(name)}: {rough(seconds)}" for name, seconds in ending)

    def text(self) -> str:
        """For example: 40s; it stands still for 120 ms."""
        if self.memory is None:
            return "not known: no dirty rate was measured, and it has not migrated"
        if self.usual is None:
            return "not known: no VM has migrated"
        if self.ending is None:
            return f"it writes {amount(self.memory.dirty, 'bytes per second')}, faster than can be sent"
        return f"{rough(self.usual.seconds)}; it stands still for {amount(self.usual.downtime, 'seconds')}"


@lru_cache(maxsize=2)
def outlooks(inventory: Inventory) -> tuple[Outlook, ...]:
    """From the inventory alone; VMs that are off have none."""
    told = by_domain(inventory.migrations)
    moves = _moves(told)
    mine = _own(inventory, told, moves)
    links = {host: _links(moves, host) for host in {vm.instance for vm in inventory.vms}}
    found = (
        _outlook(vm, mine(vm), *links[vm.instance])
        for vm in inventory.vms
        if vm.state == "running" and vm.maximum_memory_bytes
    )
    return tuple(sorted(found, key=lambda each: (*each.order, each.labels)))


@dataclass(frozen=True)
class _Move:
    """A migration as both ends tell of it; `target` is empty if the other end tells nothing."""

    domain: str
    source: str
    target: str
    past: Past


def _moves(told: Told) -> tuple[_Move, ...]:
    """Those whose source told all that is needed."""
    return tuple(
        _Move(each.domain, each.instance, _target(each, namesakes), past)
        for namesakes in told.values()
        for each in namesakes
        if each.direction == "outgoing" and (past := _past_of(each)) is not None
    )


def _own(inventory: Inventory, told: Told, moves: Iterable[_Move]) -> Callable[[Vm], list[Past]]:
    """What tells the past migrations of a VM: all of its name if no other one has it, or else those that both
    ends tell, one after the other, up to where it is.
    """
    namesakes = Counter(domain for _, domain in inventory.keys)
    of_name: dict[str, list[_Move]] = {}
    for each in moves:
        of_name.setdefault(each.domain, []).append(each)

    def mine(vm: Vm) -> list[Past]:
        found = of_name.get(vm.domain, [])
        if namesakes[vm.domain] > 1:
            left = {left.instance for left, _ in came_from(vm, told.get(vm.domain, ()))}
            found = [each for each in found if each.source in left]
        return [each.past for each in found]

    return mine


def _target(left: Migration, told: Iterable[Migration]) -> str:
    """The host at which the same VM arrived at the same time."""
    there = other_end(left, told)
    return there.instance if there else ""


_NEEDED = {
    "seconds": "seconds",
    "downtime": "downtime",
    "transferred": "transferred_bytes",
    "total": "memory_bytes",
    "constant": "constant_bytes",
    "rate": "bytes_per_second",
}


def _past_of(told: Migration) -> Past | None:
    """What the source told; None if something is missing."""
    numbers = {name: getattr(told, field) for name, field in _NEEDED.items()}
    if None in numbers.values() or not told.bytes_per_second:
        return None
    return Past(**numbers, dirty=told.dirty_bytes_per_second)


def _links(moves: Sequence[_Move], source: str) -> tuple[Link | None, dict[str, Link]]:
    """The usual link of a host, None without any migration, and those to the hosts with which it exchanged
    VMs: the same wire both ways. Most are limited, and one that was not tells how fast it is.
    """
    if not moves:
        return None, {}
    mine = [each for each in moves if source in (each.source, each.target)]
    by_target: dict[str, list[Past]] = {}
    for each in mine:
        other = each.target if each.source == source else each.source
        if other:
            by_target.setdefault(other, []).append(each.past)
    usual = link_of([each.past for each in mine or moves])
    return usual, {target: link_of(by_target[target]) for target in sorted(by_target)}


def _outlook(vm: Vm, own: Iterable[Past], usual: Link | None, links: Mapping[str, Link]) -> Outlook:
    labels = (("domain", vm.domain), ("instance", vm.instance))
    found = memory(_known_of(vm, own))
    if found is None or usual is None:
        return Outlook(labels, found, None)
    by_target = {name: expected(found, link) for name, link in links.items()}
    return Outlook(labels, found, expected(found, usual), usual, by_target)


def _known_of(vm: Vm, past: Iterable[Past]) -> Known:
    """What is known of a VM before it migrates."""
    return Known(
        vm.maximum_memory_bytes or 0.0,
        vm.lowest_free_bytes,
        vm.resident_bytes,
        vm.dirty_bytes_per_second,
        vm.lasting_dirty_bytes_per_second,
        tuple(past),
    )
