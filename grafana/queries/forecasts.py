"""The forecaster's gauges. Their names, quantiles and bounds come from its tables."""

from __future__ import annotations

from forecaster.publish import metrics

EARLY, LATE = min(metrics.QUANTILES), max(metrics.QUANTILES)
MEDIAN = metrics.QUANTILES[metrics.QUANTILES.index(0.5)]
WITHIN = f"{LATE - EARLY:.0%}"  # the share of outcomes between early and late
LOWER, EXPECTED, UPPER = metrics.BANDS
LASTS, BEGINS = 0.9, 1  # an anomaly lasts from this score on; above the second one it begins or grows


# What tables of forecasts and anomalies say where nothing is forecast now: without a forecaster, while it
# learns, and when what it knows is too old to be told. It runs without its Prometheus, too.
SOURCE = (metrics.ANOMALY.name, "No forecasts: see virtcast itself")
COUNTED = (f"{metrics.ANOMALY.name}$scores", SOURCE[1])  # the same; the page has the variable `scores`
# The same of what was within a time range; scores of all series are too many to look through.
RECORDED = (metrics.LAST_SUCCESS.name, "No metrics of the forecaster")


def every_probability(matchers: str) -> str:
    """The probability that the limit is reached, for each horizon."""
    return f"{metrics.PROBABILITY.name}{{{matchers}}}"


def probability(matchers: str, horizon: str = "$horizon") -> str:
    """The probability that the limit is reached within the horizon."""
    return every_probability(f'horizon="{horizon}", {matchers}')


def possible(matchers: str) -> str:
    """The same of those above `POSSIBLE`; the page has the variable `possible`."""
    return f'{metrics.PROBABILITY.name}$possible{{horizon="$horizon", {matchers}}}'


def reached(matchers: str, quantile: float = MEDIAN) -> str:
    """When the limit is reached, as Unix time."""
    return f'{metrics.EXHAUSTION.name}{{quantile="{quantile}", {matchers}}}'


def time_left(when: str) -> str:
    """Seconds from now to the times of the expression `when`; 0 when they are over."""
    return f"clamp_min({when} - time(), 0)"


def score(matchers: str) -> str:
    return f"{metrics.ANOMALY.name}{{{matchers}}}"


def highest_score(matchers: str) -> str:
    """Of each VM, over its resources; the page has the variable `peak`."""
    return f"{metrics.ANOMALY.name}$peak{{{matchers}}}"


def lasting_score(matchers: str) -> str:
    """Of anomalies; the page has the variable `lasting`."""
    return f"{metrics.ANOMALY.name}$lasting{{{matchers}}}"


def past_anomalies(matchers: str) -> str:
    """Scores of anomalies over time; the page has the variable `anomalous`."""
    return f"{metrics.ANOMALY.name}$anomalous{{{matchers}}}"


def onset(matchers: str) -> str:
    return f"{metrics.ONSET.name}{{{matchers}}}"


def newest(selector: str, offset: str = "") -> str:
    """The newest value, no older than the rate interval: lines end at now, not where Prometheus gives up."""
    return f"last_over_time({selector}[$__rate_interval]{offset})"
