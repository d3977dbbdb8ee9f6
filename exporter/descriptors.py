"""File descriptors: how many the process may have, and whether a configuration fits.

GLib, which libvirt's client library uses, ends the process when it gets no descriptor. So the need is
calculated before the start, and no connection is opened when few are left.
"""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 65_536  # where no limit is set: programs that are started close every possible descriptor, one by one
SPARE = 32  # for files of the kernel, the event loops, the log
OF_CONNECTION = 2  # of libvirt: a socket and the wake-up of its event context; measured with libvirt 9.0
FEWEST_CLIENTS = 64  # of the web server

RAISE = "raise the limit (LimitNOFILE= of systemd, ulimit -n)"
TOO_FEW = f"few file descriptors are left: {RAISE}"


class DoesNotFit(ValueError):  # noqa: N818 (a state of the configuration)
    """The configuration needs more descriptors than the process may have; the message is one line."""


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


def clients(limit: int, connections: Iterable[int], most: int) -> int:
    """How many clients, up to `most`, the web server may have beside hosts with so many connections each.

    Raises DoesNotFit if it is too few.
    """
    hosts = tuple(connections)
    needed = SPARE + OF_CONNECTION * sum(hosts)
    if limit - needed < FEWEST_CLIENTS:
        raise DoesNotFit(
            f"{len(hosts)} libvirt hosts need {needed + FEWEST_CLIENTS} file descriptors, and {limit} are "
            f"allowed: {RAISE}, or use several exporters"
        )
    return min(most, limit - needed)
