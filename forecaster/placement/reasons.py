"""Why a move is in a plan, why a guest stays behind, and what a plan overloads: in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from forecaster.placement import load
from forecaster.placement.fleet import refusal
from forecaster.placement.groups import broken, broken_at, broken_groups

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from forecaster.placement.fleet import Fleet
    from forecaster.placement.load import Load
    from forecaster.placement.order import Move

LEAST_GAIN = 0.01  # of a machine: overload that a plan must take off to be worth telling


class Stranded(NamedTuple):
    """A guest that is to leave its machine and cannot; `reasons` say why machines refuse it, and how many."""

    guest: str
    machine: str
    reasons: tuple[tuple[str, int], ...]


def with_reasons(
    fleet: Fleet, moves: Iterable[Move], assigned: Sequence[int], empty: Collection[str]
) -> Iterable[Move]:
    """The moves to an assignment, each with why it is in the plan: what is wrong now where the guest is."""
    guests = {guest.name: guest for guest in fleet.guests}
    wrong = {each.machine: "" if empty else _heat(fleet, each) for each in load.loads(fleet, fleet.now)}
    mended = broken_groups(fleet, fleet.now) - broken_groups(fleet, assigned)
    for move in moves:
        guest = guests[move.guest]
        group = min((guest.apart | guest.together) & mended, default="")
        reasons = (
            "it waits there until its own place is free" if move.parked else "",
            f"{guest.machine} is to be empty" if guest.machine in empty else "",
            f"group {group} is broken" if group else "",
            wrong[guest.machine],
        )
        yield move._replace(why=next(filter(None, reasons), "it makes room for others"))


def _heat(fleet: Fleet, of: Load) -> str:
    """What is too much at a machine; empty if nothing is."""
    if of.cpu_ratio > fleet.ceiling:
        return f"{of.machine} gives {100 * of.cpu_ratio:.0f} % of its CPUs at its busiest time of day"
    if of.memory_ratio > fleet.memory_ceiling:
        return f"{100 * of.memory_ratio:.0f} % of the memory of {of.machine} is taken or promised"
    return ""


def overloaded(fleet: Fleet, before: Sequence[Load], after: Sequence[Load]) -> Iterable[str]:
    """The machines that a plan makes hot, or hotter."""
    for old, new in zip(before, after, strict=True):
        if new.cpu_ratio > fleet.ceiling and new.cpu_ratio - old.cpu_ratio >= LEAST_GAIN:
            most, was = f"{100 * new.cpu_ratio:.0f} %", f"{100 * old.cpu_ratio:.0f} %"
            yield f"{new.machine} is to give {most} of its CPUs at its busiest time of day, {was} before"


def stranded(fleet: Fleet, assigned: Sequence[int], empty: Collection[str]) -> Iterable[Stranded]:
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


def _reason(fleet: Fleet, assigned: Sequence[int], at: int, place: int, held: float) -> str:
    """Why a guest does not go to a machine where so much memory is taken."""
    guest, machine = fleet.guests[at], fleet.machines[place]
    lacks = refusal(replace(guest, machine=""), machine).removeprefix(f"{machine.name} ")
    if lacks:
        return lacks
    if held + guest.memory_bytes > machine.memory_bytes * fleet.memory_ceiling:
        return "has too little memory"
    there = [*assigned[:at], place, *assigned[at + 1 :]]
    if broken(fleet, there) > broken(fleet, assigned):
        return broken_at(fleet, assigned, at, place)
    return "has room, but no moves that lead there were found"
