"""The host CPUs and NUMA nodes that a domain may use, from its XML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.elements import attribute, number, size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class NumaMemory:
    """The host nodes of a guest's memory; `cell` is the guest's node, empty for the whole domain."""

    cell: str
    mode: str
    nodeset: str
    placement: str = ""


@dataclass(frozen=True, slots=True)
class NumaCell:
    """A NUMA node of the guest; `memory` in bytes."""

    cell: str
    cpus: str
    memory: float | None


@dataclass(frozen=True, slots=True)
class HugePages:
    """Huge pages of `size` bytes for the guest's nodes `nodeset`; None is the host's default size."""

    size: float | None
    nodeset: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """Pinning, CPU limits, NUMA and huge pages. `cpu_limit` is the limit of each virtual CPU in host CPUs."""

    cpuset: str = ""
    vcpu_pins: tuple[tuple[str, str], ...] = ()
    emulator_pin: str = ""
    iothread_pins: tuple[tuple[str, str], ...] = ()
    cpu_shares: float | None = None
    cpu_limit: float | None = None
    memory: tuple[NumaMemory, ...] = ()
    cells: tuple[NumaCell, ...] = ()
    hugepages: tuple[HugePages, ...] = ()

    @classmethod
    def from_xml(cls, root: Element) -> Placement:
        """From the XML of a domain."""
        return cls(
            cpuset=attribute(root, "./vcpu", "cpuset"),
            vcpu_pins=_pins(root, "vcpupin", "vcpu"),
            emulator_pin=attribute(root, "./cputune/emulatorpin", "cpuset"),
            iothread_pins=_pins(root, "iothreadpin", "iothread"),
            cpu_shares=number(root.findtext("./cputune/shares")),
            cpu_limit=_cpu_limit(root),
            memory=tuple(_memory(root)),
            cells=tuple(_cell(n, element) for n, element in enumerate(root.iterfind("./cpu/numa/cell"))),
            hugepages=tuple(_hugepages(root)),
        )


LAST_CPU = 16_383  # libvirt takes no list with a higher one


def cpus(cpuset: str) -> int | None:
    """The number of CPUs in a list in libvirt's format (`0-3,^2,8`); None if it is not such a list."""
    chosen: set[int] = set()
    try:
        for part in cpuset.split(","):
            first, _, last = part.strip().removeprefix("^").partition("-")
            some = range(int(first), min(int(last or first), LAST_CPU) + 1)
            chosen = chosen - set(some) if part.strip().startswith("^") else chosen | set(some)
    except ValueError:
        return None
    return len(chosen)


def _pins(root: Element, tag: str, key: str) -> tuple[tuple[str, str], ...]:
    pins = {one.get(key, ""): one.get("cpuset", "") for one in root.iterfind(f"./cputune/{tag}")}
    return tuple((thread, cpuset) for thread, cpuset in pins.items() if thread and cpuset)


def _cpu_limit(root: Element) -> float | None:
    """Quota divided by period; a negative quota is no limit."""
    quota, period = (number(root.findtext(f"./cputune/{name}")) for name in ("quota", "period"))
    return quota / period if quota and quota > 0 and period else None


def _memory(root: Element) -> Iterator[NumaMemory]:
    for whole in root.iterfind("./numatune/memory"):
        yield NumaMemory("", whole.get("mode", ""), whole.get("nodeset", ""), whole.get("placement", ""))
    for one in root.iterfind("./numatune/memnode"):
        yield NumaMemory(one.get("cellid", ""), one.get("mode", ""), one.get("nodeset", ""))


def _cell(index: int, element: Element) -> NumaCell:
    memory = size(element.get("memory"), element.get("unit", ""))
    return NumaCell(element.get("id", str(index)), element.get("cpus", ""), memory)


def _hugepages(root: Element) -> Iterator[HugePages]:
    hugepages = root.find("./memoryBacking/hugepages")
    if hugepages is None:
        return
    pages = hugepages.findall("page")
    for page in pages:
        yield HugePages(size(page.get("size"), page.get("unit", "")), page.get("nodeset", ""))
    if not pages:
        yield HugePages(None)
