"""The health of the forecaster."""

from __future__ import annotations

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.annotations import DURATION, where
from alert_rules.values import Section, Value

VALUES = Section(
    "forecaster",
    "The health of the forecaster",
    (
        Value("max_age_seconds", 900, "Largest age of the last successful cycle. Three steps.", demo=20),
        Value("stale_for", "5m", "The forecaster is stale this long before it is reported.", demo="6s"),
    ),
)

ALERTS = (
    Alert(
        name="VirtcastForecasterStale",
        comment="It does not answer, has never succeeded, or has not succeeded for too long.",
        expr="""
            max by (instance) (up{job="virtcast"}) == 0
              or
            (
              max by (instance) (up{job="virtcast"}) == 1
                unless on (instance) virtcast_last_success_timestamp_seconds
            )
              or
            time() - max by (instance) (virtcast_last_success_timestamp_seconds) > $max_age_seconds
        """,
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
