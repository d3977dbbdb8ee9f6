"""Alerts on exhaustion: what the forecaster's table says of a resource is not said again."""

from __future__ import annotations

import pytest

from alert_rules.alerts.exhaustion import ROWS
from alert_rules.exhaustion import Exhaustion, at_limit, exhaustion_predicted
from alert_rules.profiles import PROFILES
from alert_rules.values import filled
from forecaster.config.resources import RESOURCES

TABLE = {resource.name: resource for resource in RESOURCES}
by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.resource)


@by_row
def test_limit_and_threshold_are_the_resource_s(row: Exhaustion) -> None:
    resource, chosen = TABLE[row.resource], PROFILES["default"][row.area]
    assert (chosen["limit"], chosen["probability"]) == (resource.limit, resource.threshold)
    assert not resource.falls, "the alerts are for values that rise to a limit"


@by_row
def test_the_horizon_is_forecast_by_default(row: Exhaustion) -> None:
    horizons = {horizon.label for horizon in TABLE[row.resource].horizons}
    assert PROFILES["default"][row.area]["horizon"] in horizons


@by_row
def test_nothing_is_predicted_that_is_exhausted_already(row: Exhaustion) -> None:
    for profile in PROFILES.values():
        assert float(profile[row.area]["floor"]) < float(profile[row.area]["limit"])


MEMORY = next(row for row in ROWS if row.resource == "vm_memory")


def test_predicted_needs_a_probability_at_the_threshold_and_a_use_above_the_floor() -> None:
    expr = filled(exhaustion_predicted(MEMORY), {"horizon": "1h", "probability": 0.5, "floor": 0.7})
    forecast = 'virtcast_exhaustion_probability_ratio{resource="vm_memory", horizon="1h"}'
    likely = f"max by (instance, domain) ({forecast})"
    assert expr.splitlines() == [
        likely,
        "  >= (",
        '    max by (instance, domain) (virtcast_threshold_value{resource="vm_memory"})',
        "    or",
        f"    clamp({likely}, 0.5, 0.5)",
        "  )",
        "  and on (instance, domain) vm:memory_utilization:ratio >= 0.7",
    ]


def test_at_the_limit_is_the_higher_one_of_the_forecaster_s_and_ours() -> None:
    used = "max by (instance, domain) (vm:memory_utilization:ratio)"
    assert filled(at_limit(MEMORY), {"limit": 0.95}).splitlines() == [
        used,
        "  >= (",
        '    clamp_min(max by (instance, domain) (virtcast_limit_value{resource="vm_memory"}), 0.95)',
        "    or",
        f"    clamp({used}, 0.95, 0.95)",
        "  )",
    ]
