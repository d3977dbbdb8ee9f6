"""Served from the recent past at once, in the end from the whole history as if it had been read first."""

from __future__ import annotations

import logging
import threading
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from forecaster.promql.results import PromqlError, Result
from forecaster.series.state import State
from forecaster.serve.loop import Loop
from forecaster.serve.state_folder import StateFolder
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backends import MemoryBackend
    from forecaster.view.view import ResourceView

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY + 12 * HOUR
CPU, MEMORY = (Resource(name, name, horizons=(horizon("1h"),)) for name in ("cpu", "memory"))
CONFIG = Config.of(Backend(retries=0), (CPU, MEMORY), step=STEP, lookback=4 * DAY)
WEB = (("domain", "web"),)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = float(NOW + 20)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def backend(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> MemoryBackend:
    monkeypatch.setattr("forecaster.serve.watch.WINDOW_STEPS", 80)
    for name in ("cpu", "memory"):
        history.put(name, dict(WEB), wave(NOW - 5 * DAY, NOW + 6 * HOUR))
    return history


@pytest.fixture
def loop(backend: MemoryBackend) -> Loop:
    return Loop(CONFIG, threading.Event(), Clock(), backend, recent_first=True)


def outlook(watch: Watch) -> list[Any]:
    assert watch.batch is not None
    assert watch.batch.outlook is not None
    found = watch.batch.outlook
    return [watch.at, watch.batch.values, *(getattr(found, each.name) for each in fields(found)[:-2])]


def undisturbed(backend: MemoryBackend, *instants: int) -> Watch:
    """A watch that read everything first, and then went on."""
    watch = Watch(CPU, CONFIG, backend)
    for now in instants:
        watch.advance(now)
    return watch


def same(one: Watch, other: Watch) -> None:
    for mine, theirs in zip(outlook(one), outlook(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def cpu(loop: Loop) -> ResourceView:
    return loop.view.resources[0]


def go_on(loop: Loop, now: int) -> None:
    loop.clock.now = now + 20.0  # type: ignore[attr-defined]
    loop.cycle(now)


def windows(loop: Loop, number: int) -> None:
    for _ in range(number):
        assert loop.whole.read(loop.watches)


def test_first_outlooks_come_from_the_last_day_and_say_so(loop: Loop, backend: MemoryBackend) -> None:
    go_on(loop, NOW)
    assert min(start for _, start, _ in backend.asked) >= NOW - DAY - STEP
    for each in loop.view.resources:
        assert each.states == {WEB: State.LEARNING}
        assert each.counts[State.LEARNING] == 1
        assert (each.last_success, each.progress) == (NOW, 0)
        assert each.rows is not None
        assert each.rows.labels == (WEB,)
    said = cpu(loop).rows
    batch = loop.watches[0].batch
    assert said is not None
    assert batch is not None
    assert batch.outlook is not None
    assert said.outlook.upper[0] - said.outlook.expected[0] == pytest.approx(
        1.5 * (batch.outlook.upper[0] - batch.outlook.expected[0])
    )


def test_in_the_end_it_says_what_a_start_says_that_reads_all_first(
    loop: Loop, backend: MemoryBackend
) -> None:
    go_on(loop, NOW)
    loop._read_history(NOW)
    assert not any(watch.provisional for watch in loop.watches)
    assert cpu(loop).states == {WEB: State.READY}
    assert cpu(loop).progress == 1
    same(loop.watches[0], undisturbed(backend, NOW))
    assert not loop.whole.read(loop.watches)


def test_cycles_go_on_while_history_is_read(loop: Loop, backend: MemoryBackend) -> None:
    go_on(loop, NOW)
    windows(loop, 2)
    go_on(loop, NOW + STEP)
    assert cpu(loop).last_success == NOW + STEP
    assert 0.3 < cpu(loop).progress < 0.5
    assert cpu(loop).states == {WEB: State.LEARNING}
    loop._read_history(NOW + STEP)
    same(loop.watches[0], undisturbed(backend, NOW, NOW + STEP))


def test_a_backend_that_fails_meanwhile_costs_time_only(
    loop: Loop, backend: MemoryBackend, caplog: pytest.LogCaptureFixture
) -> None:
    go_on(loop, NOW)
    windows(loop, 2)
    backend.errors["cpu"] = PromqlError(Result.TIMEOUT, "slow")
    with caplog.at_level(logging.WARNING):
        loop._read_history(NOW)
    assert loop.watches[0].provisional
    assert not loop.watches[1].provisional, "the other resource goes on"
    assert caplog.text.count("history cannot be read now") == 1
    backend.errors.clear()
    loop._read_history(NOW)
    same(loop.watches[0], undisturbed(backend, NOW))


def test_a_new_configuration_judges_both_and_loses_nothing(loop: Loop, backend: MemoryBackend) -> None:
    go_on(loop, NOW)
    windows(loop, 2)
    loop.reread = lambda: replace(CONFIG, resources=(replace(CPU, limit=0.42), MEMORY))
    loop.reload_configuration()
    backend.asked.clear()
    loop._read_history(NOW)
    assert min(start for query, start, _ in backend.asked if query == "cpu") > NOW - 3 * DAY
    assert loop.watches[0].batch is not None
    assert [each.limit for each in loop.watches[0].batch.bounds] == [0.42]


def test_what_was_read_of_history_is_saved_and_gone_on_with(
    loop: Loop, backend: MemoryBackend, tmp_path: Path
) -> None:
    loop.state = StateFolder(tmp_path)
    go_on(loop, NOW)
    windows(loop, 2)
    loop._save(at_once=True)
    loop.state.close()
    again = Loop(CONFIG, threading.Event(), Clock(), backend, state=StateFolder(tmp_path), recent_first=True)
    again._resume()
    backend.asked.clear()
    go_on(again, NOW + STEP)
    assert cpu(again).states == {WEB: State.LEARNING}
    again._read_history(NOW + STEP)
    assert again.state is not None
    again.state.close()
    first = min(start for query, start, _ in backend.asked if query == "cpu")
    assert first == NOW - 4 * DAY + 2 * 80 * STEP + STEP, "what was read before is not read again"
    same(again.watches[0], undisturbed(backend, NOW, NOW + STEP))


def test_a_window_is_left_for_the_next_pause_where_the_time_is_up(loop: Loop) -> None:
    go_on(loop, NOW)
    loop.clock.now = NOW + 2.0 * STEP  # type: ignore[attr-defined]
    loop._read_history(NOW)
    assert loop.whole.share(loop.watches[0]) == pytest.approx(80 / 384, abs=0.01), "one, so that it ends"
