"""What the forecaster cannot do, though it runs: alerts on predictions and anomalies are silent then."""

from __future__ import annotations

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.annotations import NUMBER
from alert_rules.values import Section, Value

VALUES = Section(
    "forecasts",
    "What the forecaster cannot do",
    (
        Value("failing_for", "15m", "It fails this long before it is reported.", demo="1m"),
        Value(
            "back_for", "2m", "So long after the backend is back its resources may still fail.", demo="20s"
        ),
        Value("window", "1h", "Partial answers and late cycles are reported for this long."),
        Value("overruns", 3, "So many late cycles within that time are reported."),
        Value("excluded_for", "1h", "Series are left out this long before it is reported."),
        Value("openings", 3, "The circuit breaker opens so often within that time before it is reported."),
        Value("unusable", 0.2, "This share of the series of a resource is gone or unusable."),
    ),
)
THE_FORECASTER = "The forecaster {{ $labels.instance }}"

ALERTS = (
    Alert(
        name="VirtcastBackendDown",
        expr="max by (instance) (virtcast_prometheus_up) == 0",
        for_="$failing_for",
        severity="warning",
        kind="actual",
        explains=("VirtcastBackendUnstable", "VirtcastForecasterStale"),
        summary="The forecaster {{ $labels.instance }} cannot query its backend",
        description=f"{THE_FORECASTER} gets no answer from Prometheus or the backend in its place. "
        "There are no new predictions and anomalies.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastBackendUnstable",
        expr="max by (instance) (increase(virtcast_promql_circuit_openings_total[$window])) >= $openings",
        severity="warning",
        kind="actual",
        summary="The backend of the forecaster {{ $labels.instance }} answers on and off",
        description=f"{THE_FORECASTER} stopped asking its backend {NUMBER} times within $window, because "
        "queries in a row failed. Forecasts come late.",
        dashboard=FLEET,
        comment="A backend that stays down is another alert: the circuit breaker opens once then.",
    ),
    Alert(
        name="VirtcastResourceFailing",
        comment="A backend that is down is another alert: all resources fail then, and go on a while.",
        expr="""
            min by (instance, resource) (virtcast_resource_success) == 0
              unless on (instance) min_over_time(virtcast_prometheus_up[$back_for]) == 0
        """,
        for_="$failing_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.resource }} is not forecast any more",
        description=f"{THE_FORECASTER} fails for the resource {{{{ $labels.resource }}}}; the others are "
        "forecast. "
        "Its log has the reason.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastAnswersPartial",
        expr="max by (instance, resource) (increase(virtcast_resource_partial_answers_total[$window])) > 0",
        severity="warning",
        kind="actual",
        summary="Answers of the backend about {{ $labels.resource }} are partial",
        description=f"{NUMBER} answers to the forecaster {{{{ $labels.instance }}}} about "
        f"{{{{ $labels.resource }}}} "
        "were partial within $window: a store or shard is missing, and series with it.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastReloadFailed",
        expr="max by (instance) (virtcast_config_last_reload_successful) == 0",
        severity="warning",
        kind="actual",
        summary="The forecaster {{ $labels.instance }} refused its new configuration",
        description=f"{THE_FORECASTER} could not read its configuration when it was told to. "
        "The previous one stays in force until it restarts; then it will not start.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastCyclesLate",
        expr="max by (instance) (increase(virtcast_cycle_overruns_total[$window])) >= $overruns",
        severity="warning",
        kind="actual",
        summary="The forecaster {{ $labels.instance }} is too slow",
        description=f"{NUMBER} cycles of the forecaster {{{{ $labels.instance }}}} within $window took "
        "longer than "
        "the step. Forecasts come late; it needs more CPU, a longer step, or shards.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastSeriesLeftOut",
        expr="max by (instance, resource, reason) (virtcast_series_excluded) > 0",
        for_="$excluded_for",
        severity="info",
        kind="actual",
        summary=f"{NUMBER} series of {{{{ $labels.resource }}}} are not forecast",
        description=f"{THE_FORECASTER} leaves out {NUMBER} series of {{{{ $labels.resource }}}}: "
        "{{ $labels.reason }}.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastSeriesUnusable",
        expr="""
            max by (instance, resource) (virtcast_series{state="unusable"})
              / on (instance, resource) (
                sum by (instance, resource) (max by (instance, resource, state) (virtcast_series)) > 0
              )
              >= $unusable
        """,
        for_="$excluded_for",
        severity="info",
        kind="actual",
        summary="{{ $value | humanizePercentage }} of the series of {{ $labels.resource }} cannot be "
        "forecast",
        description=f"{THE_FORECASTER} cannot use {{{{ $value | humanizePercentage }}}} of the series of "
        "{{ $labels.resource }}: they have too few values, or no finite ones.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastStateNotSaved",
        expr='max by (instance) (increase(virtcast_state_saves_total{result!="success"}[$window])) > 0',
        severity="info",
        kind="actual",
        summary="The forecaster {{ $labels.instance }} cannot save its state",
        description=f"{THE_FORECASTER} failed {NUMBER} times within $window to write to --state.dir. "
        "A restart takes longer until it can.",
        dashboard=FLEET,
    ),
    Alert(
        name="VirtcastAlertsNotLogged",
        expr="max by (instance) "
        '(increase(virtcast_alert_notifications_total{result!="logged"}[$window])) > 0',
        severity="warning",
        kind="actual",
        summary="The forecaster {{ $labels.instance }} cannot log alerts",
        description=f"{THE_FORECASTER} could not write {NUMBER} notifications of Alertmanager to its audit "
        "log within $window. Alertmanager sends them again until it can.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
