"""The health of the forecaster."""

from __future__ import annotations

from textwrap import indent

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.annotations import DURATION, where
from alert_rules.promql import scraped
from alert_rules.values import Section, Value

VALUES = Section(
    "forecaster",
    "The health of the forecaster",
    (
        Value(
            "jobs",
            "virtcast|.*forecast.*",
            "Scrape jobs of forecasters, as a regular expression. It matters for those that never answered.",
        ),
        Value("known_for", "1h", "Forecasters are known by their metrics for this long.", demo="10m"),
        Value(
            "remembered_for",
            "1d",
            "Forecasters whose targets are gone, too, as pods in Kubernetes, are reported this long.",
        ),
        Value("max_age_steps", 3, "Largest age of the last successful cycle, in steps.", demo=10),
        Value("stale_for", "5m", "The forecaster is stale this long before it is reported.", demo="6s"),
    ),
)

ALERTS = (
    Alert(
        name="VirtcastForecasterStale",
        comment="It does not answer, has never succeeded, or has not succeeded for too long. Forecasters are "
        "known by their metric, whatever their job is called. An alert that fires goes on after $known_for, "
        "until the target answers or is removed. Where all targets of a job are gone, as in Kubernetes with "
        "the pods, it fires for $remembered_for; one of several may have another name now.",
        expr=f"""\
max by (instance) (
{indent(scraped("virtcast_step_seconds", "$jobs", "$known_for"), "  ")}
) == 0
  or
(
  max by (instance) (up == 0 and on (instance) ALERTS{{alertname="VirtcastForecasterStale"}})
    unless on (instance) virtcast_step_seconds
)
  or
(
  max by (instance) (
    last_over_time(virtcast_step_seconds[$remembered_for])
      unless on (job) virtcast_step_seconds
      unless on (instance) virtcast_step_seconds
      unless on (job, instance) up
  )
)
  or
(
  max by (instance) (virtcast_step_seconds)
    unless on (instance) virtcast_last_success_timestamp_seconds
)
  or
time() - max by (instance) (virtcast_last_success_timestamp_seconds)
  > $max_age_steps * max by (instance) (virtcast_step_seconds)""",
        for_="$stale_for",
        severity="warning",
        kind="actual",
        summary="The forecaster {{ $labels.instance }} has stopped forecasting",
        description=where(
            'time() - virtcast_last_success_timestamp_seconds{instance="$instance"}',
            f"The last successful cycle of the forecaster {{{{ $labels.instance }}}} was {DURATION} ago.",
            otherwise="The forecaster {{ $labels.instance }} does not answer, "
            "or has not completed a successful cycle yet.",
        )
        + " There are no new predictions and anomalies until it recovers. "
        "Alerts on actual values are not affected.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
