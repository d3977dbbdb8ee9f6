"""The comparison of two checkouts, on checkouts whose engine is a few lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import engine_cases
import same_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINE = """
    from dataclasses import dataclass
    import numpy as np

    @dataclass
    class Reasons:
        season: object

    @dataclass
    class Replay:
        expected: object
        probability: object
        reasons: Reasons

    def replay(values, timestamps, limit=None, horizons=(), **settings):
        assert values.dtype == np.float64 and timestamps.dtype == np.int64
        return Replay(values * 2, np.zeros((*values.shape, len(horizons))), Reasons(values - 1))
"""
FIT = """
    from types import SimpleNamespace

    def fit(values, season):
        return SimpleNamespace(residuals=values, sse=values[:, season:].sum(axis=1))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[..., Path]:
    """Makes a checkout of the engine's text, with `old` in it replaced by `new`."""

    def make(name: str, old: str = "", new: str = "") -> Path:
        engine = tmp_path / name / "forecaster" / "engine"
        engine.mkdir(parents=True)
        for path, text in (
            (engine.parent / "__init__.py", ""),
            (engine / "__init__.py", ""),
            (engine.parent / "replay.py", ENGINE),
            (engine / "holt_winters.py", FIT),
        ):
            path.write_text(dedent(text.replace(old, new) if old else text))
        return tmp_path / name

    return make


def run(*checkouts: Path, case: str = "day of an hour") -> int:
    return same_outputs.main([*map(str, checkouts), "--case", case])


def test_the_same_engine_is_equal(checkout: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    base, other = checkout("base"), checkout("other")
    assert run(base, other) == 0
    assert run(base, other, case="fit, no season") == 0
    out = capsys.readouterr().out
    assert "every output is equal, bit for bit" in out
    row = next(line for line in out.splitlines() if line.startswith("day of an hour"))
    assert row.split()[4:7] == ["12", "2160", "3"]  # series, steps; expected, probability, reasons.season


def test_one_bit_is_named(checkout: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    change = "said = values - 1; said[3, 70] = np.nextafter(said[3, 70], 9); said[5, 90] = 0"
    other = checkout("other", "return Replay", f"{change}; values = values; return Replay")
    text = (other / "forecaster" / "replay.py").read_text()
    (other / "forecaster" / "replay.py").write_text(text.replace("Reasons(values - 1)", "Reasons(said)"))
    assert run(checkout("base"), other) == 1
    out = capsys.readouterr().out
    assert "1 DIFFER" in out
    assert "reasons.season: first in 'number 3', step 70: " in out
    assert "(2 values of 2 series differ)" in out
    assert "expected:" not in out


def test_a_lost_output_and_a_new_shape_differ(
    checkout: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    base = checkout("base")
    assert run(base, checkout("renamed", "season", "of_season")) == 1
    assert "reasons.season: missing" in capsys.readouterr().out
    assert run(base, checkout("narrow", "len(horizons)", "1")) == 1
    assert "probability: float64 (12, 2160, 3), now float64 (12, 2160, 1)" in capsys.readouterr().out
    assert run(base, checkout("without", "sse=", "lost="), case="day of an hour") == 0
    with pytest.raises(RuntimeError, match="sse"):  # the contract of a fit
        run(base, tmp_path / "without", case="fit, no season")


def test_a_checkout_that_fails_is_no_difference(checkout: Callable[..., Path]) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run(checkout("base"), checkout("broken", "return Replay", "1 / 0; return Replay"))


def test_a_checkout_runs_its_own_code(checkout: Callable[..., Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    # What is installed is taken instead, or nothing is: both are found.
    with pytest.raises(RuntimeError, match=r"ran the code in|No module named 'forecaster'"):
        run(checkout("base"), empty)


@pytest.mark.parametrize(
    ("was", "now"),
    [(0.0, -0.0), (np.nan, -np.nan), (1.0, np.nextafter(1.0, 2.0)), (True, False)],
)
def test_bits_are_compared(was: Any, now: Any) -> None:
    one, other = np.full((2, 5), was), np.full((2, 5), was)
    other[1, 2] = other[0, 4] = now
    assert same_outputs.unequal(one, other).tolist() == [[1, 2], [0, 4]]
    assert not same_outputs.unequal(one, one.copy()).size


def test_every_case_of_the_project_is_whole() -> None:
    for name, row in engine_cases.CASES.items():
        if not row.shared and name != "planted anomalies":  # whose suite has tests of its own
            case = row.usual(Path())
            assert len(case.names) == len(case.values), name
            assert case.values.shape[1] == len(case.timestamps), name
            assert set(np.diff(case.timestamps)) == {np.diff(case.timestamps)[0]}, name
            assert all(len(each) == len(case.names) for each in case.arrays.values()), name


def test_the_command_stands_alone() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(Path(same_outputs.__file__)), "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_bench_is_said(
    checkout: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    base = str(checkout("base"))
    assert same_outputs.main([base, base, "--case", "VMs", "--data", str(tmp_path / "none")]) == 0
    assert "VMs: left out, there is no" in capsys.readouterr().out
