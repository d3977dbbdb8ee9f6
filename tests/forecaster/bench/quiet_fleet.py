"""How quiet a fleet of real VMs is: the engine on their traces, and the default rules on what it says.

A step is one evaluation of the rules: what is asked for ten minutes must hold at two steps of five minutes.
Notifications are counted as Alertmanager sends them by the example configuration: a fact inhibits the
prediction, both the anomaly, a warning the info. `soon` is right if the limit is reached within its horizon.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alert_rules.alerts.anomaly import OF_VMS as ANOMALIES
from alert_rules.alerts.exhaustion import OF_VMS as EXHAUSTIONS
from alert_rules.profiles import PROFILES
from forecaster.config.durations import seconds
from forecaster.config.resources import RESOURCES
from forecaster.engine.engine import Engine, Settings

sys.path.insert(0, str(Path(__file__).parent))
import shared_bench

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from numpy.typing import NDArray

    from alert_rules.values import Scalar
    from forecaster.config.resource import Resource

    Table = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Figures = dict[str, dict[str, float]]

STEP, DAY = 300, 86_400
MONTH = 30 * DAY
DRAWS = (0, 1, 2)  # of the moments at which disks are full
WARM_UP, JUDGED = 28 * DAY // STEP, 28 * DAY // STEP  # steps
CHUNK = 50  # VMs at once
KNOWN = 0.8  # share of what comes after an alert, for it to be judged
LIMIT = 0.9  # of the seeded series and the disks
BY_NAME = {each.name: each for each in RESOURCES}
FULL = replace(BY_NAME["vm_filesystem"], limit=LIMIT)
START, DAILY = 0.3, 0.9  # of a disk: its level at first; the share of days on which the VM writes


@dataclass(frozen=True)
class Said:
    """What the engine said at each judged step: (n, steps), `probability` by horizon."""

    score: Table
    origin: Table
    probability: dict[str, Table]


def said(resource: Resource, values: Table, times: NDArray[np.int64], warm_up: int) -> Said:
    """The engine on all of the values, as the forecaster has it for the resource."""
    settings = Settings(
        step=int(times[1] - times[0]),
        horizons=tuple(each.seconds for each in resource.horizons),
        lowest=resource.lowest,
        highest=resource.highest,
    )
    count, steps = len(values), values.shape[1] - warm_up
    engine = Engine.fresh(count, settings)
    limit, one = np.full(count, resource.limit), np.full(count, resource.anomaly_threshold)
    deviation = np.full(count, resource.min_deviation)
    score, origin = (np.full((count, steps), np.nan) for _ in range(2))
    chance = np.full((len(resource.horizons), count, steps), np.nan)
    for place, column in enumerate(np.ascontiguousarray(values.T)):
        engine.observe(column, int(times[place]), limit, one, deviation)
        if place >= warm_up:
            now = engine.outlook()
            at = place - warm_up
            score[:, at], origin[:, at] = now.anomaly_score, now.reasons.origin
            chance[:, :, at] = now.probability
    labels = [each.label for each in resource.horizons]
    return Said(score, origin, dict(zip(labels, chance, strict=True)))


def held(condition: Flags, for_: int, keep: int) -> Flags:
    """Where an alert fires whose condition must hold for so many steps, and which goes on for so many."""
    firing = np.zeros_like(condition)
    run = np.zeros(len(condition), int)
    gone = np.full(len(condition), keep + 1)
    for at in range(condition.shape[1]):
        run = np.where(condition[:, at], run + 1, 0)
        starts = run >= for_
        lasts = firing[:, at - 1] & (gone < keep) if at else np.zeros(len(condition), bool)
        firing[:, at] = starts | lasts
        gone = np.where(condition[:, at], 0, gone + 1)
    return firing


def begins(firing: Flags) -> Flags:
    """Where it begins to fire."""
    first = firing.copy()
    first[:, 1:] &= ~firing[:, :-1]
    return first


def steps_of(duration: Scalar, step: int) -> int:
    return max(1, -(-seconds(str(duration)) // step))


@dataclass(frozen=True)
class Alerts:
    """Where each alert of a resource fires: (n, steps)."""

    actual: Flags
    soon: Flags
    later: Flags
    unusual: Flags
    severe: Flags
    horizons: tuple[int, int]  # seconds, of soon and later

    def notified(self) -> dict[str, int]:
        """Notifications by alert, after inhibition."""
        foreseen = self.soon | self.later | self.actual
        told = {
            "soon": self.soon & ~self.actual,
            "later": self.later & ~self.actual & ~self.soon,
            "severe": self.severe & ~foreseen,
            "unusual": self.unusual & ~foreseen & ~self.severe,
        }
        return {name: int(begins(each).sum()) for name, each in told.items()}


def slow(values: Table, warm_up: int, limit: float, rise: float, span: float) -> Flags:
    """Where the default rules find a rise too slow to predict from: as _slow in alert_rules/exhaustion.py.

    `span` is the horizon in steps. An offset finds the latest sample before, which may be a step older.
    """
    until = values.shape[1]

    def before(steps: float) -> Table:
        back = math.ceil(steps)
        unknown = np.full((len(values), min(max(0, back - warm_up), until - warm_up)), np.nan)
        return np.hstack([unknown, values[:, max(0, warm_up - back) : max(0, until - back)]])

    now = values[:, warm_up:]

    def fast(steps: float, part: float = 1.0) -> Flags:
        left = rise * part * (limit - now)
        found: Flags = (now - before(steps) >= left) & (before(steps) - before(2 * steps) >= left)
        return found

    known: Flags = np.isfinite(before(span / 3)) | np.isfinite(before(span)) | np.isfinite(before(2 * span))
    young: Flags = ~np.isfinite(before(2 * span)) & fast(span / 6, 1 / 6)
    return known & ~fast(span / 6) & ~fast(span) & ~young


def alerts(
    resource: Resource, whole: Table, of: Said, warm_up: int, step: int = STEP, *, facts: bool = True
) -> Alerts:
    """The default rules on what was said; without `facts`, those that ask for no fast rise."""
    values = whole[:, warm_up:]
    row = next(each for each in EXHAUSTIONS if each.resource == resource.name)
    odd = next(each for each in ANOMALIES if each.resource == resource.name)
    chosen, unusual = PROFILES["default"][row.area], PROFILES["default"][odd.area]
    floor = values >= float(chosen["floor"])
    predicted = steps_of(chosen["predicted_for"], step), steps_of(chosen["predicted_keep_firing_for"], step)
    fact = steps_of(chosen["actual_for"], step), steps_of(chosen["actual_keep_firing_for"], step)
    ahead = {each.label: each.seconds for each in resource.horizons}
    likely = {}
    for name in ("horizon", "later_horizon"):
        near = (of.probability[str(chosen[name])] >= resource.threshold) & floor
        if facts and row.fills:
            span = ahead[str(chosen[name])] / step
            near &= ~slow(whole, warm_up, resource.limit, float(chosen["rise"]), span)
        likely[name] = held(near, *predicted)
    far = np.abs(values - of.origin) >= float(unusual["deviation"])
    strange = (of.score >= 0.9) & far
    keep = steps_of(unusual["anomaly_keep_firing_for"], step)
    return Alerts(
        held(values >= resource.limit, *fact),
        likely["horizon"],
        likely["later_horizon"],
        held(strange, steps_of(unusual["anomaly_for"], step), keep),
        held(strange & (values >= float(unusual["severe_use"])), steps_of(unusual["severe_for"], step), keep),
        (ahead[str(chosen["horizon"])], ahead[str(chosen["later_horizon"])]),
    )


def precision(firing: Flags, values: Table, limit: float, horizon: int, step: int = STEP) -> tuple[int, int]:
    """Of the alerts that begin and whose future is known: right ones, and all."""
    right = total = 0
    ahead = horizon // step
    for row, at in zip(*np.nonzero(begins(firing)), strict=True):
        future = values[row, at : at + ahead + 1]
        if len(future) > ahead and np.isfinite(future).mean() >= KNOWN:
            right, total = right + bool(np.any(future >= limit)), total + 1
    return right, total


def told_before(firing: Flags, values: Table, limit: float, hours: float) -> tuple[int, int]:
    """Of the series that reach the limit after a day whose values are known: those of which an alert began so
    many hours before, and all.
    """
    told = total = 0
    for begun, series in zip(begins(firing), values, strict=True):
        reached = series >= limit
        at = int(reached.argmax())
        day = series[max(0, at - DAY // STEP) : at]
        if reached[at] and len(day) == DAY // STEP and np.isfinite(day).mean() >= KNOWN:
            total += 1
            told += bool(begun[: at - round(hours * 3600 / STEP) + 1].any())
    return told, total


def traces(data: Path, name: str, count: int) -> tuple[Table, NDArray[np.int64]]:
    """Shares of one of the first VMs, and the times."""
    with np.load(data / "bitbrains" / f"{name}_odd_jul_aug.npz") as held_in:
        times = held_in["timestamps"]
        if name == "cpu":
            return np.clip(held_in["cpu_percent"][:count].astype(float) / 100, 0, 1), times
        given = held_in["memory_provisioned_kb"][:count].astype(float)
        used = held_in["memory_used_kb"][:count].astype(float)
        return np.clip(used / np.where(given > 0, given, np.nan), 0, 1), times


def fills(data: Path) -> tuple[Table, NDArray[np.int64], list[str]]:
    """The seeded series of the bench, by five minutes."""
    values, kinds, times = shared_bench.imported(data, "synthetic").generate(seed=5, per_kind=16)
    return values[:, ::5] / 100, np.asarray(times[::5]), list(kinds)


def disk_traces(data: Path, count: int, draw: int) -> tuple[Table, NDArray[np.int64]]:
    """Levels of disks that keep what the first VMs wrote, one each, and the times. Chance chose when each is
    full, within the judged days, anew with each draw. VMs that do not write daily are left out. What nobody
    recorded is not known.
    """
    with np.load(data / "bitbrains" / "io_odd_jul_aug.npz") as held_in:
        rate, times = held_in["disk_write_kb_s"][:count].astype(float), held_in["timestamps"]
    written = np.cumsum(np.nan_to_num(rate), axis=1)
    daily = np.diff(written[:, :: DAY // STEP], axis=1)
    writes = (daily > 0).mean(axis=1) > DAILY
    written, rate = written[writes], rate[writes]
    full = np.random.default_rng(draw).integers(WARM_UP, WARM_UP + JUDGED, len(written))
    size = written[np.arange(len(written)), full][:, None]
    level = np.clip(START + (LIMIT - START) * written / size, 0, 1)
    return np.where(np.isnan(rate), np.nan, level), times


def figures(resource: Resource, values: Table, times: NDArray[np.int64], warm_up: int) -> dict[str, float]:
    """Notifications and precision of one resource, chunk by chunk."""
    told: dict[str, float] = {}
    for first in range(0, len(values), CHUNK):
        part = values[first : first + CHUNK]
        judged = part[:, warm_up:]
        outlook = said(resource, part, times, warm_up)
        found = alerts(resource, part, outlook, warm_up)
        alone = alerts(resource, part, outlook, warm_up, facts=False)
        counts = dict(found.notified())
        for way, its in (("", found), ("alone: ", alone)):
            for name, firing, horizon in zip(
                ("soon", "later"), (its.soon, its.later), its.horizons, strict=True
            ):
                free = firing & ~its.actual
                right, total = precision(free, judged, resource.limit, horizon)
                counts |= {f"{way}{name} right": right, f"{way}{name} judged": total}
            for hours in (1, 6):
                before, reached = told_before(its.soon & ~its.actual, judged, resource.limit, hours)
                counts |= {f"{way}told {hours} h before": before, f"{way}reached": reached}
        for name, number in counts.items():
            told[name] = told.get(name, 0) + number
        sys.stderr.write(f"{resource.name}: {first + len(part)} of {len(values)}\n")
    months = float(np.isfinite(values[:, warm_up:]).sum()) * STEP / MONTH
    return {"vm-months": round(months, 1), **told}


def of_traces(flags: argparse.Namespace, name: str) -> Figures:
    """Those of CPU or memory of the VMs."""
    values, times = traces(flags.data, name.removeprefix("vm_"), flags.vms)
    end = WARM_UP + JUDGED
    return {name: figures(BY_NAME[name], values[:, :end], times[:end], WARM_UP)}


def of_fills(flags: argparse.Namespace) -> Figures:
    """Those of the seeded series, by their kind."""
    values, times, kinds = fills(flags.data)
    found = {}
    for kind in dict.fromkeys(kinds):
        mine = values[[each == kind for each in kinds]]
        found[f"fills: {kind}"] = figures(FULL, mine, times, 2 * DAY // STEP)
    return found


def of_disks(flags: argparse.Namespace) -> Figures:
    """Those of the disks, by draw and half: the rule was chosen on one half."""
    found, end = {}, WARM_UP + JUDGED
    for draw in flags.draws:
        values, times = disk_traces(flags.data, flags.disks, draw)
        for name, half in (("chosen on", 0), ("judged on", 1)):
            part = values[half::2, :end]
            found[f"disks, draw {draw}: {name}"] = figures(FULL, part, times[:end], WARM_UP)
    return found


READ: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "vm_cpu": partial(of_traces, name="vm_cpu"),
    "vm_memory": partial(of_traces, name="vm_memory"),
    "fills": of_fills,
    "disks": of_disks,
}


def main() -> int:
    parser = shared_bench.parser(__doc__)
    parser.add_argument("--vms", type=int, default=200, help="the first VMs of the traces (default: 200)")
    parser.add_argument("--disks", type=int, default=250, help="VMs that write to disks (default: 250)")
    parser.add_argument(
        "--only", nargs="*", choices=READ, default=tuple(READ), help="some of the parts (default: all)"
    )
    parser.add_argument(
        "--draws",
        type=int,
        nargs="*",
        default=DRAWS,
        metavar="N",
        help="of the disks: each number has them full at other moments (default: 0 1 2)",
    )
    flags = parser.parse_args()
    found: Figures = {}
    for part in flags.only:
        found |= READ[part](flags)
    flags.json.write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
