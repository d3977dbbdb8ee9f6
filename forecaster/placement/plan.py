"""Plans: what to move where, in which order, and what each move leaves; or why no move helps."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from forecaster.placement import load
from forecaster.placement.groups import broken
from forecaster.placement.order import Move, ordered
from forecaster.placement.reasons import LEAST_GAIN, Stranded, overloaded, stranded, with_reasons
from forecaster.placement.solve import BROKEN, OVERLOAD, SECONDS, Assignment, cost, prepare, solve

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sequence

    from forecaster.placement.fleet import Fleet
    from forecaster.placement.load import Load


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
    if not hot and not broken(fleet, now):
        return _plan(fleet, _nothing(fleet, best=True))
    began = _began()
    movable = [at for at, machine in enumerate(now) if machine in hot]
    found = _carried(fleet, solve(fleet, movable=movable, seconds=seconds))
    if load.overload(fleet, found.machines) > LEAST_GAIN or broken(fleet, found.machines):
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
    last = _last_that_has_an_order(fleet, steps, idle, best=best)
    return _plan(fleet, last, set(fleet.places) - {fleet.machines[at].name for at in last.machines})


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
    return (
        OVERLOAD * load.overload(fleet, reached.machines)
        + BROKEN * broken(fleet, reached.machines)
        + sum(
            cost(guest, fleet.machines[new].name)
            for guest, old, new in zip(fleet.guests, fleet.now, reached.machines, strict=True)
            if old != new
        )
    )


def _plan(fleet: Fleet, reached: _Reached, empty: Collection[str] = frozenset()) -> Plan:
    """What is reached, as a plan."""
    before, after = load.loads(fleet, fleet.now), load.loads(fleet, reached.machines)
    return Plan(
        tuple(with_reasons(fleet, reached.moves, reached.machines, empty)),
        before,
        after,
        tuple(stranded(fleet, reached.machines, empty)),
        tuple(overloaded(fleet, before, after)),
        reached.best,
    )


def _worth(fleet: Fleet, reached: _Reached) -> bool:
    """Whether it takes off overload, or mends a group, and that is worth the moves."""
    gain = load.overload(fleet, fleet.now) - load.overload(fleet, reached.machines)
    mends = broken(fleet, reached.machines) < broken(fleet, fleet.now)
    return (gain >= LEAST_GAIN or mends) and _price(fleet, reached) < _price(
        fleet, _nothing(fleet, best=True)
    )
