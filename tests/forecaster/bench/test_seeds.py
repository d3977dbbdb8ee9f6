"""The figures on further seeds: what counts as covered, as flagged, as possible."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import accuracy_page
import seeds

EVENT = 100  # the step of it


def said(low: float, high: float) -> seeds.Told:
    """The same at each of 120 steps of three series."""
    rows = np.zeros((3, 120), np.float32)
    return seeds.Told(np.zeros((3, 120, 3), np.float32), rows + 3000, rows + low, rows + high)


def protocol(rows: list[int]) -> dict[str, Any]:
    onset = np.zeros((3, 120), bool)
    onset[rows, EVENT] = True
    return {"events": np.argwhere(onset), "onset": onset, "limit": 90.0, "inst": np.arange(0, 120, 15)}


def test_covered_is_the_hour_to_an_event_known_an_hour_before() -> None:
    values = np.full((3, 120), 50.0)
    assert seeds.covered(values, protocol([0, 1]), said(3000, 4000)) == (2, 2)
    assert seeds.covered(values, protocol([0, 1]), said(3700, 4000)) == (0, 2)
    values[0, EVENT - 60] = np.nan
    assert seeds.covered(values, protocol([0, 1]), said(3000, 4000)) == (1, 1)
    between = protocol([1])
    between["onset"][1, EVENT - 30] = True
    assert seeds.covered(values, between, said(3000, 4000)) == (0, 0)


def test_what_alarms_all_the_time_is_the_most_there_is() -> None:
    def score(_values: Any, kinds: Any, _protocol: Any, spoken: Any, _seconds: Any) -> dict[str, Any]:
        alarms = float(spoken[3600][1].mean())
        hour = {"events": 4, "flagged_15min_ahead": 0.5 + alarms / 4, "false_per_series_week": 0.1}
        return {kind: {"1h": hour, "tte_error_1h": {"median_abs_pct": "inf"}} for kind in set(kinds)}

    scorer = SimpleNamespace(
        protocol=lambda *_: protocol([0]),
        at_instants=lambda p, inst: {h: (p[:, inst, k],) * 2 for k, h in enumerate(seeds.HORIZONS)},
        score_synthetic=score,
    )
    kinds = np.array(["leak", "leak", "noise"])
    found = seeds.scored(scorer, np.full((3, 120), 50.0), kinds, 90.0, said(3000, 4000))
    assert (found["leak"]["flagged"], found["leak"]["flaggable"]) == (2, 3)
    assert (found["leak"]["covered"], found["leak"]["timed"]) == (1, 1)
    assert (found["noise"]["covered"], found["noise"]["timed"]) == (0, 0)
    assert found["leak"]["error"] == np.inf
    assert seeds.share(found, ("leak", "noise"), "flagged", "events") == pytest.approx(0.5)


def test_the_page_tells_the_spread() -> None:
    figures = {"events": 4, "false": 0.1, "error": 20.0, "covered": 3, "timed": 4}
    none = {"events": 0, "false": 0.0, "error": None, "covered": 0, "timed": 0}
    result = {
        "seeds": [1, 2],
        "series": 6,
        "together": [
            {"kinds": ["leak"], "events": 4, "flagged": 0.5, "flaggable": 1.0, "by_seed": [0.25, 1.0]}
        ],
        "kinds": {"leak": figures, "noise": none},
        "by_seed": [{"leak": {**figures, "error": error}, "noise": none} for error in (10.0, 30.0)],
    }
    results = {"synthetic-seeds": {"engine": "abc", "seconds": 1.0, "result": result}}
    text = accuracy_page.page(results, {"synthetic-seeds": "seeds.py"}, "abc")
    assert "| leak | 4 | 0.5 (0.25 to 1) | 1 |" in text
    assert "| leak | 4 | 0.1 (0.1 to 0.1) | 20 (10 to 30) | 0.75 |" in text
    assert "| noise | 0 | 0 (0 to 0) | - | - |" in text
