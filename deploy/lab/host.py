"""A host: one libvirtd in its own namespaces, seen from outside by its sockets."""

from __future__ import annotations

import select
import signal
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from lab.guest import Guest, domain_xml
from lab.requirements import ENVIRONMENT, LabError, namespaces
from lab.running import RunningGuest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.guest import Place

SCRIPT = Path(__file__).parent / "host.sh"
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


class Host:
    """One libvirt host. Made, started and stopped by its Lab."""

    def __init__(self, name: str, folder: Path, place: Callable[[], Place], *, kvm: bool) -> None:
        self.name = name
        self.folder = folder
        self.network_problem = ""
        self._place = place
        self._kvm = kvm
        self._process: subprocess.Popen[str] | None = None
        self._asking = threading.Lock()
        self._namespace = ""

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
        script = ["bash", str(SCRIPT), str(self.folder), self.name, "yes" if self._kvm else "no"]
        # A session of its own: Ctrl-C on the terminal is for the lab, which then stops its hosts in order.
        self._process = subprocess.Popen(
            [*namespaces(), *script],
            env=ENVIRONMENT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "log/host.err").open("w"),
            start_new_session=True,
        )
        if self._answer("make its namespaces"):
            raise LabError(f"host {self.name}: {self._last_words('log/host.err')}")
        if self._answer("make its network"):
            self.network_problem = self._last_words("log/host.err")
        self._namespace = str(Path(f"/proc/{self._process.pid}/ns/pid_for_children").readlink())
        self.start_daemon()

    def close(self) -> None:
        """Ends all processes of the host, guests too, and its mounts: the kernel's doing when host.sh ends."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin and process.stdout:
            process.stdin.close()
            process.stdout.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def processes(self) -> list[int]:
        """Every process of this host, by its PID outside."""
        return [pid for pid, _ in self._processes()]

    def start_daemon(self) -> None:
        """Starts libvirtd; guests that outlived the last one are adopted again."""
        if self._ask("start"):
            raise LabError(
                f"host {self.name}: libvirtd does not start: {self._last_words('log/libvirtd.out')}"
            )

    def stop_daemon(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends libvirtd, with SIGKILL if asked so; the guests run on."""
        if self._ask(f"stop {how.name.removeprefix('SIG')}"):
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

    # -- its guests

    def start(self, guest: Guest, *, wait: bool = True) -> RunningGuest:
        """Defines and starts a guest; waits until its loads (and its agent, if it has one) answer."""
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
            if wait:
                list(
                    pool.map(RunningGuest.wait_until_booted, (one for one in running if not one.spec.paused))
                )
        finally:
            # On Ctrl-C nobody waits for guests to boot: the lab is about to end them.
            pool.shutdown(wait=False, cancel_futures=True)
        return running

    def guest_pid(self, name: str) -> int:
        """The QEMU process of a guest, by its PID outside."""
        inside = (self.folder / f"run/qemu/{name}.pid").read_text()
        for pid, inner in self._processes():
            if inner == int(inside):
                return pid
        raise LabError(f"host {self.name}: guest {name} does not run")

    # -- inside

    def _make_disk(self, path: Path, image_format: str, size_mib: int) -> None:
        command = ["qemu-img", "create", "-q", "-f", image_format, str(path), f"{size_mib}M"]
        subprocess.run(command, env=ENVIRONMENT, check=True)

    def _processes(self) -> list[tuple[int, int]]:
        """(PID outside, PID inside) of the processes in this host's PID namespace."""
        found = []
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if str((status.parent / "ns/pid").readlink()) == self._namespace:
                    numbers = next(
                        line for line in status.read_text().splitlines() if line.startswith("NSpid:")
                    )
                    found.append((int(status.parent.name), int(numbers.split()[-1])))
            except (OSError, StopIteration):
                continue
        return found

    def _ask(self, line: str) -> int:
        with self._asking:
            if self._process is None or self._process.stdin is None:
                raise LabError(f"host {self.name} is closed")
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            return self._answer(line)

    def _answer(self, question: str, timeout: float = 60) -> int:
        """The exit status host.sh reports next."""
        if self._process is None or self._process.stdout is None:
            raise LabError(f"host {self.name} is closed")
        ready, _, _ = select.select([self._process.stdout], [], [], timeout)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise LabError(f"host {self.name} failed to {question}: {self._last_words('log/host.err')}")
        return int(line)

    def _last_words(self, log: str) -> str:
        lines = (self.folder / log).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no reason given"
