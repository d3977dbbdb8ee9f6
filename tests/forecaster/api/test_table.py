"""Rows as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from forecaster.api.table import table


def read(rows: list[dict[str, Any]]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table(rows).body.decode(), newline="")))


def test_objects_become_columns_and_lists_are_left_out() -> None:
    told = read(
        [
            {
                "resource": "a",
                "labels": {"domain": "web"},
                "forecast": {"1h": {"0.5": 0.25}},
                "horizons": [1],
            },
            {"resource": "b", "labels": {"pool": "p"}, "forecast": {"1h": {"0.5": None}}, "partial": True},
        ]
    )
    assert told == [
        ["resource", "labels.domain", "forecast.1h.0.5", "labels.pool", "partial"],
        ["a", "web", "0.25", "", ""],
        ["b", "", "", "p", "true"],
    ]


def test_a_name_that_a_spreadsheet_would_run_is_harmless() -> None:
    told = read([{"labels": {"domain": "=HYPERLINK(1)", "=x": "@y"}, "trend": -0.5}])
    assert told[1] == ["'=HYPERLINK(1)", "'@y", "-0.5"]
    assert told[0] == ["labels.domain", "labels.=x", "trend"]


def test_line_ends_quotes_and_odd_text_stay_within_a_cell() -> None:
    assert read([{"a": 'x\r\n"y",z', "b": "\ud800"}])[1] == ['x\r\n"y",z', "?"]


def test_a_table_without_rows_is_empty() -> None:
    assert table([]).body == b"\r\n"
