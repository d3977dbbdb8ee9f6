"""`python -m bench.fast_alarms`: false alarms of the fast lane beside those of the steps.

Series without anomalies: a daily wave, and noise with some memory and many outliers. Each step's value is
judged by the engine; between two steps every sample is judged by what the step before left, as the fast lane
does. An alarm is a run of steps within which a score is 1 or more. `--damped` are divisors of the fast lane's
scores. The exit status is 1 where there are more than a tenth more than at the steps, with the last divisor.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.engine import Engine, Settings
from forecaster.serve.fast_lane import DAMPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEP, DAY, WEEK, START = 300, 86_400, 2016, 1_700_006_400  # seconds; steps; a midnight
TAILS = 0.8  # of sinh: the noise has a kurtosis of 12 (normal noise: 3)
LEVEL, WAVE, NOISE = 0.4, 0.15, 0.03
AT_MOST = 1.1  # times the alarms of the steps


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    weeks = flags.series * flags.judged / WEEK
    found, most = {}, 0.0
    for memory in flags.memory:
        slow, fast = _scores(flags.series, memory, flags.every, flags.learned, flags.judged)
        at = {f"fast, damped {by:g}": alarms(fast / by >= 1) / weeks for by in flags.damped}
        found[f"memory of {memory} s"] = {"steps": alarms(slow >= 1) / weeks, **at}
        steps = max(alarms(slow >= 1), 1) / weeks
        most = max(most, at[f"fast, damped {flags.damped[-1]:g}"] / steps)
    sys.stdout.write(f"alarms per series and week\n{json.dumps(found, indent=1)}\n")
    sys.stdout.write(f"fast lane beside the steps, at most: {most:.2f} (bound: {AT_MOST})\n")
    return int(most > AT_MOST)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.fast_alarms", description=__doc__)
    made.add_argument("--series", type=int, default=300)
    made.add_argument("--learned", type=int, default=576, help="steps (default %(default)s)")
    made.add_argument("--judged", type=int, default=WEEK, help="steps (default %(default)s)")
    made.add_argument("--every", type=int, default=10, help="seconds between samples (default %(default)s)")
    made.add_argument("--memory", type=int, nargs="+", default=[20, 60, 300], help="of the noise, in seconds")
    made.add_argument("--damped", type=float, nargs="+", default=[1.0, DAMPED])
    return made


def _scores(series: int, memory: int, every: int, learned: int, judged: int) -> tuple[Floats, Floats]:
    """Of the steps, and the highest one of the fast lane before each; (judged, series)."""
    engine, slow, fast = Engine.fresh(series, Settings(step=STEP)), [], []
    before = np.zeros(series)
    for number, values in enumerate(_samples(series, memory, every, learned, judged)):
        if number >= learned:
            standing, highest = engine.standing(), np.zeros(series)
            for each in values:
                score = np.nan_to_num(standing.judge(each))
                highest, before = np.maximum(highest, np.minimum(score, before)), score
            fast.append(highest)
        judgement = engine.observe(values[-1], START + STEP * (number + 1))
        slow.append(np.nan_to_num(judgement.anomaly_score))
    return np.array(slow[learned:]), np.array(fast)


def _samples(series: int, memory: int, every: int, learned: int, judged: int) -> Iterator[Floats]:
    """The samples within each step (k, series), the step's own the last one; while learning, that alone."""
    rng = np.random.default_rng(1)
    noise, phase = rng.normal(size=series), rng.random(series)
    for step in range(learned + judged):
        pause = STEP if step < learned else every
        kept = np.exp(-pause / memory)
        rows = []
        for at in range(pause, STEP + 1, pause):
            noise = kept * noise + np.sqrt(1 - kept**2) * rng.normal(size=series)
            wave = np.sin(2 * np.pi * ((START + step * STEP + at) / DAY + phase))
            rows.append(np.clip(LEVEL + WAVE * wave + NOISE * np.sinh(TAILS * noise) / TAILS, 0, 1))
        yield np.array(rows)


def alarms(on: NDArray[np.bool_]) -> int:
    """How many runs of steps (steps, series) there are."""
    before = np.vstack((np.zeros((1, on.shape[1]), bool), on[:-1]))
    return int((on & ~before).sum())


if __name__ == "__main__":
    sys.exit(main())
