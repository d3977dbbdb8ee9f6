"""Served from the recent past at once, in the end from the whole history as if it had been read first."""

from __future__ import annotations

import logging
import threading
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config, Shard
from forecaster.config.resource import Resource
from forecaster.promql.results import PromqlError, Result
from forecaster.series.labels import Labels
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
Series = dict[str, dict[Labels, dict[int, float]]]  # as a backend in memory has them


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
    monkeypatch.setattr("forecaster.serve.frames.WINDOW_STEPS", 80)
    for name in ("cpu", "memory"):
        history.put(name, dict(WEB), wave(NOW - 4 * DAY + HOUR, NOW + 6 * HOUR))
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


def own(backend: MemoryBackend) -> list[tuple[str, int, int]]:
    """What was asked for the resources' series; advice asks for others."""
    return [asked for asked in backend.asked if asked[0].startswith(("cpu", "memory"))]


def asked_of(backend: MemoryBackend, name: str) -> list[int]:
    """Since when the history of a resource's series was asked for, query by query."""
    return [start for query, start, _ in backend.asked if query.partition("{")[0] == name]


def until(last: int, series: Series) -> Series:
    """The samples that have come up to an instant."""
    return {
        name: {row: {at: value for at, value in its.items() if at <= last} for row, its in rows.items()}
        for name, rows in series.items()
    }


def windows(loop: Loop, number: int) -> None:
    for _ in range(number):
        assert loop.whole.read(loop.watches)


def test_first_outlooks_come_from_the_last_day_and_say_so(loop: Loop, backend: MemoryBackend) -> None:
    go_on(loop, NOW)
    assert min(start for _, start, _ in own(backend)) >= NOW - DAY - STEP
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
    assert min(asked_of(backend, "cpu")) > NOW - 3 * DAY
    assert loop.watches[0].batch is not None
    assert [each.limit for each in loop.watches[0].batch.bounds] == [0.42]


def several(backend: MemoryBackend, wave: Callable[..., dict[int, float]]) -> None:
    """Beside "web" two more series of the resource "cpu"; "mail" came from another host two days ago."""
    moved = NOW - 2 * DAY
    backend.put("cpu", {"domain": "db"}, wave(NOW - 4 * DAY + HOUR, NOW + 6 * HOUR, 0.5))
    backend.put("cpu", {"domain": "mail", "instance": "h1"}, wave(NOW - 4 * DAY + HOUR, moved, 0.4))
    backend.put("cpu", {"domain": "mail", "instance": "h2"}, wave(moved + STEP, NOW + 6 * HOUR, 0.4))


