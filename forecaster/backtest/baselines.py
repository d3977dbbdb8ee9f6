"""What operators use without us: predict_linear, yesterday again, and what the same clock time brought.

Each predicts from the values up to its instant only. What gives a value and no probability counts as 1 when
the value reaches the limit, as 0 otherwise, and ranks by the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.accuracy import Prediction
from forecaster.backtest.events import ahead, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.backtest.events import Clock, Protocol

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

CLIMATE_DAYS = 7
LINEAR, NAIVE, CLIMATE = "predict_linear[1h]", "seasonal naive", "same clock, 7 days"


def exhaustion(values: Floats, protocol: Protocol, horizon: int) -> dict[str, Prediction]:
    """Each baseline's prediction that the limits are reached within `horizon` seconds."""
    clock, columns, limits = protocol.clock, protocol.columns, protocol.limits
    line = linear(values, columns, clock.hour, clock.steps(horizon))
    highest = yesterday_maximum(values, columns, clock, horizon)
    rate = onset_rate(protocol, horizon, np.isfinite(values))
    return {LINEAR: _hard(line, limits), NAIVE: _hard(highest, limits), CLIMATE: Prediction(rate, rate)}


def forecast(
    values: Floats, columns: Ints, clock: Clock, horizon: int, levels: Sequence[float]
) -> dict[str, Floats]:
    """Each baseline's quantiles (n, I, q) of the value `horizon` seconds ahead; a point where it has none."""
    past = same_clock(values, columns, clock, horizon)
    line = linear(values, columns, clock.hour, clock.steps(horizon))
    usual = np.moveaxis(_quantiles(past, levels), 0, -1)
    return {
        LINEAR: np.repeat(line[..., None], len(levels), -1),
        NAIVE: np.repeat(past[0][..., None], len(levels), -1),
        CLIMATE: usual,
    }


def linear(values: Floats, columns: Ints, window: int, steps: int) -> Floats:
    """predict_linear: the line of least squares over the last `window` samples, `steps` ahead; (n, I)."""
    known = np.isfinite(values)
    time = np.arange(values.shape[1]) - values.shape[1] / 2
    plain = np.where(known, values, 0.0)
    terms = (known.astype(float), known * time, known * time**2, plain, plain * time)
    count, a, b, y, ty = (_window_sum(term, columns, window) for term in terms)
    spread = count * b - a * a
    slope = np.where(count >= 2, (count * ty - a * y) / np.where(spread > 0, spread, 1.0), 0.0)
    level = (y - slope * a) / np.maximum(count, 1)
    return np.where(count > 0, level + slope * (time[columns] + steps), np.nan)


def yesterday_maximum(values: Floats, columns: Ints, clock: Clock, horizon: int) -> Floats:
    """The highest value of the same span a day (as many days as it needs) ago; NaN without one."""
    span, back = clock.steps(horizon), _period(clock, horizon)
    padded = np.concatenate((np.full((len(values), back), -np.inf), values), axis=1)
    padded[np.isnan(padded)] = -np.inf
    highest = np.empty((len(values), len(columns)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, span, axis=1)
    for at, column in enumerate(columns):
        highest[:, at] = windows[:, column + 1].max(axis=1)
    return np.where(np.isfinite(highest), highest, np.nan)


def onset_rate(protocol: Protocol, horizon: int, present: NDArray[np.bool_]) -> Floats:
    """On what share of the last days an event began in the same span; days half unobserved do not count."""
    clock, columns = protocol.clock, protocol.columns
    span, period = clock.steps(horizon), _period(clock, horizon)
    onsets, seen = running(protocol.onsets), running(present)
    hits, days = np.zeros(protocol.usable.shape), np.zeros(protocol.usable.shape)
    for back in range(1, CLIMATE_DAYS + 1):
        at = columns - back * period
        use = (at >= 0) & (ahead(seen, np.maximum(at, 0), span) >= span / 2)
        hits += use & (ahead(onsets, np.maximum(at, 0), span) > 0)
        days += use
    return np.asarray(hits / np.maximum(days, 1))


def same_clock(values: Floats, columns: Ints, clock: Clock, horizon: int) -> Floats:
    """The values at the target's clock time on the last days, latest first (days, n, I)."""
    target, period = columns + clock.steps(horizon), _period(clock, horizon)
    found = []
    for back in range(1, CLIMATE_DAYS + 1):
        at = target - back * period
        found.append(np.where(at >= 0, values[:, np.maximum(at, 0)], np.nan))
    return np.stack(found)


def _period(clock: Clock, horizon: int) -> int:
    """Steps in the least number of days that hold the horizon: what was known by then."""
    return clock.steps(-(-horizon // clock.day) * clock.day)


def _quantiles(past: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles over the first axis (q, …), NaN where nothing is known."""
    known = np.sort(past, axis=0)  # NaN last
    count = np.isfinite(past).sum(axis=0)
    out = []
    for level in levels:
        at = np.maximum(count - 1, 0) * level
        low = np.floor(at).astype(np.intp)
        high = np.minimum(low + 1, np.maximum(count - 1, 0))
        one, other = (np.take_along_axis(known, each[None], axis=0)[0] for each in (low, high))
        out.append(one + (at - low) * (other - one))
    return np.stack(out)


def _window_sum(terms: Floats, columns: Ints, window: int) -> Floats:
    sums = np.concatenate((np.zeros((len(terms), 1)), np.cumsum(terms, axis=1)), axis=1)
    return np.asarray(sums[:, columns + 1] - sums[:, np.maximum(columns + 1 - window, 0)])


def _hard(predicted: Floats, limits: Floats) -> Prediction:
    """A predicted value as a prediction; it ranks by its distance to the limit."""
    over = predicted - limits[:, None]
    return Prediction((np.nan_to_num(over, nan=-1.0) >= 0).astype(float), over)
