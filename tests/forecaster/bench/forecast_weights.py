"""Writes forecaster/engine/forecasts/weights.py: the fleet's weights of the members, and the widths of the
quantiles, fitted on half of the shared bench's VMs (even rows), CPU and memory.

The members say their quantiles at instants 97 steps apart from the fifth day on; the last days of July are
left out, as the bench's form of GIFT-Eval scores them. For each horizon and quantile the weights of least
loss are looked for, by gradient: half of it is relative to the values of all VMs, so that busy ones count
more, some is relative to each VM's own daily change. Then the pool runs with these weights, and each
horizon gets the widths by which a tenth of the outcomes lies outside on each side, from the third week on.
Beyond two days, where no series learns widths of its own, it gets half as much: wide intervals cost those
most whose outcomes lie within.

    PYTHONPATH=. python tests/forecaster/bench/forecast_weights.py --data ../shared/bench > weights.py
"""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from forecasts_alone import Engine, Settings
from shared_bench import imported

from forecaster.engine.forecasts import fleet, pool
from forecaster.engine.forecasts.pool import JUDGED, LEVELS, MEMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KNOTS = (1, 3, 6, 12, 24, 48, 96, 144, 288, 480, 2016, 8640)  # slots of 5 min ahead
DAY, STEP = 288, 300
EVERY = 97  # steps between two instants
LEARNING, SETTLED = 4, 14  # days, before the first one, and before those of the widths
FAR = 2 * DAY  # beyond, series learn no widths
LEFT_OUT = range(26, 31)  # days of July
BY_CHANGE = 0.3  # of the loss relative to a VM's daily change
LEAST_CHANGE = 0.05  # percent: below, it counts as that
EVEN = 3e-3  # how much weights are drawn to be even
TRIM, ETA, SURE = 0.35, 2.0, 5.0  # the kernel's
PARTS = {"cpu": 0, "memory": 17}  # first day in use
ROUNDS, PACE = 150, 0.15  # of the gradient descent


class Told(NamedTuple):
    """At instants of one resource: members' quantiles, how far a series trusts each member, what came."""

    said: NDArray[Any]  # (cells, knots, members, levels)
    trust: Floats  # (cells, knots, members) logarithms
    job: NDArray[Any]  # (cells, knots) where another rule speaks
    came: Floats  # (cells, knots), NaN = unknown
    load: Floats  # (cells,) relative weight: cores
    change: Floats  # (cells,) mean daily change


