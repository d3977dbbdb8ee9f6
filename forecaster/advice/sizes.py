"""Adviser: how many virtual CPUs and how much memory each VM should have."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.sizing import BALANCED, CPU, HOURS, MEMORY, PARTS, SEASON, is_full, sized
from forecaster.advice.wording import amount, named
from forecaster.view.inventory import each_once
from forecaster.view.rollups import SIZE as OF_SIZES
from forecaster.view.rollups import at_hours
from forecaster.view.used import given, positive, present, used

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.advice.sizing import Flags, Floats, Part, Sized
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Host, Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

VERDICTS = SMALL, LARGE, FITS, UNKNOWN = ("undersized", "oversized", "fits", "unknown")
DEADBAND = 0.1
"""Share of the present size by which another one must differ, so that small changes bring no advice."""
WAITING = 0.1  # mean share of time from which on steal is the host's matter: more virtual CPUs do not help
SWAPPING = 100 * 1024  # bytes a second, mean of an hour, from which on a guest lacks memory
SWAPPED_HOURS = 3  # of the last week
MIB = float(1 << 20)
UNITS = {"cpu": "vCPUs", "memory": "bytes"}
HAS: Mapping[str, Callable[[Host], float | None]] = {
    CPU.name: lambda host: host.cpus and math.floor(host.cpus),
    MEMORY.name: lambda host: host.memory_bytes and math.floor(host.memory_bytes / MIB) * MIB,
}
"""What a host has of a part, in whole units of what VMs are given."""
SIGNS = NOTHING, WAITS, SWAPS, SWAPPED, STARVED = (
    "",
    "waits for CPUs of the host: more virtual CPUs would not help",
    "the guest reads from swap",
    "the guest read from swap while it had less",
    "the balloon took the rest of its memory, and what is left is full: deflate it first",
)
"""What else than the hours says that a part is too small, or that more of it would not help."""
MORE = "it needs more than its host has"


@dataclass(frozen=True)
class Size:
    """The size of one part (`cpu`: virtual CPUs, `memory`: bytes) of one VM; None = not known."""

    labels: Labels
    part: str
    current: float
    sizes: Mapping[str, float]  # by risk
    verdict: str
    reason: str
    hours: int  # seen
    peak: float | None = None
    usual: float | None = None
    growth: float | None = None  # in 30 days
    uuid: str = ""  # of the VM; empty: not known

    @property
    def saved(self) -> float:
        """What the balanced size takes away; below 0: what it adds."""
        return self.current - self.sizes.get(BALANCED, self.current)

    @property
    def efficiency(self) -> float | None:
        """The share of the present size that is needed; 1 of one that is too small, None if unknown."""
        return min(1.0, self.sizes[BALANCED] / self.current) if self.sizes else None

    @property
    def weight(self) -> tuple[int, float]:
        """The sort order: what is too small first, then the largest share that can be saved."""
        return VERDICTS.index(self.verdict), -self.saved / self.current


def size_text(part: str, value: float | None) -> str:
    """For example: 1 vCPU, 0.35 vCPUs, 6.5 GiB."""
    if value is None:
        return "unknown"
    if part != CPU.name:
        return amount(value, "bytes")
    return "1 vCPU" if value == 1 else f"{round(value, 2 if value < 1 else 1):g} vCPUs"


def advised(fresh: Fresh) -> Sequence[Size]:
    """All sizes, the most important first."""
    return sizes_of(fresh.view.rollups, fresh.inventory)


@lru_cache(maxsize=2)
def sizes_of(rollups: Rollups, inventory: Inventory) -> tuple[Size, ...]:
    """From the past and the inventory alone."""
    vms = each_once(inventory.vms)
    cpu, memory = used(rollups, CPU.name, vms), used(rollups, MEMORY.name, vms)
    cpus, gives = present(CPU.name, vms), positive(vm.maximum_memory_bytes for vm in vms)
    steal = rollups["vm_steal"]
    waited = steal.of_vms([(vm.instance, vm.domain) for vm in vms], None, rollups[OF_SIZES]).mean
    waits = _mean_of_week(waited) >= WAITING
    wanted = at_hours(waited, steal.ends, cpu.ends) * cpu.given
    left = present(MEMORY.name, vms)
    ballooned, (swaps, swapped) = left < gives, _swaps(rollups, vms, left)
    starved = ballooned & (swaps | is_full(memory.mean, MEMORY.full * np.fmax(memory.given, left)))
    hosts = {host.instance: host for host in inventory.hosts}
    found = [
        *_part(vms, CPU, cpus, sized(CPU, cpus, cpu, wanted, waits), np.where(waits, WAITS, NOTHING)),
        *_part(
            vms,
            MEMORY,
            gives,
            sized(MEMORY, gives, memory, elsewhere=ballooned),
            np.select([starved, swaps, swapped], [STARVED, SWAPS, SWAPPED], NOTHING),
        ),
    ]
    limited = (_limited(size, hosts.get(dict(size.labels)["instance"])) for size in found)
    return tuple(sorted(limited, key=lambda size: (*size.weight, size.labels, size.part)))


def _limited(size: Size, host: Host | None) -> Size:
    """A size of which its host has enough: at most what that has, or what the VM has already."""
    has = HAS[size.part](host) if host else None
    most = max(has or math.inf, size.current)
    if max(size.sizes.values(), default=0.0) <= most:
        return size
    sizes = {risk: min(each, most) for risk, each in size.sizes.items()}
    return replace(size, sizes=sizes, reason=f"{size.reason}; {MORE}")


def _swaps(rollups: Rollups, vms: Sequence[Vm], left: Floats) -> tuple[Flags, Flags]:
    """Which guests read from swap in some hours of the last week in which they had about what they have, and
    which did so at all.
    """
    row = rollups["vm_swap"]
    rate = row.of_vms([(vm.instance, vm.domain) for vm in vms], None, rollups[OF_SIZES]).mean[-SEASON:]
    had = given(rollups, MEMORY.name, vms, row.ends[-SEASON:])
    hours = rate >= SWAPPING
    as_now = hours & (had >= (1 - DEADBAND) * left)
    return as_now.sum(axis=0) >= SWAPPED_HOURS, hours.sum(axis=0) >= SWAPPED_HOURS


def _mean_of_week(hours: np.ndarray) -> Floats:
    lately = hours[-SEASON:]
    known = np.isfinite(lately).sum(axis=0)
    found: Floats = np.nansum(lately, axis=0) / np.maximum(known, 1)
    return found


def _part(
    vms: Sequence[Vm], part: Part, capacity: Floats, told: Sized, signs: NDArray[np.str_]
) -> list[Size]:
    """The sizes of one part of those whose present size is known."""
    return [
        _size(vm, part, float(capacity[at]), told, at, sign=str(signs[at]))
        for at, vm in enumerate(vms)
        if np.isfinite(capacity[at])
    ]


def _size(vm: Vm, part: Part, current: float, told: Sized, at: int, *, sign: str) -> Size:
    labels = (("domain", vm.domain), ("instance", vm.instance))
    hours = int(told.seen[at])
    if hours < SEASON:
        reason = f"not enough history: {hours / HOURS:.1f} of {SEASON // HOURS} days seen"
        return Size(labels, part.name, current, {}, UNKNOWN, reason, hours, uuid=vm.uuid)
    sizes = {risk: float(each[at]) for risk, each in told.sizes.items()}
    if sign in {SWAPS, SWAPPED, STARVED}:  # it gives none away
        least = float(part.rounded(np.array([part.raised * current]))[0]) if sign == SWAPS else current
        sizes = {risk: max(each, least) for risk, each in sizes.items()}
    verdict = _verdict(current, sizes[BALANCED], full=bool(told.full[at]) or sign == SWAPS)
    if verdict == FITS:
        sizes = dict.fromkeys(sizes, current) | {risk: each for risk, each in sizes.items() if each < current}
        sizes[BALANCED] = current
    known = Size(
        labels,
        part.name,
        current,
        sizes,
        verdict,
        "",
        hours,
        float(told.peak[at]),
        float(told.usual[at]),
        float(told.growth[at]),
        vm.uuid,
    )
    return Size(**{**vars(known), "reason": _reason(known, sign)})


def _verdict(current: float, size: float, *, full: bool) -> str:
    if full and size > current:
        return SMALL
    return LARGE if current - size >= DEADBAND * current else FITS


def _reason(size: Size, sign: str) -> str:
    """For example: used at most 1.4 vCPUs in 28 days, 95 % of the hours at most 0.8 vCPUs."""
    days = f"{size.hours / HOURS:.0f} days"
    peak, usual = size_text(size.part, size.peak), size_text(size.part, size.usual)
    parts = [f"needed at most {peak} in {days}, in 95 % of the hours at most {usual}"]
    if size.growth:
        parts.append(f"grows by {size_text(size.part, size.growth)} in 30 days")
    if sign:
        parts.append(sign)
    elif size.verdict == SMALL:
        parts.append(f"full (above {100 * PARTS[size.part].full:.0f} %) in many hours of the last week")
    return "; ".join(parts)


SIZE = Metric(
    "virtcast_recommended_size",
    Kind.GAUGE,
    'Recommended size of a part of a VM by risk: virtual CPUs (`part="cpu"`), or bytes (`part="memory"`).'
    " The present size where it fits; absent without a week of history.",
    ("risk",),
)
EFFICIENCY = Metric(
    "virtcast_efficiency_ratio",
    Kind.GAUGE,
    "Share of the present size of a part of a VM that is needed, by the balanced size; 1 at most, absent"
    " without a week of history.",
    (),
    "ratio",
)
VERDICT = Metric(
    "virtcast_recommended_info",
    Kind.GAUGE,
    "What is to be said of the present size: undersized, oversized, fits, or unknown without a week of"
    " history; always 1.",
    ("verdict",),
)
ADVISER = adviser(
    "sizes",
    "Sizes",
    Advice(
        "/api/v1/recommendations",
        "How many virtual CPUs and how much memory each VM should have, by risk.",
        advised,
        lambda of: of.labels,
        (
            Output("vm", "text", "The VM.", lambda of: named(of.labels), column=Column("VM", about=True)),
            Output("uuid", "text", "Its UUID; empty where it is not known.", lambda of: of.uuid),
            Output("part", "text", "cpu or memory.", lambda of: of.part, column=Column("Part", whole=True)),
            Output("unit", "text", "The unit of the sizes.", lambda of: UNITS[of.part]),
            Output(
                "verdict",
                "text",
                "undersized, oversized, fits, or unknown.",
                lambda of: of.verdict,
                VERDICT,
                Column("Verdict", whole=True),
            ),
            Output(
                "current",
                "number",
                "The present size.",
                lambda of: of.current,
                None,
                Column("Now", number=True),
                lambda of: size_text(of.part, of.current),
            ),
            Output(
                "sizes",
                "numbers",
                "By risk (conservative, balanced, aggressive): the size; empty without a week of history.",
                lambda of: of.sizes,
                SIZE,
                Column("Better", number=True),
                lambda of: size_text(of.part, of.sizes.get(BALANCED)),
            ),
            Output(
                "saved", "number", "What the balanced size takes away; below 0 it adds.", lambda of: of.saved
            ),
            Output(
                "efficiency",
                "number",
                "The share of the present size that is needed.",
                lambda of: of.efficiency,
                EFFICIENCY,
            ),
            Output("peak", "number", "The highest demand that was seen.", lambda of: of.peak),
            Output("usual", "number", "95 % of the hours needed no more.", lambda of: of.usual),
            Output("growth", "number", "What it grows in 30 days.", lambda of: of.growth),
            Output("hours", "count", "How many hours were seen.", lambda of: of.hours),
            Output("reason", "text", "Why.", lambda of: of.reason, column=Column("Why")),
        ),
        also=("part",),
        shown=lambda of: of.verdict in {SMALL, LARGE},
    ),
    nothing="None: every VM has what it needs, or has too little history.",
)
