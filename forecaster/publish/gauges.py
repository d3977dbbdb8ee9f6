"""Samples of the forecaster's metrics: a pure function of the view."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exporter.metric import Sample
from exporter.web.label_names import Escaping
from forecaster.alerts.feedback import SENSITIVITY as NOISY
from forecaster.alerts.silence import NOISE
from forecaster.config.resources import RESOURCES
from forecaster.engine.anomaly import PRESENT, SIGNS
from forecaster.publish.accuracy import accuracy_samples
from forecaster.publish.advice import advice_samples
from forecaster.publish.issues import issue_samples
from forecaster.publish.metrics import (
    ADOPTED,
    ANOMALY,
    ANOMALY_THRESHOLD,
    ASKED,
    AUDIT_LOG_BYTES,
    BANDS,
    BASELINE,
    BYTES,
    CAUGHT_UP,
    CERTIFICATE,
    CHANGES,
    CIRCUIT,
    CIRCUIT_OPENINGS,
    CIRCUIT_REFUSED,
    CLOCK_STEPS,
    CONFIG_GOOD,
    CONFIGURED,
    CONTRIBUTION,
    COUNTER_RESETS,
    COUNTS,
    CYCLE_DURATION,
    CYCLE_STAGE,
    CYCLES,
    EXCLUDED,
    EXHAUSTION,
    EXPECTED,
    FORECAST,
    LAST_SUCCESS,
    LIMIT,
    MIN_DEVIATION,
    NOTIFICATIONS,
    ONSET,
    ORIGIN,
    OVERRUNS,
    PROBABILITY,
    PROMQL_DURATION,
    QUANTILES,
    REFUSED,
    REQUESTS,
    RESOURCE_LAG,
    RESOURCE_LAST,
    RESOURCE_PARTIAL,
    RESOURCE_PROGRESS,
    RESOURCE_SUCCESS,
    RETRIES,
    SEASON,
    SENSITIVITY,
    SERIES,
    STATE,
    STATE_BYTES,
    STATE_LOADS,
    STATE_SAVED,
    STATE_SAVES,
    STEP,
    THRESHOLD,
    TREND,
    UP,
    USUAL,
    WARNINGS,
)
from forecaster.publish.names import named
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from exporter.metric import Metric
    from forecaster.alerts.feedback import Lesson
    from forecaster.publish.names import Named
    from forecaster.series.labels import Labels
    from forecaster.view.rows import Rows
    from forecaster.view.view import AlertsView, PromqlView, ResourceView, StateView, View

    # A gauge of many series: the metric, its own labels' values, values (n,); NaN and infinity mean none.
    Column = tuple[Metric, tuple[str, ...], NDArray[np.float64]]

BUILT_IN = {resource.name: resource for resource in RESOURCES}
IN_SIGHT = 30 * 86_400  # seconds: the engine forecasts no farther
NEGLIGIBLE = 0.01  # of a lean page: a probability below it changes no decision
REPLICA = frozenset({"replica"})
LABEL_COLLISION = "label_collision"  # why a series is left out of a page


def samples(
    view: View, now: float, fresh_for: float, escaping: Escaping = Escaping.UNDERSCORES
) -> Iterator[Sample]:
    """All samples at Unix time `now`, for readers with this escaping of label names.

    What is older than `fresh_for` seconds is not a forecast any more: left out.
    """
    own = REPLICA if view.replica else frozenset[str]()
    known = {each.resource.name: named(each.states, escaping, own) for each in view.resources}
    of_series = series_samples(view, now, fresh_for, known)
    yield from of_replica(of_series, view.replica) if view.replica else of_series
    own_health = health(view, now)
    yield from counts_of_replica(own_health, view.replica) if view.replica else own_health
    for resource, names in known.items():
        yield EXCLUDED.sample(names.left_out, resource, LABEL_COLLISION)


def series_samples(view: View, now: float, fresh_for: float, known: Mapping[str, Named]) -> Iterator[Sample]:
    """What is said of series; `known` are the names of their labels by resource."""
    for rows in view.fresh(now, fresh_for).rows:
        yield from forecast_samples(rows, known[rows.resource.name].names)
    for each in view.resources:
        yield from state_samples(each, known[each.resource.name].names)
    fresh = view.fresh(now, fresh_for)
    yield from advice_samples(fresh)
    yield from issue_samples(fresh)


def of_replica(samples: Iterable[Sample], replica: str) -> Iterator[Sample]:
    """The samples with a label that tells forecasters of the same series apart."""
    for metric, labels, value in samples:
        yield Sample(told_apart(metric), (*labels, replica), value)


def counts_of_replica(samples: Iterable[Sample], replica: str) -> Iterator[Sample]:
    """The samples of a forecaster's own health, the counts of series among them with that label."""
    for each in samples:
        yield from of_replica((each,), replica) if each.metric in COUNTS else (each,)


@lru_cache(maxsize=4096)
def told_apart(metric: Metric) -> Metric:
    """The metric with the label `replica`."""
    return replace(metric, labels=(*metric.labels, *REPLICA))


