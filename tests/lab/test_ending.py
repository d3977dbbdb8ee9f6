"""Nothing remains of a lab, however it ends; and labs do not see each other."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import Guest, Lab, requirements
from lab.requirements import default_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab
DEPLOY = Path(requirements.__file__).parents[1]
PAUSED = """
import sys
from lab import Guest, Lab
with Lab(hosts=1) as lab:
    guest = lab.hosts[0].start(Guest("still", paused=True))
    print(lab.root, *lab.hosts[0].processes(), flush=True)
    {then}
"""

UNPRIVILEGED = """
from lab import CpuLoad, Guest, Lab, missing
if "unprivileged user namespaces" in missing():
    print("user namespaces are refused")
else:
    with Lab(hosts=2) as lab:
        guest = lab.hosts[0].start(Guest("small", workload=CpuLoad(5)))
        lab.migrate(guest, to=lab.hosts[1])
        print(guest.state(), guest.information()["hostname"])
"""


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """A shell's background job ignores SIGINT, and so would the labs it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """The process does not outlive the block, so that one that does not end fails its test and no more."""
    with process:
        try:
            yield
        finally:
            process.kill()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def gone(pids: list[int], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(map(alive, pids))


def machine() -> tuple[str, list[str], list[str]]:
    """What a lab could leave behind outside its processes: mounts, network devices, libvirt's own folder."""
    folder = Path("/run/libvirt")
    return (
        Path("/proc/mounts").read_text(),
        sorted(path.name for path in Path("/sys/class/net").iterdir()),
        sorted(map(str, folder.rglob("*"))) if os.access(folder, os.R_OK) else [],
    )


def begin(then: str) -> tuple[subprocess.Popen[str], Path, list[int]]:
    """A lab with a paused guest in a process of its own: the process, the lab's folder and its PIDs."""
    process = subprocess.Popen(
        [sys.executable, "-c", PAUSED.format(then=then)],
        env={**os.environ, "PYTHONPATH": str(DEPLOY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    root, *pids = process.stdout.readline().split()
    return process, Path(root), [int(pid) for pid in pids]


def test_parallel_labs_are_apart_and_leave_nothing(lab: Lab) -> None:
    def one(_: int) -> tuple[Path, set[int], str]:
        with Lab(hosts=2) as another:
            for host in another.hosts:
                host.start(Guest("twin", paused=True))
            pids = {pid for host in another.hosts for pid in host.processes()}
            return another.root, pids, another.hosts[0].virsh("list", "--name").strip()

    before = machine()
    with ThreadPoolExecutor() as pool:
        (first_root, first, first_names), (second_root, second, second_names) = pool.map(one, range(2))
    assert (first_names, second_names) == ("twin", "twin")
    assert len(first) >= 6
    assert not first & second
    assert gone([*first, *second], seconds=0)
    assert not first_root.exists()
    assert not second_root.exists()
    assert machine() == before
    assert all(map(alive, lab.hosts[0].processes()))


@pytest.mark.parametrize(
    ("then", "how", "status"),
    [
        ("raise ValueError", None, 1),
        ("sys.exit(3)", None, 3),
        ("sys.stdin.read()", signal.SIGINT, -signal.SIGINT),
        ("sys.stdin.read()", signal.SIGKILL, -signal.SIGKILL),
    ],
    ids=["exception", "exit", "ctrl-c", "kill -9"],
)
def test_nothing_remains(lab: Lab, then: str, how: signal.Signals | None, status: int) -> None:
    del lab  # only here to say whether a lab can run
    before = machine()
    process, root, pids = begin(then.replace("sys.stdin.read()", "import signal; signal.pause()"))
    with ended(process):
        assert len(pids) >= 3
        if how:
            process.send_signal(how)
        assert process.wait(timeout=20) == status
    assert gone(pids)
    assert machine() == before
    if how != signal.SIGKILL:
        assert not root.exists()
    shutil.rmtree(root, ignore_errors=True)


def test_the_command_line_tells_how_to_reach_the_hosts_and_ends_on_ctrl_c(lab: Lab) -> None:
    del lab
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "--hosts", "1"],
        env={**os.environ, "PYTHONPATH": str(DEPLOY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with ended(process):
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("host-a: "))
        listing = subprocess.run(line.partition(": ")[2], shell=True, capture_output=True, check=True)  # noqa: S602 (the line is for a shell)
        assert b"Name" in listing.stdout
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="is itself run by an ordinary user, like every other lab test")
def test_an_ordinary_user_gets_the_same(lab: Lab) -> None:
    """A user nobody knows, with the system's Python; or one line that says why not."""
    del lab
    with tempfile.TemporaryDirectory(prefix="u-") as home:
        shutil.copytree(DEPLOY / "lab", f"{home}/deploy/lab", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(default_cache(), f"{home}/.cache/virtcast-lab", dirs_exist_ok=True)
        subprocess.run(["chown", "-R", "4321:4321", home], check=True)
        command = ["setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", "env"]
        command += ["-u", "XDG_CACHE_HOME", f"HOME={home}", f"PYTHONPATH={home}/deploy"]
        command += ["/usr/bin/python3", "-B", "-c", UNPRIVILEGED]
        run = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=240, check=False)
    assert run.stderr == ""
    assert run.stdout.splitlines()[-1] in ("running small", "user namespaces are refused")
