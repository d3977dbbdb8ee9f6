"""The forecaster's metrics: a table, and a pure function from what the loop published to samples."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exporter.metric import Kind, Metric, Sample
from forecaster.engine.anomaly import SIGNS
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from forecaster.publish.view import Forecasts, PromqlView, ResourceView, View
    from forecaster.series import Labels

BASELINE = Metric(
    "virtcast_baseline_value",
    Kind.GAUGE,
    "What was normal for this moment, from the past alone: the expected value and the band around it.",
    ("resource", "bound"),
)
ANOMALY = Metric(
    "virtcast_anomaly_score",
    Kind.GAUGE,
    "How unusual the latest value is: 0 is as expected, 1 and more is anomalous. Above 1 an anomaly begins "
    "or grows, at exactly 1 it goes on, for an hour at most; below 1 it is how far off the series is.",
    ("resource",),
)
ONSET = Metric(
    "virtcast_anomaly_onset_timestamp_seconds",
    Kind.GAUGE,
    "When the anomaly began that goes on, or began within the last hour; absent without one.",
    ("resource",),
    "seconds",
)
ORIGIN = Metric(
    "virtcast_anomaly_origin_value",
    Kind.GAUGE,
    "What was normal when the anomaly began; the expected value follows the series, this does not.",
    ("resource",),
)
USUAL = Metric(
    "virtcast_anomaly_usual_value",
    Kind.GAUGE,
    "What is usual at this time, the median of this hour over the last week; absent without an anomaly.",
    ("resource",),
)
SEASON = Metric(
    "virtcast_anomaly_season_value",
    Kind.GAUGE,
    "What time of day and week add to the expected value, 0 without a season; absent without an anomaly.",
    ("resource",),
)
CONTRIBUTION = Metric(
    "virtcast_anomaly_contribution_ratio",
    Kind.GAUGE,
    "What each sign says of an anomaly, 1 = its alarm limit: residual (a jump), shape (unlike any past day), "
    "roughness (varies more or less), displacement (far off in the long run); only at a score of 1 and more.",
    ("resource", "reason"),
    "ratio",
)
TREND = Metric(
    "virtcast_trend_per_second",
    Kind.GAUGE,
    "By how much the value rises (or falls, below 0) in a second, by its trend; absent where there is none.",
    ("resource",),
)
FORECAST = Metric(
    "virtcast_forecast_value",
    Kind.GAUGE,
    "Predicted value at the time of the forecast plus the horizon.",
    ("resource", "horizon", "quantile"),
)
PROBABILITY = Metric(
    "virtcast_exhaustion_probability_ratio",
    Kind.GAUGE,
    "Probability that the limit is reached within the horizon.",
    ("resource", "horizon"),
    "ratio",
)
EXHAUSTION = Metric(
    "virtcast_exhaustion_timestamp_seconds",
    Kind.GAUGE,
    "When the limit is predicted to be reached, as Unix time; absent when that is not in sight.",
    ("resource", "quantile"),
    "seconds",
)
LIMIT = Metric(
    "virtcast_limit_value",
    Kind.GAUGE,
    "The limit in force, in the unit of the series; absent without one.",
    ("resource",),
)
THRESHOLD = Metric(
    "virtcast_threshold_value",
    Kind.GAUGE,
    "The exhaustion probability from which alerts tell about this series.",
    ("resource",),
    "ratio",
)
STATE = Metric(
    "virtcast_series_state",
    Kind.GAUGE,
    "1 for the state the series is in, 0 for the others: learning, ready, stale, gone, unusable.",
    ("resource", "state"),
)
SERIES_METRICS = (
    BASELINE,
    ANOMALY,
    ONSET,
    ORIGIN,
    USUAL,
    SEASON,
    CONTRIBUTION,
    TREND,
    FORECAST,
    PROBABILITY,
    EXHAUSTION,
    LIMIT,
    THRESHOLD,
    STATE,
)

SERIES = Metric("virtcast_series", Kind.GAUGE, "Known series by state.", ("resource", "state"))
EXCLUDED = Metric(
    "virtcast_series_excluded",
    Kind.GAUGE,
    "Series the backend has that are not forecast: beyond max_series, or with the labels of another one.",
    ("resource", "reason"),
)
RESOURCE_SUCCESS = Metric(
    "virtcast_resource_success",
    Kind.GAUGE,
    "1 if the last cycle succeeded for the resource, 0 if not.",
    ("resource",),
)
RESOURCE_LAST = Metric(
    "virtcast_resource_last_success_timestamp_seconds",
    Kind.GAUGE,
    "The latest instant that was read for the resource; absent before the first one.",
    ("resource",),
    "seconds",
)
RESOURCE_PROGRESS = Metric(
    "virtcast_resource_history_ratio",
    Kind.GAUGE,
    "How much of the history has been read at the start.",
    ("resource",),
    "ratio",
)
CYCLES = Metric(
    "virtcast_cycle_runs_total",
    Kind.COUNTER,
    "Cycles by result; a success is one for every resource.",
    ("result",),
)
CYCLE_DURATION = Metric(
    "virtcast_cycle_duration_seconds", Kind.GAUGE, "How long the last cycle took.", (), "seconds"
)
CAUGHT_UP = Metric(
    "virtcast_cycle_caught_up_steps_total",
    Kind.COUNTER,
    "Instants that were missed at their time and read later, in order.",
)
LAST_SUCCESS = Metric(
    "virtcast_last_success_timestamp_seconds",
    Kind.GAUGE,
    "When a cycle last succeeded for every resource; absent before the first one.",
    (),
    "seconds",
)
UP = Metric(
    "virtcast_prometheus_up",
    Kind.GAUGE,
    "1 if the PromQL backend answered the last time it was asked, 0 if not.",
)
CONFIG_GOOD = Metric(
    "virtcast_config_last_reload_successful",
    Kind.GAUGE,
    "1 if the configuration was read when it was last asked for, 0 if the one before it is still in force.",
)
CONFIGURED = Metric(
    "virtcast_config_last_reload_success_timestamp_seconds",
    Kind.GAUGE,
    "When the configuration in force was read.",
    (),
    "seconds",
)
REQUESTS = Metric(
    "virtcast_promql_requests_total",
    Kind.COUNTER,
    "PromQL requests by result, every try counted.",
    ("result",),
)
RETRIES = Metric(
    "virtcast_promql_retries_total", Kind.COUNTER, "PromQL requests that were tries after the first one."
)
WARNINGS = Metric(
    "virtcast_promql_warnings_total",
    Kind.COUNTER,
    "Warnings in PromQL answers: series may be missing from them.",
)
BYTES = Metric(
    "virtcast_promql_response_bytes_total",
    Kind.COUNTER,
    "Size of the PromQL answers, decompressed.",
    (),
    "bytes",
)
PROMQL_DURATION = Metric(
    "virtcast_promql_request_duration_seconds",
    Kind.HISTOGRAM,
    "How long PromQL requests took.",
    (),
    "seconds",
)
HEALTH_METRICS = (
    UP,
    CONFIG_GOOD,
    CONFIGURED,
    LAST_SUCCESS,
    CYCLE_DURATION,
    CYCLES,
    CAUGHT_UP,
    RESOURCE_SUCCESS,
    RESOURCE_LAST,
    RESOURCE_PROGRESS,
    SERIES,
    EXCLUDED,
    REQUESTS,
    RETRIES,
    WARNINGS,
    BYTES,
    PROMQL_DURATION,
)
METRICS = (*SERIES_METRICS, *HEALTH_METRICS)

BANDS = ("lower", "expected", "upper")  # attributes of an outlook, and values of the label `bound`
QUANTILES = (0.1, 0.5, 0.9)
OWN_LABELS = frozenset(label for metric in SERIES_METRICS for label in metric.labels)


def samples(view: View, now: float, fresh_for: int) -> Iterator[Sample]:
    """All samples at Unix time `now`. What is older than `fresh_for` seconds is not a forecast any more: left
    out.
    """
    for each, forecasts in view.fresh(now, fresh_for):
        yield from forecast_samples(each.resource.name, each, forecasts)
    for each in view.resources:
        yield from state_samples(each)
    yield from health(view)


def forecast_samples(name: str, each: ResourceView, forecasts: Forecasts) -> Iterator[Sample]:
    """The forecasts of one resource's series, metric by metric; only of those that are ready."""
    rows = [at for at, row in enumerate(forecasts.labels) if each.states.get(row) is State.READY]
    keys = [(name, *(value for _, value in forecasts.labels[row])) for row in rows]
    names = [label_names(forecasts.labels[row]) for row in rows]
    for metric, extra, values in columns(each, forecasts):
        for row, key, own in zip(rows, keys, names, strict=True):
            value = values[row]
            if np.isfinite(value):
                yield Sample(labelled(metric, own), (*key, *extra), float(value))


