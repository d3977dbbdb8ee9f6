"""What pages take from the forecaster: horizons, quantiles, bounds, states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exporter.collectors.domain import STATES
from forecaster.config.durations import horizon
from forecaster.config.resources import RESOURCES
from forecaster.publish.metrics import BANDS, QUANTILES
from forecaster.series.state import State
from grafana.profile import PROFILES, Profile
from grafana.queries import forecasts
from grafana.style import colors


def profile(*horizons: str, ahead: str = "1h") -> Profile:
    resources = tuple(
        replace(each, horizons=tuple(map(horizon, horizons)), publish="full") for each in RESOURCES
    )
    return replace(PROFILES["default"], resources=resources, ahead=ahead)


def test_the_longest_horizon_of_most_resources_is_preselected() -> None:
    assert PROFILES["default"].horizon == "24h"
    assert profile("1m", "5m").horizon == "5m"


@pytest.mark.parametrize(("ahead", "drawn"), [("1h", "1h"), ("59m", "15m"), ("9d", "24h"), ("1m", "24h")])
def test_the_forecast_that_the_page_has_room_for_is_drawn(ahead: str, drawn: str) -> None:
    assert profile("15m", "1h", "24h", ahead=ahead).drawn == drawn


def test_quantiles_and_bounds_are_the_forecasters() -> None:
    assert {forecasts.EARLY, forecasts.MEDIAN, forecasts.LATE} <= set(QUANTILES)
    assert forecasts.EARLY < forecasts.MEDIAN == 0.5 < forecasts.LATE
    assert forecasts.WITHIN == "80%"
    assert (forecasts.LOWER, forecasts.EXPECTED, forecasts.UPPER) == BANDS


def test_every_state_has_a_colour() -> None:
    assert {label for label, _, _ in colors.STATES} == set(STATES)
    assert set(colors.SERIES_STATES) == set(State)


def test_colours_go_round() -> None:
    names = [str(number) for number in range(len(colors.SERIES) + 1)]
    assert list(colors.told_apart(names).values()) == [*colors.SERIES, colors.SERIES[0]]


def test_the_live_profile_follows_the_second() -> None:
    live = PROFILES["live"]
    assert (live.refresh, live.past, live.drawn) == ("1s", "5m", "1h")
