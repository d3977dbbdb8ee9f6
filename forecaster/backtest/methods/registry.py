"""The methods there are: baselines, which are always asked, and the models of the extra `reference`."""

from __future__ import annotations

from forecaster.backtest.methods import ets, predict_linear, same_clock, seasonal_naive
from forecaster.backtest.methods.method import Gives, Method

OURS = "virtcast"

BASELINES: tuple[Method, ...] = (
    Method("predict_linear[1h]", predict_linear.ask, Gives.POINT),
    Method("seasonal naive", seasonal_naive.ask, Gives.POINT),
    Method("same clock, 7 days", same_clock.ask, Gives.QUANTILES),
)
REFERENCE_MODELS: tuple[Method, ...] = (Method("ETS", ets.ask, Gives.QUANTILES),)
POINTS = frozenset(each.name for each in (*BASELINES, *REFERENCE_MODELS) if each.gives is Gives.POINT)
