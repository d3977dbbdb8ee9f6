"""Dirty rates of guests' memory, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import MIB, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

DIRTY_RATE = Need("dirty-rate")
DIRTY_RATE_CALC = Need("dirty-rate-calc")  # libvirt measures only on request (virDomainStartDirtyRateCalc)

STATUSES = ("unstarted", "measuring", "measured")  # virDomainDirtyRateStatus, by number


@dataclass(frozen=True, slots=True)
class DirtyRate:
    """The last measurement of how fast the guest writes to its memory.

    `rate` and the rates of virtual CPUs are bytes per second, `period` is seconds, and `started` is the
    uptime of the host in seconds.
    """

    status: str | None = None
    mode: str | None = None
    rate: float | None = None
    period: float | None = None
    started: float | None = None
    vcpus: tuple[tuple[int, float], ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> DirtyRate:
        """Until there is a measurement, only its status is set."""
        number = int(raw.get("dirtyrate.calc_status", -1))
        status = dict(enumerate(STATUSES)).get(number)
        if status != "measured":
            return cls(status)
        prefix, suffix = "dirtyrate.vcpu.", ".megabytes_per_second"
        vcpus = sorted(
            (int(key.removeprefix(prefix).removesuffix(suffix)), value / MIB)
            for key, value in raw.items()
            if key.startswith(prefix) and key.endswith(suffix)
        )
        found = values(raw, _DIRTY_RATE, "dirtyrate.")
        return cls(status, raw.get("dirtyrate.calc_mode"), **found, vcpus=tuple(vcpus))


_DIRTY_RATE = (
    Field("rate", "megabytes_per_second", MIB),  # libvirt's megabytes are mebibytes
    Field("period", "calc_period"),
    Field("started", "calc_start_time"),
)
