"""Programs that see the file systems of a host of the lab, as those of an operator do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab import Host


def entering(host: Host) -> list[str]:
    """What stands before a command that runs among the host's mounts."""
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    return ["nsenter", f"--target={host.daemon_pid}", *user, "--mount", "--root"]


def watching(host: Host) -> list[str]:
    """The same for a program that looks at processes, too: those of this machine, which its own is one of.
    It sees what is mounted at its start.
    """
    return [*entering(host), "unshare", "--mount", "sh", "-c", 'umount /proc && exec "$@"', "sh"]
