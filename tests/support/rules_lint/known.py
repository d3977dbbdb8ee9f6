"""Every series that rules, runbooks and dashboards can query, with its labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alert_rules import aggregates
from alert_rules.layer import OUTPUTS
from alert_rules.registry import PROVIDERS
from exporter import exporter_metrics, scrape
from exporter.collectors.domain import STATES
from exporter.collectors.registry import COLLECTORS
from exporter.metric import Kind
from forecaster.advice.registry import ITEM_ADVISERS
from forecaster.config.resources import RESOURCES
from forecaster.publish import metrics
from forecaster.publish.advice import METRICS as ADVICE_METRICS
from forecaster.publish.issues import ISSUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Metric

Labels = frozenset[str]
Series = Mapping[str, Labels]  # the labels of each series by its name

TARGET = frozenset({"job", "instance"})
SOURCE = frozenset(
    {"provider", *(label for output in OUTPUTS if not output.optional for label in output.labels)}
)
REPLICA = frozenset({"replica"})  # where several forecasters forecast the same series
ALERT = SOURCE | {"alertname", "severity", "kind", "resource"}
OF_PROMETHEUS = {"up": TARGET, "ALERTS": ALERT | {"alertstate"}, "ALERTS_FOR_STATE": ALERT}
# Prometheus', Alertmanager's and blackbox_exporter's own, as far as alerts read them.
OF_DELIVERY = {
    "prometheus_rule_evaluation_failures_total": TARGET | {"rule_group"},
    "prometheus_rule_group_iterations_missed_total": TARGET | {"rule_group"},
    "prometheus_notifications_dropped_total": TARGET,
    "prometheus_notifications_errors_total": TARGET | {"alertmanager"},
    "prometheus_target_scrapes_sample_duplicate_timestamp_total": TARGET,
    "prometheus_target_scrapes_sample_out_of_bounds_total": TARGET,
    "prometheus_rule_group_last_duration_seconds": TARGET | {"rule_group"},
    "prometheus_rule_group_interval_seconds": TARGET | {"rule_group"},
    "probe_ssl_earliest_cert_expiry": TARGET,
    "alertmanager_notifications_total": TARGET | {"integration"},
    "alertmanager_notifications_failed_total": TARGET | {"integration", "reason"},
}
LAYER = {
    name: frozenset({"provider", *labels})
    for name, labels in ({each.name: each.labels for each in OUTPUTS} | aggregates.outputs()).items()
}
# What the forecaster says of a series, without what it was told: a limit or a threshold is no forecast.
TOLD = {metrics.LIMIT, metrics.THRESHOLD, metrics.MIN_DEVIATION, metrics.STATE}
FORECASTS = frozenset(row.name for row in metrics.SERIES_METRICS if row not in TOLD)
# The labels of the series that a resource's forecasts are made from.
BY_RESOURCE = {resource.name: LAYER[resource.query] for resource in RESOURCES}
VALUES = {
    ("libvirt_domain_state", "state"): frozenset(STATES),
    ("virtcast_baseline_value", "bound"): frozenset(metrics.BANDS),
    ("virtcast_exhaustion_timestamp_seconds", "quantile"): frozenset(map(str, metrics.QUANTILES)),
    ("virtcast_forecast_value", "quantile"): frozenset(map(str, metrics.QUANTILES)),
} | {(metric.name, "resource"): frozenset(BY_RESOURCE) for metric in metrics.SERIES_METRICS}

# What several forecasters of the same series write, each its own.
OF_REPLICAS = (
    *metrics.SERIES_METRICS,
    *ADVICE_METRICS,
    *metrics.COUNTS,
    *metrics.MIGRATION_METRICS,
    ISSUE,
    metrics.FAST_SCORE,
)
# The labels of advice beside those of the series that it is about.
OF_ADVICE = {
    gauge.name: frozenset({*each.advice.also, "owner"})
    for each in ITEM_ADVISERS
    for gauge in each.advice.gauges
}


def tables() -> dict[str, tuple[Metric, ...]]:
    """The METRICS table of everything that has one."""
    collectors = {collector.name: collector.metrics for collector in COLLECTORS}
    own = {"scrape": scrape.METRICS, "exporter": exporter_metrics.METRICS, "forecaster": metrics.EVERY}
    return collectors | own


def names(metric: Metric) -> Iterator[str]:
    """The names of a metric's series in Prometheus."""
    if metric.kind is Kind.HISTOGRAM:
        yield from (f"{metric.name}_{part}" for part in ("bucket", "sum", "count"))
    else:
        yield metric.name


def known() -> Series:
    """The labels that can be asked of every series there is, by its name."""
    found = OF_PROMETHEUS | OF_DELIVERY | LAYER
    for provider in PROVIDERS:
        for name, labels in provider.reads.items():  # several may read one exporter's
            found[name] = found.get(name, frozenset()) | TARGET | set(labels)
    for rows in tables().values():
        for row in rows:
            source = SOURCE if row.name.startswith("virtcast_") else TARGET
            source |= REPLICA if row in OF_REPLICAS else set()
            source |= OF_ADVICE.get(row.name, frozenset())
            bucket = {"le"} if row.kind is Kind.HISTOGRAM else set()
            found |= dict.fromkeys(names(row), source | TARGET | set(row.labels) | bucket)
    return found