def test_groups_of_series_read_one_after_the_other_learn_the_same(
    loop: Loop,
    backend: MemoryBackend,
    wave: Callable[..., dict[int, float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("forecaster.serve.whole_history.GROUP_SERIES", 2)
    several(backend, wave)
    go_on(loop, NOW)
    for cycle in range(1, 5):
        windows(loop, 2)
        go_on(loop, NOW + cycle * STEP)
    loop._read_history(NOW + 4 * STEP)
    assert not loop.watches[0].provisional
    assert set(cpu(loop).states.values()) == {State.READY}
    go_on(loop, NOW + 5 * STEP)
    same(loop.watches[0], undisturbed(backend, *(NOW + cycle * STEP for cycle in range(6))))


def test_a_series_that_joins_or_goes_meanwhile_is_no_matter(
    backend: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.serve.whole_history.GROUP_SERIES", 2)
    config = replace(CONFIG, stale_after=2 * STEP, gone_after=4 * STEP)
    loop = Loop(config, threading.Event(), Clock(), backend, recent_first=True)
    backend.put("cpu", {"domain": "db"}, wave(NOW - 5 * DAY, NOW, 0.5))
    backend.put("cpu", {"domain": "new"}, wave(NOW - 3 * DAY, NOW - 2 * DAY, 0.2))
    backend.put("cpu", {"domain": "new"}, wave(NOW + STEP, NOW + 6 * HOUR, 0.2))
    go_on(loop, NOW)
    windows(loop, 1)
    watch = loop.watches[0]
    for cycle in range(1, 9):  # until "db" is gone
        go_on(loop, NOW + cycle * STEP)
    assert watch.batch is not None
    assert [dict(row)["domain"] for row in watch.batch.labels] == ["web", "new"]
    loop._read_history(NOW + 8 * STEP)
    assert not watch.provisional
    assert watch.batch.engine.seen[1] > DAY // STEP, "what it did before it came back, too"


def test_what_was_read_of_history_is_saved_and_gone_on_with(
    loop: Loop,
    backend: MemoryBackend,
    wave: Callable[..., dict[int, float]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("forecaster.serve.whole_history.GROUP_SERIES", 2)
    several(backend, wave)
    loop.state = StateFolder(tmp_path)
    go_on(loop, NOW)
    while loop.watches[0].learned == set():
        windows(loop, 1)
    loop._save(at_once=True)
    loop.whole.stop()
    loop.state.close()
    again = Loop(CONFIG, threading.Event(), Clock(), backend, state=StateFolder(tmp_path), recent_first=True)
    again._resume()
    assert set(cpu(again).states.values()) == {State.LEARNING}
    backend.asked.clear()
    go_on(again, NOW + STEP)
    again._read_history(NOW + STEP)
    assert again.state is not None
    again.state.close()
    early = {query for query, start, _ in backend.asked if start < NOW - DAY and query.startswith("cpu")}
    assert early == {'cpu{domain=~"web"}'}, "what was read before is not read again"
    same(again.watches[0], undisturbed(backend, NOW, NOW + STEP))


@pytest.mark.parametrize("reading", [True, False], ids=["while history is read", "afterwards"])
def test_a_clock_that_was_hours_ahead_costs_nothing_once_it_is_right(
    loop: Loop,
    backend: MemoryBackend,
    caplog: pytest.LogCaptureFixture,
    *,
    reading: bool,
) -> None:
    go_on(loop, NOW)
    windows(loop, 1)
    if not reading:
        loop._read_history(NOW)
    come = backend.series
    backend.series = until(NOW, come)
    go_on(loop, NOW + 2 * HOUR)
    if reading:
        windows(loop, 1)
    assert cpu(loop).last_success == NOW + 2 * HOUR
    assert State.READY not in cpu(loop).states.values()
    backend.series = come
    go_on(loop, NOW + STEP)
    assert caplog.text.count("lies ahead of the clock") == 2
    assert cpu(loop).last_success == NOW + STEP
    loop._read_history(NOW + STEP)
    assert cpu(loop).states == {WEB: State.READY}
    same(loop.watches[0], undisturbed(backend, NOW, NOW + STEP))


def test_a_shard_asks_for_the_history_of_its_own_series(
    backend: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    several(backend, wave)
    for number in range(1, 3):
        loop = Loop(
            replace(CONFIG, shard=Shard(number, 2)), threading.Event(), Clock(), backend, recent_first=True
        )
        go_on(loop, NOW)
        backend.asked.clear()
        loop._read_history(NOW)
        own = "|".join(dict(labels)["domain"] for labels in cpu(loop).states)
        assert {
            query.partition(",")[0].rstrip("}") for query, _, _ in backend.asked if query[:3] == "cpu"
        } == {f'cpu{{domain=~"{own}"'}
        assert own != "db|mail|web"


def test_a_query_that_cannot_be_narrowed_is_read_whole(
    backend: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.serve.whole_history.narrowed", lambda *_: [])
    several(backend, wave)
    loop = Loop(CONFIG, threading.Event(), Clock(), backend, recent_first=True)
    go_on(loop, NOW)
    loop._read_history(NOW)
    assert {query for query, _, _ in own(backend)} == {"cpu", "memory"}
    same(loop.watches[0], undisturbed(backend, NOW))


def test_a_window_is_left_for_the_next_pause_where_the_time_is_up(loop: Loop) -> None:
    go_on(loop, NOW)
    loop.clock.now = NOW + 2.0 * STEP  # type: ignore[attr-defined]
    loop._read_history(NOW)
    assert loop.whole.share(loop.watches[0]) == pytest.approx(80 / 384, abs=0.01), "one, so that it ends"
