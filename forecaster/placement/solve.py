"""The assignment of guests to machines that is asked for: a mixed-integer linear program, solved by HiGHS.

Minimised is, in units of one move: 100 for each machine's whole CPUs or memory above its ceiling (so a move
must take a hundredth of a machine off a hot one to be worth it), 1 for a move and up to 1 more for its
duration, 1,000 for a guest that must leave and finds no machine, and 50 for a group that stays broken.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.placement import load
from forecaster.placement.fleet import refusal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from forecaster.placement.fleet import Fleet, Guest

OVERLOAD, STAYS, BROKEN = 100.0, 1_000.0, 50.0  # in moves
GAP = 0.02  # of the optimum: a plan this near is as good
SECONDS = 8.0  # the longest search
HOUR = 3_600.0  # a move that lasts this long costs as much as two short ones


def prepare() -> None:
    """Load the solver: seconds in a process that has just begun, which are none of the search."""
    import scipy.optimize  # noqa: PLC0415 (40 MB that only plans need)
    import scipy.sparse  # noqa: F401, PLC0415


class Assignment(NamedTuple):
    """The machine of each guest, as places in the fleet. `best`: none is better by more than GAP."""

    machines: tuple[int, ...]
    best: bool


class _Program:
    """A linear program in the making: columns with cost and bounds, rows as (columns, factors, low, high)."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.high: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[Sequence[int], Sequence[float], float, float]] = []

    def column(self, cost: float, high: float = 1.0, *, whole: bool = True) -> int:
        self.cost.append(cost)
        self.high.append(high)
        self.whole.append(int(whole))
        return len(self.cost) - 1

    def row(self, columns: Sequence[int], factors: Sequence[float], low: float, high: float) -> None:
        self.rows.append((columns, factors, low, high))

    def solve(self, seconds: float) -> tuple[np.ndarray | None, bool]:
        """The values of the columns (None: nothing was found), and whether they are the best."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 (40 MB that only plans need)
        from scipy.sparse import csr_array  # noqa: PLC0415

        starts = np.cumsum([0, *(len(columns) for columns, *_ in self.rows)])
        columns = np.concatenate([np.asarray(each[0], np.int64) for each in self.rows])
        factors = np.concatenate([np.asarray(each[1], float) for each in self.rows])
        matrix = csr_array((factors, columns, starts), shape=(len(self.rows), len(self.cost)))
        found = milp(
            np.array(self.cost),
            integrality=np.array(self.whole),
            bounds=Bounds(0, np.array(self.high)),
            constraints=LinearConstraint(
                matrix, np.array([each[2] for each in self.rows]), np.array([each[3] for each in self.rows])
            ),
            options={"time_limit": seconds, "mip_rel_gap": GAP},
        )
        return found.x, found.status == 0


def solve(
    fleet: Fleet,
    empty: Container[str] = (),
    movable: Iterable[int] | None = None,
    seconds: float = SECONDS,
) -> Assignment:
    """The best assignment that leaves the `empty` machines without guests and moves none but the `movable`
    guests (None: all may).

    A machine's memory above its ceiling, a broken group: what is wrong now may stay, and does not get worse.
    CPUs above the ceiling only cost: a guest that must leave goes to a hot machine rather than stay. One
    that finds no machine stays where it is.
    """
    program = _Program()
    places = _places(program, fleet, empty, range(len(fleet.guests)) if movable is None else movable)
    _capacities(program, fleet, places)
    _groups(program, fleet, places)
    values, best = program.solve(seconds)
    if values is None:
        return Assignment(fleet.now, best=False)
    return Assignment(tuple(max(of, key=lambda at: values[of[at]]) for of in places), best)


def _places(
    program: _Program, fleet: Fleet, empty: Container[str], movable: Iterable[int]
) -> list[Mapping[int, int]]:
    """For each guest: the columns that say that it is on a machine, by machine."""
    may_move, now = set(movable), fleet.now
    found: list[Mapping[int, int]] = []
    for at, guest in enumerate(fleet.guests):
        open_to = [
            machine
            for machine, each in enumerate(fleet.machines)
            if at in may_move and machine != now[at] and each.name not in empty and not refusal(guest, each)
        ]
        # One that can go nowhere costs nothing: the optimum, and with it GAP, is of the others.
        leaves = fleet.machines[now[at]].name in empty and bool(open_to)
        columns = {now[at]: program.column(STAYS if leaves else 0.0)}
        for machine in open_to:
            columns[machine] = program.column(cost(guest, fleet.machines[machine].name))
        program.row(list(columns.values()), [1.0] * len(columns), 1, 1)
        found.append(columns)
    return found


def cost(guest: Guest, machine: str) -> float:
    """Of the move to a machine; those are dearer that last longer, or may not end."""
    way = guest.way(machine)
    seconds = way.seconds if np.isfinite(way.seconds) else 0.0
    return 1.0 + min(1.0, seconds / HOUR) if way.converges else 3.0


def _on(places: Sequence[Mapping[int, int]], machine: int) -> list[tuple[int, int]]:
    """The guests that may be on a machine, and the columns that say so."""
    return [(guest, columns[machine]) for guest, columns in enumerate(places) if machine in columns]


def _capacities(program: _Program, fleet: Fleet, places: Sequence[Mapping[int, int]]) -> None:
    """CPUs above the ceiling cost; memory above it is refused, but for what is there now, which costs."""
    demand, base, held = load.cpu(fleet), load.base(fleet), load.memory_bytes(fleet, fleet.now)
    for at, machine in enumerate(fleet.machines):
        mine = _on(places, at)
        if not mine:
            continue
        guests, columns = zip(*mine, strict=True)
        hot = program.column(OVERLOAD, np.inf, whole=False)
        for part in range(fleet.parts):
            factors = demand[list(guests), part] / machine.cpus
            room = fleet.ceiling - base[at, part] / machine.cpus
            if factors.sum() > room:
                program.row([*columns, hot], [*factors, -1.0], -np.inf, room)
        factors = np.array([fleet.guests[guest].memory_bytes for guest in guests]) / machine.memory_bytes
        room = fleet.memory_ceiling - machine.memory_base / machine.memory_bytes
        if factors.sum() > room:
            above = max(0.0, held[at] / machine.memory_bytes - fleet.memory_ceiling)
            full = program.column(OVERLOAD, above, whole=False)
            program.row([*columns, full], [*factors, -1.0], -np.inf, room)


def _groups(program: _Program, fleet: Fleet, places: Sequence[Mapping[int, int]]) -> None:
    """Guests that are to be apart or together; a group that is broken now may be mended."""
    now = fleet.now
    for group in _members(fleet, "apart"):
        for at in range(len(fleet.machines)):
            columns = [places[guest][at] for guest in group if at in places[guest]]
            if len(columns) > 1:
                excess = max(0, sum(now[guest] == at for guest in group) - 1)
                broken = program.column(BROKEN, excess, whole=False)
                program.row([*columns, broken], [*[1.0] * len(columns), -1.0], -np.inf, 1)
    for group in _members(fleet, "together"):
        split = program.column(BROKEN, float(len({now[guest] for guest in group}) > 1), whole=False)
        for one, other in pairwise(group):
            for at in places[one].keys() | places[other].keys():
                pair = [(places[one].get(at), 1.0), (places[other].get(at), -1.0)]
                known = [(column, factor) for column, factor in pair if column is not None]
                columns, factors = [column for column, _ in known], [factor for _, factor in known]
                program.row([*columns, split], [*factors, -1.0], -np.inf, 0)
                program.row([*columns, split], [*factors, 1.0], 0, np.inf)


def _members(fleet: Fleet, kind: str) -> Iterator[list[int]]:
    """The guests of each group that has more than one."""
    groups: dict[str, list[int]] = {}
    for at, guest in enumerate(fleet.guests):
        for name in sorted(getattr(guest, kind)):
            groups.setdefault(name, []).append(at)
    return (group for _, group in sorted(groups.items()) if len(group) > 1)
