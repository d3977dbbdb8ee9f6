"""A host: a hypervisor, and the guests that are started on it."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lab.guest import Guest, domain_xml
from lab.hypervisor import Hypervisor
from lab.requirements import ENVIRONMENT
from lab.running import RunningGuest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lab.guest import Place


class Host(Hypervisor):
    """One libvirt host. Made, started and stopped by its Lab."""

    def __init__(self, name: str, folder: Path, place: Callable[[], Place], *, kvm: bool) -> None:
        super().__init__(name, folder, kvm=kvm)
        self._place = place

    def start(self, guest: Guest, *, wait: bool = True) -> RunningGuest:
        """Defines and starts a guest; waits until its loads (and its agent, if it has one) answer.

        Its disks are new and empty, even if a guest of that name was there before.
        """
        place = self._place()
        for disk in guest.all_disks:
            self._make_disk(place.disk_path(guest, disk), disk.format, disk.size_mib)
        definition = self.folder / f"{guest.name}.xml"
        definition.write_text(domain_xml(guest, place))
        self.virsh("define", str(definition))
        self.virsh("start", guest.name, *(["--paused"] if guest.paused else []), timeout=120)
        running = RunningGuest(guest, self, place.consoles / guest.name)
        if wait and not guest.paused:
            running.wait_until_booted()
        return running

    def start_all(self, guests: Iterable[Guest], *, wait: bool = True) -> list[RunningGuest]:
        """Starts several guests at once, in the order given."""
        pool = ThreadPoolExecutor(16)
        try:
            running = list(pool.map(lambda guest: self.start(guest, wait=False), guests))
            booting = [one for one in running if wait and not one.spec.paused]
            list(pool.map(RunningGuest.wait_until_booted, booting))
        finally:
            # On Ctrl-C nobody waits for guests to boot: the lab is about to end them.
            pool.shutdown(wait=False, cancel_futures=True)
        return running

    def _make_disk(self, path: Path, image_format: str, size_mib: int) -> None:
        command = ["qemu-img", "create", "-q", "-f", image_format, str(path), f"{size_mib}M"]
        subprocess.run(command, env=ENVIRONMENT, check=True)
