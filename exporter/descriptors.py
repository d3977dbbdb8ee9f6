"""File descriptors: how many the process may have, and whether a configuration fits.

GLib, which libvirt's client library uses, ends the process when it gets no descriptor. So the need is
calculated before the start, and no connection is opened when few are left.
"""

from __future__ import annotations

import resource
from pathlib import Path

SPARE = 32  # left for clients of the web server, files of the kernel, and DNS look-ups of other threads
TOO_FEW = "few file descriptors are left: raise the limit (LimitNOFILE= of systemd, ulimit -n)"
OF_CONNECTION = 2  # a socket and the wake-up descriptor of its event context; measured with libvirt 9.0


MOST = 65_536  # where no limit is set: programs that are started close every possible descriptor, one by one


def raise_soft_limit() -> int:
    """Raise the soft limit of open descriptors as far as the hard limit allows; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def left() -> int:
    """How many descriptors may still be opened."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft - sum(1 for _ in Path("/proc/self/fd").iterdir())
