"""The accuracy document: figures where there are some, a plain word where there are none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from types import ModuleType

BENCH = Path(__file__).parent / "bench"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a module of the bench by name; they are programs, no package."""
    monkeypatch.syspath_prepend(str(BENCH))
    monkeypatch.setattr(sys, "path", sys.path[:])

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    return load


def planted(recall: float) -> dict[str, Any]:
    kinds = {"spike": {"recall": recall, "median_delay_hours": None}}
    figures = {"series": 20, "recall": recall, "false_per_series_week": 0.25, "kinds": kinds}
    return {"engine": "abc", "seconds": 12.0, "result": figures}


def test_the_page_tells_what_was_run_and_what_was_not(module: Any) -> None:
    commands = {"planted": "own.py planted", "planted-without-shape": "own.py planted", "nab": "score_nab.py"}
    results = {"planted": planted(0.9), "planted-without-shape": {**planted(0.6), "engine": "older"}}
    text = module("accuracy_page").page(results, commands, "abc")
    assert "20 seeded series, one anomaly each: 90.0% found at the shipped cut, 0.25 false alarms" in text
    assert "| spike | 0.9 | - |" in text
    assert "| planted | 0.9 | 0.25 | 0.9 |" in text
    assert "| planted-without-shape * | 0.6 | 0.25 | 0.6 |" in text
    assert "Not run on this state of the engine: nab." in text
    assert "Measured on an earlier state" not in text
    assert "Measured on an earlier state" in module("accuracy_page").page(results, commands, "def")


def test_what_is_not_renewed_stays_where_it_was_and_is_marked_as_older(module: Any) -> None:
    title, older = "## Anomalies: planted, by kind", "Measured on an earlier state of the engine."
    former = f"# Accuracy\n\nof 2025\n\n## First\n\n1 %\n\n{title}\n\n50 %\n\n## Last\n\n2 %\n\n{older}\n"
    text = module("accuracy_page").page({"planted": planted(0.9)}, {}, "abc", former)
    places = [text.index(each) for each in ("## First\n\n1 %", title, "90.0% found", "## Last\n\n2 %")]
    assert places == sorted(places)
    assert text.count(older) == 2, "of the first and the last, of each once"
    assert "of 2025" not in text
    assert "50 %" not in text
    assert module("accuracy_page").page({"planted": planted(0.9)}, {}, "abc", text) == text
    both = {"planted": planted(0.9), "clean": {"engine": "abc", "seconds": 1.0, "result": {}}}
    text = module("accuracy_page").page(both, {}, "abc", former)
    assert text.index(title) < text.index("## Anomalies: series without any") < text.index("## Last")


def test_alerts_are_counted_by_kind(module: Any) -> None:
    figures = {"series": 20, "weeks": 80.0, "anomalies": 0.5, "alerts": 0.05, "alerts_gated": 0.0}
    results = {"clean": {"engine": "abc", "seconds": 1.0, "result": {"noise": figures}}}
    text = module("accuracy_page").page(results, {"clean": "own.py clean"}, "abc")
    assert "| noise | 20 | 0.5 | 0.05 | 0 |" in text


def test_a_jump_that_lasts_is_one_alert(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = module("own")
    monkeypatch.setattr(own, "WARM_UP", 400)
    values = 0.3 + 0.005 * np.random.default_rng(0).standard_normal((2, 440))
    values[0, 410:] += 0.4
    told = own.alerts(values, 1_700_000_100)
    assert told["weeks"] == pytest.approx(80 / 2016)
    assert told["alerts_gated"] * told["weeks"] == pytest.approx(1)


def test_every_stage_can_be_switched_off(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is where the bench believes it to be, and what stands in for it keeps the engine running."""
    staged = module("staged")
    rng = np.random.default_rng(0)
    values = 0.5 + 0.4 * np.sin(np.arange(60) / 4) + 0.02 * rng.standard_normal((2, 60))
    for stage, (owner, name, instead) in staged.STAGES.items():
        with monkeypatch.context() as patch:
            assert hasattr(owner, name), stage
            patch.setattr(owner, name, instead)
            said = staged.whole(values, np.arange(60) * 3600, limit=0.8, horizons=(3600, 86_400))
            assert np.isfinite(said.probability).all(), stage
            assert np.isfinite(said.anomaly_score).all(), stage


def test_the_suites_name_stages_that_exist(module: Any) -> None:
    run, staged = module("run"), module("staged")
    assert {each.off for each in run.SUITES.values()} - {""} <= set(staged.STAGES)
    assert run.fingerprint() == run.fingerprint()
    assert len(run.fingerprint()) == 12


def test_brier_skill_by_quarter(module: Any, tmp_path: Path) -> None:
    run, days = module("run"), 33
    times = 1_700_006_400 + 300 * np.arange(days * 288)
    values = np.full((8, len(times)), 50.0)
    values[:, 144::288] = 95.0  # at noon
    values[6:] = 50.0  # never in the last quarter
    soon = np.zeros_like(values)
    for before in range(1, 4):
        soon[:, 144 - before :: 288] = 1.0
    soon[2:4] = 1.0 - soon[2:4]  # the second quarter is told the contrary
    probability = np.repeat(soon[..., None], 3, axis=2)
    np.savez(tmp_path / "record.npz", values=values, limit=90.0, timestamps=times, probability=probability)
    found = run.quarters(tmp_path / "record.npz")
    first, second, third, fourth = found["900"]
    assert first["brier_skill"] == third["brier_skill"] == pytest.approx(1.0)
    assert second["brier_skill"] < -10
    assert (fourth["reached"], fourth["brier_skill"]) == (0, None)
    text = module("accuracy_page").populations({"cpu": {"quarters": {"900": found["900"]}}})
    assert "| a month | 15 min | 1 | " in text
    assert text.endswith("| 1 | - |")


def test_a_run_without_a_past_says_nothing_of_it(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTCAST_FROM_DAY", "1")
    values, times = np.full((2, 60), 0.5), 3600 * np.arange(60)
    said = module("staged").replay(values, times, 0.8, (3600, 86_400))
    assert np.isnan(said.probability[:, :24]).all()
    assert np.isfinite(said.probability[:, 24:]).all()
    assert said.exhaustion_seconds.shape == (2, 60)


def test_rates_are_shares_of_julys_peak(module: Any) -> None:
    limits = module("own_limits")
    rates = np.full((3, limits.JULY + 288), 10.0)
    rates[0, 500] = 70.0  # a quarter of an hour's mean of 30
    rates[0, limits.JULY + 5] = 900.0
    rates[1, : limits.JULY] = 0.0
    rates[2, 100 : limits.JULY] = np.nan
    percent, had = limits.shares(rates)
    assert had.tolist() == [True, False, False]
    assert percent[0, 0] == pytest.approx(100 / 3)
    assert percent[0, limits.JULY + 5] == pytest.approx(3000)
