"""One libvirtd in its own namespaces, seen from outside by its sockets."""

from __future__ import annotations

import signal
import subprocess
import uuid
from pathlib import Path

from lab.namespace import Namespace, last_line
from lab.requirements import ENVIRONMENT, LabError

FOLDERS = ("run", "etc", "lib", "cache", "log")
LIBVIRTD_CONF = """\
host_uuid = "{uuid}"
unix_sock_group = "root"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
"""
# The ID -1 makes libvirt change neither user nor groups, which a user namespace would refuse.
QEMU_CONF = """\
user = "+4294967295"
group = "+4294967295"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
"""


class Hypervisor:
    """One libvirtd in its namespaces, and who runs in them."""

    def __init__(self, name: str, folder: Path, *, kvm: bool) -> None:
        self.name = name
        self.folder = folder
        self._kvm = kvm
        self._namespace: Namespace | None = None

    @property
    def uri(self) -> str:
        """For reading and writing."""
        return f"qemu+unix:///system?socket={self.folder}/run/libvirt-sock"

    @property
    def read_only_uri(self) -> str:
        """For libvirt's read-only connections (open it read-only)."""
        return f"qemu+unix:///system?socket={self.folder}/run/libvirt-sock-ro"

    # -- the host itself

    def open(self) -> None:
        """Makes the namespaces and starts libvirtd in them."""
        for folder in FOLDERS:
            (self.folder / folder).mkdir(parents=True)
        (self.folder / "etc/libvirtd.conf").write_text(LIBVIRTD_CONF.format(uuid=uuid.uuid4()))
        (self.folder / "etc/qemu.conf").write_text(QEMU_CONF)
        self._namespace = Namespace(self.folder, self.name, kvm=self._kvm)
        self.start_daemon()

    def close(self) -> None:
        """Ends the host's processes, guests too, and its mounts."""
        if self._namespace:
            self._namespace.close()

    @property
    def network_problem(self) -> str:
        """Why its guests have no network; empty if they have."""
        return self._opened().network_problem

    def processes(self) -> list[int]:
        """Every process of this host, by its PID outside."""
        return list(self._opened().processes().values())

    @property
    def daemon_pid(self) -> int | None:
        """The PID of libvirtd outside; None if it does not run."""
        return next((pid for pid in self.processes() if _program(pid) == "libvirtd"), None)

    def start_daemon(self) -> None:
        """Starts libvirtd; guests that outlived the last one are adopted again."""
        if self._opened().ask("start"):
            reason = last_line(self.folder / "log/libvirtd.out")
            raise LabError(f"host {self.name}: libvirtd does not start: {reason}")

    def stop_daemon(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends libvirtd, with SIGKILL if asked so; the guests run on."""
        if self._opened().ask(f"stop {how.name.removeprefix('SIG')}"):
            raise LabError(f"host {self.name}: libvirtd does not run")

    def virsh(self, *command: str, timeout: float = 60) -> str:
        """What `virsh COMMAND…` prints on this host. Raises LabError with virsh's reason."""
        try:
            run = subprocess.run(
                ["virsh", "--quiet", "--connect", self.uri, *command],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"host {self.name}: virsh {command[0]} gave no answer in {timeout:g} s") from None
        if run.returncode:
            raise LabError(f"host {self.name}: virsh {command[0]}: {' '.join(run.stderr.split())}")
        return run.stdout

    def guest_pid(self, name: str) -> int:
        """The QEMU process of a guest, by its PID outside."""
        inside = int((self.folder / f"run/qemu/{name}.pid").read_text())
        outside = self._opened().processes().get(inside)
        if outside is None:
            raise LabError(f"host {self.name}: guest {name} does not run")
        return outside

    # -- inside

    def _opened(self) -> Namespace:
        if self._namespace is None:
            raise LabError(f"host {self.name} is not open")
        return self._namespace


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""  # gone meanwhile