def columns(
    each: ResourceView, forecasts: Forecasts
) -> Iterator[tuple[Metric, tuple[str, ...], NDArray[np.float64]]]:
    """Every gauge of the series as (metric, own labels' values, values (n,)); NaN and infinity mean none."""
    outlook, bounds = forecasts.outlook, forecasts.bounds
    limit = np.array([bound.limit for bound in bounds])
    for bound in BANDS:
        yield BASELINE, (bound,), getattr(outlook, bound)
    yield from anomaly_columns(forecasts)
    trend = outlook.reasons.trend / 3600
    yield TREND, (), np.where(trend == 0, np.nan, trend)
    for at, horizon in enumerate(each.resource.horizons):
        for place, quantile in enumerate(QUANTILES):
            yield FORECAST, (horizon.label, str(quantile)), outlook.forecast[at, place]
    for at, horizon in enumerate(each.resource.horizons):
        yield PROBABILITY, (horizon.label,), np.where(np.isfinite(limit), outlook.probability[at], np.nan)
    for place, quantile in enumerate(QUANTILES):
        yield EXHAUSTION, (str(quantile),), forecasts.at + outlook.exhaustion_quantiles[place]
    yield LIMIT, (), limit
    yield THRESHOLD, (), np.array([bound.threshold for bound in bounds])


