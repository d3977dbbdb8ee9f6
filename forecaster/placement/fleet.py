"""What the planner is given: guests with their demand by time of day, machines with what they offer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CEILING = 0.8  # share of a machine's CPUs that predicted demand may take; above it a machine is hot
MEMORY_CEILING = 0.95  # share of a machine's memory for what it uses itself and what guests may be given


NAN = float("nan")


class Way(NamedTuple):
    """A migration to a machine: seconds that it takes, and that the guest stands still, nan = not known;
    whether it will end.
    """

    machine: str
    seconds: float = NAN
    downtime: float = NAN
    converges: bool = True


@dataclass(frozen=True)
class Guest:
    """A VM. `cpu` is its highest predicted demand in host CPUs, by part of the day; memory in bytes.

    `needs` are what a machine must offer, in words ("network prod", "pool ssd"). `refused` are machines that
    cannot take it for another reason, each with that, in words after its name. `fixed` says why it cannot
    move; empty = it can. Of the guests that share a name in `apart`, one at most is on a machine; those that
    share one in `together` are on one machine. `move_seconds` is how long its migration will take, `downtime`
    how long it then stands still, nan = not known; `converges` is whether it will end. `ways` are those to
    machines to which it goes otherwise.
    """

    name: str
    machine: str
    cpu: tuple[float, ...]
    memory_bytes: float
    needs: frozenset[str] = frozenset()
    refused: tuple[tuple[str, str], ...] = ()
    fixed: str = ""
    apart: frozenset[str] = frozenset()
    together: frozenset[str] = frozenset()
    move_seconds: float = NAN
    converges: bool = True
    downtime: float = NAN
    ways: tuple[Way, ...] = ()

    def way(self, machine: str) -> Way:
        """Its migration to a machine."""
        usual = Way(machine, self.move_seconds, self.downtime, self.converges)
        return next((way for way in self.ways if way.machine == machine), usual)


@dataclass(frozen=True)
class Machine:
    """A host. What belongs to no guest: `base` is its demand in CPUs, by part of the day (empty: none),
    `memory_base` the bytes that it uses.
    """

    name: str
    cpus: float
    memory_bytes: float
    offers: frozenset[str] = frozenset()
    base: tuple[float, ...] = ()
    memory_base: float = 0.0
    open: bool = True  # whether it takes guests


@dataclass(frozen=True)
class Fleet:
    """Guests and machines, each tuple in the order of its names. Each guest's machine is one of them."""

    guests: tuple[Guest, ...]
    machines: tuple[Machine, ...]
    ceiling: float = CEILING
    memory_ceiling: float = MEMORY_CEILING
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)  # of the machines, by name

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", {each.name: at for at, each in enumerate(self.machines)})
        lost = [guest.name for guest in self.guests if guest.machine not in self.places]
        if lost:
            raise ValueError(f"guest {lost[0]!r} is on a machine that is not in the fleet")

    @property
    def now(self) -> tuple[int, ...]:
        """The place of each guest's machine."""
        return tuple(self.places[guest.machine] for guest in self.guests)

    def moved(self, assigned: Sequence[int]) -> Fleet:
        """The same fleet with its guests on other machines, given by their places."""
        pairs = zip(self.guests, assigned, strict=True)
        guests = tuple(replace(guest, machine=self.machines[at].name) for guest, at in pairs)
        return replace(self, guests=guests)

    @property
    def parts(self) -> int:
        """Into how many parts the day is divided."""
        return max((len(guest.cpu) for guest in self.guests), default=1)


def refusal(guest: Guest, machine: Machine) -> str:
    """Why a machine cannot take a guest, whatever else is on it; empty if it can.

    >>> refusal(Guest("web", "a", (1.0,), 2e9, needs=frozenset({"network prod"})), Machine("b", 8, 64e9))
    'b lacks network prod'
    """
    if guest.machine == machine.name:
        return ""
    if guest.fixed:
        return guest.fixed
    if not machine.open:
        return f"{machine.name} takes no guests"
    why = next((why for name, why in guest.refused if name == machine.name), "")
    if why:
        return f"{machine.name} {why}"
    missing = sorted(guest.needs - machine.offers)
    return f"{machine.name} lacks {', '.join(missing)}" if missing else ""
