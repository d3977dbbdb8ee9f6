"""The chart of a series."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from example_view import only, rows_of
from forecaster.config.resource import Resource
from forecaster.view.recent import Recent
from forecaster.web.chart import HEIGHT, WIDTH, ahead, chart

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.recent import Track
    from forecaster.view.view import View

NOW = 1_800_000_000
RESOURCE = Resource("vm_cpu", "vm:cpu_utilization:ratio")


def track(view: View) -> Track:
    return view.resources[0].past.recent.of(0)


def points(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    """The places of each line or area of this kind."""
    found = re.findall(rf'class="{kind}" points="([^"]*)"', svg)
    return [[tuple(map(float, pair.split(","))) for pair in each.split()] for each in found]  # type: ignore[misc]


def test_now_is_in_the_middle_between_past_and_forecast(view: Callable[..., View]) -> None:
    made = view()
    svg = chart(track(made), RESOURCE, rows_of(made), 0, "title")
    ((now, _), _) = points(svg, "now")[0]
    (value,), (forecast,) = points(svg, "value"), points(svg, "forecast")
    assert [x for x, _ in value][-1] == now == forecast[0][0]
    assert value[-1] == forecast[0]  # the forecast begins at the value
    assert forecast[-1][0] - now == pytest.approx(WIDTH / 2)  # the horizon of 24 hours
    assert all(0 <= y <= HEIGHT for run in points(svg, "fan") for _, y in run)


def test_the_forecast_is_that_of_the_outlook(view: Callable[..., View]) -> None:
    rows = rows_of(view())
    told = ahead(rows, 1)
    assert told.times.tolist() == [NOW, NOW + 900, NOW + 86_400]
    assert told.low.tolist() == [0.45, *rows.outlook.forecast[:, 0, 1]]
    assert told.middle.tolist() == [0.45, *rows.outlook.forecast[:, 1, 1]]
    assert told.high.tolist() == [0.45, *rows.outlook.forecast[:, 2, 1]]


def test_a_gap_breaks_the_line() -> None:
    values = np.array([[1.0, 2.0, np.nan, 4.0, 5.0]])
    recent = Recent().after(np.arange(5) * 300, values, np.zeros(1), np.ones(1))
    assert len(points(chart(recent.of(0), RESOURCE, None, 0, "title"), "value")) == 2


def test_of_short_steps_only_what_is_kept_is_drawn() -> None:
    values = np.full((1, 400), 0.5)
    recent = Recent().after(np.arange(400) * 2, values, np.zeros(1), np.ones(1))
    svg = chart(recent.of(0), RESOURCE, None, 0, "title")
    ((first, *_, last),) = points(svg, "value")
    assert last[0] - first[0] == pytest.approx(WIDTH / 2, abs=2), "288 steps of two seconds fill the past"
    assert "9m36s ago</text>" in svg


def test_a_limit_far_from_all_values_is_not_drawn(view: Callable[..., View]) -> None:
    made = view()
    rows = rows_of(made)
    near = replace(rows.bounds[0], limit=0.5)
    assert points(chart(track(made), RESOURCE, replace(rows, bounds=(near, near)), 0, "t"), "limit")
    far = replace(rows.bounds[0], limit=50.0)
    assert not points(chart(track(made), RESOURCE, replace(rows, bounds=(far, far)), 0, "t"), "limit")


def test_the_scale_keeps_to_what_values_can_be(view: Callable[..., View]) -> None:
    made = only(view())
    rows = rows_of(made)
    share = replace(rows, resource=replace(rows.resource, lowest=0.0, highest=1.0))
    full = Recent().after(np.array([NOW]), np.array([[1.0], [1.0]]), np.zeros(2), np.ones(2))
    texts = re.findall(r"<text[^>]*>([^<]*)<", chart(full.of(0), share.resource, share, 0, "t"))
    assert texts[2:] == ["0 %", "100 %"]


def test_a_series_that_is_not_ready_has_its_unit_and_no_forecast() -> None:
    recent = Recent().after(np.arange(2) * 300, np.array([[0.2, 0.4]]), np.zeros(1), np.ones(1))
    svg = chart(recent.of(0), RESOURCE, None, 0, "title")
    assert " %</text>" in svg
    assert not points(svg, "fan")


def test_nothing_is_known() -> None:
    svg = chart(Recent().of(0), RESOURCE, None, 0, 'a "title"')
    assert "points" in svg  # the line that marks now
    assert 'aria-label="a &#34;title&#34;"' in svg