def forecast_samples(rows: Rows, names: Mapping[Labels, tuple[str, ...]]) -> Iterator[Sample]:
    """The forecasts of one resource's series, metric by metric; `names` are those of their labels."""
    published = [
        (at, names[labels], (rows.resource.name, *(value for _, value in labels)))
        for at, labels in enumerate(rows.labels)
        if labels in names
    ]
    for metric, extra, values in columns(rows):
        for at, own, key in published:
            value = values[at]
            if np.isfinite(value):
                yield Sample(labelled(metric, own), (*key, *extra), float(value))


def columns(rows: Rows) -> Iterator[Column]:
    """Every gauge of the series, or those that a lean page has."""
    outlook, resource = rows.outlook, rows.resource
    for bound in BANDS:
        yield BASELINE, (bound,), getattr(outlook, bound)
    yield from anomaly_columns(rows)
    yield from forecast_columns(rows)
    limit = np.array([bound.limit for bound in rows.bounds])
    yield from probability_columns(rows, limit)
    left = outlook.exhaustion_quantiles
    near = (resource.publish == "full") | (left[QUANTILES.index(0.5)] <= IN_SIGHT)
    for place, quantile in enumerate(QUANTILES):
        yield EXHAUSTION, (str(quantile),), np.where(near, rows.at + left[place], np.nan)
    yield LIMIT, (), limit
    yield from dial_columns(rows, limit)


def probability_columns(rows: Rows, limit: NDArray[np.float64]) -> Iterator[Column]:
    """The probability that the limit is reached within each horizon that is published.

    Of a lean page, the longest one is always told. A shorter one follows once it says more than 0, or once
    alerts might judge it.
    """
    counted, full = rows.resource.counted, rows.resource.publish == "full"
    told_from = np.minimum([bound.threshold for bound in rows.bounds], NEGLIGIBLE)
    for at, horizon in enumerate(rows.resource.horizons):
        if horizon in counted:
            chance = rows.outlook.probability[at]
            told = np.isfinite(limit) & (full | (horizon == counted[-1]) | (chance >= told_from))
            yield PROBABILITY, (horizon.label,), np.where(told, chance, np.nan)


def forecast_columns(rows: Rows) -> Iterator[Column]:
    """The quantiles of the forecast, for the horizons that are published."""
    for at, horizon in enumerate(rows.resource.horizons):
        if horizon in rows.resource.drawn:
            for place, quantile in enumerate(QUANTILES):
                yield FORECAST, (horizon.label, str(quantile)), rows.outlook.forecast[at, place]


def anomaly_columns(rows: Rows) -> Iterator[Column]:
    """The score of every series; of anomalies their onset and reasons, on a lean page the strongest one."""
    score, reasons, full = rows.score, rows.outlook.reasons, rows.resource.publish == "full"
    told = np.isfinite(reasons.onset)
    trend = np.where(reasons.trend == 0, np.nan, reasons.trend / 3600)
    yield ANOMALY, (), score
    yield ONSET, (), reasons.onset
    yield ORIGIN, (), reasons.origin
    yield USUAL, (), np.where(told, reasons.usual, np.nan)
    yield TREND, (), trend if full else np.where(told, trend, np.nan)
    if full:
        yield SEASON, (), np.where(told, reasons.season, np.nan)
    shown = (score >= PRESENT) & (full | strongest(reasons.signs))
    for name, sign, has in zip(SIGNS, reasons.signs, shown, strict=True):
        yield CONTRIBUTION, (name,), np.where(has, sign, np.nan)


