"""Control groups of domains (version 2), as the host's kernel accounts for them; seconds and counts."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.snapshot.machine import Pressure

DEFAULT_PARTITION = "/machine"
LONGEST_MACHINE_NAME = 64  # characters; libvirt cuts longer ones

_PARTITION = re.compile(r"<partition>([^<]*)</partition>")
_SYSTEMD_CHARACTERS = frozenset(string.ascii_letters + string.digits + ":_.")
_HOST_CHARACTERS = frozenset(string.ascii_letters + string.digits)


@dataclass(frozen=True, slots=True)
class Throttling:
    """CPU limits of a domain: enforcement periods, those in which it was throttled, and for how long."""

    periods: float | None = None
    throttled_periods: float | None = None
    throttled: float | None = None


@dataclass(frozen=True, slots=True)
class Cgroup:
    """The control group of a domain. `pressure` is by resource; it lacks what the kernel does not account."""

    uuid: str
    pressure: Mapping[str, Pressure]
    throttling: Throttling


CGROUPS: Reading[tuple[Cgroup, ...]] = Reading("cgroups")


def partition(xml: str) -> str:
    """The resource partition in the XML of a running domain."""
    found = _PARTITION.search(xml)
    return found[1] if found else DEFAULT_PARTITION


def places(driver: str, number: int, name: str, partition_name: str) -> tuple[str, str]:
    """Where libvirt puts the group of a domain, below the root: with systemd, and without.

    `number` is the ID of the running domain.
    """
    machine = _machine_name(driver, number, name)
    parts = [part for part in partition_name.split("/") if part]
    slices = ("-".join(map(_escaped, parts[: end + 1])) + ".slice" for end in range(len(parts)))
    folders = (part if n == 0 or "." in part else f"{part}.partition" for n, part in enumerate(parts))
    return (
        "/".join((*slices, f"machine-{_escaped(machine)}.scope")),
        "/".join((*folders, f"{machine}.libvirt-{driver}")),
    )


def throttling(stats: Iterable[str]) -> Throttling:
    """The sum of the `cpu.stat` files of a group and the groups within it: each limits CPU time by itself."""
    sums: dict[str, int] = {}
    for text in stats:
        for line in text.splitlines():
            key, _, value = line.partition(" ")
            sums[key] = sums.get(key, 0) + int(value)
    micros = sums.get("throttled_usec")
    return Throttling(
        sums.get("nr_periods"), sums.get("nr_throttled"), None if micros is None else micros / 1_000_000
    )


def _machine_name(driver: str, number: int, name: str) -> str:
    """The name of the machine: letters, digits, and single dots and dashes of the domain's name."""
    machine = f"{driver}-{number}-"
    fresh = False  # a dot or dash may not follow another
    for character in name:
        if len(machine) >= LONGEST_MACHINE_NAME:
            break
        if character in ".-" and fresh:
            machine, fresh = machine + character, False
        elif character in _HOST_CHARACTERS:
            machine, fresh = machine + character, True
    return machine.rstrip("-.")


def _escaped(name: str) -> str:
    """The name in a systemd unit."""
    return "".join(one if one in _SYSTEMD_CHARACTERS else f"\\x{ord(one):02x}" for one in name)
