"""Watches that go on from disk: the same outlook as those that never stopped, or history."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from forecaster.series.state import State
from forecaster.serve import state_file
from forecaster.serve.loop import Loop
from forecaster.serve.state_folder import StateFolder
from forecaster.serve.watch import Watch
from forecaster.view.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY + 12 * HOUR
CPU = Resource(
    "vm_cpu", "vm:cpu:ratio", horizons=(horizon("1h"),), follow=("instance",), limit_query="vm:quota:ratio"
)
CONFIG = Config.of(Backend(retries=0), (CPU,), step=STEP, lookback=12 * HOUR, gone_after=2 * HOUR)
WEB, OLD = ((("domain", each), ("instance", "h1")) for each in ("web", "old"))


@pytest.fixture
def backend(history: MemoryBackend, wave: Callable[..., dict[int, float]]) -> MemoryBackend:
    history.put("vm:cpu:ratio", dict(WEB), wave(NOW - 13 * HOUR, NOW + 6 * HOUR))
    history.put("vm:cpu:ratio", dict(OLD), wave(NOW - 13 * HOUR, NOW - HOUR))
    history.put("vm:quota:ratio", dict(WEB), dict.fromkeys(range(NOW, NOW + HOUR, STEP), 0.4))
    return history


def seen(backend: MemoryBackend, folder: Path, to: int, config: Config = CONFIG) -> Watch:
    """A watch that has been brought to `to` and saved, and whose program has ended."""
    watch = Watch(config.resources[0], config, backend)
    watch.advance(to)
    state = StateFolder(folder)
    state.save([watch], Remembered(), CONFIG)
    assert state.view.saves == {"success": 1, "failure": 0}
    state.close()
    return watch


def resumed(backend: MemoryBackend, folder: Path, now: int, config: Config = CONFIG) -> Watch:
    watch = Watch(config.resources[0], config, backend)
    state = StateFolder(folder)
    state.resume([watch], now)
    state.close()
    return watch


def instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Something else in the place of a file."""

    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


def with_body(path: Path, body: bytes) -> None:
    """Have a file other content, with the hash of it."""
    with path.open("rb") as file:
        mark = json.loads(file.read(state_file.HEAD_BYTES))["fingerprint"]

    def put(file: IO[bytes]) -> None:
        file.write(body)

    state_file.write(path, mark, put)


def said(watch: Watch) -> list[Any]:
    """Everything a watch says."""
    batch = watch.batch
    assert batch is not None
    assert batch.outlook is not None
    outlook = [getattr(batch.outlook, each.name) for each in fields(batch.outlook) if each.name != "reasons"]
    reasons = [getattr(batch.outlook.reasons, each.name) for each in fields(batch.outlook.reasons)]
    return [watch.at, batch.labels, batch.bounds, watch.states(), *outlook, *reasons, batch.values]


def test_a_watch_goes_on_from_disk_as_if_it_had_never_stopped(backend: MemoryBackend, tmp_path: Path) -> None:
    steady = seen(backend, tmp_path, NOW)
    backend.asked.clear()
    again = resumed(backend, tmp_path, NOW + 3 * HOUR)
    assert backend.asked == []
    for mine, theirs in zip(said(again), said(steady), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert again.batch is not None
    assert steady.batch is not None
    np.testing.assert_array_equal(again.batch.recent.table(2), steady.batch.recent.table(2))
    assert len(again.batch.recent.times) > 40
    assert [each.limit for each in again.batch.bounds] == [0.9, 0.4]
    for each in (steady, again):
        each.advance(NOW + 3 * HOUR)
    assert ("vm:cpu:ratio", NOW + STEP, NOW + 3 * HOUR) in backend.asked, "what was missed, and no more"
    for mine, theirs in zip(said(again), said(steady), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert again.states() == {WEB: State.READY, OLD: State.GONE}


@pytest.mark.parametrize(
    ("change", "config"),
    [
        (lambda path: path.write_bytes(b"no state at all\n" * 100), CONFIG),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), CONFIG),
        (lambda path: with_body(path, b'{"times": []}\n'), CONFIG),
        (lambda path: with_body(path, b"[]\n"), CONFIG),
        (instead(os.mkfifo), CONFIG),
        (instead(Path.mkdir), CONFIG),
        (instead(lambda path: path.symlink_to(path.name)), CONFIG),
        (lambda _: None, replace(CONFIG, resources=(replace(CPU, query="vm:other:ratio"),))),
        (lambda _: None, replace(CONFIG, resources=(replace(CPU, highest=1.0),))),
        (lambda _: None, replace(CONFIG, resources=(replace(CPU, max_series=1),))),
        (lambda _: None, replace(CONFIG, backend=Backend(headers=(("X-Scope-OrgID", "b"),)))),
    ],
    ids=["foreign", "damaged", "ended", "list", "pipe", "folder", "loop", "query", "range", "room", "tenant"],
)
def test_what_is_no_good_is_set_aside_with_one_line(
    backend: MemoryBackend,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Path], None],
    config: Config,
) -> None:
    seen(backend, tmp_path, NOW)
    change(tmp_path / "vm_cpu.state")
    with caplog.at_level(logging.WARNING):
        watch = resumed(backend, tmp_path, NOW, config)
    assert watch.at is None
    assert [record.getMessage() for record in caplog.records] == ["state is set aside, history is read"]
    assert {each.name for each in tmp_path.iterdir()} == {"vm_cpu.state.set-aside", "advice-history.state"}


