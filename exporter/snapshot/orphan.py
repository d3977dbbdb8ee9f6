"""Volumes in storage pools that no defined domain uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from exporter.snapshot.elements import number
from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

# Pools whose volumes other hosts cannot use: on shared storage a volume that no domain of this host uses is
# no orphan. The volumes of disk pools are the partitions of the host.
LOCAL_POOLS = frozenset(("dir", "fs", "logical", "zfs"))

# Searched in the text: metadata may make the XML malformed. libvirt quotes attributes with apostrophes.
_WORDS = re.compile(r"='([^']+)'|>([^<>]*[^<>\s][^<>]*)<")
_POOL_VOLUME = re.compile(r"<source [^>]*\bpool='([^']+)'[^>]*\bvolume='([^']+)'")


@dataclass(frozen=True, slots=True)
class Orphan:
    """A volume that no domain uses, with its allocated bytes."""

    pool: str
    name: str
    allocation: float


@dataclass(frozen=True, slots=True)
class Orphans:
    """Orphans by pool; a pool without any has an empty tuple. Of `left_out` volumes nobody can say it."""

    pools: tuple[tuple[str, tuple[Orphan, ...]], ...] = ()
    left_out: int = 0


ORPHANS: Reading[Orphans] = Reading("orphans")


@dataclass(frozen=True, slots=True)
class Examined:
    """A volume by its XML."""

    type: str
    format: str
    allocation: float
    backing: str | None

    @classmethod
    def read(cls, xml: str) -> Examined:
        root = ET.fromstring(xml)  # noqa: S314 (libvirt's own XML has no entities)
        form = root.find("./target/format")
        return cls(
            root.get("type", ""),
            "" if form is None else form.get("type", ""),
            number(root.findtext("allocation")) or 0.0,
            root.findtext("./backingStore/path"),
        )

    @property
    def is_image(self) -> bool:
        """Whether a domain could own it; installation media are shared, and folders are no images."""
        return self.type in {"file", "block", "network"} and self.format != "iso"


def used(xml: Iterable[str]) -> set[str]:
    """Whatever the XML of domains and snapshots names: paths among it, and volumes as `pool/volume`."""
    found: set[str] = set()
    for text in xml:
        found |= {unescape(attribute or content.strip()) for attribute, content in _WORDS.findall(text)}
        found |= {f"{unescape(pool)}/{unescape(volume)}" for pool, volume in _POOL_VOLUME.findall(text)}
    return found
