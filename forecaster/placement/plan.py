"""Plans: what to move where, in which order, and what each move leaves; or why no move helps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from forecaster.placement import load
from forecaster.placement.fleet import refusal
from forecaster.placement.order import Move, ordered
from forecaster.placement.solve import BROKEN, OVERLOAD, SECONDS, Assignment, cost, prepare, solve

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Sequence

    from forecaster.placement.fleet import Fleet
    from forecaster.placement.load import Load

LEAST_GAIN = 0.01  # of a machine: overload that a plan must take off to be worth telling


class Stranded(NamedTuple):
    """A guest that is to leave its machine and cannot; `reasons` say why machines refuse it, and how many."""

    guest: str
    machine: str
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Plan:
    """Moves in the order in which they can be made; none if none is worth making.

    `before` and `after` are of each machine, in the fleet's order. `warnings` say which machines' CPUs it
    overloads. `best`: none is better by more than 2 %; False: that is not known.
    """

    moves: tuple[Move, ...]
    before: tuple[Load, ...]
    after: tuple[Load, ...]
    stranded: tuple[Stranded, ...] = ()
    warnings: tuple[str, ...] = ()
    best: bool = True

    @property
    def helps(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.moves)

    @property
    def emptied(self) -> tuple[str, ...]:
        """The machines that the plan empties."""
        pairs = zip(self.before, self.after, strict=True)
        return tuple(old.machine for old, new in pairs if old.guests and not new.guests)

    @property
    def seconds(self) -> float:
        """Expected duration of all moves, one after the other; nan if one is not known."""
        return float(sum(move.seconds for move in self.moves))


class _Reached(NamedTuple):
    """What moves come to; `best`: they reach an assignment than which none is better by more than GAP."""

    moves: tuple[Move, ...]
    machines: tuple[int, ...]
    best: bool


def balance(fleet: Fleet, seconds: float = SECONDS) -> Plan:
    """Bring the machines that are above a ceiling below it, by the fewest and shortest moves."""
    now = fleet.now
    hot = {
        at
        for at, each in enumerate(load.loads(fleet, now))
        if each.cpu_ratio > fleet.ceiling or each.memory_ratio > fleet.memory_ceiling
    }
    if not hot and not _broken(fleet, now):
        return _plan(fleet, _nothing(fleet, best=True))
    began = _began()
    movable = [at for at, machine in enumerate(now) if machine in hot]
    found = _carried(fleet, solve(fleet, movable=movable, seconds=seconds))
    if load.overload(fleet, found.machines) > LEAST_GAIN or _broken(fleet, found.machines):
        left = seconds - (monotonic() - began)
        other = _carried(fleet, solve(fleet, seconds=left)) if left > 0 else found._replace(best=False)
        found = min((other, found), key=lambda each: _price(fleet, each))._replace(best=other.best)
    return _plan(fleet, found if _worth(fleet, found) else _nothing(fleet, best=found.best))


def evacuate(fleet: Fleet, machine: str, seconds: float = SECONDS) -> Plan:
    """Empty a machine. Others' guests move only where that makes room for one that has no target.

    Who empties a machine wants it empty: that the CPUs of others do not suffice is a warning, no obstacle.
    """
    began, empty = _began(), {machine}
    mine = [at for at, guest in enumerate(fleet.guests) if guest.machine == machine]

    def left_behind(reached: _Reached) -> int:
        return sum(reached.machines[at] == fleet.places[machine] for at in mine)

    found = _carried(fleet, solve(fleet, empty, mine, seconds), empty)
    if left_behind(found):
        left = seconds - (monotonic() - began)
        again = solve(fleet, empty, seconds=left) if left > 0 else Assignment(found.machines, best=False)
        other = _carried(fleet, again, empty)
        found = min((found, other), key=lambda each: (left_behind(each), _price(fleet, each)))
        found = found._replace(best=other.best)
    if left_behind(found) == len(mine):
        found = _nothing(fleet, best=found.best)
    return _plan(fleet, found, empty)


def consolidate(fleet: Fleet, seconds: float = SECONDS) -> Plan:
    """Empty machines one after the other, those with the least demand first, as long as none becomes hot.

    Machines without guests take none: each step uses one machine less. Which step comes first may matter, and
    not every order is tried: that none is better is not known.
    """
    began, allowed = _began(), load.overload(fleet, fleet.now) + 1e-9
    idle = {each.machine for each in load.loads(fleet, fleet.now) if not each.guests}
    steps, empty = [fleet], idle
    for machine in _least_first(fleet):
        left = seconds - (monotonic() - began)
        if left <= 0 or len(empty) + 1 >= len(fleet.machines):
            break
        reached, wanted = steps[-1], empty | {machine}
        mine = [at for at, guest in enumerate(reached.guests) if guest.machine == machine]
        found = solve(reached, wanted, mine, left).machines
        if reached.places[machine] not in found and load.overload(reached, found) <= allowed:
            steps.append(reached.moved(found))
            empty = wanted
    best = len(idle) + 1 >= len(fleet.machines)
    return _plan(fleet, _last_that_has_an_order(fleet, steps, idle, best=best))


def _last_that_has_an_order(fleet: Fleet, steps: Sequence[Fleet], idle: set[str], *, best: bool) -> _Reached:
    """The moves straight to the last of the steps that has an order of such moves; the first always has."""
    for step in reversed(steps):
        assigned = step.now
        closed = idle | {each.machine for each in load.loads(fleet, assigned) if not each.guests}
        reached = _carried(fleet, Assignment(assigned, best), closed)
        if reached.machines == assigned:
            return reached
    return _nothing(fleet, best=best)


def _began() -> float:
    """When the search begins: now, with the solver loaded."""
    prepare()
    return monotonic()


def _least_first(fleet: Fleet) -> list[str]:
    """The machines with guests, by the demand of those."""
    found: dict[str, float] = {}
    for guest in fleet.guests:
        found[guest.machine] = found.get(guest.machine, 0.0) + max(guest.cpu, default=0.0)
    return sorted(found, key=lambda machine: (found[machine], machine))


def _nothing(fleet: Fleet, *, best: bool) -> _Reached:
    return _Reached((), fleet.now, best)


def _carried(fleet: Fleet, found: Assignment, empty: Container[str] = frozenset()) -> _Reached:
    """As far as an order of moves leads to the assignment: it may be that none leads all the way."""
    moves, at = ordered(fleet, found.machines, empty)
    return _Reached(tuple(moves), tuple(at), found.best and tuple(at) == found.machines)


def _price(fleet: Fleet, reached: _Reached) -> float:
    """What the solver minimises, of what is reached."""
    moved = (at for at, old in enumerate(fleet.now) if reached.machines[at] != old)
    return (
        OVERLOAD * load.overload(fleet, reached.machines)
        + BROKEN * _broken(fleet, reached.machines)
        + sum(cost(fleet.guests[at]) for at in moved)
    )


def _plan(fleet: Fleet, reached: _Reached, empty: Collection[str] = frozenset()) -> Plan:
    """What is reached, as a plan."""
    before, after = load.loads(fleet, fleet.now), load.loads(fleet, reached.machines)
    return Plan(
        reached.moves,
        before,
        after,
        tuple(_stranded(fleet, reached.machines, empty)),
        tuple(_overloaded(fleet, before, after)),
        reached.best,
    )


def _overloaded(fleet: Fleet, before: Sequence[Load], after: Sequence[Load]) -> Iterable[str]:
    """The machines that a plan makes hot, or hotter."""
    for old, new in zip(before, after, strict=True):
        if new.cpu_ratio > fleet.ceiling and new.cpu_ratio - old.cpu_ratio >= LEAST_GAIN:
            most, was = f"{100 * new.cpu_ratio:.0f} %", f"{100 * old.cpu_ratio:.0f} %"
            yield f"{new.machine} is to give {most} of its CPUs at its busiest time of day, {was} before"


def _worth(fleet: Fleet, reached: _Reached) -> bool:
    """Whether it takes off overload, or mends a group, and that is worth the moves."""
    gain = load.overload(fleet, fleet.now) - load.overload(fleet, reached.machines)
    mends = _broken(fleet, reached.machines) < _broken(fleet, fleet.now)
    return (gain >= LEAST_GAIN or mends) and _price(fleet, reached) < _price(
        fleet, _nothing(fleet, best=True)
    )


def _broken(fleet: Fleet, assigned: Sequence[int]) -> int:
    """How many guests are with one that they are to be apart from, or not with those of their group."""
    apart: Counter[tuple[str, int]] = Counter()
    together: dict[str, set[int]] = {}
    for guest, machine in zip(fleet.guests, assigned, strict=True):
        apart.update((group, machine) for group in guest.apart)
        for group in guest.together:
            together.setdefault(group, set()).add(machine)
    return sum(count - 1 for count in apart.values()) + sum(len(on) - 1 for on in together.values())


def _stranded(fleet: Fleet, assigned: Sequence[int], empty: Collection[str]) -> Iterable[Stranded]:
    """The guests that are on a machine that is to be empty."""
    held = load.memory_bytes(fleet, assigned)
    for at, guest in enumerate(fleet.guests):
        machine = fleet.machines[assigned[at]].name
        if machine in empty:
            reasons = Counter(
                _reason(fleet, assigned, at, place, held[place])
                for place, each in enumerate(fleet.machines)
                if each.name not in empty
            )
            yield Stranded(guest.name, machine, tuple(reasons.most_common()))


def _group(fleet: Fleet, assigned: Sequence[int], at: int, place: int) -> str:
    """Which group a guest would break at a machine."""
    guest = fleet.guests[at]
    there = (other for other, machine in zip(fleet.guests, assigned, strict=True) if machine == place)
    broken = sorted(guest.apart & frozenset().union(*(other.apart for other in there)) or guest.together)
    return f"would break the group {', '.join(broken)}"


def _reason(fleet: Fleet, assigned: Sequence[int], at: int, place: int, held: float) -> str:
    """Why a guest does not go to a machine where so much memory is taken."""
    guest, machine = fleet.guests[at], fleet.machines[place]
    lacks = refusal(replace(guest, machine=""), machine).removeprefix(f"{machine.name} ")
    if lacks:
        return lacks
    if held + guest.memory_bytes > machine.memory_bytes * fleet.memory_ceiling:
        return "has too little memory"
    there = [*assigned[:at], place, *assigned[at + 1 :]]
    if _broken(fleet, there) > _broken(fleet, assigned):
        return _group(fleet, assigned, at, place)
    return "has room, but no moves that lead there were found"
