"""The forecasts of forecaster.engine.forecasts with the loops of kernel.c, as an engine that score_forecast.py takes.

    gcc -O2 -march=native -shared -fPIC -o kernel.so kernel.c -lm
    PYTHONPATH=WORKTREE:THIS_FOLDER KERNEL=./kernel.so python score_forecast.py --engine compiled

Forecasts are only made at the steps at which `forecast` is read.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from forecaster.engine.forecasts import rows
from forecaster.engine.forecasts.forecasts import Forecasts

BOUNDS = tuple(float(edge) for edge in os.environ.get("FORECAST_BOUNDS", "0,100").split(","))
ETA = float(os.environ.get("FORECAST_ETA", "3"))
KERNEL = ctypes.CDLL(os.environ.get("KERNEL", "./kernel.so"))


def _p(array):
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def _i(number):
    return ctypes.c_int64(int(number))


def remember_all(batch, values, slot, begins):
    values = np.ascontiguousarray(values, float)
    size = int(np.prod(batch.loss.shape[1:]))
    KERNEL.remember_all(
        _p(batch.ring),
        *map(int, batch.ring.shape),
        _p(batch.unit),
        _p(batch.last),
        _p(batch.loss),
        size,
        _p(values),
        _i(slot),
        *map(int, begins),
    )


def judge_all(batch, now, every, ahead, levels):
    ahead = np.ascontiguousarray(ahead, np.int64)
    KERNEL.judge_all(
        _p(batch.ring),
        *map(int, batch.ring.shape),
        _p(batch.turn),
        int(every),
        _i(now.origin),
        int(now.day),
        _p(ahead),
        len(ahead),
        _p(levels),
        len(levels),
        _p(batch.loss),
        _p(batch.judged),
    )


def ask_all(batch, now, ahead, quantiles, fleet):
    ahead, out = (
        np.ascontiguousarray(ahead, np.int64),
        np.empty((len(batch.ring), len(ahead), len(quantiles))),
    )
    KERNEL.ask_all(
        _p(batch.ring),
        *map(int, batch.ring.shape),
        _p(batch.unit),
        _p(batch.last),
        _i(now.origin),
        _p(ahead),
        len(ahead),
        int(now.day),
        _p(quantiles),
        len(quantiles),
        _p(fleet.knots),
        len(fleet.knots),
        _p(fleet.levels),
        len(fleet.levels),
        _p(fleet.prior),
        _p(fleet.width),
        _p(fleet.learned),
        len(fleet.learned),
        _p(batch.loss),
        _p(batch.judged),
        ctypes.c_double(ETA),
        _p(out),
    )
    return out


PLAIN = rows.remember_all, rows.judge_all, rows.ask_all
rows.remember_all, rows.judge_all, rows.ask_all = remember_all, judge_all, ask_all


@dataclass(frozen=True)
class Settings:
    step: int
    horizons: tuple = (900, 3600, 86400)
    quantiles: tuple = (0.1, 0.5, 0.9)


class Engine:
    def __init__(self, n: int, settings: Settings) -> None:
        self.settings, self.forecasts = settings, Forecasts.fresh(n, settings.step)

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Engine:
        return cls(n, settings)

    def observe(self, values, timestamp: int) -> Engine:
        self.forecasts.observe(np.asarray(values, float), timestamp)
        return self

    @property
    def forecast(self):
        """(n_horizons, n_quantiles, n)."""
        said = self.forecasts.quantiles(self.settings.horizons, self.settings.quantiles, *BOUNDS)
        return np.moveaxis(said, 0, -1)


def replay(values, timestamps, horizons=(900, 3600, 86400), forecast_at=(), quantiles=(0.1, 0.5, 0.9), **_):
    """.forecast (n_series, len(forecast_at), n_horizons, n_quantiles) made at the steps `forecast_at`."""
    table = np.atleast_2d(np.asarray(values, float))
    model = Forecasts.fresh(len(table), int(timestamps[1] - timestamps[0]))
    at = {int(step): row for row, step in enumerate(forecast_at)}
    out = np.full((len(table), len(at), len(horizons), len(quantiles)), np.nan)
    for step, stamp in enumerate(timestamps):
        model.observe(np.ascontiguousarray(table[:, step]), int(stamp))
        if step in at:
            out[:, at[step]] = model.quantiles(horizons, quantiles, *BOUNDS)
    return SimpleNamespace(forecast=out)
