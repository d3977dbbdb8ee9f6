"""The series on which two engines are compared: every kind of input there is, few of each.

Every builder gets the folder of the shared bench and whether all of it is wanted; it reads development data
only. Series of one step run side by side, since a step costs much the same for one series as for a hundred.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from shared_bench import imported

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
import planted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAY, HOUR, MINUTE = 86_400, 3600, 60
AUGUST = 31 * 288  # steps of the traces before it
HORIZONS = (900, HOUR, 4 * HOUR, DAY, 7 * DAY)
SHARE_OF_PEAK = 0.9  # the limit of what has no capacity


@dataclass(frozen=True)
class Case:
    """A call of the engine: `values` (n, T) of the series `names` at `timestamps` (T,), further arguments
    (n,), and options that are the same for all series.
    """

    names: Sequence[str]
    values: Floats
    timestamps: NDArray[np.int64]
    arrays: dict[str, Floats] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    call: str = "replay"

    def save(self, path: Path) -> None:
        """Write it for `engine_outputs.py`."""
        told = {"call": np.array(self.call), "options": np.array(json.dumps(self.options))}
        arrays: dict[str, Any] = {**self.arrays, **told, "values": self.values, "timestamps": self.timestamps}
        np.savez(path, **arrays)


def grid(steps: int, step: int) -> NDArray[np.int64]:
    """Unix times of so many steps, from a Monday on."""
    return planted.START + step * np.arange(steps, dtype=np.int64)


def padded(series: Sequence[Floats], at_most: int) -> Floats:
    """Series (t,) of unlike lengths as (n, T), NaN where one has ended."""
    table = np.full((len(series), min(at_most, max(map(len, series)))), np.nan)
    for row, values in zip(table, series, strict=True):
        kept = values[: len(row)]
        row[: len(kept)] = kept
    return table


def nab(data: Path, step: int, at_most: int) -> Case:
    """The benchmark's files of one step, each on its even grid."""
    scorer = imported(data, "score_nab")
    names, series = [], []
    for file in scorer.load(str(data / "nab" / "data"), str(data / "nab" / "combined_windows.json")):
        slots, times, own = scorer.even_grid(file["time"])
        if own == step:
            names.append(file["key"])
            series.append(np.full(len(times), np.nan))
            series[-1][slots] = file["values"]
    values = padded(series, at_most)
    return Case(names, values, grid(values.shape[1], step))


def microsoft(data: Path, step: int, at_most: int) -> Case:
    """The cloud services' series of one step."""
    found = [each for each in imported(data, "score_points").load() if each[1][1] - each[1][0] == step]
    values = padded([each[2].astype(np.float64) for each in found], at_most)
    return Case([each[0] for each in found], values, grid(values.shape[1], step))


def vms(data: Path, days: int, count: int) -> Case:
    """CPU and memory in percent, network and disk rates; four fifths of the series have a limit."""
    folder, part = data / "bitbrains", slice(AUGUST, AUGUST + days * 288)
    cpu, memory, rates = (np.load(folder / f"{name}_odd_jul_aug.npz") for name in ("cpu", "memory", "io"))
    own = {
        "cpu": cpu["cpu_percent"][:count, part],
        "memory": memory_percent(memory)[:count, part],
        "network": rates["network_rx_kb_s"][:count, part],
        "disk": rates["disk_write_kb_s"][:count, part],
    }
    values = np.concatenate([each.astype(np.float64) for each in own.values()])
    peak = np.fmax.reduce(values[:, : 7 * 288], axis=1)
    shares = np.arange(len(values)) < len(own["cpu"]) + len(own["memory"])
    limit = np.where(shares, 90.0, SHARE_OF_PEAK * peak)
    limit[::5] = np.nan
    names = [f"{name} of VM {vm}" for name, rows in own.items() for vm in cpu["ids"][: len(rows)]]
    return Case(names, values, cpu["timestamps"][part], {"limit": limit}, {"horizons": HORIZONS})


def free_memory(data: Path, days: int, count: int) -> Case:
    """What falls to a lower limit."""
    memory, part = np.load(data / "bitbrains" / "memory_odd_jul_aug.npz"), slice(AUGUST, AUGUST + days * 288)
    values = 100 - memory_percent(memory)[-count:, part]
    names = [f"VM {vm}" for vm in memory["ids"][-count:]]
    return Case(
        names, values, memory["timestamps"][part], {"limit": np.full(count, 20.0)}, {"lower_limit": True}
    )


def memory_percent(memory: Any) -> Floats:
    """Used memory in percent of what the VM has, NaN where it has none."""
    given = memory["memory_provisioned_kb"].astype(np.float64)
    return np.asarray(100 * memory["memory_used_kb"] / np.where(given > 0, given, np.nan))


