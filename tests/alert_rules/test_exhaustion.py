"""Alerts on exhaustion: what the forecaster's table says of a resource is not said again."""

from __future__ import annotations

import re

import pytest

from alert_rules.alerts.exhaustion import ROWS
from alert_rules.exhaustion import Exhaustion, area, at_limit, exhaustion_predicted
from alert_rules.profiles import PROFILES
from alert_rules.rules import settled
from alert_rules.values import defaults, filled
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
    horizons = {horizon.label for horizon in TABLE[row.resource].counted}
    assert {PROFILES["default"][row.area][name] for name in ("horizon", "later_horizon")} <= horizons


@by_row
def test_nothing_is_predicted_that_is_exhausted_already(row: Exhaustion) -> None:
    """With the built-in limit; a lower one scales the floor down."""
    for profile in PROFILES.values():
        assert float(profile[row.area]["floor"]) < float(profile[row.area]["limit"])


MEMORY = next(row for row in ROWS if row.resource == "vm_memory")
FILES = next(row for row in ROWS if row.resource == "vm_filesystem")
BY = "max by (instance, domain, mountpoint)"


def test_predicted_needs_a_probability_at_the_threshold_and_a_use_above_the_floor() -> None:
    values: dict[str, str | float] = {"horizon": "24h", "probability": 0.5, "floor": 0.7, "limit": 0.95}
    likely = f'{BY} (virtcast_exhaustion_probability_ratio{{resource="vm_filesystem", horizon="24h"}})'
    used = f"{BY} (vm:filesystem_utilization:ratio)"
    assert filled(exhaustion_predicted(FILES, "$horizon"), values).splitlines()[:12] == [
        likely,
        "  >= (",
        f'    {BY} (virtcast_threshold_value{{resource="vm_filesystem"}})',
        "    or",
        f"    clamp({likely}, 0.5, 0.5)",
        "  )",
        f"  and on (instance, domain, mountpoint) {used}",
        "  >= (",
        f'    clamp_max({BY} (virtcast_limit_value{{resource="vm_filesystem"}}) * 0.7 / 0.95, 0.7)',
        "    or",
        f"    clamp({used}, 0.7, 0.7)",
        "  )",
    ]


def predicted(row: Exhaustion, **values: str | float) -> str:
    """The settled expression of a row's prediction, with the defaults but for `values`."""
    its = area(row)
    return settled(its.alerts[0], {**defaults(its.section), **values}).expr


def test_what_fills_must_have_risen_twice_in_a_row() -> None:
    slow = predicted(FILES).partition("unless on (instance, domain, mountpoint) (")[2]
    assert re.findall(r"offset (\w+)", slow) == [
        *("8h", "24h", "2d"),
        *("4h", "4h", "8h"),
        *("24h", "24h", "2d"),
        *("4h", "4h", "8h"),
        "2d",
    ]
    assert slow.count(">= 2.5 * ((") == 6
    assert slow.count(" / 6") == 2


def test_memory_comes_and_goes_and_need_not_have_risen() -> None:
    assert "offset" not in predicted(MEMORY)


def test_where_rise_is_0_nothing_is_asked_beside_the_forecast_and_the_use() -> None:
    assert "offset" not in predicted(FILES, rise=0.0)


def test_at_the_limit_is_at_the_forecaster_s_and_ours_is_for_what_it_does_not_know() -> None:
    used = f"{BY} (vm:filesystem_utilization:ratio)"
    assert filled(at_limit(FILES), {"limit": 0.95}).splitlines() == [
        used,
        "  >= (",
        f'    {BY} (virtcast_limit_value{{resource="vm_filesystem"}})',
        "    or",
        f"    clamp({used}, 0.95, 0.95)",
        f'      unless {BY} (virtcast_threshold_value{{resource="vm_filesystem"}})',
        "  )",
    ]


def test_both_alerts_leave_out_what_their_resource_says_too_little_of() -> None:
    for expr in (exhaustion_predicted(MEMORY, "$horizon"), at_limit(MEMORY)):
        assert f"\n  unless on (instance, domain) {MEMORY.unless}" in expr
