"""What is remembered of advice survives a restart: all of it, bounded, by version."""

from __future__ import annotations

import io
import json
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forecaster.config.model import Backend, Config
from forecaster.serve import saved_advice
from forecaster.serve.loop import Loop
from forecaster.serve.state_file import UnusableError
from forecaster.serve.state_folder import StateFolder
from forecaster.view.remembered import Adoption, IssueCourse, Recommended, Remembered

if TYPE_CHECKING:
    from pathlib import Path

    from backends import MemoryBackend

WEB = (("domain", "web \u00e4 \udcff"), ("instance", "h1"))
KNOWN = Remembered(
    {
        "a1": IssueCourse("a1", WEB, "exhausted", "full", 10.0, 20.5, None),
        "b2": IssueCourse("b2", (("instance", "h2"),), "anomaly", "odd", 1.0, 2.0, 2.0),
    },
    {
        (WEB, "cpu"): Recommended(8.0, 2.0, 5.0),
        (WEB, "memory"): Recommended(2**33, 2**32, 6.0, 7 * 2**30, "u1"),
    },
    (Adoption(WEB, "cpu", 16.0, 8.0, 8.0, 1.0, 4.0),),
    {"cpu": 7, "memory": 0},
)
CONFIG = Config()


def body(known: Remembered) -> bytes:
    file = io.BytesIO()
    saved_advice.save(known, file)
    return file.getvalue()


def test_all_of_it_is_read_as_it_was_saved() -> None:
    assert saved_advice.load(io.BytesIO(body(KNOWN))) == KNOWN
    assert saved_advice.load(io.BytesIO(body(Remembered()))) == Remembered()


def test_recommendations_without_a_uuid_are_read() -> None:
    """As earlier programs wrote them."""
    told = json.loads(body(KNOWN)) | {"recommended": [[WEB, "cpu", 8.0, 2.0, 5.0]]}
    found = saved_advice.load(io.BytesIO(json.dumps(told).encode()))
    assert found.recommended == {(WEB, "cpu"): Recommended(8.0, 2.0, 5.0)}


def test_what_is_read_is_bounded() -> None:
    many = {f"{n}": IssueCourse(f"{n}", WEB, "anomaly", "odd", n, n, n) for n in range(1_500)}
    found = saved_advice.load(io.BytesIO(body(replace(KNOWN, issues=many))))
    assert list(found.issues) == [f"{n}" for n in range(500, 1_500)]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"issues": [["a1"]]},
        {"issues": None},
        {"adopted": [1]},
        {"recommended": [[1, 2, 3]]},
        {"issues": [["a1", [["domain", 7]], "exhausted", "full", 10.0, 20.5, None]]},
        {"issues": [["a1", [["domain", "web"]], "exhausted", "full", "10", 20.5, None]]},
        {"issues": [["a1", [["domain", "web"]], "full", "full", 10.0, 20.5, None]]},
        {"recommended": [[[["domain", "web"]], "cpu", 8.0, None, 5.0]]},
        {"adoptions": [[[["domain", "web"]], "cpu", 16.0, 8.0, float("nan"), 1.0, 4.0]]},
    ],
    ids=str,
)
def test_what_is_of_another_version_or_form_is_unusable(change: dict[str, object]) -> None:
    told = json.loads(body(KNOWN)) | change
    with pytest.raises(UnusableError):
        saved_advice.load(io.BytesIO(json.dumps(told).encode()))


def test_what_is_nested_deep_is_unusable() -> None:
    with pytest.raises(UnusableError):
        saved_advice.load(io.BytesIO(b"[" * 100_000))


def saved(folder: Path, config: Config = CONFIG) -> None:
    state = StateFolder(folder)
    state.save([], KNOWN, config)
    state.close()


def test_a_restart_goes_on_with_it(tmp_path: Path, history: MemoryBackend) -> None:
    saved(tmp_path)
    stopping = threading.Event()
    stopping.set()
    loop = Loop(CONFIG, stopping, client=history, state=StateFolder(tmp_path))
    loop.run()
    assert loop.view.remembered == KNOWN
    again = StateFolder(tmp_path)
    assert again.resume_advice(CONFIG) == KNOWN, "and saves it again at its end"
    assert again.view.loads == {"success": 0, "absent": 0, "set_aside": 0}, "it is no resource"
    assert again.view.bytes > 0


def test_a_folder_of_an_earlier_version_has_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert StateFolder(tmp_path).resume_advice(CONFIG) == Remembered()
    assert caplog.records == []


def test_that_of_another_backend_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    saved(tmp_path)
    state = StateFolder(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert state.resume_advice(replace(CONFIG, backend=Backend("http://other:9090"))) == Remembered()
    assert len(caplog.records) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["advice-history.state.set-aside"]
    assert state.resume_advice(CONFIG) == Remembered()