def instants(steps: int, first_day: int) -> NDArray[np.intp]:
    """Steps at which members are asked."""
    at = np.arange(LEARNING * DAY, steps - 1, EVERY)
    left_out = np.isin(at // DAY + first_day, LEFT_OUT)
    return np.asarray(at[~left_out])


def tell(trace: Any, at: NDArray[np.intp]) -> Told:
    """What the members say at the steps `at` of a trace of the bench."""
    values, stamps = trace.x, trace.ts
    model = Engine.fresh(len(values), Settings(step=STEP))
    rows = len(values), len(at), len(KNOTS)
    said = np.full((*rows, len(MEMBERS) + 1, len(LEVELS)), np.nan, np.float32)
    trust, job, change = np.zeros((*rows, len(MEMBERS))), np.zeros(rows, bool), np.zeros(rows[:2])
    place = {int(step): number for number, step in enumerate(at)}
    for step in range(at[-1] + 1):
        model.observe(np.ascontiguousarray(values[:, step]), int(stamps[step]))
        if (number := place.get(step)) is not None:
            said[:, number], job[:, number] = members(model.pool)
            trust[:, number] = trusted(model.pool)
            change[:, number] = trace.scale(step)
    to = at[:, None] + np.array(KNOTS)
    came = np.where(to < values.shape[1], values[:, np.minimum(to, values.shape[1] - 1)], np.nan)
    came[~np.isfinite(values[:, at])] = np.nan
    load = np.repeat(trace.cores[:, None], len(at), axis=1)
    parts: tuple[Any, ...] = (said[:, :, :, :-1], trust, job, came, load, change)
    return Told(*(part.reshape(rows[0] * rows[1], *part.shape[2:]) for part in parts))


def members(model: pool.Pool) -> tuple[Floats, NDArray[np.bool_]]:
    """What each member says (n, knots, members and job, levels), and where there is a job."""
    asked = pool._asked(tuple(map(float, KNOTS)), LEVELS, model.memory.day)
    told = model._told(np.arange(len(model.loss)), asked)
    return told.said[:, 0] * model.memory.unit[:, None, None, None], told.jobs != 0


def trusted(model: pool.Pool) -> Floats:
    """Logarithms of the series' own weights (n, knots, members), as the kernel has them."""
    off = np.abs(np.log2(KNOTS)[:, None] - np.log2(JUDGED))
    near = off.argmin(axis=1)
    loss, judged = model.loss[:, near], model.judged[:, near, None]
    least = loss.min(axis=2, keepdims=True)
    logs: Floats = -ETA * np.minimum(judged, SURE) / SURE * np.minimum((loss - least) / (least + 1), 15)
    return logs


def pooled(said: Floats, trust: Floats, log_weights: Floats) -> tuple[Floats, Floats]:
    """The trimmed mean of the members' values (cells, members), and its slope by the logarithms of the
    weights.
    """
    known = np.isfinite(said)
    values = np.where(known, said, 0.0)
    logs = np.where(known, trust + log_weights, -1e9)
    share = np.exp(logs - logs.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    order = np.argsort(np.where(known, said, np.inf), axis=1)
    ordered, ends = (
        np.take_along_axis(values, order, 1),
        np.cumsum(np.take_along_axis(share, order, 1), axis=1),
    )
    begins = np.concatenate((np.zeros((len(ends), 1)), ends[:, :-1]), axis=1)
    kept = np.clip(ends, TRIM, 1 - TRIM) - np.clip(begins, TRIM, 1 - TRIM)
    mean = (kept * ordered).sum(axis=1) / (1 - 2 * TRIM)
    low, high = (
        np.take_along_axis(ordered, (ends > edge).argmax(axis=1)[:, None], 1)
        for edge in (TRIM, 1 - TRIM - 1e-9)
    )
    held = np.clip(values, low, high)
    return mean, share * (held - (share * held).sum(axis=1, keepdims=True)) / (1 - 2 * TRIM)


def fit(parts: list[tuple[Floats, ...]], level: float) -> Floats:
    """Logarithms of weights of least loss; parts of (said, trust, came, weight)."""
    found = np.zeros(len(MEMBERS))
    mean, square = found.copy(), found.copy()
    for turn in range(ROUNDS):
        slope = EVEN * found
        for said, trust, came, weight in parts:
            value, by = pooled(said, trust, found)
            slope = slope + (by * (np.where(came > value, -level, 1 - level) * weight)[:, None]).sum(axis=0)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        found = found - PACE * mean / (np.sqrt(square) + 1e-12) * (1 - turn / ROUNDS)
    highest: Floats = found - found.max()
    return highest


def usable(told: Told, knot: int, level: int) -> tuple[Floats, ...]:
    """The cells of one horizon and quantile: (said, trust, came, weight)."""
    said, came = told.said[:, knot, :, level].astype(float), told.came[:, knot]
    use = np.isfinite(came) & np.isfinite(said).any(axis=1) & ~told.job[:, knot]
    said, came, load, change = said[use], came[use], told.load[use], told.change[use]
    size = np.abs(came)
    weight = 0.5 / size.sum() + 0.5 * load / (load * size).sum()
    own = np.where(change > LEAST_CHANGE, 1.0 / np.maximum(change, LEAST_CHANGE), 0.0)
    return said, told.trust[use, knot], came, weight + BY_CHANGE * own / len(came)


def weights(told: list[Told]) -> Floats:
    """(knots, levels, members)."""
    rows = []
    for knot in range(len(KNOTS)):
        rows.append(
            [fit([usable(each, knot, row) for each in told], level) for row, level in enumerate(LEVELS)]
        )
        sys.stderr.write(f"{KNOTS[knot]} slots: {np.exp(rows[-1]).round(2).tolist()}\n")
    return np.array(rows)


@contextmanager
def in_force(log_weights: Floats) -> Iterator[None]:
    """The pool with other weights, and no widths of the fleet."""
    before = fleet.TABLE
    fleet.TABLE = fleet.Table(np.array(KNOTS, float), np.array(LEVELS), log_weights, np.ones((len(KNOTS), 2)))
    fleet.fleet.cache_clear()
    yield
    fleet.TABLE = before
    fleet.fleet.cache_clear()


def widths(traces: list[tuple[Any, NDArray[np.intp]]], log_weights: Floats) -> Floats:
    """(knots, 2), the mean of the resources'."""
    found = []
    horizons = tuple(STEP * each for each in KNOTS)
    for trace, every in traces:
        at = every[every >= SETTLED * DAY]
        with in_force(log_weights):
            engine, asked = Engine.fresh(len(trace.x), Settings(step=STEP, horizons=horizons)), []
            wanted = set(at.tolist())
            for step in range(at[-1] + 1):
                said = engine.observe(np.ascontiguousarray(trace.x[:, step]), int(trace.ts[step]))
                if step in wanted:
                    asked.append(np.moveaxis(said.forecast, -1, 0))
        to = at[:, None] + np.array(KNOTS)
        came = np.where(to < trace.x.shape[1], trace.x[:, np.minimum(to, trace.x.shape[1] - 1)], np.nan)
        came[~np.isfinite(trace.x[:, at])] = np.nan
        found.append(
            [
                [width(np.stack(asked, 1)[:, :, k], came[:, :, k], side) for side in (0, -1)]
                for k in range(len(KNOTS))
            ]
        )
    mean: Floats = np.exp(np.log(found).mean(axis=0))
    far = np.array(KNOTS) > FAR
    mean[far] = np.sqrt(np.maximum(mean[far], 1.0))
    return mean


def width(asked: Floats, came: Floats, side: int) -> float:
    """Times the distance of the quantile at one end from the median, beyond which a tenth of the outcomes
    lies.
    """
    use = np.isfinite(came)
    middle, edge, outcome = asked[..., 1][use], asked[..., side][use], came[use]
    low, high = 0.3, 4.0
    for _ in range(30):
        times = (low + high) / 2
        beyond = middle + times * (edge - middle)
        outside = (outcome < beyond if side == 0 else outcome > beyond).mean()
        low, high = (times, high) if outside > LEVELS[0] else (low, times)
    return low


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the shared bench")
    flags = parser.parse_args()
    bench, traces, told = imported(flags.data, "score_forecast"), [], []
    for resource, first_day in PARTS.items():
        trace = bench.load(str(flags.data / "bitbrains"), bench.TAG, resource, clip=True, from_day=first_day)
        half = bench.Trace(trace.x[::2], trace.ts, trace.ids[::2], trace.cores[::2])
        traces.append((half, instants(half.x.shape[1], first_day)))
        told.append(tell(*traces[-1]))
    found = weights(told)
    sys.stdout.write(module(found, widths(traces, found)))


def module(log_weights: Floats, fleet_widths: Floats) -> str:
    """The text of weights.py."""
    rows = "".join(
        f"    (  # {slots} slots\n"
        + "".join(f"        ({', '.join(f'{each:.2f}' for each in row)}),\n" for row in of_slots)
        + "    ),\n"
        for slots, of_slots in zip(KNOTS, log_weights, strict=True)
    )
    each_side = "".join(f"    ({low:.2f}, {high:.2f}),\n" for low, high in fleet_widths)
    return (
        '"""The fleet\'s weights and widths; tests/forecaster/bench/forecast_weights.py writes them."""\n\n'
        "from __future__ import annotations\n\n"
        f"SLOTS = {KNOTS}\n"
        '"""Ahead, of which 288 make a day."""\n'
        f"LEVELS = {LEVELS}\n"
        f"LOG_WEIGHTS = (  # slots, levels, members: {', '.join(MEMBERS)}\n{rows})\n"
        f"WIDTHS = (  # slots; below, above the median\n{each_side})\n"
    )


if __name__ == "__main__":
    main()
