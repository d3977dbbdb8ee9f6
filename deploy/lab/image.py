"""The guest's kernel and initial RAM disk: Debian's cloud kernel, busybox, the real guest agent and the loads of guest/.

Built once and kept in a cache; the cache key is what goes into it. Safe to run in several processes at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab.requirements import ENVIRONMENT, LabError

SOURCES = Path(__file__).parent / "guest"
KERNEL_PACKAGE = "linux-image-cloud-amd64"
AGENT_PACKAGE = "qemu-guest-agent"
MODULES = (
    "virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk virtio_console virtio_balloon"
    " failover net_failover virtio_net"
).split()
OS_RELEASE = 'ID=virtcast-lab\nNAME="virtcast lab guest"\nPRETTY_NAME="virtcast lab guest 1"\nVERSION_ID=1\nVERSION="1"\n'
COMPILE = ("gcc", "-O2", "-static", "-pthread")


@dataclass(frozen=True, slots=True)
class Image:
    """What every guest boots."""

    kernel: Path
    initrd: Path


def default_cache() -> Path:
    """The user's cache folder for lab images."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "virtcast-lab"


def build(cache: Path | None = None) -> Image:
    """The image, from the cache if it is there. Takes a minute and a network the first time."""
    cache = cache or default_cache()
    folder = cache / _key()
    image = Image(folder / "vmlinuz", folder / "initrd")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                ready = _make(Path(work))
                ready.rename(folder)
    return image


def _key() -> str:
    parts = [Path(__file__), *sorted(SOURCES.iterdir())]
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _make(work: Path) -> Path:
    """Builds in `work` and returns the folder with the finished files."""
    kernel, agent = work / "kernel", work / "agent"
    _extract(_kernel_package(work), kernel, work)
    _extract(AGENT_PACKAGE, agent, work)
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
    for folder in ("bin", "sbin", "usr/sbin", "etc", "modules", "proc", "sys", "dev"):
        (tree / folder).mkdir(parents=True)
    busybox = _found("busybox")
    shutil.copy(busybox, tree / "bin/busybox")
    for applet in _run(busybox, "--list").split():
        if applet != "busybox":
            (tree / "bin" / applet).symlink_to("busybox")
    for module in MODULES:
        found = next(kernel.rglob(f"{module}.ko"), None)
        if found is None:
            raise LabError(f"the kernel package has no module {module}.ko")
        shutil.copy(found, tree / "modules")
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


def _kernel_package(work: Path) -> str:
    """The versioned package the kernel's meta package stands for."""
    options = [] if KERNEL_PACKAGE in _run("apt-cache", "pkgnames", KERNEL_PACKAGE) else _private_lists(work)
    depends = re.search(r"Depends: (linux-image-\S+)", _run("apt-cache", *options, "depends", KERNEL_PACKAGE))
    if depends is None:
        raise LabError(f"apt knows no package {KERNEL_PACKAGE}: the lab's guests need Debian's package lists")
    return depends[1]


def _private_lists(work: Path) -> list[str]:
    """apt's options for package lists of our own, when the machine has none and we may not fetch them for it."""
    lists = work / "lists"
    options = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={work}", "-o", "APT::Sandbox::User="]
    if not lists.is_dir():
        (lists / "partial").mkdir(parents=True)
        _run("apt-get", *options, "-qq", "update")
    return options


def _extract(package: str, target: Path, work: Path) -> None:
    options = _private_lists(work) if (work / "lists").is_dir() else ["-o", "APT::Sandbox::User="]
    _run("apt-get", *options, "-qq", "download", package, folder=work)
    archive = next(work.glob(f"{package}_*.deb"))
    _run("dpkg-deb", "--extract", str(archive), str(target))


def _found(program: str) -> str:
    path = shutil.which(program, path=ENVIRONMENT["PATH"])
    if path is None:
        raise LabError(f"{program} is not installed")
    return path


def _run(*command: str, folder: Path | None = None) -> str:
    run = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if run.returncode:
        last = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        raise LabError(f"{' '.join(command[:4])} failed: {last}")
    return run.stdout
