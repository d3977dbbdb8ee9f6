"""The lab: hosts, guests and live migrations between them."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lab import image
from lab.guest import Place
from lab.host import Host
from lab.requirements import ENVIRONMENT, LabError, default_cache, kvm_works, missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.hypervisor import Hypervisor
    from lab.running import RunningGuest

# A socket's path may have 107 bytes, the longest being a guest's control port.
LONGEST_PARENT = 24
SHORT_PARENT = "/tmp"  # noqa: S108 (only for a folder with a random name and mode)


class Lab:
    """Some hosts on this machine. A context manager: leaving it ends everything it started."""

    def __init__(self, hosts: int = 2, *, cache: Path | None = None, names: str = "host-{letter}") -> None:
        reason = missing()
        if reason:
            raise LabError(reason)
        self._cache = cache or default_cache()
        self._kvm = kvm_works(self._cache)
        self._macs = itertools.count(2)
        self._owner = os.getpid()
        self._host_names = [names.format(letter=letter) for letter in "abcdefghijklmnopqrstuvwxyz"[:hosts]]
        self.hosts: list[Host] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Builds the image if need be and starts the hosts."""
        parent = tempfile.gettempdir()
        short = parent if len(parent) < LONGEST_PARENT else SHORT_PARENT
        self.root = Path(tempfile.mkdtemp(prefix="vl-", dir=short))
        atexit.register(self.close)
        try:
            # Others may use the read-only sockets, whose modes say so; nobody may list the folder.
            self.root.chmod(0o711)
            for folder in ("images", "consoles"):
                (self.root / folder).mkdir()
            self.image = image.build(self._cache)
            self.hosts = [
                Host(name, self.root / f"{index}", self._place, kvm=self._kvm)
                for index, name in enumerate(self._host_names)
            ]
            with ThreadPoolExecutor() as pool:
                list(pool.map(Host.open, self.hosts))
        except BaseException:
            self.close()
            raise

    @property
    def shortcomings(self) -> list[str]:
        """What this machine does not give the lab, one line each."""
        found = [] if self._kvm else ["KVM does not work here: guests are emulated, and slow"]
        problem = next((host.network_problem for host in self.hosts if host.network_problem), "")
        return found + ([f"guests have no network: {problem}"] if problem else [])

    def close(self) -> None:
        """Ends everything this lab started, deletes its files. Harmless when repeated or in a fork."""
        if os.getpid() != self._owner:
            return
        atexit.unregister(self.close)
        for host in self.hosts:
            host.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def migrate(self, guest: RunningGuest, to: Hypervisor, bandwidth_mib: int = 0) -> float:
        """Moves a guest live to another host; returns the seconds it took. Bandwidth: MiB/s, 0 = any."""
        return self.begin_migration(guest, to, bandwidth_mib).wait()

    def begin_migration(
        self, guest: RunningGuest, to: Hypervisor, bandwidth_mib: int = 0, flags: Sequence[str] = ()
    ) -> Migration:
        """Begins a live migration and leaves it running, to be watched, awaited or cancelled.

        `flags` are more of virsh's.
        """
        return Migration(guest, to, self.root / f"m-{next(self._macs)}", bandwidth_mib, flags)

    def _place(self) -> Place:
        high, low = divmod(next(self._macs), 256)
        mac = f"52:54:00:77:{high:02x}:{low:02x}"
        bridge = not any(host.network_problem for host in self.hosts)
        return Place(self.image, self.root / "images", self.root / "consoles", mac, self._kvm, bridge)


class Migration:
    """A live migration on its way, driven by a client (virsh)."""

    def __init__(
        self, guest: RunningGuest, to: Hypervisor, address: Path, bandwidth_mib: int, flags: Sequence[str]
    ) -> None:
        self.guest = guest
        self.to = to
        self._began = time.monotonic()
        command = ["virsh", "--quiet", "--connect", guest.host.uri, "migrate", "--live", "--unsafe"]
        command += [
            "--persistent",
            "--undefinesource",
            guest.name,
            to.uri,
            "--migrateuri",
            f"unix://{address}",
            "--disks-uri",
            f"unix://{address}d",
            *flags,
        ]
        command += ["--bandwidth", str(bandwidth_mib)] if bandwidth_mib else []
        self._process = subprocess.Popen(
            command, env=ENVIRONMENT, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def running(self) -> bool:
        """Whether it is still on its way."""
        return self._process.poll() is None

    def wait(self, timeout: float = 180) -> float:
        """Waits for the end; returns the seconds it took. Raises LabError if it fails or is cancelled."""
        try:
            _, error = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise LabError(f"the migration of {self.guest.name} did not end in {timeout:g} s") from None
        if self._process.returncode:
            raise LabError(f"the migration of {self.guest.name} failed: {' '.join(error.split())}")
        self.guest.host = self.to
        return time.monotonic() - self._began

    def cancel(self) -> None:
        """Aborts it; the guest stays where it is."""
        self.guest.host.virsh("domjobabort", self.guest.name)
        self._process.communicate(timeout=60)
