"""Errors of the time left an hour before the limit, by kind of series and by the view that speaks.

Series and events are those of score_exhaustion.py --synthetic, on seeds nothing was chosen on. The outlook is
asked only where an event is an hour away: asking never learns, and most of the cost is saved.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from seeds import DAYS, HORIZONS, HOUR, PER_KIND, STEP, WARM_UP, an_hour_before
from shared_bench import imported, parser

from forecaster.engine.engine import Engine, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Table = NDArray[np.float64]

SEEDS = (601, 602, 603)
VIEWS = ("straight lines", "days before", "season")
"""By the number the engine keeps of who speaks."""


class Said(NamedTuple):
    """Of an event an hour away: the kind of its series, who spoke, the time left and its interval, hours."""

    kind: str
    view: str
    hours: float
    low: float
    high: float


def asked(values: Table, protocol: dict[str, Any]) -> dict[int, list[int]]:
    """Rows by the step an hour before their events."""
    found = defaultdict(list)
    for row, then in an_hour_before(values, protocol):
        found[then].append(row)
    return found


def said(
    values: Table, kinds: NDArray[np.str_], start: int, limit: float, rows: dict[int, list[int]]
) -> list[Said]:
    """What the engine says of the series `values` (n, T) at the steps and rows asked for."""
    n, found = len(values), []
    engine, limits = Engine.fresh(n, Settings(step=STEP, horizons=HORIZONS)), np.full(n, limit)
    for t, column in enumerate(np.ascontiguousarray(values.T)):
        engine.observe(column, start + STEP * t, limits)
        if t not in rows:
            continue
        outlook, speaks = engine.outlook(), engine.exhaustion.speaks
        times = (
            outlook.exhaustion_seconds,
            outlook.exhaustion_quantiles[0],
            outlook.exhaustion_quantiles[-1],
        )
        for row in rows[t]:
            hours = (float(each[row]) / HOUR for each in times)
            found.append(Said(str(kinds[row]), VIEWS[speaks[row]], *hours))
    return found


def figures(told: Iterable[Said]) -> dict[str, Any]:
    """Of one event or more: how many, the median error in percent, the median with its sign (above 0 = too
    long), the share of intervals that cover; None where the median event has no time.
    """
    some = list(told)
    off = np.array([100 * (each.hours - 1) for each in some])
    error, bias = float(np.median(np.abs(off))), float(np.median(off))
    covers = float(np.mean([each.low <= 1 <= each.high for each in some]))
    return {
        "events": len(some),
        "error": error if np.isfinite(error) else None,
        "bias": bias if np.isfinite(bias) else None,
        "covers": covers,
    }


def by_kind(told: list[Said]) -> list[dict[str, Any]]:
    """Figures of each kind, all views together, then of each view that spoke."""
    groups: dict[tuple[str, int, str], list[Said]] = defaultdict(list)
    for each in told:
        groups[each.kind, -1, "all"].append(each)
        groups[each.kind, VIEWS.index(each.view), each.view].append(each)
    return [
        {"kind": kind, "view": view, **figures(groups[kind, k, view])} for kind, k, view in sorted(groups)
    ]


def main() -> None:
    """The figures as JSON."""
    flags = parser(__doc__).parse_args()
    scorer, maker = (imported(flags.data, name) for name in ("score_exhaustion", "synthetic"))
    made = [maker.generate(seed, PER_KIND, DAYS) for seed in SEEDS]
    values, kinds = np.concatenate([each[0] for each in made]), np.concatenate([each[1] for each in made])
    rows = asked(values, scorer.protocol(values, STEP, maker.LIMIT, WARM_UP))
    told = said(values, kinds, int(made[0][2][0]), maker.LIMIT, rows)
    flags.json.write_text(
        json.dumps({"seeds": SEEDS, "series": len(values), "rows": by_kind(told)}, indent=1)
    )


if __name__ == "__main__":
    main()
