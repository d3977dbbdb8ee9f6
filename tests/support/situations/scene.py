"""What a situation is, and what it happens to."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alert_stack import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from alert_stack import Stack
    from lab import Host, Lab, RunningGuest

    Act = Callable[["Scene"], object]


@dataclass(frozen=True)
class Scene:
    """The lab, its guests by name, and the programs that watch them."""

    lab: Lab
    stack: Stack
    guests: Mapping[str, RunningGuest]
    folder: Path  # the host's and this machine's

    @property
    def host(self) -> Host:
        return self.lab.hosts[0]

    def virsh(self, *command: str) -> str:
        return self.host.virsh(*command)


def nothing(_scene: Scene) -> None:
    """It comes, or is over, by itself."""


@dataclass(frozen=True)
class Situation:
    """What is done, and what ends it. `fires` are alerts with all labels; nobody is told of those `held`.

    RUN in a label is the folder of the programs.
    """

    about: str
    begins: Act
    fires: tuple[Mapping[str, str], ...]
    ends: Act = nothing
    held: tuple[Mapping[str, str], ...] = field(default=())


def of_vm(name: str, domain: str, **more: str) -> dict[str, str]:
    return labels(name, instance="host-a", domain=domain, **more)


def of_host(name: str, **more: str) -> dict[str, str]:
    return labels(name, instance="host-a", **more)


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"not within {seconds:g} s: {what}"
        time.sleep(0.3)
