"""A configuration that changes while the loop runs: what is learned stays, a bad one changes nothing."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exporter.web.strict_yaml import ConfigError
from forecaster.config.bounds import Override
from forecaster.config.durations import horizon
from forecaster.config.matcher import Matcher
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from forecaster.publish.gauges import samples
from forecaster.serve.loop import Loop
from forecaster.view.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY + 12 * HOUR
CPU, MEMORY, DISK = (Resource(name, name, horizons=(horizon("1h"),)) for name in ("cpu", "memory", "disk"))
CONFIG = Config.of(Backend(retries=0), (CPU, MEMORY), step=STEP, lookback=12 * HOUR)


@pytest.fixture
def loop(history: MemoryBackend, wave: Callable[..., dict[int, float]]) -> Loop:
    for resource in (CPU, MEMORY, DISK):
        history.put(resource.query, {"domain": "web"}, wave(NOW - 13 * HOUR, NOW + 6 * HOUR))
    made = Loop(CONFIG, threading.Event(), lambda: NOW + 20.0, history)
    made.cycle(NOW)
    history.asked.clear()
    return made


def reload(loop: Loop, config: Config) -> None:
    loop.reread = lambda: config
    loop.reload.set()
    loop.reload_configuration()


def told(loop: Loop, name: str, resource: str) -> float:
    (value,) = [
        each.value
        for each in samples(loop.view, NOW + STEP + 20, 1200)
        if each.metric.name == name and each.labels[:1] == (resource,)
    ]
    assert isinstance(value, float)
    return value


def test_other_bounds_need_no_history(loop: Loop, history: MemoryBackend) -> None:
    before = {watch.resource.name: watch.batch for watch in loop.watches}
    other = Override((Matcher.parse('domain="web"'),), threshold=0.7)
    reload(loop, replace(CONFIG, resources=(replace(CPU, limit=0.42), replace(MEMORY, overrides=(other,)))))
    loop.cycle(NOW + STEP)
    assert {watch.resource.name: watch.batch for watch in loop.watches} == before
    assert {(start, end) for _, start, end in history.asked} == {(NOW + STEP, NOW + STEP)}
    assert told(loop, "virtcast_limit_value", "cpu") == 0.42
    assert told(loop, "virtcast_threshold_value", "memory") == 0.7


def test_what_is_read_otherwise_starts_from_history_and_what_is_gone_goes(
    loop: Loop, history: MemoryBackend
) -> None:
    reload(loop, replace(CONFIG, resources=(DISK, replace(MEMORY, horizons=(horizon("2h"),)))))
    loop.cycle(NOW + STEP)
    assert [each.resource.name for each in loop.view.resources] == ["disk", "memory"]
    assert {query for query, start, end in history.asked if end - start > HOUR} == {"disk", "memory"}
    assert not loop.reload.is_set()
    assert (loop.view.config_good, loop.view.configured_at) == (True, NOW + 20.0)


@pytest.mark.parametrize(
    "change",
    [
        {"step": 300, "settle": 10},
        {"day": HOUR},
        {"backend": Backend(url="http://b.test")},
        {"backend": Backend(headers=(("X-Scope-OrgID", "b"),))},
        {"backend": Backend(params=(("dedup", ("false",)),))},
    ],
)
def test_another_clock_or_backend_learns_anew(loop: Loop, change: dict[str, int | Backend]) -> None:
    before = set(loop.watches)
    reload(loop, replace(CONFIG, **change))  # type: ignore[arg-type]
    assert before.isdisjoint(loop.watches)
    assert loop.client.backend == loop.config.backend


def test_what_is_remembered_of_advice_is_of_one_backend(loop: Loop) -> None:
    known = Remembered(adopted={"cpu": 2, "memory": 0})
    loop.remembered = known
    reload(loop, replace(CONFIG, day=HOUR))
    assert loop.view.remembered == known
    reload(loop, replace(CONFIG, backend=Backend(url="http://b.test")))
    assert loop.view.remembered == Remembered()


def test_a_bad_configuration_changes_nothing(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    def bad() -> Config:
        raise ConfigError('virtcast.yml:3: unknown key "limt"')

    before = list(loop.watches)
    loop.reread = bad
    loop.reload.set()
    with caplog.at_level(logging.ERROR):
        loop.reload_configuration()
    assert loop.watches == before
    assert loop.config is CONFIG
    assert [record.getMessage() for record in caplog.records] == ["the configuration stays as it was"]
    assert caplog.records[0].err == 'virtcast.yml:3: unknown key "limt"'  # type: ignore[attr-defined]
    assert "virtcast_config_last_reload_successful 0.0" in exposed(loop)
    reload(loop, CONFIG)
    assert "virtcast_config_last_reload_successful 1.0" in exposed(loop)


def exposed(loop: Loop) -> list[str]:
    return [f"{each.metric.name} {each.value}" for each in samples(loop.view, NOW, 1200)]
