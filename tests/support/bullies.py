"""Seeded hosts whose VMs contend for CPUs: with a VM that takes them from the others, and without one."""

from __future__ import annotations

import numpy as np

from forecaster.view.inventory import Host, Inventory, Vm
from forecaster.view.rollups import STEPS_KEPT, Rollup, Rollups

STEP, NOW = 300, 1_800_000_000
VMS, CPUS = 12, 16.0
KINDS = ("none", "everyone", "daily", "host")
"""Without a bully: nothing happens; everyone's load rises; a usual peak of the day; a program of the host."""


def bully(seed: int) -> tuple[Rollups, Inventory, str]:
    """A host where one VM runs away lately, and the name of that VM."""
    rng = np.random.default_rng(seed)
    use, cpus = _calm(rng)
    at = int(rng.integers(VMS))
    cpus[at] = 8.0
    since = STEPS_KEPT - int(rng.integers(4, 36))
    use[since:, at] = rng.uniform(0.85, 1.0, STEPS_KEPT - since)
    asked = (use * cpus).sum(axis=1)
    host = np.full(STEPS_KEPT, CPUS + rng.uniform(4, 8) - asked[since:].mean())  # of VMs that nobody reports
    return *_host(rng, use, cpus, host), f"vm-{at:02}"


def no_bully(seed: int) -> tuple[Rollups, Inventory]:
    """A host where nobody is to blame, by the kinds in turn."""
    rng = np.random.default_rng(seed)
    use, cpus = _calm(rng)
    host = np.full(STEPS_KEPT, 5.0)
    since = STEPS_KEPT - int(rng.integers(4, 36))
    kind = KINDS[seed % len(KINDS)]
    if kind == "everyone":
        use[since:] += rng.uniform(0.3, 0.5, VMS)
    elif kind == "daily":
        use *= 1 + np.sin(2 * np.pi * np.arange(STEPS_KEPT) / STEPS_KEPT)[:, None]
    elif kind == "host":
        host[since:] += 9.0
    return _host(rng, np.clip(use, 0, 1), cpus, host)


def _calm(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    level = rng.uniform(0.05, 0.4, VMS)
    use = level * rng.lognormal(0, 0.25, (STEPS_KEPT, VMS))
    return np.clip(use, 0, 1), rng.choice([1.0, 2.0, 4.0], VMS)


def _host(
    rng: np.random.Generator, use: np.ndarray, cpus: np.ndarray, other: np.ndarray
) -> tuple[Rollups, Inventory]:
    """Steal as processor sharing gives it: all that run wait alike, for each second of work by as much as
    what is asked exceeds the host's CPUs.
    """
    asked = use * cpus
    over = np.clip(asked.sum(axis=1) + other - CPUS, 0, None)
    steal = np.clip(use * over[:, None] / CPUS + np.abs(rng.normal(0, 0.004, use.shape)), 0, 1)
    keys = tuple(("h1", f"vm-{at:02}") for at in range(VMS))
    ends = NOW - STEP * np.arange(STEPS_KEPT)[::-1]
    tables = {
        name: Rollup(keys, ends, part.astype(np.float32), part.astype(np.float32))
        for name, part in (("cpu", np.clip(use, 0, 1 - steal)), ("steal", steal))
    }
    vms = tuple(Vm(*key, virtual_cpus=float(own)) for key, own in zip(keys, cpus, strict=True))
    return Rollups(STEP, tables), Inventory(NOW, vms, (Host("h1", cpus=CPUS),))
