"""Hosts together: what the hosts of a cluster use of all that they have, hour by hour.

A cluster is the hosts with the same label `cluster` of their scrape job; those without one are together, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from forecaster.view.inventory import Host, Inventory
    from forecaster.view.rollups import Rollup

    Floats = NDArray[np.float64]

OTHERS = "default"  # name of the cluster of hosts without that label


class Cluster(NamedTuple):
    """A cluster of several hosts: the used share of what all have (k,), and the share that is left when the
    largest host is gone.
    """

    name: str
    level: Floats
    reserved: float


def clusters(hours: Rollup, inventory: Inventory, size: str) -> Iterator[Cluster]:
    """The clusters of two hosts at least; `size` is the field of a host that says how much it has.

    An hour that is not known of a host counts as that of the others.
    """
    members: dict[str, list[Host]] = {}
    for host in inventory.hosts:
        if getattr(host, size):
            members.setdefault(host.cluster or OTHERS, []).append(host)
    for name, hosts in sorted(members.items()):
        if len(hosts) > 1:
            yield _cluster(name, hours, hosts, np.array([getattr(host, size) for host in hosts], float))


def _cluster(name: str, hours: Rollup, hosts: Sequence[Host], sizes: Floats) -> Cluster:
    used = hours.of([(host.instance,) for host in hosts]).mean.astype(float)
    known = np.isfinite(used) @ sizes
    level = np.nansum(used * sizes, axis=1) / np.where(known > 0, known, np.nan)
    return Cluster(name, level, 1 - float(sizes.max() / sizes.sum()))
