"""Plans and mappings of large fleets, and sizes of disks that fill: a part of forecaster/ADVICE.md."""

from __future__ import annotations

from time import monotonic, process_time
from typing import TYPE_CHECKING

import numpy as np

from fills import daily_fills
from fleets import AFTER, DAY, SEEN
from forecaster.advice.disk_sizes import disk_sizes
from forecaster.advice.sizing import RISKS
from forecaster.network_mapping.mapping import mappings
from forecaster.placement import load
from forecaster.placement.fleet import Fleet, Guest, Machine, refusal
from forecaster.placement.plan import balance, consolidate, evacuate
from forecaster.view.inventory import Disk, FileSystem, Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups
from planted_networks import HERE, THERE, faults, planted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forecaster.placement.plan import Plan

GUESTS, MACHINES, PARTS, HOT = 500, 20, 8, 3
GB = 1e9
DISKS, LEVELS = 2_000, 0.95  # seeded fills; those that were fuller when they were judged are left out
MAPPINGS = 20  # of which the slowest counts
HOUR = 3600


def hot_fleet(seed: int) -> Fleet:
    """Guests on machines of 32 CPUs, three of which have twice the load of others; groups, two storages."""
    random = np.random.default_rng(seed)
    machines = [
        Machine(f"host-{at:02}", 32, 512 * GB, frozenset({"pool ssd"} if at % 2 else ()))
        for at in range(MACHINES)
    ]
    clock = 2 * np.pi * np.arange(PARTS) / PARTS
    guests = []
    for at in range(GUESTS):
        home, swing = machines[at % MACHINES], random.uniform(0, 0.5)
        mean = random.gamma(2, 0.3) * (2 if at % MACHINES < HOT else 1)
        demand = mean * (1 + swing * np.sin(clock + random.uniform(0, 6)))
        needs = frozenset({"pool ssd"} if home.offers and random.random() < 0.3 else ())
        apart = frozenset({f"group-{at // 20}"} if at % 20 < 2 else ())
        memory = float(random.choice([2, 4, 8, 16])) * GB
        guests.append(
            Guest(f"vm-{at:03}", home.name, tuple(demand), memory, needs, apart=apart, move_seconds=9.0)
        )
    return Fleet(tuple(guests), tuple(machines))


def violations(given: Fleet, plan: Plan) -> int:
    """Moves to a machine that refuses the guest, or that has not the memory then."""
    at, names = list(given.now), {each.name: place for place, each in enumerate(given.guests)}
    found = 0
    for move in plan.moves:
        who, where = names[move.guest], given.places[move.target]
        at[who] = where
        full = load.memory_bytes(given, at)[where] > given.machines[where].memory_bytes * given.memory_ceiling
        found += bool(refusal(given.guests[who], given.machines[where])) or full
    return found


def plans_table() -> Iterator[str]:
    """A row for each goal."""
    given = hot_fleet(14)
    goals: tuple[tuple[str, Callable[[], Plan]], ...] = (
        ("balance", lambda: balance(given)),
        ("evacuate a host", lambda: evacuate(given, "host-07")),
        ("consolidate", lambda: consolidate(given)),
    )
    yield "| goal | seconds | processor time | moves | hot before | hot after | no target | violations |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for name, goal in goals:
        began, used = monotonic(), process_time()
        plan = goal()
        took, spent = monotonic() - began, process_time() - used
        hot = (sum(each.cpu_ratio > given.ceiling for each in loads) for loads in (plan.before, plan.after))
        cells = (
            f"{took:.1f}",
            f"{spent:.1f}",
            len(plan.moves),
            *hot,
            len(plan.stranded),
            violations(given, plan),
        )
        yield f"| {name} | {' | '.join(map(str, cells))} |"


def mapping_line() -> str:
    """Faults that are found, and how long the slowest mapping takes."""
    inventory = planted()
    mine = [each for each in inventory.vms if each.instance == HERE]
    times = []
    for _ in range(MAPPINGS):
        began = monotonic()
        found = mappings(inventory, mine, THERE)
        times.append(monotonic() - began)
    told = {each.vm.domain: {problem.name for problem in each.problems} for each in found}
    wanted = {each.domain: faults(number) for number, each in enumerate(mine)}
    there = sum(map(len, wanted.values()))
    right = sum(len(told[name] & wanted[name]) for name in wanted)
    more = sum(len(told[name] - wanted[name]) for name in wanted)
    return (
        f"Of {there} faults planted for a host of {len(mine)} VMs {right} are found, and {more} others; the"
        f" slowest of {MAPPINGS} mappings took {1000 * max(times):.0f} ms."
    )


def disks_table() -> Iterator[str]:
    """Sizes of disks whose file systems fill, and the use of the 30 days after; a row for each risk."""
    level = daily_fills(2027, DISKS, SEEN + AFTER)
    level = np.clip(level[:, level[SEEN - 1] < LEVELS], 0.0, None)
    cases, size = level.shape[1], 100 * 2.0**30
    vms = tuple(
        Vm("h1", f"vm-{at:04}", disks=(Disk("vda", capacity_bytes=size),),
           filesystems=(FileSystem("/", "vda", size_bytes=size),))
        for at in range(cases)
    )  # fmt: skip
    hours = np.repeat(level[:SEEN], DAY, axis=0).astype(np.float32)
    ends = HOUR * np.arange(1, len(hours) + 1)
    known = Rollup(tuple(("h1", each.domain, "/") for each in vms), ends, hours, hours)
    found = disk_sizes(Rollups(HOUR, {"vm_filesystem": known}), Inventory(1, vms))
    later = level[SEEN:] * size
    yield "| risk | disk-days | use within the size | size, of what the disk has |"
    yield "|---|---:|---:|---:|"
    for risk in RISKS:
        given = np.array([each.sizes[risk] for each in sorted(found, key=lambda each: each.labels)])
        within, share = (later <= given).mean(), given.mean() / size
        yield f"| {risk} | {later.size} | {100 * within:.2f} % | {100 * share:.0f} % |"


def section() -> Iterator[str]:
    """The part of the page, line by line."""
    yield "\n## Sizes of disks\n"
    yield f"Of {DISKS} seeded fills of file systems, those below {LEVELS:.0%} after four weeks:"
    yield "the 30 days after.\n"
    yield from disks_table()
    yield "\n## Plans\n"
    yield f"{GUESTS} VMs on {MACHINES} hosts, {HOT} of them hot, {PARTS} parts of the day; groups that are"
    yield "to be apart, two kinds of storage. Violations are moves to a host that lacks what the VM needs, or"
    yield "not the memory. Processor time is what a plan takes where nobody else works, as others did.\n"
    yield from plans_table()
    yield "\n## Networks\n"
    yield mapping_line()
