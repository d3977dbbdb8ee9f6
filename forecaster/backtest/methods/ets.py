"""ETS(A,Ad,A) of statsmodels: its parameters are fitted once a day, its states follow every value.

The quantiles are its own prediction intervals. The probability of reaching the limit is the share of
simulated paths that reach it. Hyndman et al., Forecasting with Exponential Smoothing (2008), chapters 2, 6.
"""

from __future__ import annotations

from collections import Counter
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.backtest.methods.ets_fit import Fit
from forecaster.backtest.methods.method import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.backtest.events import Clock
    from forecaster.backtest.methods.method import Progress, Question

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

WINDOW_DAYS, WINDOW_STEPS = 7, 30  # of a fit, the longer: the engine's warm-up; what ten initial states need
LEAST_DAYS, LEAST_MORE = 2, 10  # days and steps beyond, for statsmodels' initial states
LEAST_OBSERVED = 0.5  # share of the window
PATHS = 256  # of a simulation: its probabilities are known to within 0.03
SEED = 1

FITTED, UNCONVERGED = "fitted", "fitted, not converged"
SHORT, CONSTANT, FAILED = "too little history", "constant", "failed"


class Day(NamedTuple):
    """A day's instants `at` (k,) of one series, judged with one fit; `outcome` says what became of it.

    `later` (t,) are the values after the window, without gaps; `seen` (k,) says how many of them each instant
    knows.
    """

    at: Ints
    fit: Fit | None
    outcome: str
    later: Floats
    seen: Ints


def ask(question: Question, progress: Progress) -> Told:
    """Fit, follow and simulate, series by series; no answer at instants without a fit."""
    clock, columns, limits = question.protocol.clock, question.protocol.columns, question.protocol.limits
    steps = np.array([clock.steps(each.seconds) for each in question.horizons], np.intp)
    shape = (len(steps), len(limits), len(columns))
    probability, forecast = np.full(shape, np.nan), np.full((*shape, len(question.levels)), np.nan)
    errors = np.random.default_rng(SEED).standard_normal((PATHS, int(steps.max(initial=1))))
    normal = np.array([NormalDist().inv_cdf(level) for level in question.levels])
    fits: Counter[str] = Counter()
    for row, (values, limit) in enumerate(zip(question.rising, limits, strict=True)):
        for day in _days(values, columns, clock):
            fits[day.outcome] += 1
            if day.fit is not None:
                ahead = day.fit.ahead(day.later, day.seen, errors.shape[1])
                probability[:, row, day.at] = reached(ahead, day.fit.noise(errors), float(limit), steps)
                widths = day.fit.deviations(errors.shape[1])[steps - 1, None] * normal
                told = question.toward * ahead[:, steps - 1, None] + widths
                forecast[:, row, day.at] = np.moveaxis(told, 0, 1)
        progress((row + 1) / len(limits))
    return Told(probability, probability, forecast, fits)


def reached(ahead: Floats, noise: Floats, limit: float, steps: Ints) -> Floats:
    """The share of the paths `ahead` (k, S) plus `noise` (P, S) that reach the limit within each of `steps`
    (H,); (H, k). 0 without a limit.
    """
    shares = np.zeros((len(steps), len(ahead)))
    highest = ahead + noise.max(axis=0)
    for at in np.flatnonzero((highest >= limit).any(axis=1)):  # of the others no path does
        paths = ahead[at] + noise
        shares[:, at] = [np.mean(paths[:, :end].max(axis=1) >= limit) for end in steps]
    return shares


def without_gaps(values: Floats, season: int) -> Floats:
    """The values (T,) with each missing one replaced by that of a season before, else by the one before: no
    later value is used. What is missing at the beginning is NaN.
    """
    filled = np.where(np.isfinite(values), values, np.nan)
    for step in np.flatnonzero(np.isnan(filled)).tolist():
        before = filled[step - season] if step >= season else np.nan
        filled[step] = before if np.isfinite(before) or step == 0 else filled[step - 1]
    return filled


def _days(values: Floats, columns: Ints, clock: Clock) -> Iterator[Day]:
    season = clock.steps(clock.day)
    filled = without_gaps(values, season)
    whole = np.arange(len(columns))
    for at in np.split(whole, np.flatnonzero(np.diff((columns - columns[:1]) // season)) + 1):
        if not len(at):
            continue
        end = int(columns[at[0]]) + 1
        begin = max(0, end - max(WINDOW_DAYS * season, WINDOW_STEPS))
        observed = float(np.isfinite(values[begin:end]).mean())
        fit, outcome = _fit(filled[begin:end], season, observed)
        yield Day(at, fit, outcome, filled[end : int(columns[at[-1]]) + 1], columns[at] + 1 - end)


def _fit(window: Floats, season: int, observed: float) -> tuple[Fit | None, str]:
    """A fit of the window, and what became of it."""
    known = window[np.isfinite(window)]  # all that follows the first value
    if len(known) < LEAST_DAYS * season + LEAST_MORE or observed < LEAST_OBSERVED:
        return None, SHORT
    if np.ptp(known) == 0:
        return None, CONSTANT
    try:
        fit = Fit.of(known, season)
    except (ValueError, ArithmeticError):
        return None, FAILED
    if not fit.usable:
        return None, FAILED
    return fit, FITTED if fit.converged else UNCONVERGED
