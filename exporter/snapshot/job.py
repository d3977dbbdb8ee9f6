"""Jobs that libvirt runs on a domain: migration, backup, save and others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import MILLISECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

JOBS = Need("jobs")

# virDomainJobOperation and virDomainJobType, by number
OPERATIONS = (
    "unknown",
    "start",
    "save",
    "restore",
    "migration_in",
    "migration_out",
    "snapshot",
    "snapshot_revert",
    "dump",
    "backup",
    "snapshot_delete",
)
TYPES = ("none", "bounded", "unbounded", "completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Job:
    """Statistics of a job in seconds, bytes and bytes per second."""

    operation: str
    type: str = "unbounded"
    elapsed: float | None = None
    remaining: float | None = None
    data_total: float | None = None
    data_processed: float | None = None
    data_remaining: float | None = None
    memory_total: float | None = None
    memory_processed: float | None = None
    memory_remaining: float | None = None
    memory_rate: float | None = None
    memory_dirty_rate: float | None = None
    memory_iteration: float | None = None
    memory_page_size: float | None = None
    memory_constant: float | None = None
    memory_postcopy_requests: float | None = None
    disk_total: float | None = None
    disk_processed: float | None = None
    disk_remaining: float | None = None
    disk_rate: float | None = None
    downtime: float | None = None
    setup: float | None = None
    auto_converge_throttle: float | None = None
    compression_bytes: float | None = None
    success: bool | None = None
    error: str | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Job | None:
        """From virDomainGetJobStats or from a job-completed event; None if there is no job."""
        operation, kind = _word(OPERATIONS, raw.get("operation")), _word(TYPES, raw.get("type", 2))
        if "operation" not in raw or kind == "none":
            return None
        found = values(raw, _JOB)
        page = found.get("memory_page_size")
        for pages in ("memory_dirty_rate", "memory_constant"):
            counted = found.pop(pages, None)
            if counted is not None and page:
                found[pages] = counted * page
        return cls(operation, kind, success=raw.get("success"), error=raw.get("errmsg"), **found)


_JOB = (
    Field("elapsed", "time_elapsed", MILLISECONDS),
    Field("remaining", "time_remaining", MILLISECONDS),
    Field("data_total", "data_total"),
    Field("data_processed", "data_processed"),
    Field("data_remaining", "data_remaining"),
    Field("memory_total", "memory_total"),
    Field("memory_processed", "memory_processed"),
    Field("memory_remaining", "memory_remaining"),
    Field("memory_rate", "memory_bps"),
    Field("memory_dirty_rate", "memory_dirty_rate"),  # pages per second; see Job.read
    Field("memory_iteration", "memory_iteration"),
    Field("memory_page_size", "memory_page_size"),
    Field("memory_constant", "memory_constant"),  # pages; see Job.read
    Field("memory_postcopy_requests", "memory_postcopy_requests"),
    Field("disk_total", "disk_total"),
    Field("disk_processed", "disk_processed"),
    Field("disk_remaining", "disk_remaining"),
    Field("disk_rate", "disk_bps"),
    Field("downtime", "downtime", MILLISECONDS),
    Field("setup", "setup_time", MILLISECONDS),
    Field("auto_converge_throttle", "auto_converge_throttle"),
    Field("compression_bytes", "compression_bytes"),
)


def _word(words: tuple[str, ...], number: int | None) -> str:
    return words[number] if number is not None and 0 <= number < len(words) else "unknown"
