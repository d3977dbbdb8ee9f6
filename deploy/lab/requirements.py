"""What a lab needs of the machine, and what the machine can do: asked by trying."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = {
    "libvirtd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "ip": "iproute2",
    "unshare": "util-linux",
    "gcc": "gcc",
    "ldd": "libc-bin",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
}
FOLDERS = ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")

# Ordinary users have no sbin on their path, and libvirtd needs it for its own helpers, too.
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin",
    "LC_ALL": "C",
}

# Real-mode code: mov al,0x10; out 0xf4,al; hlt. QEMU's debug-exit device makes exit status 0x21 of the 0x10.
BOOT_SECTOR = bytes.fromhex("b010e6f4f4").ljust(510, b"\0") + b"\x55\xaa"
BOOT_SECTOR_STATUS = 0x21
BOOT_SECONDS = 20
# Times the emulator's seconds; a KVM that works needs about as long, QEMU's own start mostly.
KVM_AT_MOST = 3.0


class LabError(RuntimeError):
    """The lab cannot do what was asked; the message is one line for a human."""


def namespaces() -> list[str]:
    """The command that gives a host its own namespaces; an ordinary user becomes root in a user namespace."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--uts", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]


def missing() -> str:
    """Why no lab can run here, in one line; empty if one can."""
    packages = sorted(
        {
            package
            for program, package in PROGRAMS.items()
            if not shutil.which(program, path=ENVIRONMENT["PATH"])
        }
    )
    if packages:
        return f"packages are missing: {' '.join(packages)} (deploy/packages.sh lab installs them)"
    absent = [folder for folder in FOLDERS if not Path(folder).is_dir()]
    if absent:
        return f"libvirt is not installed completely: no {' '.join(absent)}"
    attempt = subprocess.run(
        [*namespaces(), "mount", "-t", "tmpfs", "tmpfs", "/run"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if attempt.returncode:
        reason = attempt.stderr.strip().splitlines() or ["no reason given"]
        return f"neither root nor unprivileged user namespaces: {reason[-1]}"
    return ""


def default_cache() -> Path:
    """The user's cache folder for the lab."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "virtcast-lab"


def kvm_works(cache: Path) -> bool:
    """Whether guests gain by KVM here. Tried once per boot of the machine: a silent KVM costs seconds."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    answer = cache / f"accelerator-{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}"
    if not answer.exists():
        cache.mkdir(parents=True, exist_ok=True)
        answer.write_text("kvm" if _kvm_keeps_up() else "tcg")
    return answer.read_text() == "kvm"


def _kvm_keeps_up() -> bool:
    """The device may be there, open and even make a machine, and yet run nothing in it, or that many times
    slower than the emulator (a nested KVM whose every step is emulated further down).
    """
    emulated = _boot_seconds("tcg", "qemu64", BOOT_SECONDS)
    return math.isfinite(_boot_seconds("kvm", "host", min(KVM_AT_MOST * emulated, BOOT_SECONDS)))


def _boot_seconds(accelerator: str, cpu: str, within: float) -> float:
    """Until the boot sector has run; inf when it has not `within` so many."""
    with tempfile.NamedTemporaryFile(suffix=".img") as floppy:
        floppy.write(BOOT_SECTOR.ljust(1474560, b"\0"))
        floppy.flush()
        command = ["qemu-system-x86_64", "-accel", accelerator, "-cpu", cpu, "-m", "16", "-nodefaults"]
        command += ["-display", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
        command += ["-boot", "a", "-drive", f"if=floppy,format=raw,readonly=on,file={floppy.name}"]
        began = time.monotonic()
        try:
            run = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=within, check=False
            )
        except subprocess.TimeoutExpired:
            return math.inf
        return time.monotonic() - began if run.returncode == BOOT_SECTOR_STATUS else math.inf
