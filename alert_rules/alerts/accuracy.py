"""The accuracy of the forecaster's own forecasts."""

from __future__ import annotations

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.annotations import each
from alert_rules.values import Section, Value

VALUES = Section(
    "accuracy",
    "The accuracy of forecasts",
    (
        Value(
            "worse_than_naive_ratio",
            1.1,
            "Largest error of forecasts, as a multiple of that of the better naive forecast.",
        ),
        Value("worse_for", "6h", "Forecasts are worse this long before it is reported.", demo="1h"),
    ),
)
RATIOS = (
    'max by (horizon) (virtcast_forecast_error_ratio{instance="$instance",resource="$resource"})'
    " > $worse_than_naive_ratio"
)

ALERTS = (
    Alert(
        name="VirtcastForecastsWorseThanNaive",
        comment="The ratio is there for two naive forecasts; the higher one is that of the better of these.",
        expr="max by (instance, resource) (virtcast_forecast_error_ratio) > $worse_than_naive_ratio",
        for_="$worse_for",
        severity="info",
        kind="actual",
        summary="The forecasts of {{ $labels.resource }} are worse than naive ones",
        description="The forecasts of {{ $labels.resource }} by the forecaster {{ $labels.instance }} err"
        + each(RATIOS, ' {{ .Value | printf "%.2f" }} times as much for {{ .Labels.horizon }},', " more,")
        + " measured over the last 30 days against the last value and the value of the same time of the day "
        "before. Do not rely on its predictions of this resource.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
