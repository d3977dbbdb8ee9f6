"""The series of the past that there still are: four weeks hold much that is gone, and VMs that moved."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from forecaster.view.rollups import HOURS, TABLE, VM, Rollup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Key = tuple[str, ...]

OF_VMS = {each.name for each in TABLE if each.labels[: len(VM)] == VM}


def living(hours: Rollup, name: str, vms: Sequence[tuple[str, str]] = ()) -> Rollup:
    """The row of that name without the series that have no value in the last day. Those of VMs are the series
    of `vms` (instance, domain), each with the hours that it had at other hosts, and of names that are not
    among these. The row itself where it is that already.
    """
    members = _members(hours, vms) if name in OF_VMS else {key: [at] for at, key in enumerate(hours.labels)}
    alive = {int(at) for at in np.flatnonzero(np.isfinite(hours.mean[-HOURS:]).any(axis=0))}
    kept = {key: places for key, places in members.items() if not alive.isdisjoint(places)}
    if list(kept.values()) == [[at] for at in range(len(hours.labels))]:
        return hours
    return Rollup(tuple(kept), hours.ends, *hours.joined([*kept.values()]))


def _members(hours: Rollup, vms: Sequence[tuple[str, str]]) -> Mapping[Key, list[int]]:
    """The places of the series of each VM by what its own one is called, that first."""
    found: dict[Key, list[int]] = {}
    for at, (key, mine) in enumerate(zip(now_called(hours, vms), hours.labels, strict=True)):
        if key:
            others = found.setdefault(key, [])
            if key != mine:
                others.append(at)
    return {key: hours.course(hours.place.get(key), others) for key, others in found.items()}


def now_called(hours: Rollup, vms: Sequence[tuple[str, str]]) -> Iterator[Key]:
    """What each series is called where its VM is now; () where several VMs may be meant, or none."""
    there, names = set(vms), Counter(domain for _, domain in vms)
    host = {domain: instance for instance, domain in vms}
    for instance, domain, *rest in hours.labels:
        if (instance, domain) in there or domain not in names:
            yield (instance, domain, *rest)
        else:
            yield (host[domain], domain, *rest) if names[domain] == 1 else ()
