"""Threads: how many the control group of the process allows, and whether a configuration may need more.

A target that does not answer holds threads. Without more of them, healthy targets get none either.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Threads that a target may hold: 33 with all collectors and --libvirt.read-write, if something takes its
# connections and is silent, measured with libvirt 9.0. Days later some more: exporter/source/opening.py.
OF_TARGET = 35
OF_PROGRAM = 100  # the web server, libvirt's event loop, programs that libvirt starts, such as ssh
RAISE = "raise TasksMax= of systemd (pids.max of the control group)"
MENDS = f"{RAISE}, or use several exporters"

_CGROUP, _CGROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def allowed(cgroup: Path = _CGROUP, cgroups: Path = _CGROUPS) -> int | None:
    """The most tasks that the control group of the process and those above it may have; None: no limit."""
    return min((int(text) for text in _limits(cgroup, cgroups) if text.isdecimal()), default=None)


def missing(hosts: int, most: int | None) -> str:
    """What to say if so many libvirt hosts may need more threads than the `most` that are allowed; or ""."""
    needed = hosts * OF_TARGET + OF_PROGRAM
    if most is None or needed <= most:
        return ""
    return f"{hosts} libvirt hosts that do not answer need {needed}, and {most} are allowed"


def _limits(cgroup: Path, cgroups: Path) -> Iterator[str]:
    """The limits of each group, "max" for none; of version 2, whose line names no controller, and of 1."""
    for line in _text(cgroup).splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "pids" in controllers.split(","):
            top = cgroups / controllers
            group = top / path.lstrip("/")
            above = [one for one in group.parents if one.is_relative_to(top)]
            yield from (_text(one / "pids.max").strip() for one in (group, *above))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):  # not mounted, or not readable for this user
        return ""
