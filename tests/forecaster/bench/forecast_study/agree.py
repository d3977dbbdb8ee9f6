"""kernel.c says what forecaster.engine.forecasts says: three series, 20 days of hours, compared at the end."""

import compiled
import numpy as np

from forecaster.engine.forecasts import rows
from forecaster.engine.forecasts.forecasts import Forecasts

CASES = np.random.default_rng(0).gamma(0.3, 20.0, (3, 480)) + 10 * np.sin(np.arange(480) / 24 * 2 * np.pi)
CASES[2, ::7] = np.nan


def said():
    model = Forecasts.fresh(3, 3600)
    for t, column in enumerate(CASES.T):
        model.observe(column, 1_699_920_000 + 3600 * t)
    return model.quantiles((3600, 7200, 86400, 604800, 2592000), (0.05, 0.1, 0.5, 0.77, 0.9))


if __name__ == "__main__":
    fast = said()
    rows.remember_all, rows.judge_all, rows.ask_all = compiled.PLAIN
    print("largest difference", np.abs(fast - said()).max(), "of", np.abs(fast).max())
