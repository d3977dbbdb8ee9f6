"""Adviser: which VM takes what others on its host lack, CPUs (by steal) or disk time (by latency).

What the others lack must be more than is usual for them. The VM that is named rose with it, by more than all
others together, and has moved with it over the day. Where load rose everywhere nobody is named: then the host
is too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import amount, figure, listed, named
from forecaster.view.rollups import Rollups
from forecaster.view.used import CPU, given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory
    from forecaster.view.view import Fresh

    Floats = NDArray[np.float64]

NOTHING = Rollups()
LATELY = 3  # steps whose mean is what others lack now
LEAST = 36  # steps that must be known: three hours of five minutes
RISE_SHARE = 0.5  # of all that rose on the host, from which on one VM is the cause
ALIKE = 0.5  # correlation of its use with what the others lack, over the day


class Contest(NamedTuple):
    """What VMs of a host compete for: rows of what they lack and of what they use, and what counts.

    least, times: the least lack of a victim, and the least multiple of what is usual for it. rise: the least
    rise of the use of who is named.
    """

    name: str
    lack: str
    use: str
    least: float
    times: float
    rise: float
    unit: str  # of the use, for people


CONTESTS = (
    Contest("cpu", "steal", "cpu", 0.05, 3.0, 0.5, "CPUs"),
    Contest("disk", "latency", "disk", 0.02, 3.0, 1e6, "bytes per second"),
)


@dataclass(frozen=True)
class Neighbour:
    """A VM that takes from others: since when (Unix seconds), its share of the rise, and whom it hurts."""

    labels: Labels
    contest: str
    since: int
    share: float  # of all that rose on its host
    correlation: float
    rise: str  # in words
    victims: tuple[str, ...]

    def text(self) -> str:
        """For example: uses 6 CPUs more; with it db, web wait for CPUs."""
        what = "wait for CPUs" if self.contest == "cpu" else "wait for their disks"
        share = f"{100 * self.share:.0f} % of the rise on its host"
        return f"uses {self.rise} more, {share}; {listed(self.victims)} {what}"


def advised(fresh: Fresh) -> Sequence[Neighbour]:
    """All that are named, those with the most victims first."""
    return neighbours(fresh.view.steps, fresh.inventory, fresh.view.rollups)


@lru_cache(maxsize=2)
def neighbours(steps: Rollups, inventory: Inventory, past: Rollups = NOTHING) -> tuple[Neighbour, ...]:
    """From the steps of the last day and the inventory; `past` has what VMs had then."""
    hosts: dict[str, list[int]] = {}
    for at, vm in enumerate(inventory.vms):
        hosts.setdefault(vm.instance, []).append(at)
    found = [
        each
        for contest in CONTESTS
        for host in hosts.values()
        if len(host) > 1 and (each := _of_host(steps, inventory, contest, host, past)) is not None
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.victims), each.labels)))


def _of_host(
    steps: Rollups, inventory: Inventory, contest: Contest, host: list[int], past: Rollups
) -> Neighbour | None:
    vms = [inventory.vms[at] for at in host]
    keys = [(vm.instance, vm.domain) for vm in vms]
    ends = steps[contest.lack].ends
    of_cpu = contest.name == "cpu"
    weights = np.nan_to_num(given(past, CPU, vms, ends, inventory.keys), nan=1.0) if of_cpu else 1.0
    lack = steps[contest.lack].of(keys).mean.astype(float)
    share = np.nan_to_num(steps[contest.use].of(keys).mean.astype(float))
    if min(len(lack), len(share)) < LEAST or len(lack) != len(share):
        return None
    suffers = victims(lack, contest)
    known = Scene(tuple(keys), ends, np.nan_to_num(lack * weights), share * weights)
    return _named(known, contest, suffers) if suffers.any() else None


class Scene(NamedTuple):
    """The VMs of a host (instance, domain), the times of the steps, what each lacks and uses then (k, n)."""

    keys: tuple[tuple[str, str], ...]
    ends: NDArray[np.int64]
    lack: Floats
    use: Floats


def victims(lack: Floats, contest: Contest) -> NDArray[np.bool_]:
    """Who lacks more than it usually does, of what each lacks at each step (k, n)."""
    known = np.nan_to_num(lack)
    now, usual = known[-LATELY:].mean(axis=0), np.median(known, axis=0)
    found: NDArray[np.bool_] = (now >= contest.least) & (now >= contest.times * usual)
    return found


def onset(total: Floats) -> int:
    """The step at which a series rose: where the sum of its distances from its mean is lowest."""
    return min(int(np.cumsum(total - total.mean()).argmin()) + 1, len(total) - LATELY)


def _named(scene: Scene, contest: Contest, suffers: NDArray[np.bool_]) -> Neighbour | None:
    """Who rose when the victims began to lack something, if one VM did by more than all others."""
    since = onset(scene.lack[:, suffers].sum(axis=1))
    rise = scene.use[since:].mean(axis=0) - np.median(scene.use[:since], axis=0)
    total, at = float(np.clip(rise, 0.0, None).sum()), int(rise.argmax())
    others = suffers & (np.arange(len(suffers)) != at)  # what it lacks itself is no evidence
    if not others.any() or rise[at] < max(contest.rise, RISE_SHARE * total):
        return None
    alike = correlation(scene.use[:, at], scene.lack[:, others].sum(axis=1))
    if alike < ALIKE:
        return None
    more = (
        f"{figure(float(rise[at]))} CPUs" if contest.name == "cpu" else amount(float(rise[at]), contest.unit)
    )
    instance, domain = scene.keys[at]
    return Neighbour(
        (("domain", domain), ("instance", instance)),
        contest.name,
        int(scene.ends[since]),
        float(rise[at]) / total,
        alike,
        more,
        tuple(scene.keys[place][1] for place in np.flatnonzero(others)),
    )


def correlation(one: Floats, other: Floats) -> float:
    """Pearson's; 0 where one of them does not vary."""
    first, second = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0


def causes(found: Sequence[Neighbour]) -> Mapping[Labels, Neighbour]:
    """By VM: the neighbour that takes from it."""
    return {(("domain", victim), each.labels[1]): each for each in reversed(found) for victim in each.victims}


VICTIMS = Metric(
    "virtcast_issue_neighbour_victims",
    Kind.GAUGE,
    "Number of VMs on the host that lack what this VM takes: CPUs (by their steal) or disk time (by their"
    " latency).",
)
ADVISER = adviser(
    "neighbours",
    "Takes from its neighbours",
    Advice(
        "/api/v1/neighbours",
        "VMs that take CPUs or disk time which others on their host lack, and whom they hurt.",
        advised,
        lambda of: of.labels,
        (
            Output("vm", "text", "The VM.", lambda of: named(of.labels), column=Column("VM", about=True)),
            Output("contest", "text", "cpu or disk.", lambda of: of.contest, column=Column("Of", whole=True)),
            Output("since", "count", "When it began, Unix seconds.", lambda of: of.since),
            Output("share", "number", "Its share of what rose on the host.", lambda of: of.share),
            Output(
                "correlation",
                "number",
                "Of its use with what the others lack, over the last day.",
                lambda of: of.correlation,
                column=Column("Correlation", number=True),
                text=lambda of: f"{of.correlation:.2f}",
            ),
            Output("victims", "texts or null", "Whom it hurts.", lambda of: of.victims),
            Output("victims_count", "number", "Their number.", lambda of: len(of.victims), VICTIMS),
            Output("text", "text", "In words.", Neighbour.text, column=Column("Evidence")),
        ),
        also=("contest",),
    ),
)
