"""What the same clock time brought on the last days: quantiles, and how often an event began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.events import ahead, running
from forecaster.backtest.methods.method import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.backtest.events import Protocol
    from forecaster.backtest.methods.method import Progress, Question

    Floats = NDArray[np.float64]

DAYS = 7


def ask(question: Question, _progress: Progress) -> Told:
    """The quantiles of the last days at the end of each horizon, and the share of them with an onset."""
    protocol, present = question.protocol, np.isfinite(question.values)
    spans = [each.seconds for each in question.horizons]
    rate = np.stack([onset_rate(protocol, each, present) for each in spans])
    return Told(rate, rate, np.stack([_forecast(question, each) for each in spans]))


def _forecast(question: Question, seconds: int) -> Floats:
    clock, columns = question.protocol.clock, question.protocol.columns
    past = [clock.same_time(question.values, columns, seconds, back) for back in range(1, DAYS + 1)]
    return np.moveaxis(_quantiles(np.stack(past), question.levels), 0, -1)


def onset_rate(protocol: Protocol, seconds: int, present: NDArray[np.bool_]) -> Floats:
    """On what share of the last days an event began in the same span; days half unobserved do not count."""
    clock, columns = protocol.clock, protocol.columns
    span, period = clock.steps(seconds), clock.whole_days(seconds)
    onsets, seen = running(protocol.onsets), running(present)
    hits, days = np.zeros(protocol.usable.shape), np.zeros(protocol.usable.shape)
    for back in range(1, DAYS + 1):
        at = columns - back * period
        use = (at >= 0) & (ahead(seen, np.maximum(at, 0), span) >= span / 2)
        hits += use & (ahead(onsets, np.maximum(at, 0), span) > 0)
        days += use
    return np.asarray(hits / np.maximum(days, 1))


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
