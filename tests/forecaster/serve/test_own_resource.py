"""The example of a resource of one's own shows up like the built-in ones: gauges, page, API."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.web.message import Request
from exporter.web.query import Query
from forecaster.config.file import read
from forecaster.serve.loop import Loop
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend

EXAMPLE = Path(__file__).parents[3] / "deploy/config/forecaster/application.yml"
DAY = 86_400
NOW = 20_000 * DAY


def test_the_example_is_forecast_judged_and_shown(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], tmp_path: Path
) -> None:
    file = tmp_path / "virtcast.yml"
    file.write_text("lookback: 3d\n" + EXAMPLE.read_text())
    config = read(file)
    history.put(
        "libvirt_scrape_duration_seconds",
        {"instance": "host-a", "job": "libvirt"},
        wave(NOW - 3 * DAY, NOW, step=300),
    )
    loop = Loop(config, threading.Event(), lambda: NOW + 20.0, history)
    loop.cycle(NOW)
    routes = {
        route.path: route.handler
        for route in Pages(lambda: loop.view, config.fresh_for, "/metrics", clock=lambda: NOW + 20.0).routes()
    }

    def page(path: str, **query: str) -> str:
        return routes[path](Request(path, Query(tuple(query.items())))).body.decode()

    of = {"match[]": 'exporter_latency{instance="host-a"}'}
    labels = 'resource="exporter_latency",instance="host-a",job="libvirt"'
    assert f"virtcast_anomaly_score{{{labels}}}" in page("/metrics")
    assert f"virtcast_limit_value{{{labels}}} 1.0\n" in page("/metrics")
    assert "exporter_latency" in page("/")
    assert "Exporter latency: instance=host-a, job=libvirt" in page("/series", **of)
    (row,) = json.loads(page("/api/v1/outlook", **of))["data"]["outlooks"]
    assert (row["resource"], row["labels"]["instance"], row["limit"]) == ("exporter_latency", "host-a", 1.0)
