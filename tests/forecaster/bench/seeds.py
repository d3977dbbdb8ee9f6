"""The seeded leaks, fills, saw-tooths and steps on seeds nothing was developed on: figures and their spread.

Series, events and scores are those of score_exhaustion.py --synthetic; all seeds' series run side by side.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from shared_bench import imported, parser

from forecaster.engine.engine import Engine, Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

SEEDS = (301, 302, 303, 304)
PER_KIND, DAYS, STEP, HOUR = 16, 8, 60, 3600
WARM_UP = 1440
HORIZONS = (900, HOUR, 86_400)
TOGETHER = (("leak", "disk_fill"), ("leak", "disk_fill", "leak_restart"))
ALWAYS = 1.0  # probability of what alarms all the time


class Told(NamedTuple):
    """What the engine said of series (n, T): P(limit reached) (n, T, horizons), and the seconds left."""

    probability: NDArray[np.float32]
    seconds: NDArray[np.float32]
    low: NDArray[np.float32]  # their 10 and 90 % quantiles
    high: NDArray[np.float32]


def told(values: Table, start: int, limit: float, step: int = STEP) -> Told:
    """The engine over `values` (n, T), one each `step` seconds."""
    n, steps = values.shape
    engine, limits = Engine.fresh(n, Settings(step=step, horizons=HORIZONS)), np.full(n, limit)
    probability = np.empty((steps, len(HORIZONS), n), np.float32)
    seconds = np.empty((3, steps, n), np.float32)
    for t, column in enumerate(np.ascontiguousarray(values.T)):
        engine.observe(column, start + step * t, limits)
        said = engine.outlook()
        probability[t] = said.probability
        seconds[0, t], seconds[1, t] = said.exhaustion_seconds, said.exhaustion_quantiles[0]
        seconds[2, t] = said.exhaustion_quantiles[-1]
    return Told(np.moveaxis(probability, -1, 0), *(each.T for each in seconds))


def an_hour_before(values: Table, protocol: dict[str, Any], step: int = STEP) -> list[tuple[int, int]]:
    """Row and step an hour before each event whose time can be judged: below the limit then, without another
    event since, most of the hour observed.
    """
    found, ahead = [], HOUR // step
    for row, event in protocol["events"]:
        then = event - ahead
        if then <= 0 or not values[row, then] < protocol["limit"]:
            continue
        if protocol["onset"][row, then:event].any() or np.isfinite(values[row, then:event]).mean() <= 0.5:
            continue
        found.append((int(row), int(then)))
    return found


def covered(values: Table, protocol: dict[str, Any], said: Told, step: int = STEP) -> tuple[int, int]:
    """How many of the events that can be judged the interval of an hour before covers, of how many."""
    judged = an_hour_before(values, protocol, step)
    inside = sum(bool(said.low[row, then] <= HOUR <= said.high[row, then]) for row, then in judged)
    return inside, len(judged)


def scored(
    scorer: Any,
    values: Table,
    kinds: NDArray[np.str_],
    limit: float,
    said: Told,
    *,
    step: int = STEP,
    warm_up: int = WARM_UP,
) -> dict[str, Any]:
    """By kind of series: events, those flagged and those that alarms all the time would flag, false
    episodes per series-week, error of the time left in percent, events whose time is known and covered.
    """
    protocol = scorer.protocol(values, step, limit, warm_up)
    spoken = scorer.at_instants(said.probability, protocol["inst"])
    always = {horizon: (np.full_like(p, ALWAYS),) * 2 for horizon, (_, p) in spoken.items()}
    found = scorer.score_synthetic(values, kinds, protocol, spoken, said.seconds)
    most = scorer.score_synthetic(values, kinds, protocol, always, said.seconds)
    out = {}
    for kind in sorted(set(kinds.tolist())):
        hour, ceiling = found[kind]["1h"], most[kind]["1h"]
        of_kind = {**protocol, "events": [each for each in protocol["events"] if kinds[each[0]] == kind]}
        inside, timed = covered(values, of_kind, said, step)
        error = found[kind]["tte_error_1h"]["median_abs_pct"]  # inf is a word there
        out[kind] = {
            "events": hour["events"],
            "flagged": round(hour["events"] * (hour["flagged_15min_ahead"] or 0)),
            "flaggable": round(hour["events"] * (ceiling["flagged_15min_ahead"] or 0)),
            "false": hour["false_per_series_week"],
            "error": None if error is None else float(error),
            "covered": inside,
            "timed": timed,
        }
    return out


def share(parts: dict[str, Any], kinds: tuple[str, ...], count: str, of: str) -> float | None:
    """One count over another, summed over kinds; None of nothing."""
    total = sum(parts[kind][of] for kind in kinds)
    return sum(parts[kind][count] for kind in kinds) / total if total else None


def main() -> None:
    """The figures of all seeds together and of each, as JSON."""
    flags = parser(__doc__).parse_args()
    scorer, maker = (imported(flags.data, name) for name in ("score_exhaustion", "synthetic"))
    made = [maker.generate(seed, PER_KIND, DAYS) for seed in SEEDS]
    values, kinds = np.concatenate([each[0] for each in made]), np.concatenate([each[1] for each in made])
    said = told(values, int(made[0][2][0]), maker.LIMIT)
    each = len(made[0][0])
    by_seed = [
        scored(scorer, values[part], kinds[part], maker.LIMIT, Told(*(rows[part] for rows in said)))
        for part in (slice(first, first + each) for first in range(0, len(values), each))
    ]
    every = scored(scorer, values, kinds, maker.LIMIT, said)
    together = [
        {
            "kinds": list(some),
            "events": sum(every[kind]["events"] for kind in some),
            "flagged": share(every, some, "flagged", "events"),
            "flaggable": share(every, some, "flaggable", "events"),
            "by_seed": [share(parts, some, "flagged", "events") for parts in by_seed],
        }
        for some in TOGETHER
    ]
    figures = {
        "seeds": SEEDS,
        "series": len(values),
        "together": together,
        "kinds": every,
        "by_seed": by_seed,
    }
    flags.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
