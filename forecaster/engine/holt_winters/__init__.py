"""Additive Holt-Winters with damped trend and optional season, thousands of series at once.

`fit` finds each series' smoothing parameters; `HoltWinters` is the same filter online. Both reach the optimum
of statsmodels' `ExponentialSmoothing` from the same starting values (it is the oracle of the tests), so that
one code serves one series and ten thousand alike, and the forecaster needs numpy alone.
"""

from __future__ import annotations

from forecaster.engine.holt_winters.filter import HoltWinters
from forecaster.engine.holt_winters.fitting import Fit, fit

__all__ = ["Fit", "HoltWinters", "fit"]
