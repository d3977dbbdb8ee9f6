"""Under which name block devices of this machine meet, also where /dev is not the machine's.

A device has several names: /dev/vg0/root and /dev/mapper/vg0-root are links to /dev/dm-0. The /dev of a unit
with PrivateDevices=yes and of a container has none of them; device mapper's names are in /sys, too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

BLOCK_DEVICES = Path("/sys/class/block")
MAPPER = "/dev/mapper/"
# Devices that a domain's XML names and no volume is: terminals of consoles, devices that QEMU opens.
NO_STORAGE = ("/dev/net/", "/dev/pts/", "/dev/hwrng", "/dev/vhost-")


class Devices(NamedTuple):
    """The devices of this machine.

    `mapped` are device mapper's, by their name in /dev/mapper.
    """

    mapped: Mapping[str, str]

    @classmethod
    def read(cls) -> Self:
        """As /sys tells them now; those that go meanwhile are left out."""
        mapped = {}
        for file in BLOCK_DEVICES.glob("dm-*/dm/name"):
            try:
                mapped[MAPPER + file.read_text().strip()] = f"/dev/{file.parts[-3]}"
            except OSError:
                continue
        return cls(mapped)

    def real(self, path: str) -> str:
        """The path that all names of a file or device have in common.

        >>> Devices({"/dev/mapper/vg--0-root": "/dev/dm-3"}).real("/dev/vg-0/root")
        '/dev/dm-3'
        """
        if not path.startswith("/dev/") or _exists(path):
            return os.path.realpath(path)
        return self.mapped.get(_of_lvm(path), path)

    def knows(self, path: str) -> bool:
        """Whether `real` finds the device: here, or in /sys."""
        real = self.real(path)
        return _exists(real) or _exists(f"{BLOCK_DEVICES}/{real.removeprefix('/dev/')}")

    def may_be_storage(self, path: str) -> bool:
        """Whether a volume can have this name."""
        return path.startswith("/dev/") and not path.startswith(NO_STORAGE)


def _exists(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110 (that of Path raises if a name is too long)


def _of_lvm(path: str) -> str:
    """The name in /dev/mapper of /dev/GROUP/VOLUME; LVM doubles the hyphens in either."""
    group, _, volume = path.removeprefix("/dev/").partition("/")
    if path.startswith(MAPPER) or not volume:
        return path
    return f"{MAPPER}{group.replace('-', '--')}-{volume.replace('-', '--')}"
