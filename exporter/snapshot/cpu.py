"""CPU time of domains and of their virtual CPUs, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import NANOSECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    Raw = Mapping[str, Any]

CPU_TOTAL = Need("cpu-total")
VCPU = Need("vcpu")


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU time of the whole domain in seconds, and the number of its virtual CPUs."""

    time: float | None = None
    user: float | None = None
    system: float | None = None
    haltpoll_success: float | None = None
    haltpoll_fail: float | None = None
    online: float | None = None
    maximum: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> Cpu:
        return cls(**values(raw, _CPU))


_CPU = (
    Field("time", "cpu.time", NANOSECONDS),
    Field("user", "cpu.user", NANOSECONDS),
    Field("system", "cpu.system", NANOSECONDS),
    Field("haltpoll_success", "cpu.haltpoll.success.time", NANOSECONDS),
    Field("haltpoll_fail", "cpu.haltpoll.fail.time", NANOSECONDS),
    Field("online", "vcpu.current"),
    Field("maximum", "vcpu.maximum"),
)


@dataclass(frozen=True, slots=True)
class Vcpu:
    """One virtual CPU; times in seconds.

    `state` is the number of a virVcpuState: 0 is offline, 1 running, 2 blocked. `delay` is the time in which
    the virtual CPU was runnable and waited for a host CPU: steal.
    """

    number: int
    state: float | None = None
    time: float | None = None
    wait: float | None = None
    delay: float | None = None
    halted: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> tuple[Vcpu, ...]:
        """Each virtual CPU that has a state; libvirt omits the numbers of unplugged ones."""
        numbers = range(int(raw.get("vcpu.maximum", 0)))
        present = (n for n in numbers if f"vcpu.{n}.state" in raw)
        return tuple(cls(n, **values(raw, _VCPU, f"vcpu.{n}.")) for n in present)


_VCPU = (
    Field("state", "state"),
    Field("time", "time", NANOSECONDS),
    Field("wait", "wait", NANOSECONDS),
    Field("delay", "delay", NANOSECONDS),
    Field("halted", "halted"),
)
