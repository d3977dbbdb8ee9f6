"""What is true of a host: functions that a row of a table asks with."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ward.host import Ward


def state(name: str, wanted: str) -> Callable[[Ward], bool]:
    return lambda ward: ward.virsh("domstate", name).strip() == wanted


def text_of(path: str, wanted: str, *flags: str, domain: str = "bare") -> Callable[[Ward], bool]:
    """Whether an element of the definition says so."""
    return lambda ward: ward.xml(domain, *flags).findtext(path) == wanted


def attribute(path: str, name: str, wanted: str, *flags: str, domain: str = "bare") -> Callable[[Ward], bool]:
    def holds(ward: Ward) -> bool:
        found = ward.xml(domain, *flags).find(path)
        return found is not None and found.get(name) == wanted

    return holds


def says(wanted: str, *command: str) -> Callable[[Ward], bool]:
    return lambda ward: wanted in ward.virsh(*command)


def silent(unwanted: str, *command: str) -> Callable[[Ward], bool]:
    return lambda ward: unwanted not in ward.virsh(*command)


def is_at(name: str) -> Callable[[Ward], bool]:
    """Whether the disk of the machine is this image."""
    return lambda ward: attribute("devices/disk/source", "file", str(ward.folder / name))(ward)


def dumped(name: str) -> Callable[[Ward], bool]:
    return lambda ward: (ward.folder / name).read_bytes()[:4] == b"\x7fELF"


def capacity(bytes_: int) -> Callable[[Ward], bool]:
    return lambda ward: str(bytes_) in ward.virsh("domblkinfo", "bare", "vda").splitlines()[0]


def balloon(mib: int) -> Callable[[Ward], bool]:
    return lambda ward: f"actual {mib * 1024}\n" in ward.virsh("dommemstat", "ward")


def right_time(ward: Ward) -> bool:
    guest: float = ward.booted.agent("guest-get-time") / 1e9
    return abs(guest - time.time()) < 30


def elsewhere(name: str, persistent: bool) -> Callable[[Ward], bool]:
    """Whether the machine runs on the other host."""

    def holds(ward: Ward) -> bool:
        there = ward.lab.hosts[1].virsh("dominfo", name)
        kept = re.search(r"^Persistent: +(\w+)", there, re.MULTILINE)
        running = bool(re.search(r"^State: +running", there, re.MULTILINE))
        return running and kept is not None and kept[1] == ("yes" if persistent else "no")

    return holds


def runs_there(ward: Ward) -> bool:
    """Whether libvirt has handed the guest over, and asks for its memory page by page. One that is
    interrupted before is in the hands of neither host.
    """
    there = ward.lab.hosts[1].virsh("domstate", "ward", "--reason")
    return "post-copy" in there and "Postcopy" in ward.virsh("domjobinfo", "ward")
