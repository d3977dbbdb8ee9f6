"""A guest that runs: its figures, its loads, its process."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.guest import CONTROL_PORT
from lab.namespace import last_line
from lab.requirements import LabError
from lab.workload import CpuBurst, Workload

if TYPE_CHECKING:
    from lab.guest import Guest
    from lab.hypervisor import Hypervisor

BOOT_SECONDS = 180


class RunningGuest:
    """Handle on a started guest; `host` changes when it is migrated."""

    def __init__(self, spec: Guest, host: Hypervisor, console: Path) -> None:
        self.spec = spec
        self.host = host
        self.console = console

    def __repr__(self) -> str:
        return f"<guest {self.name} on {self.host.name}>"

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.spec.name

    @property
    def pid(self) -> int:
        """Its QEMU process, by the PID outside."""
        return self.host.guest_pid(self.name)

    def wait_until_booted(self, timeout: float = BOOT_SECONDS) -> None:
        """Waits until the loads take orders and the agent, if the guest has one, answers."""
        deadline = time.monotonic() + timeout
        self._order("ping", timeout)
        while self.spec.agent:
            try:
                self.agent("guest-ping", timeout=20)
            except LabError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
            else:
                return

    # -- what it does

    def run(self, workload: Workload) -> None:
        """Starts a workload, in place of the one of its kind."""
        self._order(workload.line())

    def stop(self, kind: type[Workload]) -> None:
        """Ends the workload of this kind: memory is freed, files stay."""
        self._order(f"stop,{kind.kind()}")

    def burst(self, seconds: float, percent: float = 100) -> None:
        """Loads the CPU from now on for some seconds."""
        self.run(CpuBurst(seconds, percent))

    def shell(self, line: str) -> None:
        """Begins a line of shell in the guest, by its agent. It may end the guest: it begins a second later,
        so that the agent has answered.
        """
        self.agent("guest-exec", path="/bin/sh", arg=["-c", f"sleep 1; {line}"])

    def output(self, line: str, timeout: float = 60) -> str:
        """What a line of shell prints in the guest. Raises LabError if it fails."""
        started = self.agent("guest-exec", path="/bin/sh", arg=["-c", line], **{"capture-output": True})
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            answer = self.agent("guest-exec-status", pid=started["pid"])
            if answer["exited"]:
                break
            time.sleep(0.2)
        else:
            raise LabError(f"guest {self.name}: no end in {timeout:g} s: {line}")
        said = {way: base64.b64decode(answer.get(f"{way}-data", "")).decode() for way in ("out", "err")}
        if answer.get("exitcode"):
            raise LabError(f"guest {self.name}: {line}: {said['err'].strip()}")
        return said["out"]

    def freeze(self) -> None:
        """Stops the QEMU process (SIGSTOP): a guest that no longer answers its monitor."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.01)  # each thread stops for itself; a process that ended has no such file

    def thaw(self) -> None:
        """Lets the QEMU process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def destroy(self) -> None:
        """Ends and undefines the guest."""
        if self.state() != "shut off":
            self.host.virsh("destroy", self.name)
        self.host.virsh("undefine", self.name, "--checkpoints-metadata", "--snapshots-metadata")

    # -- what it shows

    def state(self) -> str:
        """`running`, `paused`, `shut off` …"""
        return self.host.virsh("domstate", self.name).strip()

    def statistics(self) -> dict[str, int | str]:
        """All fields of `virsh domstats`, numbers as numbers."""
        lines = self.host.virsh("domstats", "--raw", self.name).splitlines()
        return dict(_field(line, "=") for line in lines if "=" in line)

    def information(self) -> dict[str, int | str]:
        """All fields of `virsh guestinfo`: what the agent tells of OS, file systems, interfaces, hostname."""
        lines = self.host.virsh("guestinfo", self.name).splitlines()
        return dict(_field(line, ":") for line in lines if ":" in line)

    def agent(self, command: str, timeout: int = 30, **arguments: object) -> Any:
        """The agent's answer to one of its commands, e.g. `guest-get-time`."""
        question = json.dumps({"execute": command, **({"arguments": arguments} if arguments else {})})
        answer = self.host.virsh(
            "qemu-agent-command", self.name, question, "--timeout", str(timeout), timeout=timeout + 10
        )
        return json.loads(answer)["return"]

    def _order(self, line: str, timeout: float = 60) -> None:
        """One line to the loads, over a virtio port of their own; works without libvirtd, too."""
        with socket.socket(socket.AF_UNIX) as port:
            port.settimeout(timeout)
            try:
                port.connect(str(self._control_port()))
                port.sendall(line.encode() + b"\n")
                answer = port.recv(16).strip()
            except OSError as error:
                raise LabError(
                    f"guest {self.name}: {line}: {error}; console: {last_line(self.console)}"
                ) from None
        if answer != b"ok":
            raise LabError(f"guest {self.name} does not understand {line!r}")

    def _control_port(self) -> Path:
        """The control port's socket as seen from outside, from libvirt's record of the running domain."""
        record = self.host.folder / f"run/qemu/{self.name}.xml"
        found = re.search(rf"path='/(?:var/)?(lib|run)/libvirt(/[^']+/{CONTROL_PORT})'", record.read_text())
        if found is None:
            raise LabError(f"guest {self.name} has no control port on host {self.host.name}")
        return self.host.folder / found[1] / found[2].lstrip("/")


def _field(line: str, separator: str) -> tuple[str, int | str]:
    name, _, value = (part.strip() for part in line.partition(separator))
    return name, int(value) if value.lstrip("-").isdigit() else value