@pytest.mark.parametrize("query", [None, "vm:other_quota:ratio"])
def test_limits_that_another_query_gave_are_not_in_force_any_more(
    backend: MemoryBackend, tmp_path: Path, query: str | None
) -> None:
    seen(backend, tmp_path, NOW)
    config = replace(CONFIG, resources=(replace(CPU, limit_query=query),))
    again = resumed(backend, tmp_path, NOW, config)
    assert again.at == NOW, "what was learned stays"
    assert again.batch is not None
    assert {each.limit for each in again.batch.bounds} == {0.9}
    again.advance(NOW + STEP)
    assert {each.limit for each in again.batch.bounds} == {0.9}


@pytest.mark.parametrize("leave", [os.mkfifo, lambda path: path.symlink_to("/dev/full")])
def test_what_stands_in_the_way_of_a_save_is_replaced(
    backend: MemoryBackend, tmp_path: Path, leave: Callable[[Path], None]
) -> None:
    leave(tmp_path / "vm_cpu.state.new")
    seen(backend, tmp_path, NOW)
    assert resumed(backend, tmp_path, NOW).at == NOW


def test_state_of_the_future_is_not_used(backend: MemoryBackend, tmp_path: Path) -> None:
    seen(backend, tmp_path, NOW)
    assert resumed(backend, tmp_path, NOW - STEP).at is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_is_counted_and_said_once(
    backend: MemoryBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch = seen(backend, tmp_path, NOW)
    (tmp_path / "vm_cpu.state.new").mkdir()  # root may write wherever it likes, but not here
    state = StateFolder(tmp_path)
    with caplog.at_level(logging.INFO):
        state.save([watch], Remembered(), CONFIG)
        state.save([watch], Remembered(), CONFIG)
        (tmp_path / "vm_cpu.state.new").rmdir()
        state.save([watch], Remembered(), CONFIG)
    state.close()
    assert state.view.saves == {"success": 1, "failure": 2}
    assert [record.getMessage() for record in caplog.records] == [
        "state cannot be saved",
        "state is saved again",
    ]


def test_one_resource_that_cannot_be_saved_keeps_no_other_from_it(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    watches = [Watch(replace(CPU, name=name), CONFIG, backend) for name in ("a", "b")]
    for watch in watches:
        watch.advance(NOW)
    (tmp_path / "a.state.new").mkdir()
    state = StateFolder(tmp_path)
    state.save(watches, Remembered(), CONFIG)
    state.close()
    assert (tmp_path / "b.state").exists()
    assert state.view.saves == {"success": 0, "failure": 1}


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match=r"^--state.dir .*/file is there and is no folder: name another one$"):
        StateFolder(file)
    with pytest.raises(OSError, match=r"^--state.dir .*/file/x cannot be used: Not a directory$"):
        StateFolder(file / "x")


def test_a_folder_has_one_user(tmp_path: Path) -> None:
    first = StateFolder(tmp_path)
    with pytest.raises(OSError, match="used by another forecaster"):
        StateFolder(tmp_path)
    first.close()
    StateFolder(tmp_path).close()


def test_a_folder_that_is_deleted_while_it_is_used_is_made_and_locked_again(
    backend: MemoryBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    watch = Watch(CPU, CONFIG, backend)
    watch.advance(NOW)
    state = StateFolder(folder)
    state.save([watch], Remembered(), CONFIG)
    assert not state.is_lost
    shutil.rmtree(folder)
    assert state.is_lost
    state.save([watch], Remembered(), CONFIG)
    assert not state.is_lost
    assert {path.name for path in folder.iterdir()} == {"vm_cpu.state", "advice-history.state"}
    assert (state.view.saves, folder.stat().st_mode & 0o777) == ({"success": 2, "failure": 0}, 0o700)
    assert state.view.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert caplog.text.count("was lost") == 1
    with pytest.raises(OSError, match="another forecaster"):
        StateFolder(folder)
    shutil.rmtree(folder)
    other = StateFolder(folder)
    state.save([watch], Remembered(), CONFIG)
    assert not list(folder.iterdir()), "it is the other's"
    other.close()
    state.save([watch], Remembered(), CONFIG)
    assert state.view.saves == {"success": 3, "failure": 1}
    state.close()


def test_the_loop_saves_soon_where_its_folder_was_deleted(backend: MemoryBackend, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    loop = Loop(CONFIG, threading.Event(), lambda: NOW + 20.0, backend, state=StateFolder(folder))
    loop.cycle(NOW)
    loop._save()
    assert not list(folder.iterdir()), "the hour is not over"
    shutil.rmtree(folder)
    loop._save()
    assert (folder / "vm_cpu.state").exists()
    loop.client.close()


def test_the_loop_saves_at_its_end_and_publishes_at_once_when_it_begins(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    stopping = threading.Event()
    first = Loop(CONFIG, stopping, lambda: NOW + 20.0, backend, state=StateFolder(tmp_path))

    def once(now: int) -> None:
        Loop.cycle(first, now)
        stopping.set()

    first.cycle = once  # type: ignore[method-assign]
    first.run()
    assert first.view.state is not None
    assert first.view.state.saves == {"success": 1, "failure": 0}
    state = StateFolder(tmp_path)
    second = Loop(CONFIG, threading.Event(), lambda: NOW + 20.0 + STEP, backend, state=state)
    second._resume()
    state.close()
    (each,) = second.view.resources
    assert (each.last_success, each.progress) == (NOW, 1.0)
    assert each.rows is not None
    assert each.rows.at == NOW
    assert second.view.state is not None
    assert second.view.state.loads == {"success": 1, "absent": 0, "set_aside": 0}
