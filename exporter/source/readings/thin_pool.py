"""Reads LVM thin pools by `lvs`: libvirt does not say how full they are; see docs/adr/0022.

Only root may ask the device mapper. A command that hangs, for example on dead storage, is killed.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from exporter.snapshot.thin_pool import COLUMNS, THIN_POOLS, ThinPool, thin_pools
from exporter.source.reader import MINUTELY
from exporter.source.readings.row import Local

TIMEOUT = 10.0  # seconds; LVM reads the label of every disk
COMMAND = (
    "lvs", "--reportformat", "json", "--units", "b", "--nosuffix", "--options", ",".join(COLUMNS),
    "--select", "segtype=thin-pool || segtype=thin",
)  # fmt: skip
_PATH = ":".join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
_ENVIRONMENT = {"PATH": _PATH, "LC_ALL": "C", "LVM_SUPPRESS_FD_WARNINGS": "1"}


class LvsError(Exception):
    """`lvs` failed; the message is its last line."""


def lvs() -> tuple[ThinPool, ...]:
    """All thin pools of this machine; none if it has no LVM.

    Raises OSError, TimeoutExpired, LvsError, ValueError or KeyError.
    """
    if shutil.which(COMMAND[0], path=_PATH) is None:
        return ()
    run = subprocess.run(
        COMMAND,
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if run.returncode:
        last = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        raise LvsError(last.strip())
    return thin_pools(run.stdout)


READINGS = (Local(THIN_POOLS, lambda _uri, _domains: lvs, MINUTELY),)
