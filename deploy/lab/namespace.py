"""The namespaces of a host: host.sh as their PID 1, asked line by line."""

from __future__ import annotations

import select
import subprocess
import threading
from pathlib import Path

from lab.requirements import ENVIRONMENT, LabError, namespaces

SCRIPT = Path(__file__).parent / "host.sh"
ANSWER_SECONDS = 60
CLOSE_SECONDS = 5


class Namespace:
    """Mount, PID, UTS and network namespaces, and everything that runs in them."""

    def __init__(self, folder: Path, name: str, *, kvm: bool) -> None:
        self._name = name
        self._errors = folder / "host.err"
        self._asking = threading.Lock()
        with self._errors.open("w") as errors:
            # A session of its own: Ctrl-C on the terminal is for the lab, which then stops its hosts.
            # Unbuffered: select() must see every answer that is there.
            self._process = subprocess.Popen(
                [*namespaces(), "bash", str(SCRIPT), str(folder), name, "yes" if kvm else "no"],
                env=ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                start_new_session=True,
            )
        self._identity = Path()
        self.network_problem = ""
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        if self._answer("make its namespaces"):
            raise LabError(f"host {self._name}: {self._last_words()}")
        if self._answer("make its network"):
            self.network_problem = self._last_words()
        self._identity = Path(f"/proc/{self._process.pid}/ns/pid_for_children").readlink()

    def ask(self, line: str) -> int:
        """Has host.sh carry out a line; returns the exit status."""
        with self._asking:
            if self._process.stdin is None or self._process.stdin.closed:
                raise LabError(f"host {self._name} is closed")
            self._process.stdin.write(line.encode() + b"\n")
            return self._answer(line)

    def processes(self) -> dict[int, int]:
        """The processes in here: PID inside → PID outside."""
        found = {}
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if (status.parent / "ns/pid").readlink() == self._identity:
                    lines = status.read_text().splitlines()
                    numbers = next(line for line in lines if line.startswith("NSpid:"))
                    found[int(numbers.split()[-1])] = int(status.parent.name)
            except (OSError, StopIteration):
                continue  # gone meanwhile, or not ours to look at
        return found

    def close(self) -> None:
        """Ends everything in here: host.sh ends with its input, and the kernel kills the rest."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            self._process.wait(timeout=CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self, question: str) -> int:
        stream = self._process.stdout
        if stream is None:
            raise LabError(f"host {self._name} is closed")
        ready, _, _ = select.select([stream], [], [], ANSWER_SECONDS)
        line = stream.readline() if ready else b""
        if not line:
            raise LabError(f"host {self._name} failed to {question}: {self._last_words()}")
        return int(line)

    def _last_words(self) -> str:
        return last_line(self._errors)


def last_line(log: Path) -> str:
    """The last line of a log that says anything."""
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")
