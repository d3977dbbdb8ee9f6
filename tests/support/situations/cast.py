"""To whom things happen: guests that boot, and what storage and interfaces have."""

from __future__ import annotations

from lab import Disk, Guest

MAC = "52:54:00:77:ff:01"  # of an interface
SNAPSHOTS = ("one", "two")
WATCHDOG = "<watchdog model='i6300esb' action='none'/>"
# Of a file system for images: its size, what fills it from the start, a thin image, and what a guest writes.
SMALL_MIB, BALLAST_MIB, THIN_MIB, WRITTEN_MIB = 24, 8, 64, 17
BOOTED = (
    Guest("panicked", devices="<panic model='isa'/>"),
    Guest("watched", devices=WATCHDOG, disks=(Disk(size_mib=8),)),
    Guest("writing", agent=False, disks=(Disk("thin", THIN_MIB, "raw"),)),
    Guest("saturated", agent=False),
    Guest("hung"),
)
