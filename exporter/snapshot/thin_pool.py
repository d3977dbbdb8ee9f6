"""LVM thin pools of the host, as `lvs` reports them; bytes and ratios."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.elements import number
from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

# What `lvs` is asked for; sizes in bytes, without their unit.
COLUMNS = (
    "vg_name", "lv_name", "segtype", "pool_lv", "lv_size", "data_percent", "lv_metadata_size",
    "metadata_percent", "lv_when_full", "lv_health_status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ThinPool:
    """A thin pool. `virtual` is the size of all volumes in it; a pool that is not active has no usage.

    `health` is LVM's word (`failed`, `out_of_data`, `metadata_read_only`), empty for a healthy pool.
    `when_full` is what a write to a full pool gets: `error`, or `queue` (it waits, a minute by default).
    """

    volume_group: str
    name: str
    size: float | None = None
    used: float | None = None
    metadata_size: float | None = None
    metadata_used: float | None = None
    virtual: float = 0.0
    when_full: str = ""
    health: str = ""


THIN_POOLS: Reading[tuple[ThinPool, ...]] = Reading("thin_pools")


def thin_pools(text: str) -> tuple[ThinPool, ...]:
    """From the JSON report of `lvs`. Raises ValueError or KeyError if it is no such report."""
    rows = [row for report in json.loads(text)["report"] for row in report["lv"]]
    virtual: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["segtype"] == "thin":
            key = (row["vg_name"], row["pool_lv"])
            virtual[key] = virtual.get(key, 0.0) + (number(row["lv_size"]) or 0.0)
    return tuple(_pool(row, virtual) for row in rows if row["segtype"] == "thin-pool")


def _pool(row: Mapping[str, Any], virtual: Mapping[tuple[str, str], float]) -> ThinPool:
    group, name = row["vg_name"], row["lv_name"].strip("[]")
    return ThinPool(
        group,
        name,
        size=number(row["lv_size"]),
        used=_ratio(row["data_percent"]),
        metadata_size=number(row["lv_metadata_size"]),
        metadata_used=_ratio(row["metadata_percent"]),
        virtual=virtual.get((group, name), 0.0),
        when_full=row["lv_when_full"],
        health=row["lv_health_status"],
    )


def _ratio(percent: str) -> float | None:
    value = number(percent)
    return None if value is None else value / 100
