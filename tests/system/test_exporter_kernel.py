"""The machine's and the processes' figures lie between what the kernel says before and after."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from exporter.collectors import host, host_network, host_storage, process
from exporting import exporting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
AGE = 2.5  # seconds: the machine is read beside the scrape
PATIENCE = 60.0
Value = dict[tuple[str, str], float]  # by metric and the value of its label, if it has one


class Source(NamedTuple):
    """What the kernel says; gauges that move may lie outside of what two looks saw by this factor."""

    told: Callable[[RunningGuest], Value]
    slack: float = 1 + 1e-9


def numbers(path: str) -> dict[str, list[float]]:
    """Lines of a file in /proc by their first word."""
    lines = (line.replace(":", " ").split() for line in Path(path).read_text().splitlines())
    return {words[0]: [float(word) for word in words[1:] if re.fullmatch(r"[\d.]+", word)] for words in lines}


def processors(_guest: RunningGuest) -> Value:
    stat, swapped = numbers("/proc/stat"), numbers("/proc/vmstat")
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest")
    times = zip(modes, stat["cpu"], strict=False)
    return {
        ("libvirt_host_boot_time_seconds", ""): stat["btime"][0],
        ("libvirt_host_cpus", ""): sum(bool(re.fullmatch(r"cpu\d+", key)) for key in stat),
        ("libvirt_host_swap_in_bytes_total", ""): swapped["pswpin"][0] * PAGE,
        ("libvirt_host_swap_out_bytes_total", ""): swapped["pswpout"][0] * PAGE,
        **{("libvirt_host_cpu_seconds_total", mode): ticks / TICKS for mode, ticks in times},
    }


def pressures(_guest: RunningGuest) -> Value:
    found = {}
    for file in Path("/proc/pressure").iterdir():
        for kind, name in (("some", "waiting"), ("full", "stalled")):
            total = re.search(rf"^{kind} .*total=(\d+)", file.read_text(), re.MULTILINE)
            if total:
                found[f"libvirt_host_pressure_{name}_seconds_total", file.name] = int(total[1]) / 1e6
    return found


def memory(_guest: RunningGuest) -> Value:
    said = {key: values[0] * 1024 for key, values in numbers("/proc/meminfo").items()}
    keys = {
        "memory_total": "MemTotal", "memory_available": "MemAvailable", "memory_free": "MemFree",
        "memory_buffers": "Buffers", "swap_total": "SwapTotal", "swap_free": "SwapFree",
    }  # fmt: skip
    found = {(f"libvirt_host_{name}_bytes", ""): said[key] for name, key in keys.items()}
    return found | {("libvirt_host_memory_cached_bytes", ""): said["Cached"] + said["SReclaimable"]}


def load(_guest: RunningGuest) -> Value:
    return {
        (f"libvirt_host_load{minutes}", ""): average
        for minutes, average in zip((1, 5, 15), os.getloadavg(), strict=True)
    }


def disks(_guest: RunningGuest) -> Value:
    fields = (
        ("read_requests_total", 0, 1), ("read_bytes_total", 2, 512), ("read_time_seconds_total", 3, 1e-3),
        ("write_requests_total", 4, 1), ("write_bytes_total", 6, 512), ("write_time_seconds_total", 7, 1e-3),
        ("busy_seconds_total", 9, 1e-3),
    )  # fmt: skip
    found = {}
    for line in Path("/proc/diskstats").read_text().splitlines():
        _, _, name, *said = line.split()
        if (Path("/sys/block") / name).exists() and not re.match(r"(loop|ram|zram|fd|sr)\d", name):
            found |= {(f"libvirt_host_disk_{field}", name): int(said[n]) * unit for field, n, unit in fields}
    return found


def filesystems(_guest: RunningGuest) -> Value:
    root = os.statvfs("/")
    return {
        ("libvirt_host_filesystem_size_bytes", "/"): root.f_blocks * root.f_frsize,
        ("libvirt_host_filesystem_free_bytes", "/"): root.f_bfree * root.f_frsize,
        ("libvirt_host_filesystem_available_bytes", "/"): root.f_bavail * root.f_frsize,
    }


def interfaces(_guest: RunningGuest) -> Value:
    words = {"bytes": "bytes", "packets": "packets", "errors": "errors", "drops": "dropped"}
    return {
        (f"libvirt_host_network_{way}_{name}_total", nic.name): int(
            (nic / "statistics" / f"{short}_{word}").read_text()
        )
        for nic in Path("/sys/class/net").iterdir()
        if re.match(r"(eth|en|bond|br)", nic.name)
        for way, short in (("receive", "rx"), ("transmit", "tx"))
        for name, word in words.items()
    }


def times_of_process(guest: RunningGuest) -> Value:
    stat = Path(f"/proc/{guest.pid}/stat").read_text().rsplit(")", 1)[1].split()
    io, boot = numbers(f"/proc/{guest.pid}/io"), numbers("/proc/stat")["btime"][0]
    prefix = "libvirt_domain_process"
    return {
        (f"{prefix}_cpu_seconds_total", "user"): int(stat[11]) / TICKS,
        (f"{prefix}_cpu_seconds_total", "system"): int(stat[12]) / TICKS,
        (f"{prefix}_start_time_seconds", ""): boot + int(stat[19]) / TICKS,
        (f"{prefix}_read_bytes_total", ""): io["read_bytes"][0],
        (f"{prefix}_write_bytes_total", ""): io["write_bytes"][0],
    }


def size_of_process(guest: RunningGuest) -> Value:
    pages = Path(f"/proc/{guest.pid}/statm").read_text().split()
    status, prefix = numbers(f"/proc/{guest.pid}/status"), "libvirt_domain_process"
    return {
        (f"{prefix}_virtual_memory_bytes", ""): int(pages[0]) * PAGE,
        (f"{prefix}_resident_memory_bytes", ""): int(pages[1]) * PAGE,
        (f"{prefix}_threads", ""): status["Threads"][0],
        (f"{prefix}_open_fds", ""): len(list(Path(f"/proc/{guest.pid}/fd").iterdir())),
    }


MOVING = 2.0  # a wrong unit is wrong by more
SOURCES = (
    *map(Source, (processors, pressures, disks, interfaces, times_of_process)),
    *(Source(told, MOVING) for told in (memory, load, filesystems, size_of_process)),
)


@pytest.fixture(scope="module")
def exporter(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Any]:
    assert fleet
    with exporting(f"--libvirt.uri={lab.hosts[0].uri}", "--collector.process") as running:
        running.until(lambda page: page.value("libvirt_up") == 1, "libvirt is up")
        yield running


def wrong(page: Any, guest: RunningGuest, before: Value, after: Value, slack: float) -> dict[str, str]:
    """What is not between the two looks, where both saw it."""
    found = {}
    for (metric, word), low in before.items():
        labels = {"domain": guest.name} if metric.startswith("libvirt_domain_") else {}
        shown = {
            value
            for (name, has), value in page.values.items()
            if name == metric and labels.items() <= has and (not word or word in dict(has).values())
        }
        bounds = sorted((low, after[metric, word]))
        if len(shown) != 1 or not bounds[0] / slack <= min(shown) <= bounds[1] * slack:
            found[f"{metric} {word}"] = f"{shown}, and the kernel {bounds}"
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.told.__name__)
def test_figures_are_the_kernels(exporter: Any, fleet: dict[str, RunningGuest], source: Source) -> None:
    guest, limit, found = fleet["filling"], time.monotonic() + PATIENCE, {"nothing": "compared"}
    while found and time.monotonic() < limit:
        before = source.told(guest)
        time.sleep(AGE)
        page = exporter.scrape()
        found = wrong(page, guest, before, source.told(guest), source.slack)
    assert found == {}


def test_every_metric_is_compared(fleet: dict[str, RunningGuest]) -> None:
    compared = {metric for source in SOURCES for metric, _ in source.told(fleet["filling"])}
    tables = (host.METRICS, host_storage.METRICS, host_network.METRICS, process.METRICS)
    rows = {row.name for table in tables for row in table}
    assert rows - compared == {"libvirt_host_filesystem_info"}