def exhaustion(data: Path, seeds: int, per_kind: int, days: int) -> Case:
    """The bench's own seven kinds at one-minute steps, of several seeds, up to the day given."""
    generate = imported(data, "synthetic").generate
    made = [generate(seed, per_kind, max(4, days)) for seed in range(1, seeds + 1)]
    names = [f"{kind}, seed {seed}" for seed, (_, kinds, _) in enumerate(made, 1) for kind in kinds]
    part = slice(days * DAY // MINUTE)
    values = np.concatenate([each[0][:, part] for each in made])
    return Case(names, values, made[0][2][part], {"limit": np.full(len(values), 90.0)})


def anomalies(seeds: int) -> Case:
    """The project's own planted anomalies, every kind at several sensitivities."""
    made = planted.suite(seeds, seed=1)
    values = np.stack([each.values for each in made])[:, planted.WEEK :]
    numbers = np.arange(len(values))
    arrays = {
        "sensitivity": np.array([0.7, 1.0, 1.5])[numbers % 3],
        "min_deviation": np.where(numbers % 2, 0.1 * np.ptp(values, axis=1), 0.0),
    }
    return Case([each.kind for each in made], values, grid(values.shape[1], planted.STEP), arrays)


def short_day() -> Case:
    """A clock whose day is an hour, as a demo's."""
    values = _waves(12, 2160, 720)
    options = {"day": HOUR, "horizons": (MINUTE, 10 * MINUTE, HOUR)}
    return Case(_numbered(12), values, grid(2160, 5), {"limit": np.full(12, 1.4)}, options)


def long_step() -> Case:
    """A step of a day: no season."""
    options = {"horizons": (DAY, 7 * DAY)}
    return Case(_numbered(12), _waves(12, 200, 7), grid(200, DAY), {"limit": np.full(12, 1.4)}, options)


def fits(season: int) -> Case:
    """Holt-Winters alone, with gaps in a third of the series."""
    values = _waves(48, 7 * 288, 288)
    values[::3, 500:530] = np.nan
    return Case(_numbered(48), values, grid(7 * 288, 300), options={"season": season}, call="fit")


def _numbered(count: int) -> list[str]:
    return [f"number {number}" for number in range(count)]


def _waves(count: int, steps: int, season: int) -> Floats:
    """Seeded waves on a wandering level; every fourth rises, every sixth stands still for a while."""
    rng = np.random.default_rng(7)
    phase = 2 * np.pi * (np.arange(steps) / season + rng.random((count, 1)))
    level = 0.5 + np.cumsum(rng.normal(0, 0.002, (count, steps)), axis=1)
    values = level + 0.2 * np.sin(phase) + rng.normal(0, 0.02, (count, steps))
    values[::4] += np.linspace(0, 1, steps)
    values[::6, steps // 2 : steps // 2 + season] = 0.5
    return np.asarray(values)


class Row(NamedTuple):
    """A case: how it is built, by default and when everything is wanted; whether it needs the bench."""

    usual: Callable[[Path], Case]
    everything: Callable[[Path], Case]
    shared: bool = True


def own(build: Callable[[], Case]) -> Row:
    """A case of the project's own series."""
    return Row(lambda _: build(), lambda _: build(), shared=False)


WHOLE = 10**9  # steps
CASES: dict[str, Row] = {
    "fit, season of a day": own(lambda: fits(288)),
    "fit, no season": own(lambda: fits(1)),
    "day of an hour": own(short_day),
    "step of a day": own(long_step),
    "planted anomalies": Row(lambda _: anomalies(2), lambda _: anomalies(10), shared=False),
    "NAB, 5m": Row(lambda data: nab(data, 300, 4032), lambda data: nab(data, 300, WHOLE)),
    "NAB, 10m": Row(lambda data: nab(data, 600, 2016), lambda data: nab(data, 600, WHOLE)),
    "NAB, 1h": Row(lambda data: nab(data, HOUR, WHOLE), lambda data: nab(data, HOUR, WHOLE)),
    "cloud services, 1h": Row(
        lambda data: microsoft(data, HOUR, 1248), lambda data: microsoft(data, HOUR, WHOLE)
    ),
    "cloud services, 1m": Row(
        lambda data: microsoft(data, MINUTE, 2880), lambda data: microsoft(data, MINUTE, WHOLE)
    ),
    "exhaustion, 1m": Row(lambda data: exhaustion(data, 3, 2, 3), lambda data: exhaustion(data, 8, 8, 8)),
    "VMs": Row(lambda data: vms(data, 21, 25), lambda data: vms(data, 31, 100)),
    "free memory": Row(lambda data: free_memory(data, 10, 25), lambda data: free_memory(data, 31, 250)),
}
