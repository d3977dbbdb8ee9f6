"""Reads kernel same-page merging from /sys."""

from __future__ import annotations

import os
from pathlib import Path

from exporter.snapshot.ksm import KSM, Ksm
from exporter.source.readings.row import Local

FOLDER = Path("/sys/kernel/mm/ksm")
_FILES = (
    "run", "pages_shared", "pages_sharing", "pages_unshared", "pages_volatile", "full_scans",
    "general_profit",
)  # fmt: skip


def ksm() -> Ksm:
    """Its state and memory; without values if the kernel is built without it."""
    found = {name: FOLDER / name for name in _FILES if (FOLDER / name).exists()}
    return Ksm.read({name: path.read_text() for name, path in found.items()}, os.sysconf("SC_PAGE_SIZE"))


READINGS = (Local(KSM, lambda _uri, _domains: ksm),)
