"""What guests boot: Debian's cloud kernel; a RAM disk of busybox, the guest agent and the loads of guest/.

Built once and kept in a cache; the cache key is what goes into it. Safe to run in several processes at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.requirements import ENVIRONMENT, LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    Options = tuple[str, ...]

SOURCES = Path(__file__).parent / "guest"
KERNEL_PACKAGE = "linux-image-cloud-amd64"
AGENT_PACKAGE = "qemu-guest-agent"
# In the order in which guests load them: what a module needs stands before it.
MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "virtio_blk",
    "virtio_console",
    "virtio_balloon",
    "failover",
    "net_failover",
    "virtio_net",
    "pvpanic",
    "pvpanic-mmio",
)
# In a folder of their own, for guests that load them: LVM's thin pools on a loop device.
LATER_MODULES = (
    "loop", "libcrc32c", "dm-mod", "dm-bufio", "dm-bio-prison", "dm-persistent-data", "dm-thin-pool",
)  # fmt: skip
OS_RELEASE = """\
ID=virtcast-lab
NAME="virtcast lab guest"
PRETTY_NAME="virtcast lab guest 1"
VERSION_ID=1
VERSION="1"
"""
COMPILE = ("gcc", "-O2", "-static", "-pthread")


@dataclass(frozen=True, slots=True)
class Image:
    """What every guest boots."""

    kernel: Path
    initrd: Path


def build(cache: Path) -> Image:
    """The image, from the cache if it is there. The first time takes seconds and Debian's package servers."""
    folder = cache / _key()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                _make(Path(work)).rename(folder)
    return Image(folder / "vmlinuz", folder / "initrd")


def _key() -> str:
    parts = [Path(__file__), *sorted(SOURCES.iterdir())]
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _make(work: Path) -> Path:
    """Builds in `work` and returns the folder with the finished files."""
    kernel, agent = work / "kernel", work / "agent"
    _fetch(work, _guest_packages)
    for package, target in (("linux-image", kernel), (AGENT_PACKAGE, agent)):
        _run("dpkg-deb", "--extract", str(next(work.glob(f"{package}*.deb"))), str(target))
    tree, ready = work / "tree", work / "ready"
    _fill(tree, kernel, agent / "usr/sbin/qemu-ga")
    ready.mkdir()
    shutil.copy(next((kernel / "boot").glob("vmlinuz-*")), ready / "vmlinuz")
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    with (ready / "initrd").open("wb") as initrd:
        cpio = ["cpio", "--create", "--format=newc", "--owner=0:0", "--quiet"]
        subprocess.run(cpio, cwd=tree, input=names.encode(), stdout=initrd, check=True)
    return ready


def _fill(tree: Path, kernel: Path, agent: Path) -> None:
    for folder in ("bin", "sbin", "usr/sbin", "etc", "modules/later", "proc", "sys", "dev"):
        (tree / folder).mkdir(parents=True)
    busybox = _found("busybox")
    shutil.copy(busybox, tree / "bin/busybox")
    for applet in _run(busybox, "--list").split():
        if applet != "busybox":
            (tree / "bin" / applet).symlink_to("busybox")
    for place, module in enumerate(MODULES):
        shutil.copy(_module(kernel, module), tree / f"modules/{place:02}-{module}.ko")
    for module in LATER_MODULES:
        shutil.copy(_module(kernel, module), tree / "modules/later")
    shutil.copy(agent, tree / "usr/sbin/qemu-ga")
    for library in re.findall(r"(/\S+) \(0x", _run("ldd", str(agent))):
        target = tree / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(library).resolve(), target)
    (tree / "etc/os-release").write_text(OS_RELEASE)
    shutil.copy(SOURCES / "init", tree / "init")
    shutil.copy(SOURCES / "shutdown", tree / "sbin/shutdown")
    for script in (tree / "init", tree / "sbin/shutdown"):
        script.chmod(0o755)
    _run(*COMPILE, "-o", str(tree / "bin/load"), str(SOURCES / "load.c"), "-lm")


def _module(kernel: Path, name: str) -> Path:
    found = next(kernel.rglob(f"{name}.ko"), None)
    if found is None:
        raise LabError(f"the kernel package has no module {name}.ko")
    return found


def download(work: Path, *packages: str) -> None:
    """Downloads Debian packages into `work`, and installs nothing. Raises LabError."""
    _fetch(work, lambda _options: packages)


def _fetch(work: Path, packages: Callable[[Options], Options]) -> None:
    """Downloads the packages that apt, with these options, knows."""
    command = ("apt-get", "-o", "APT::Sandbox::User=", "-qq")
    try:
        _run(*command, "download", *packages(()), folder=work)
    except LabError:
        # No package lists on this machine, or stale ones: fetch our own and leave the machine's alone.
        options = _private_lists(work)
        _run(*command, *options, "download", *packages(options), folder=work)


def _guest_packages(options: Options) -> Options:
    """The kernel's package is the one its meta package stands for."""
    try:
        known = _run("apt-cache", *options, "depends", KERNEL_PACKAGE)
    except LabError:
        known = ""
    depends = re.search(r"Depends: (linux-image-\S+)", known)
    if depends is None:
        raise LabError(f"apt knows no package {KERNEL_PACKAGE}, which the guests boot: is this amd64 Debian?")
    return (depends[1], AGENT_PACKAGE)


def _private_lists(work: Path) -> Options:
    """The options that make apt use package lists of our own, freshly fetched."""
    (work / "lists/partial").mkdir(parents=True)
    options = (
        "-o",
        f"Dir::State::lists={work / 'lists'}",
        "-o",
        f"Dir::Cache={work}",
        "-o",
        "APT::Sandbox::User=",
    )
    _run("apt-get", *options, "-qq", "update")
    return options


def _found(program: str) -> str:
    path = shutil.which(program, path=ENVIRONMENT["PATH"])
    if path is None:
        raise LabError(f"{program} is not installed")
    return path


def _run(*command: str, folder: Path | None = None) -> str:
    run = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if run.returncode:
        last = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        raise LabError(f"{command[0]} failed: {last}")
    return run.stdout
