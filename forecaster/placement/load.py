"""How much of its CPUs and memory each machine has to give, under an assignment of guests to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.placement.fleet import Fleet


class Load(NamedTuple):
    """Of one machine: the highest share of its CPUs, when that is, and the share of its memory."""

    machine: str
    cpu_ratio: float
    part: int
    memory_ratio: float
    guests: int


def cpu(fleet: Fleet) -> NDArray[np.float64]:
    """The guests' demand, CPUs: (guests, parts of the day)."""
    table = np.zeros((len(fleet.guests), fleet.parts))
    for at, guest in enumerate(fleet.guests):
        table[at, : len(guest.cpu)] = guest.cpu
    return table


def base(fleet: Fleet) -> NDArray[np.float64]:
    """The machines' own demand, CPUs: (machines, parts of the day)."""
    table = np.zeros((len(fleet.machines), fleet.parts))
    for at, machine in enumerate(fleet.machines):
        table[at, : len(machine.base)] = machine.base
    return table


def cpu_ratios(fleet: Fleet, assigned: Sequence[int]) -> NDArray[np.float64]:
    """Share of their CPUs that the machines' demand takes: (machines, parts of the day)."""
    table = base(fleet)
    np.add.at(table, list(assigned), cpu(fleet))
    capacity: NDArray[np.float64] = np.array([[machine.cpus] for machine in fleet.machines])
    ratios: NDArray[np.float64] = table / capacity
    return ratios


def memory_bytes(fleet: Fleet, assigned: Sequence[int]) -> NDArray[np.float64]:
    """Memory that the machines use themselves and their guests may take, bytes."""
    table = np.array([machine.memory_base for machine in fleet.machines])
    np.add.at(table, list(assigned), [guest.memory_bytes for guest in fleet.guests])
    return table


def loads(fleet: Fleet, assigned: Sequence[int]) -> tuple[Load, ...]:
    """Of each machine, in the fleet's order."""
    ratios, memory = cpu_ratios(fleet, assigned), memory_bytes(fleet, assigned)
    counts = np.bincount(list(assigned), minlength=len(fleet.machines))
    return tuple(
        Load(
            machine.name,
            float(ratios[at].max()),
            int(ratios[at].argmax()),
            float(memory[at] / machine.memory_bytes),
            int(counts[at]),
        )
        for at, machine in enumerate(fleet.machines)
    )


def overload(fleet: Fleet, assigned: Sequence[int]) -> float:
    """Sum over machines of the shares of CPUs and memory above the ceilings: 0 if no machine is hot."""
    return sum(
        max(0.0, each.cpu_ratio - fleet.ceiling) + max(0.0, each.memory_ratio - fleet.memory_ceiling)
        for each in loads(fleet, assigned)
    )
