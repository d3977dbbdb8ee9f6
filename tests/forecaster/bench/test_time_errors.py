"""The errors of times left: which events are asked about, and what their figures mean."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import accuracy_page
import time_errors
from time_errors import Said


def test_an_event_is_asked_about_an_hour_before_where_that_hour_is_known_and_calm() -> None:
    values = np.full((4, 300), 50.0)
    onset = np.zeros(values.shape, bool)
    events = [(0, 200), (1, 200), (2, 200), (3, 40), (3, 200)]
    for row, at in events:
        onset[row, at] = True
    onset[1, 170] = True  # another event within the hour
    values[2, 140:175] = np.nan  # most of the hour is missing, its first sample is
    protocol = {"events": np.array(events), "onset": onset, "limit": 90.0}
    assert time_errors.asked(values, protocol) == {140: [0, 3]}


def test_figures_are_of_each_kind_and_of_each_view_that_spoke() -> None:
    told = [
        Said("leak", "straight lines", 1.1, 0.5, 1.5),
        Said("leak", "season", 1.5, 1.2, 2.0),
        Said("leak", "season", 1.9, 0.9, 3.0),
        Said("sawtooth", "days before", np.inf, np.inf, np.inf),
    ]
    rows = time_errors.by_kind(told)
    assert [(row["kind"], row["view"], row["events"]) for row in rows] == [
        ("leak", "all", 3),
        ("leak", "straight lines", 1),
        ("leak", "season", 2),
        ("sawtooth", "all", 1),
        ("sawtooth", "days before", 1),
    ]
    assert [round(rows[k]["error"]) for k in range(3)] == [50, 10, 70]
    assert rows[2]["covers"] == 0.5
    assert rows[3]["error"] is None
    results = {
        "time-errors": {"engine": "a", "seconds": 1.0, "result": {"seeds": [1], "series": 2, "rows": rows}}
    }
    page = accuracy_page.page(results, {"time-errors": "time_errors.py"}, "a")
    assert "| leak | season | 2 | 70 | 70 | 0.5 |" in page
    assert "| sawtooth | all | 1 | - | - | 0 |" in page
