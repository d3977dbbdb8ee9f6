"""Ten situations on the lab, at the same time: the first issue that names a victim names what was planted.

Each happens to guests of its own. The forecaster reads a real Prometheus of real exporters, and has learnt
what is usual before. Limits that VMs state, and one of a resource of one's own, stand for what takes days of
learning; what is unusual without a limit has tests with a past (tests/forecaster/advice/test_situations.py).
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from demo.services import Processes
from demo.stack import Addresses, configure, services
from forecaster.config.resources import RESOURCES
from lab import CpuLoad, Disk, DiskFill, Guest, Lab, MemoryLeak, NetworkTraffic
from stage import mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lab import Host, RunningGuest

pytestmark = pytest.mark.lab

LEARNING = 60.0  # seconds: 30 steps; a neighbour needs 36
PATIENCE = 120.0  # seconds, until what was planted is told
WANTED = 9  # of ten
TOP = 200  # issues that are looked at
FORECASTER = """\
prometheus: {{url: '{url}', timeout: 5s, retries: 0}}
step: 2s
day: 2m
lookback: 10m
settle: 1s
stale_after: 30s
gone_after: 2m
forget_after: 2m
resources:
{resources}\
  network:
    query: 'vm:network_transmit_bytes:rate{{domain="unplugged"}}'
    limit: 1024
    limit_side: lower
    lowest: 0
    horizons: [1m, 5m]
    display: {{title: Network, owner: vm, part: target_device, unit: bytes per second}}
"""
UNUSED = ("alerts.rules.yml", "aggregates.rules.yml")  # of the rules; nobody waits for them here
PROGRAMS = ("exporter", "prometheus", "forecaster")
DATA = (Disk(size_mib=32),)
POOLS = ("slow", "sudden")
POOL_MIB, STARTS_MIB, REST_MIB = 64, 24, 36
SMALL_MIB, SMALL_EVERY = 2, 4  # seconds: 80 in all
LIMITED = "<v:virtcast xmlns:v='urn:virtcast:domain:1.0'><v:limit resource='{}'>{}</v:limit></v:virtcast>"
CROWDED = ("bully", "web", "shop")  # on one processor
GUESTS_CPUS, PROGRAMS_CPUS, CROWDS_CPUS = 1, 2, 3
"""Priorities on the machine: programs see what guests do, and what VMs of a crowd lack they take from one
another alone."""
THIN = """<disk type='volume' device='disk'><driver name='qemu' type='raw'/>
<source pool='sudden' volume='thin'/><target dev='vda' bus='virtio'/><serial>thin</serial></disk>"""
# By host: who takes CPUs from whom, all others, and those whose CPU is looked at.
GUESTS = (
    tuple(Guest(name, agent=False, workload=CpuLoad(15)) for name in CROWDED),
    (
        Guest("files", disks=DATA),
        Guest("logs", disks=DATA),
        Guest("raw", disks=DATA),
        Guest("billing", agent=False, devices=THIN),
        Guest("leaking", memory_mib=128, agent=False),
        Guest("grabbing", memory_mib=128, agent=False, metadata=LIMITED.format("vm_memory", 0.6)),
        Guest("unplugged", agent=False, workload=NetworkTraffic(64)),
    ),
    (
        Guest("runaway", agent=False, metadata=LIMITED.format("vm_cpu", 0.3)),
        Guest("idle", agent=False, workload=CpuLoad(5)),
    ),
)


@dataclass
class Scene:
    """The lab's guests by name, the host with the pool, and where issues are asked for."""

    guests: Mapping[str, RunningGuest]
    host: Host
    url: str

    def issues(self) -> list[dict[str, Any]]:
        """The most urgent first."""
        answer = requests.get(f"{self.url}/api/v1/issues", {"limit": str(TOP)}, timeout=10)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["issues"]
        return found

    def run(self, name: str, load: CpuLoad | DiskFill | MemoryLeak) -> None:
        self.guests[name].run(load)


@dataclass(frozen=True)
class Situation:
    """What is planted, who suffers, and the cause: the labels of whom to look at, and the resource; any of
    several where they are one, as a file system and the image below it; none of a neighbour.
    """

    about: str
    plant: Callable[[Scene], object]
    victim: Mapping[str, str]
    cause: Mapping[str, str]
    resources: tuple[str, ...]