def anomaly_columns(
    forecasts: Forecasts,
) -> Iterator[tuple[Metric, tuple[str, ...], NDArray[np.float64]]]:
    """The score of every series; of anomalies their onset and reasons."""
    score, reasons = known_score(forecasts), forecasts.outlook.reasons
    told = np.isfinite(reasons.onset)
    yield ANOMALY, (), score
    yield ONSET, (), reasons.onset
    yield ORIGIN, (), reasons.origin
    yield USUAL, (), np.where(told, reasons.usual, np.nan)
    yield SEASON, (), np.where(told, reasons.season, np.nan)
    for name, sign in zip(SIGNS, reasons.signs, strict=True):
        yield CONTRIBUTION, (name,), np.where(score >= 1, sign, np.nan)


def known_score(forecasts: Forecasts) -> NDArray[np.float64]:
    """The anomaly score, (n,); NaN where the latest value is missing."""
    return np.where(np.isfinite(forecasts.values), forecasts.outlook.anomaly_score, np.nan)


def state_samples(each: ResourceView) -> Iterator[Sample]:
    """The state set of every known series."""
    for row, state in each.states.items():
        metric = labelled(STATE, label_names(row))
        key = (each.resource.name, *(value for _, value in row))
        for possible in State:
            yield Sample(metric, (*key, possible.value), float(possible is state))


@lru_cache(maxsize=4096)
def labelled(metric: Metric, names: tuple[str, ...]) -> Metric:
    """The metric with the labels of a source series between `resource` and its own."""
    return replace(metric, labels=("resource", *names, *metric.labels[1:]))


def label_names(row: Labels) -> tuple[str, ...]:
    """The label names of a source series; those with another meaning here get Prometheus' usual prefix."""
    return tuple(f"exported_{name}" if name in OWN_LABELS else name for name, _ in row)


def health(view: View) -> Iterator[Sample]:
    """The forecaster's own health."""
    yield UP.sample(float(view.backend_up))
    yield CONFIG_GOOD.sample(float(view.config_good))
    if view.configured_at is not None:
        yield CONFIGURED.sample(view.configured_at)
    if view.last_success is not None:
        yield LAST_SUCCESS.sample(view.last_success)
    if view.duration is not None:
        yield CYCLE_DURATION.sample(view.duration)
    for result, count in view.cycles.items():
        yield CYCLES.sample(count, result)
    yield CAUGHT_UP.sample(view.caught_up)
    for each in view.resources:
        yield from resource_health(each)
    yield from promql_health(view.promql)


def resource_health(each: ResourceView) -> Iterator[Sample]:
    """How one resource is doing."""
    name = each.resource.name
    yield RESOURCE_SUCCESS.sample(float(bool(each.last_success) and not each.error), name)
    if each.last_success:
        yield RESOURCE_LAST.sample(each.last_success, name)
    yield RESOURCE_PROGRESS.sample(each.progress, name)
    counts = count(list(each.states.values()))
    for state, number in counts.items():
        yield SERIES.sample(number, name, state.value)
    for reason, number in each.excluded.items():
        yield EXCLUDED.sample(number, name, reason)


def count(states: Sequence[State]) -> dict[State, int]:
    """How many series are in each state, all states listed."""
    return {state: sum(each is state for each in states) for state in State}


def promql_health(promql: PromqlView) -> Iterator[Sample]:
    """The PromQL client's counters."""
    for result, number in promql.requests.items():
        yield REQUESTS.sample(number, result.value)
    yield RETRIES.sample(promql.retries)
    yield WARNINGS.sample(promql.warnings)
    yield BYTES.sample(promql.response_bytes)
    yield PROMQL_DURATION.sample(promql.durations)