def strongest(signs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the signs (k, n) of each series is its strongest one; the displacement follows from others."""
    told = np.where(np.isnan(signs), -np.inf, signs)
    told[SIGNS.index("displacement")] = -np.inf
    found: NDArray[np.bool_] = np.arange(len(signs))[:, None] == told.argmax(axis=0)
    return found


def dial_columns(rows: Rows, limit: NDArray[np.float64]) -> Iterator[Column]:
    """What alerts judge the series by, where it is not what they take without it."""
    usual = BUILT_IN.get(rows.resource.name)
    threshold = np.array([bound.threshold for bound in rows.bounds])
    deviation = np.array([bound.min_deviation for bound in rows.bounds])
    mark = np.array([bound.anomaly_threshold for bound in rows.bounds])
    if usual is not None:
        known = (threshold == usual.threshold) & np.isfinite(limit) & (rows.resource.publish == "lean")
        threshold = np.where(known, np.nan, threshold)
        deviation = np.where(deviation == usual.min_deviation, np.nan, deviation)
        mark = np.where(mark == usual.anomaly_threshold, np.nan, mark)
    yield THRESHOLD, (), threshold
    yield MIN_DEVIATION, (), deviation
    yield ANOMALY_THRESHOLD, (), mark


def state_samples(each: ResourceView, names: Mapping[Labels, tuple[str, ...]]) -> Iterator[Sample]:
    """The state of each known series that is not ready; `names` are those of their labels."""
    for row, state in each.states.items():
        if row in names and state is not State.READY:
            metric = labelled(STATE, names[row])
            yield Sample(metric, (each.resource.name, *(value for _, value in row), state.value), 1.0)


@lru_cache(maxsize=4096)
def labelled(metric: Metric, names: tuple[str, ...]) -> Metric:
    """The metric with the labels of a source series between `resource` and its own."""
    return replace(metric, labels=("resource", *names, *metric.labels[1:]))


def of_certificate(expires: float | None) -> Iterator[Sample]:
    """When the certificate of the web server expires; nothing without TLS."""
    if expires is not None:
        yield CERTIFICATE.sample(expires)


def health(view: View, now: float) -> Iterator[Sample]:
    """The forecaster's own health, and what silences taught it."""
    yield UP.sample(float(view.backend_up))
    yield CONFIG_GOOD.sample(float(view.config_good))
    if view.configured_at is not None:
        yield CONFIGURED.sample(view.configured_at)
    if view.last_success is not None:
        yield LAST_SUCCESS.sample(view.last_success)
    if view.duration is not None:
        yield CYCLE_DURATION.sample(view.duration)
    for stage, seconds in view.stages.items():
        yield CYCLE_STAGE.sample(seconds, stage)
    for result, count in view.cycles.items():
        yield CYCLES.sample(count, result)
    for part, count in view.remembered.adopted.items():
        yield ADOPTED.sample(count, part)
    yield CAUGHT_UP.sample(view.caught_up)
    yield OVERRUNS.sample(view.overruns)
    yield CLOCK_STEPS.sample(view.clock_steps)
    for each in view.resources:
        yield STEP.sample(each.resource.step or view.step, each.resource.name)
        yield from resource_health(each)
    yield from promql_health(view.promql)
    yield from circuit_health(view.promql, view.backend_url)
    if view.state is not None:
        yield from state_health(view.state)
    if view.alerts is not None:
        yield from alerts_health(view.alerts)
        yield from taught(view.alerts.lessons, now)


def resource_health(each: ResourceView) -> Iterator[Sample]:
    """How one resource is doing."""
    name = each.resource.name
    yield RESOURCE_SUCCESS.sample(float(bool(each.last_success) and not each.error), name)
    if each.last_success:
        yield RESOURCE_LAST.sample(each.last_success, name)
    if each.lag is not None:
        yield RESOURCE_LAG.sample(each.lag, name)
    yield RESOURCE_PROGRESS.sample(each.progress, name)
    yield RESOURCE_PARTIAL.sample(each.partial_answers, name)
    for state, number in each.counts.items():
        yield SERIES.sample(number, name, state.value)
    for reason, number in each.excluded.items():
        yield EXCLUDED.sample(number, name, reason)
    for change, number in each.changes.items():
        yield CHANGES.sample(number, name, change)
    if each.counter_resets is not None:
        yield COUNTER_RESETS.sample(each.counter_resets, name)
    for key, (valid, invalid) in each.asked.items():
        yield ASKED.sample(valid, name, key, "valid")
        yield ASKED.sample(invalid, name, key, "invalid")
    yield from accuracy_samples(each)


def promql_health(promql: PromqlView) -> Iterator[Sample]:
    """The PromQL client's counters."""
    for result, number in promql.requests.items():
        yield REQUESTS.sample(number, result.value)
    yield RETRIES.sample(promql.retries)
    yield WARNINGS.sample(promql.warnings)
    yield REFUSED.sample(promql.windows_refused)
    yield BYTES.sample(promql.response_bytes)
    yield PROMQL_DURATION.sample(promql.durations)


def circuit_health(promql: PromqlView, backend: str) -> Iterator[Sample]:
    """The circuit breaker of the backend."""
    yield CIRCUIT.sample(float(promql.circuit_open), backend)
    yield CIRCUIT_OPENINGS.sample(promql.circuit_openings, backend)
    yield CIRCUIT_REFUSED.sample(promql.queries_refused, backend)


def state_health(state: StateView) -> Iterator[Sample]:
    """The state on disk."""
    for result, number in state.saves.items():
        yield STATE_SAVES.sample(number, result)
    for result, number in state.loads.items():
        yield STATE_LOADS.sample(number, result)
    yield STATE_BYTES.sample(state.bytes)
    if state.last_save is not None:
        yield STATE_SAVED.sample(state.last_save)


def alerts_health(alerts: AlertsView) -> Iterator[Sample]:
    """The notifications that came, and their log."""
    for result, number in alerts.results.items():
        yield NOTIFICATIONS.sample(number, result)
    yield AUDIT_LOG_BYTES.sample(alerts.bytes)


def taught(lessons: Iterable[Lesson], now: float) -> Iterator[Sample]:
    """What is in force at Unix time `now` because of silences, a sample for each series and metric."""
    told: dict[tuple[Metric, tuple[str, ...]], float] = {}
    for each in lessons:
        noisy = each.tag == NOISE
        metric = labelled(SENSITIVITY if noisy else EXPECTED, tuple(name for name, _ in each.labels))
        key = metric, (each.resource, *(value for _, value in each.labels))
        value = NOISY if noisy else float(each.expects(now))
        told[key] = value if noisy else max(value, told.get(key, 0.0))
    for (metric, labels), value in told.items():
        yield Sample(metric, labels, value)