def _of_itself(about: str, plant: Callable[[Scene], object], name: str, *resources: str) -> Situation:
    return Situation(about, plant, {"domain": name}, {"domain": name}, resources)


def unplug(scene: Scene) -> None:
    mac = scene.host.virsh("domiflist", "unplugged").split()[-1]
    scene.host.virsh("domif-setlink", "unplugged", mac, "down")


def fill_pool(scene: Scene) -> None:
    """Small volumes, until the pool is at its limit; libvirt measures a pool when it is refreshed."""
    for number in range((POOL_MIB - STARTS_MIB) // SMALL_MIB):
        add_volume(scene, "slow", f"more-{number}", SMALL_MIB)
        time.sleep(SMALL_EVERY)


def add_volume(scene: Scene, pool: str, name: str, mib: int) -> None:
    scene.host.virsh("vol-create-as", pool, name, f"{mib}M", "--format", "raw")
    scene.host.virsh("pool-refresh", pool)


def take_the_rest(scene: Scene) -> None:
    """A volume takes nearly all that a pool has left; a VM with a thin one in it finds no room to write."""
    add_volume(scene, "sudden", "big", REST_MIB)
    scene.run("billing", DiskFill(1024, disk="thin"))


FILES = ("vm_filesystem", "vm_disk_allocation")
SITUATIONS = (
    _of_itself("a file system fills", lambda of: of.run("files", DiskFill(384)), "files", *FILES),
    _of_itself(
        "a file system is full at once",
        lambda of: of.guests["logs"].shell("dd if=/dev/zero of=/data/big bs=64k; sync"),
        "logs",
        *FILES,
    ),
    _of_itself(
        "memory leaks", lambda of: of.run("leaking", MemoryLeak(1024, 54 * 1024)), "leaking", "vm_memory"
    ),
    _of_itself(
        "memory is taken at once",
        lambda of: of.run("grabbing", MemoryLeak(16 * 1024, 30 * 1024)),
        "grabbing",
        "vm_memory",
    ),
    _of_itself(
        "a disk image grows below its file system",
        lambda of: of.guests["raw"].shell("umount /data; dd if=/dev/zero of=/dev/vda bs=64k; sync"),
        "raw",
        "vm_disk_allocation",
    ),
    Situation("a storage pool fills", fill_pool, {"pool": "slow"}, {"pool": "slow"}, ("pool",)),
    Situation(
        "a volume takes the rest of a pool from a VM",
        take_the_rest,
        {"domain": "billing"},
        {"pool": "sudden"},
        ("pool",),
    ),
    Situation(
        "a VM takes the CPUs of its neighbours",
        lambda of: of.run("bully", CpuLoad(100)),
        {"domain": "web"},
        {"domain": "bully"},
        (),
    ),
    _of_itself("a program runs away", lambda of: of.run("runaway", CpuLoad(80)), "runaway", "vm_cpu"),
    _of_itself("a link goes down", unplug, "unplugged", "network"),
)


def named_first(situation: Situation, issues: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first issue that names the victim: by its labels, by those of a sign, or in its words."""
    (who,) = situation.victim.values()

    def names(issue: dict[str, Any]) -> bool:
        told = (issue["labels"], *(sign["labels"] for sign in issue["signs"]))
        return any(situation.victim.items() <= labels.items() for labels in told) or who in issue["text"]

    return next(filter(names, issues), None)


def is_right(situation: Situation, issue: dict[str, Any] | None) -> bool:
    """Whether it is about the cause, or names it as the cause; and its first sign is of the resource."""
    if issue is None:
        return False
    whose = any(situation.cause.items() <= (issue[key] or {}).items() for key in ("labels", "cause"))
    return whose and (not situation.resources or issue["resource"] in situation.resources)


@pytest.fixture(scope="module")
def scene(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Hosts of its own, as neighbours are told by host; where there is a lab."""
    assert lab.hosts
    run = tmp_path_factory.mktemp("issues")
    processes = Processes(run)
    with before_all_else(), Lab(hosts=len(GUESTS), names="issues-{letter}") as own:
        try:
            guests = set_up(own)
            addresses = Addresses.choose(own.hosts)
            set_programs(run, addresses, own.hosts)
            for service in services(run, addresses, own.hosts):
                if service.name.startswith(PROGRAMS):
                    processes.start(service)
            processes.wait_up(60)
            yield Scene(guests, own.hosts[1], addresses.url["forecaster"])
        finally:
            processes.stop()


def set_up(own: Lab) -> dict[str, RunningGuest]:
    """The guests, booted; those that crowd have one processor, and all of it."""
    for name in POOLS:
        pool(own.hosts[1], own.root / name)
    own.hosts[1].virsh("vol-create-as", "sudden", "thin", "32M", "--allocation", "0", "--format", "raw")
    with ThreadPoolExecutor() as workers:
        begun = list(workers.map(lambda host, some: host.start_all(some), own.hosts, GUESTS))
    guests = {guest.name: guest for some in begun for guest in some}
    for name in CROWDED:
        guests[name].host.virsh("vcpupin", name, "0", str(max(os.sched_getaffinity(0))), "--live")
    for guest in guests.values():
        crowd = guest.name in CROWDED
        put_ahead(CROWDS_CPUS if crowd else GUESTS_CPUS, guest.pid, threads="CPU ")
    return guests


def put_ahead(priority: int, pid: int = 0, threads: str = "") -> None:
    """Threads of a process, those whose names begin so, come before all else on the machine with a lower
    priority, in turns with those of the same; what they start does, too. 0: this process.
    """
    for thread in Path(f"/proc/{pid or os.getpid()}/task").iterdir():
        if (thread / "comm").read_text().startswith(threads):
            os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(priority))


@contextmanager
def before_all_else() -> Iterator[None]:
    """What happens here within minutes is no matter of what else the machine does. The last of its time the
    kernel leaves to others.
    """
    put_ahead(PROGRAMS_CPUS)
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def set_programs(run: Path, addresses: Addresses, hosts: list[Host]) -> None:
    """Those of the demo, with what this story needs only: it runs beside others."""
    configure(run, addresses, hosts)
    for name in UNUSED:
        (run / name).unlink()
    resources = "".join(f"  {each.name}: {{horizons: [1m, 5m]}}\n" for each in RESOURCES)
    text = FORECASTER.format(url=addresses.url["prometheus"], resources=resources)
    (run / "forecaster.yml").write_text(text)


def pool(host: Host, folder: Path) -> None:
    """A pool with a file system of its own, a third of it taken."""
    folder.mkdir()
    mount(host, folder, f"{POOL_MIB}M")
    host.virsh("pool-define-as", folder.name, "dir", "--target", str(folder))
    host.virsh("pool-start", folder.name)
    host.virsh("vol-create-as", folder.name, "first", f"{STARTS_MIB}M", "--format", "raw")


def score(issues: list[dict[str, Any]]) -> int:
    """The situations whose cause is named first."""
    return sum(is_right(each, named_first(each, issues)) for each in SITUATIONS)


def test_the_planted_cause_is_named_first(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    time.sleep(LEARNING)
    before = score(scene.issues())
    begun = time.monotonic()
    with ThreadPoolExecutor(len(SITUATIONS)) as workers:
        list(workers.map(lambda each: each.plant(scene), SITUATIONS))
    issues = scene.issues()
    while score(issues) < len(SITUATIONS) and time.monotonic() < begun + PATIENCE:
        time.sleep(1)
        issues = max(issues, scene.issues(), key=score)
    with capsys.disabled():
        sys.stdout.write(_table(issues, before, time.monotonic() - begun))
    assert score(issues) >= WANTED
    assert before <= len(SITUATIONS) - WANTED


def _table(issues: list[dict[str, Any]], before: int, seconds: float) -> str:
    """A line for each situation: whether its cause is named first, and what the issue says."""
    lines = ["", f"after {seconds:.0f} s; before anything was planted: {before}"]
    for each in SITUATIONS:
        issue = named_first(each, issues)
        said = "no issue" if issue is None else f"{issue['labels']}: {issue['text']}"
        lines.append(f"{'right' if is_right(each, issue) else 'wrong':6} {each.about}: {said}")
    return "\n".join((*lines, ""))
