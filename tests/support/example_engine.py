"""What the engine says of ten shapes of series: tests/forecaster/engine/golden.tsv, from this program.

Hourly values of three weeks, seeded. A row is a shape at an instant; columns are the engine's outputs, with
six digits.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from forecaster.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

START, HOUR, STEPS = 1_700_006_400, 3600, 24 * 21
LIMIT = 90.0
HORIZONS, QUANTILES = (3600, 86400, 7 * 86400), (0.1, 0.5, 0.9)
EVERY, FIRST = 45, 60  # steps: instants fall on every second hour of the day


def shapes() -> dict[str, Floats]:
    """Ten kinds of series (STEPS,), in percent."""
    rng, t = np.random.default_rng(9), np.arange(STEPS)
    noise = rng.normal(0.0, 1.0, (10, STEPS))
    hour, day = t % 24, t // 24 % 7
    work = 25 * np.clip(np.sin((hour - 6) * np.pi / 12), 0, 1)
    return {
        "steady": 40 + 0.5 * noise[0],
        "daily": 45 + 20 * np.sin(2 * np.pi * t / 24) + noise[1],
        "weekly": 30 + work * np.where(day < 5, 1.0, 0.1) + noise[2],
        "growing": 20 + 0.05 * t + 5 * np.sin(2 * np.pi * t / 24) + 0.5 * noise[3],
        "leak": 35 + 0.12 * np.maximum(t - 150, 0) + 0.2 * noise[4],
        "fill": np.minimum(50 + 0.085 * t, 95.0) + 0.05 * noise[5],
        "saw-tooth": 30 + 45 * (t % 36) / 36 + 0.5 * noise[6],
        "bursty": np.where(rng.random(STEPS) < 0.1, 60.0, 3.0) * np.exp(0.1 * noise[7]),
        "level shift": np.where(t < 300, 25.0, 55.0) + noise[8],
        "idle": np.where(t % 97 == 96, 12.0, 0.0),
    }


def outputs() -> dict[tuple[str, int], dict[str, float]]:
    """Every output by its name, of a shape at a step."""
    found = shapes()
    said = replay(
        np.stack(list(found.values())),
        START + HOUR * np.arange(STEPS),
        limit=LIMIT,
        horizons=HORIZONS,
        quantiles=QUANTILES,
        lowest=0.0,
        highest=100.0,
    )
    rows = {}
    for row, shape in enumerate(found):
        for step in range(FIRST, STEPS, EVERY):
            plain = ("expected", "lower", "upper", "anomaly_score", "exhaustion_seconds")
            values = {name: getattr(said, name)[row, step] for name in plain}
            for h, seconds in enumerate(HORIZONS):
                values[f"probability {seconds}"] = said.probability[row, step, h]
                for q, quantile in enumerate(QUANTILES):
                    values[f"forecast {seconds} {quantile}"] = said.forecast[row, step, h, q]
            rows[shape, step] = {name: float(value) for name, value in values.items()}
    return rows


def lines() -> Iterator[str]:
    """The text of the golden file."""
    rows = outputs()
    yield "\t".join(("shape", "step", *next(iter(rows.values()))))
    for (shape, step), values in rows.items():
        yield "\t".join((shape, str(step), *(f"{value:.6g}" for value in values.values())))


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in lines()))
