"""The forecaster's metrics: a row each. METRICS.md, lint and samples come from this table."""

from __future__ import annotations

from exporter.metric import Kind, Metric
from forecaster.engine.settings import Settings
from forecaster.publish.advice import METRICS as ADVICE_METRICS
from forecaster.publish.issues import ISSUE

BANDS = ("lower", "expected", "upper")  # attributes of an outlook, and values of the label `bound`
QUANTILES = Settings.quantiles  # values of the label `quantile`, in the order of an outlook's arrays

BASELINE = Metric(
    "virtcast_baseline_value",
    Kind.GAUGE,
    "Expected value and its band (lower, expected, upper) for the latest step, learned from the past"
    " of the series.",
    ("resource", "bound"),
)
ANOMALY = Metric(
    "virtcast_anomaly_score",
    Kind.GAUGE,
    "Anomaly score of the latest value. Below 0.9 the value is normal, and the score says how far off "
    "it is. Above 1 an anomaly begins or grows. From 0.9 to 1 it lasts, for an hour at most.",
    ("resource",),
)
ONSET = Metric(
    "virtcast_anomaly_onset_timestamp_seconds",
    Kind.GAUGE,
    "Time at which the anomaly began; absent unless an anomaly lasts or began within the last hour.",
    ("resource",),
    "seconds",
)
ORIGIN = Metric(
    "virtcast_anomaly_origin_value",
    Kind.GAUGE,
    "Expected value at the time the anomaly began; unlike the expected value it does not follow the series.",
    ("resource",),
)
USUAL = Metric(
    "virtcast_anomaly_usual_value",
    Kind.GAUGE,
    "Usual value at this time: the median of this hour over the last week; absent without an anomaly.",
    ("resource",),
)
SEASON = Metric(
    "virtcast_anomaly_season_value",
    Kind.GAUGE,
    "Contribution of the time of day and week to the expected value, 0 without a season; absent "
    "without an anomaly, and without `publish: full`.",
    ("resource",),
)
CONTRIBUTION = Metric(
    "virtcast_anomaly_contribution_ratio",
    Kind.GAUGE,
    "Strength of each indicator of the anomaly, 1 at its alarm limit: residual (a jump), shape (unlike "
    "every past day), roughness (varies more or less than before), displacement (far from the long-"
    "run level). Absent while the score is below 0.9. Without `publish: full` only the "
    "strongest one but displacement.",
    ("resource", "reason"),
    "ratio",
)
TREND = Metric(
    "virtcast_trend_per_second",
    Kind.GAUGE,
    "Trend of the series, as change per second; absent without a trend and, without `publish: full`, "
    "without an anomaly.",
    ("resource",),
)
FORECAST = Metric(
    "virtcast_forecast_value",
    Kind.GAUGE,
    "Forecast for the time of the latest step plus the horizon. Without `publish: full` only for the longest "
    "horizon of at most an hour.",
    ("resource", "horizon", "quantile"),
)
PROBABILITY = Metric(
    "virtcast_exhaustion_probability_ratio",
    Kind.GAUGE,
    "Probability that the series reaches its limit within the horizon. Without `publish: full` only for "
    "the longest horizon of at most a day, and the next longer or else the next shorter one; the shorter of "
    "the two is absent below 1%, or below the threshold if that is lower.",
    ("resource", "horizon"),
    "ratio",
)
EXHAUSTION = Metric(
    "virtcast_exhaustion_timestamp_seconds",
    Kind.GAUGE,
    "Predicted time at which the series reaches its limit; absent if no exhaustion is in sight, without "
    "`publish: full` within 30 days.",
    ("resource", "quantile"),
    "seconds",
)
LIMIT = Metric(
    "virtcast_limit_value",
    Kind.GAUGE,
    "Limit in force, in the unit of the series; absent without a limit.",
    ("resource",),
)
THRESHOLD = Metric(
    "virtcast_threshold_value",
    Kind.GAUGE,
    "Exhaustion probability at which alerts fire for the series; without `publish: full` absent where it "
    "is the built-in one and the series has a limit.",
    ("resource",),
    "ratio",
)
MIN_DEVIATION = Metric(
    "virtcast_min_deviation_value",
    Kind.GAUGE,
    "Smallest deviation at which an anomaly of the series begins; absent where it is the built-in one.",
    ("resource",),
)
ANOMALY_THRESHOLD = Metric(
    "virtcast_anomaly_threshold_value",
    Kind.GAUGE,
    "Anomaly threshold of the series, by overrides and sensitivity; absent where it is the built-in one. At "
    "a lower one, smaller deviations are anomalies.",
    ("resource",),
)
STATE = Metric(
    "virtcast_series_state",
    Kind.GAUGE,
    "State of the series if it is not ready (learning, stale, gone, unusable); always 1. "
    "virtcast_series counts all states.",
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
    MIN_DEVIATION,
    ANOMALY_THRESHOLD,
    STATE,
)

