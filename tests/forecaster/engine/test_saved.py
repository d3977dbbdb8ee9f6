"""The engine's state is a value: saved and loaded, it goes on as if it had never stopped."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.engine.engine import Engine, Settings

SETTINGS = Settings(step=3600, horizons=(3600, 7 * 86400, 86400))
START, DAYS = 1_700_006_400, 13  # midnight
LIMITS = np.array([75.0, 90.0, np.nan, 60.0])


def trace() -> np.ndarray:
    """Four series (n, t): daily waves of which one is missing at times, a rising one, bursts."""
    rng, t = np.random.default_rng(8), np.arange(24 * DAYS)
    wave = 50 + 20 * np.sin(2 * np.pi * t / 24)
    rows = [wave, 20 + 60 * t / len(t), wave * np.exp(0.3 * np.sin(t / 50)), np.where(t % 31 < 3, 70.0, 20.0)]
    values = np.array(rows) + rng.normal(0, 1, (4, len(t)))
    values[2, rng.random(len(t)) < 0.1] = np.nan
    return values


def figures(value: Any) -> list[np.ndarray]:
    """All arrays of an outlook."""
    if is_dataclass(value):
        return [each for field in fields(value) for each in figures(getattr(value, field.name))]
    return [value]


def go_on(engine: Engine, first: int, steps: int = 40) -> list[list[np.ndarray]]:
    """Everything that is said in the steps from `first` on."""
    said = []
    for t, row in enumerate(trace().T[first : first + steps], first):
        engine.observe(row, START + 3600 * t, LIMITS)
        said.append(figures(engine.outlook()))
    return said


def same(one: list[list[np.ndarray]], other: list[list[np.ndarray]]) -> None:
    for mine, theirs in zip(one, other, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def back(engine: Engine) -> Engine:
    """The engine saved and loaded."""
    file = io.BytesIO()
    engine.save(file)
    file.seek(0)
    return Engine.load(file)


def test_a_loaded_engine_goes_on_as_the_one_that_never_stopped() -> None:
    """Saved at ten steps; at some of them a refit is under way."""
    engine, refits, at = Engine.fresh(4, SETTINGS), [], 0
    for cut in cuts():
        go_on(engine, at, cut - at)
        loaded, at = back(engine), cut + 15
        refits.append(engine.baseline.refit.last is not None)
        for name, part in engine.parts().items():
            np.testing.assert_array_equal(part, loaded.parts()[name], err_msg=name)
        same(go_on(engine, cut, 15), go_on(loaded, cut, 15))
        engine = loaded
    assert any(refits)
    assert not all(refits)


def test_quantiles_are_the_same_after_loading_and_however_often_they_are_asked_for() -> None:
    engine, asked = Engine.fresh(4, SETTINGS), ((3600, 30 * 86400), (0.05, 0.5))
    go_on(engine, 0, 24 * 9)
    loaded = back(engine)

    first, second = engine.forecast(*asked), engine.forecast(*asked)

    assert first.shape == (2, 2, 4)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, loaded.forecast(*asked))
    same(go_on(engine, 24 * 9, 24), go_on(loaded, 24 * 9, 24))
    np.testing.assert_array_equal(engine.forecast(), loaded.forecast())


def test_the_state_of_a_series_is_small() -> None:
    """All arrays of a series of 5-minute steps, in bytes, those of its verification among them."""
    assert Engine.fresh(1, Settings(step=300)).nbytes < 30_200


def cuts() -> list[int]:
    """Ten steps of the trace, at some of which a refit is under way."""
    steps: list[int] = (27 * np.arange(1, 11) + np.random.default_rng(1).integers(0, 12, 10)).tolist()
    return steps


def test_another_process_goes_on_the_same(tmp_path: Path) -> None:
    engine, at, refits = Engine.fresh(4, SETTINGS), 0, []
    for cut in cuts():
        go_on(engine, at, cut - at)
        engine.save(str(tmp_path / f"{cut}.npz"))
        refits.append(engine.baseline.refit.last is not None)
        at = cut
    assert any(refits)
    assert not all(refits)
    code = """
import pickle
from test_saved import cuts, go_on
from forecaster.engine.engine import Engine
told = [go_on(Engine.load(f"{cut}.npz"), cut, 15) for cut in cuts()]
with open("told", "wb") as file:
    pickle.dump(told, file)
"""
    path = os.pathsep.join((*sys.path, str(Path(__file__).parent)))
    env = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=env)
    told = pickle.loads((tmp_path / "told").read_bytes())  # noqa: S301 (of this test)
    never_stopped, at = Engine.fresh(4, SETTINGS), 0
    for cut, theirs in zip(cuts(), told, strict=True):
        go_on(never_stopped, at, cut - at)
        same(go_on(never_stopped, cut, 15), theirs)
        at = cut + 15


def test_what_was_loaded_is_taken_and_joined_as_before() -> None:
    engine = Engine.fresh(4, SETTINGS)
    go_on(engine, 0, 100)
    loaded, rows = back(engine), np.array([3, 1])
    for mine, theirs in ((engine.take(rows), loaded.take(rows)), (engine.join(loaded), loaded.join(engine))):
        for name, part in mine.parts().items():
            np.testing.assert_array_equal(part, theirs.parts()[name], err_msg=name)


def test_settings_come_back() -> None:
    settings = Settings(step=60, day=7200, horizons=(60, 600), quantiles=(0.25, 0.5), lower_limit=True)
    assert back(Engine.fresh(2, settings)).settings == settings


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the state"):
        Engine.load(io.BytesIO(b"PK\x03\x04 something else"))
    file = io.BytesIO()
    np.savez(file, other=np.zeros(2))
    file.seek(0)
    with pytest.raises(ValueError, match="not the state"):
        Engine.load(file)
    with pytest.raises(FileNotFoundError):
        Engine.load(str(tmp_path / "none.npz"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "format 99"),
        ({"series": 3}, "has the form"),
        ({"numbers": {}}, "other parts"),
    ],
)
def test_a_state_of_another_kind_is_refused(change: dict[str, object], message: str) -> None:
    file = io.BytesIO()
    Engine.fresh(2, SETTINGS).save(file)
    file.seek(0)
    with np.load(file) as saved:
        arrays = dict(saved)
    about = json.loads(str(arrays.pop("about"))) | change
    changed = io.BytesIO()
    np.savez(changed, about=np.array(json.dumps(about)), **arrays)
    changed.seek(0)
    with pytest.raises(ValueError, match=message):
        Engine.load(changed)
