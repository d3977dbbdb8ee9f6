"""What happens in the demo, and when; times are seconds after it is ready."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from demo.guests import BURSTING, FILLING, LEAKING, MAINTAINED, MOVING, OWN_LIMIT
from lab import DiskFill, LabError, MemoryLeak

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab import Lab, RunningGuest

BURST_SECONDS = 40
MIGRATION_MIB_PER_SECOND = 20


@dataclass
class Stage:
    """The lab and its guests by name, and what libvirt itself said of the migration."""

    lab: Lab
    guests: Mapping[str, RunningGuest]
    restart: Callable[[], float] | None = None  # end the forecaster at once; seconds until it is back
    migration_seconds: float | None = None
    moved_from: str = ""
    moved_to: str = ""
    back_after: float | None = None  # seconds


def fill(stage: Stage) -> None:
    """64 MiB in about four and a half minutes."""
    stage.guests[FILLING].run(DiskFill(kib_per_second=224))


def maintain(stage: Stage) -> None:
    """The guest's metadata state whose it is, its own limit, and a maintenance window that is open now."""
    guest = stage.guests[MAINTAINED]
    own = (
        "<domain><owner>batch</owner><sensitivity>low</sensitivity>"
        f"<limit resource='vm_memory'>{OWN_LIMIT}</limit>"
        "<maintenance-window>00:00-24:00 UTC</maintenance-window></domain>"
    )
    namespace = ("urn:virtcast:domain:1.0", "--key", "virtcast", "--live")
    guest.host.virsh("metadata", guest.name, *namespace, "--set", own)


def leak(stage: Stage) -> None:
    """Most of the guest's memory, then no more: nobody is killed."""
    stage.guests[LEAKING].run(MemoryLeak(kib_per_second=160, bound_kib=50 * 1024))


def migrate(stage: Stage) -> None:
    """From its host to the other one; libvirt's own figure is read where the guest arrives."""
    guest = stage.guests[MOVING]
    source = guest.host
    destination = next(host for host in stage.lab.hosts if host is not source)
    stage.lab.migrate(guest, to=destination, bandwidth_mib=MIGRATION_MIB_PER_SECOND)
    told = destination.virsh("domjobinfo", guest.name, "--completed", "--keep-completed")
    elapsed = re.search(r"Time elapsed:\s+(\d+)\s+ms", told)
    if elapsed is None:
        raise LabError(f"virsh domjobinfo tells no elapsed time: {' '.join(told.split())}")
    stage.moved_from, stage.moved_to = source.name, destination.name
    stage.migration_seconds = int(elapsed[1]) / 1000


def burst(stage: Stage) -> None:
    """All of the guest's CPU, for a while."""
    stage.guests[BURSTING].burst(seconds=BURST_SECONDS)


def crash(stage: Stage) -> None:
    """The forecaster is killed and started again."""
    if stage.restart is not None:
        stage.back_after = stage.restart()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens."""

    at: float
    says: str
    play: Callable[[Stage], None]


ACTS = (
    Act(30, f"{MAINTAINED}: its metadata set a limit and open a maintenance window", maintain),
    Act(90, f"{FILLING}: its disk begins to fill", fill),
    Act(120, f"{LEAKING}: leaks memory", leak),
    Act(200, f"{MOVING}: migrates live", migrate),
    Act(300, f"{BURSTING}: CPU burst of {BURST_SECONDS} s", burst),
    Act(430, "the forecaster is killed and started again", crash),
)


@dataclass
class Story:
    """Plays each act once when its time has come, in a thread of its own, and keeps what became of it."""

    stage: Stage
    acts: tuple[Act, ...] = ACTS
    outcome: dict[Act, str] = field(default_factory=dict)

    def advance(self, seconds: float) -> None:
        """Begin what is due at `seconds` after ready."""
        for act in self.acts:
            if act.at <= seconds and act not in self.outcome:
                self.outcome[act] = "on its way"
                threading.Thread(target=self._play, args=(act,), daemon=True).start()

    def _play(self, act: Act) -> None:
        try:
            act.play(self.stage)
        except (LabError, TimeoutError) as error:
            self.outcome[act] = f"failed: {error}"
        else:
            self.outcome[act] = "done" if act.play in (migrate, crash) else "begun"

    def lines(self, clock: Callable[[float], str]) -> list[str]:
        """Each act with its time and what became of it."""
        return [f"{clock(act.at):>5}  {act.says}  {self.outcome.get(act, '')}".rstrip() for act in self.acts]
