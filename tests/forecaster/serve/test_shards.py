"""Several forecasters that share the series: together they give what one of them would give."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config, Shard
from forecaster.config.resource import Resource
from forecaster.publish.gauges import samples
from forecaster.publish.metrics import SERIES_METRICS
from forecaster.serve.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend
    from exporter.metric import Distribution

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY
CPU = Resource("cpu", "cpu", horizons=(horizon("1h"), horizon("24h")), follow=("instance",), publish="full")
CONFIG = Config.of(Backend(retries=0), (CPU,), step=STEP, lookback=2 * DAY)
OF_SERIES = {metric.name for metric in SERIES_METRICS}


def told(
    history: MemoryBackend, shard: Shard, *, cycles: int = 2
) -> dict[tuple[str, frozenset[tuple[str, str]]], float | Distribution]:
    """What one forecaster says of series."""
    clock = [NOW + 20.0]
    loop = Loop(replace(CONFIG, shard=shard), threading.Event(), lambda: clock[0], history)
    for cycle in range(cycles):
        clock[0] = NOW + cycle * STEP + 20.0
        loop.cycle(NOW + cycle * STEP)
    return {
        (each.metric.name, frozenset(zip(each.metric.labels, each.labels, strict=True))): each.value
        for each in samples(loop.view, clock[0], STEP * 4)
        if each.metric.name in OF_SERIES
    }


def test_the_union_of_all_shards_is_the_whole(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    """To the last bit, migrating and new series included; no series is told by two."""
    for number in range(24):
        name = {"domain": f"vm-{number}", "instance": "h1"}
        begins = NOW - 2 * DAY if number % 5 else NOW + STEP
        ends = NOW if number % 4 == 0 else NOW + DAY
        history.put("cpu", name, wave(begins, ends))
        if number % 4 == 0:
            history.put("cpu", {**name, "instance": "h2"}, wave(ends + STEP, NOW + DAY))
    whole = told(history, Shard())
    parts = [told(history, Shard(index, 3)) for index in (1, 2, 3)]
    assert all(parts)
    assert sum(map(len, parts)) == len(whole)
    assert {key: value for part in parts for key, value in part.items()} == whole
