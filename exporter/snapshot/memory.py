"""Memory of domains, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import KIB, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

BALLOON = Need("balloon")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a domain in bytes.

    All but current, maximum and rss come from the guest's balloon driver; `last_update` is the Unix time of
    its last report.
    """

    current: float | None = None
    maximum: float | None = None
    rss: float | None = None
    unused: float | None = None
    available: float | None = None
    usable: float | None = None
    disk_caches: float | None = None
    swap_in: float | None = None
    swap_out: float | None = None
    major_faults: float | None = None
    minor_faults: float | None = None
    hugetlb_allocations: float | None = None
    hugetlb_failures: float | None = None
    last_update: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Memory:
        found = values(raw, _BALLOON)
        if not found.get("last_update"):  # 0 before the first report of the guest's driver
            found.pop("last_update", None)
        return cls(**found)


_BALLOON = (
    Field("current", "balloon.current", KIB),
    Field("maximum", "balloon.maximum", KIB),
    Field("rss", "balloon.rss", KIB),
    Field("unused", "balloon.unused", KIB),
    Field("available", "balloon.available", KIB),
    Field("usable", "balloon.usable", KIB),
    Field("disk_caches", "balloon.disk_caches", KIB),
    Field("swap_in", "balloon.swap_in", KIB),
    Field("swap_out", "balloon.swap_out", KIB),
    Field("major_faults", "balloon.major_fault"),
    Field("minor_faults", "balloon.minor_fault"),
    Field("hugetlb_allocations", "balloon.hugetlb_pgalloc"),
    Field("hugetlb_failures", "balloon.hugetlb_pgfail"),
    Field("last_update", "balloon.last-update"),
)
