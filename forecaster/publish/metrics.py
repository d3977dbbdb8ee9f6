"""The forecaster's metrics: a row each. METRICS.md, lint and samples come from this table."""

from __future__ import annotations

from exporter.metric import Kind, Metric
from forecaster.engine.settings import Settings

BANDS = ("lower", "expected", "upper")  # attributes of an outlook, and values of the label `bound`
QUANTILES = Settings.quantiles  # values of the label `quantile`, in the order of an outlook's arrays

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