SERIES = Metric("virtcast_series", Kind.GAUGE, "Number of known series by state.", ("resource", "state"))
EXCLUDED = Metric(
    "virtcast_series_excluded",
    Kind.GAUGE,
    "Number of series that are left out, by reason: max_series and max_series_per_vm (no room), duplicate "
    "(the labels of another series), no_numbers (native histograms, say, or labels of more than 64 KiB), "
    "label_collision (the labels of another series once their names are written as on this page).",
    ("resource", "reason"),
)
CHANGES = Metric(
    "virtcast_series_changes_total",
    Kind.COUNTER,
    "Number of changes of the resource's series: new, returned (it was gone), vanished (is gone now), "
    "renamed (a label of `follow` changed), label_drift (new, and like a series that has no samples any "
    "more but for a label that is added, missing or called otherwise), stale (has no samples any more).",
    ("resource", "change"),
)
COUNTER_RESETS = Metric(
    "virtcast_resets_total",
    Kind.COUNTER,
    "Number of resets of the counters behind the resource's values, which `counters` lists: a host booted, a "
    "program started again. rate() bridges them. Absent without `counters`, and counted by the first shard.",
    ("resource",),
)
CLOCK_STEPS = Metric(
    "virtcast_clock_steps_total",
    Kind.COUNTER,
    "Number of times that the clock of the forecaster's machine was set by two seconds or more.",
)
ASKED = Metric(
    "virtcast_asked_values",
    Kind.GAUGE,
    "Number of values that limit_query and sensitivity_query of the resource give for its series, by result: "
    "valid, or invalid (left out).",
    ("resource", "query", "result"),
)
STEP = Metric(
    "virtcast_step_seconds", Kind.GAUGE, "Interval between cycles of the resource.", ("resource",), "seconds"
)
RESOURCE_SUCCESS = Metric(
    "virtcast_resource_success",
    Kind.GAUGE,
    "Whether the last cycle of the resource succeeded.",
    ("resource",),
)
RESOURCE_LAST = Metric(
    "virtcast_resource_last_success_timestamp_seconds",
    Kind.GAUGE,
    "Time of the latest step that was read for the resource; absent before the first one.",
    ("resource",),
    "seconds",
)
RESOURCE_LAG = Metric(
    "virtcast_resource_lag_seconds",
    Kind.GAUGE,
    "Time from the latest step to its forecasts, in the last cycle of the resource that succeeded: `settle`, "
    "and what reading and computing took.",
    ("resource",),
    "seconds",
)
RESOURCE_PROGRESS = Metric(
    "virtcast_history_read_ratio",
    Kind.GAUGE,
    "Share of the history that has been read. Below 1 the series are learning, and their bands are wider.",
    ("resource",),
    "ratio",
)
RESOURCE_PARTIAL = Metric(
    "virtcast_resource_partial_answers_total",
    Kind.COUNTER,
    "Number of answers for the resource that the backend called partial; series may be missing from them.",
    ("resource",),
)
BAND_COVERAGE = Metric(
    "virtcast_band_coverage_ratio",
    Kind.GAUGE,
    "Share of the values of the last 30 days that were between the 0.1 and the 0.9 quantile of their "
    "forecast: 0.8 at best. Older values count less; absent until ten values are known.",
    ("resource", "horizon"),
    "ratio",
)
FORECAST_ERROR = Metric(
    "virtcast_forecast_error_ratio",
    Kind.GAUGE,
    "Mean absolute error of the forecasts of the last 30 days, as a multiple of that of a naive forecast: "
    "last (the last value) or yesterday (the value at the same time of the day before). Above 1 the naive "
    "forecast is better. All series count alike; absent until ten values are known.",
    ("resource", "horizon", "naive"),
    "ratio",
)
EXHAUSTION_SKILL = Metric(
    "virtcast_exhaustion_skill_ratio",
    Kind.GAUGE,
    "Brier skill of the exhaustion probabilities of the last 30 days: 1 if they were always right, 0 if they "
    "were as good as the base rate, negative if worse. Absent until limits were reached ten times after "
    "such a probability, and ten times not.",
    ("resource", "horizon"),
    "ratio",
)
FLAGGED = Metric(
    "virtcast_exhaustions_flagged",
    Kind.GAUGE,
    "Number of times in the last 30 days that a series reached its limit, after an hour below it, and the "
    "probability had been 0.5 or more within the day before. Older ones count less.",
    ("resource",),
)
MISSED = Metric(
    "virtcast_exhaustions_missed",
    Kind.GAUGE,
    "Number of times in the last 30 days that a series reached its limit, after an hour below it, without "
    "such a probability within the day before. Older ones count less.",
    ("resource",),
)
ACCURACY_METRICS = (BAND_COVERAGE, FORECAST_ERROR, EXHAUSTION_SKILL, FLAGGED, MISSED)
COUNTS = (SERIES, FLAGGED, MISSED)  # of series: those of shards add up, those of replicas do not
ADOPTED = Metric(
    "virtcast_recommendations_adopted_total",
    Kind.COUNTER,
    "Number of recommended changes of size that VMs were given, at least half of the way.",
    ("part",),
)
CYCLES = Metric(
    "virtcast_cycle_runs_total",
    Kind.COUNTER,
    "Number of cycles by result; a cycle succeeds if it succeeds for every resource.",
    ("result",),
)
CYCLE_DURATION = Metric(
    "virtcast_cycle_duration_seconds", Kind.GAUGE, "Duration of the last cycle.", (), "seconds"
)
CYCLE_STAGE = Metric(
    "virtcast_cycle_stage_seconds_total",
    Kind.COUNTER,
    "Time that cycles took, by stage: bounds (queries for limits and sensitivities), read (queries for "
    "values), engine, newcomers (series that join, and their history), inventory (queries about VMs, hosts, "
    "pools, and resets of counters), advice (the course of issues and sizes), publish.",
    ("stage",),
    "seconds",
)
CAUGHT_UP = Metric(
    "virtcast_cycle_caught_up_steps_total",
    Kind.COUNTER,
    "Number of steps that were missed and read later.",
)
OVERRUNS = Metric(
    "virtcast_cycle_overruns_total",
    Kind.COUNTER,
    "Number of cycles that were not over when the next one was due. None is queued: the next one reads what "
    "was missed.",
)
LAST_SUCCESS = Metric(
    "virtcast_last_success_timestamp_seconds",
    Kind.GAUGE,
    "Time of the last cycle that succeeded for every resource; absent before the first one.",
    (),
    "seconds",
)
UP = Metric(
    "virtcast_prometheus_up",
    Kind.GAUGE,
    "Whether the PromQL backend answered in the last cycle.",
)
CONFIG_GOOD = Metric(
    "virtcast_config_last_reload_successful",
    Kind.GAUGE,
    "Whether the last reload of the configuration succeeded; after a failure the previous "
    "configuration stays in force.",
)
CONFIGURED = Metric(
    "virtcast_config_last_reload_success_timestamp_seconds",
    Kind.GAUGE,
    "Time at which the configuration in force was read.",
    (),
    "seconds",
)
REQUESTS = Metric(
    "virtcast_promql_requests_total",
    Kind.COUNTER,
    "Number of PromQL requests by result, retries included.",
    ("result",),
)
RETRIES = Metric(
    "virtcast_promql_retries_total", Kind.COUNTER, "Number of PromQL requests that were retries."
)
WARNINGS = Metric(
    "virtcast_promql_warnings_total",
    Kind.COUNTER,
    "Number of warnings in PromQL answers; series may be missing from such answers.",
)
REFUSED = Metric(
    "virtcast_promql_windows_refused_total",
    Kind.COUNTER,
    "Number of queries that the backend refused and that were asked again in smaller windows, or in parts.",
)
BYTES = Metric(
    "virtcast_promql_response_bytes_total",
    Kind.COUNTER,
    "Decompressed size of the PromQL answers.",
    (),
    "bytes",
)
PROMQL_DURATION = Metric(
    "virtcast_promql_request_duration_seconds",
    Kind.HISTOGRAM,
    "Duration of PromQL requests.",
    (),
    "seconds",
)
CIRCUIT = Metric(
    "virtcast_promql_circuit_open",
    Kind.GAUGE,
    "Whether the circuit breaker of the backend is open: three queries in a row got no answer, or an "
    "error that may pass by itself, such as 503. Until the "
    "next answer the backend is tried with one request every five seconds at most.",
    ("backend",),
)
CIRCUIT_OPENINGS = Metric(
    "virtcast_promql_circuit_openings_total",
    Kind.COUNTER,
    "Number of times that the circuit breaker opened.",
    ("backend",),
)
CIRCUIT_REFUSED = Metric(
    "virtcast_promql_circuit_refused_queries_total",
    Kind.COUNTER,
    "Number of queries that were not sent because the circuit breaker was open.",
    ("backend",),
)
FAST_SCORE = Metric(
    "virtcast_fast_anomaly_score",
    Kind.GAUGE,
    "Anomaly score of the newest samples between the steps, the lower one of two in a row, divided by 1.4 "
    "for the many looks in a step; absent below 0.9.",
    ("resource",),
)
FAST_LAST = Metric(
    "virtcast_fast_last_success_timestamp_seconds",
    Kind.GAUGE,
    "Time of the newest samples that the fast lane has judged.",
    ("resource",),
    "seconds",
)
FAST_QUERIES = Metric(
    "virtcast_fast_queries_total", Kind.COUNTER, "Number of queries of the fast lane by result.", ("result",)
)
FAST_CIRCUIT = Metric(
    "virtcast_fast_circuit_open",
    Kind.GAUGE,
    "Whether the circuit breaker of the fast lane, which queries by itself, is open.",
)
FAST_PUSHES = Metric(
    "virtcast_fast_pushes_total",
    Kind.COUNTER,
    "Number of remote writes of the fast lane's scores by result; absent without `remote_write`.",
    ("result",),
)
MIGRATION_LEFT = Metric(
    "virtcast_migration_remaining_seconds",
    Kind.GAUGE,
    "Expected time until the live migration of the VM ends, all passes over its memory together. Absent for"
    " one that does not converge.",
    ("domain", "instance"),
    "seconds",
)
MIGRATION_JUDGED = Metric(
    "virtcast_migration_forecasts_judged_total",
    Kind.COUNTER,
    "Number of successful live migrations whose duration had been forecast before they began.",
)
MIGRATION_TOOK = Metric(
    "virtcast_migration_judged_seconds_total",
    Kind.COUNTER,
    "Duration of those migrations, summed.",
    (),
    "seconds",
)
MIGRATION_ERROR = Metric(
    "virtcast_migration_forecast_error_seconds_total",
    Kind.COUNTER,
    "Absolute errors of the forecasts of their duration, summed.",
    (),
    "seconds",
)
MIGRATION_DOWNTIME_ERROR = Metric(
    "virtcast_migration_downtime_error_seconds_total",
    Kind.COUNTER,
    "Absolute errors of the forecasts of their downtime, summed.",
    (),
    "seconds",
)
MIGRATION_METRICS = (
    MIGRATION_LEFT,
    MIGRATION_JUDGED,
    MIGRATION_TOOK,
    MIGRATION_ERROR,
    MIGRATION_DOWNTIME_ERROR,
)
FAST_METRICS = (  # on a page of their own
    FAST_SCORE,
    FAST_LAST,
    FAST_QUERIES,
    FAST_CIRCUIT,
    FAST_PUSHES,
    *MIGRATION_METRICS,
)
STATE_SAVES = Metric(
    "virtcast_state_saves_total",
    Kind.COUNTER,
    "Number of times that the state was saved on disk, by result.",
    ("result",),
)
STATE_LOADS = Metric(
    "virtcast_state_loads_total",
    Kind.COUNTER,
    "Number of resources by what became of their saved state at the start: success, absent, or set_aside "
    "(damaged, or of another configuration).",
    ("result",),
)
STATE_BYTES = Metric("virtcast_state_size_bytes", Kind.GAUGE, "Size of the saved state.", (), "bytes")
STATE_SAVED = Metric(
    "virtcast_state_last_save_timestamp_seconds",
    Kind.GAUGE,
    "Time at which the state was last saved; absent before.",
    (),
    "seconds",
)
STATE_METRICS = (STATE_SAVES, STATE_LOADS, STATE_BYTES, STATE_SAVED)  # with --state.dir only
NOTIFICATIONS = Metric(
    "virtcast_alert_notifications_total",
    Kind.COUNTER,
    "Number of notifications of Alertmanager by result: logged, or failed (the audit log could not be "
    "written; Alertmanager sends them again).",
    ("result",),
)
AUDIT_LOG_BYTES = Metric(
    "virtcast_alert_log_size_bytes", Kind.GAUGE, "Size of the audit log of alerts.", (), "bytes"
)
SENSITIVITY = Metric(
    "virtcast_anomaly_sensitivity_ratio",
    Kind.GAUGE,
    "What the anomaly threshold of a series is divided by, because a silence with #noise was set for its "
    "anomalies within the last four weeks.",
    ("resource",),
    "ratio",
)
EXPECTED = Metric(
    "virtcast_anomaly_expected",
    Kind.GAUGE,
    "Whether an anomaly of a series is expected now (1) or not (0), because a silence with #expected was set "
    "for one at this time of the week, or with #expected-daily of the day, within the last eight weeks.",
    ("resource",),
)
ALERT_METRICS = (NOTIFICATIONS, AUDIT_LOG_BYTES, SENSITIVITY, EXPECTED)  # with --alerts.token-file only
HEALTH_METRICS = (
    UP,
    CONFIG_GOOD,
    CONFIGURED,
    LAST_SUCCESS,
    CYCLE_DURATION,
    CYCLE_STAGE,
    CYCLES,
    ADOPTED,
    CAUGHT_UP,
    OVERRUNS,
    STEP,
    RESOURCE_SUCCESS,
    RESOURCE_LAST,
    RESOURCE_LAG,
    RESOURCE_PROGRESS,
    RESOURCE_PARTIAL,
    SERIES,
    EXCLUDED,
    CHANGES,
    COUNTER_RESETS,
    CLOCK_STEPS,
    ASKED,
    *ACCURACY_METRICS,
    REQUESTS,
    RETRIES,
    WARNINGS,
    REFUSED,
    BYTES,
    PROMQL_DURATION,
    CIRCUIT,
    CIRCUIT_OPENINGS,
    CIRCUIT_REFUSED,
    *STATE_METRICS,
    *ALERT_METRICS,
)
METRICS = (*SERIES_METRICS, *HEALTH_METRICS)
CERTIFICATE = Metric(  # with TLS only
    "virtcast_certificate_expiry_timestamp_seconds",
    Kind.GAUGE,
    "Time at which the first of the web server's TLS certificates expires.",
    (),
    "Unix time",
)
EVERY = (*METRICS, CERTIFICATE, *FAST_METRICS, ISSUE, *ADVICE_METRICS)
