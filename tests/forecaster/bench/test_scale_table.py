"""docs/scale.md has the figures that were measured, and what follows from them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from scale_table import DOCUMENT, FIGURES, FLEETS, Fleet, scale_row, tables

COSTS = {
    "the program alone, bytes": 1e8,
    "memory, bytes": 1e5,
    "an online step, CPU µs": 10,
    "rendering /metrics, CPU µs": 90,
    "reading the answer, CPU µs": 20,
    "telling its shard, CPU µs": 30,
    "a step of history, CPU µs": 4,
    "reading a step of history, CPU µs": 1,
    "answer of a query, bytes": 100,
    "samples on /metrics": 10,
}


def test_the_document_has_what_was_measured() -> None:
    text = DOCUMENT.read_text()
    for table in tables(json.loads(FIGURES.read_text())):
        assert table in text, "run tests/forecaster/bench/scale_table.py, and read the difference"


@pytest.mark.parametrize(
    ("fleet", "row"),
    [
        (FLEETS[1], ("10,000", "1", "1.10 GB", "1.2 s", "6.7 min", "1.0 MB", "100,000")),
        # Two with 10,000 series: each reads 20,000 answers in 1 s, and a day of the other half.
        (Fleet("two", 20_000, 1, 2), ("two", "2", "1.10 GB", "2.0 s", "6.8 min", "4.0 MB", "200,000")),
        (Fleet("apart", 20_000, 2, 1), ("apart", "2", "1.10 GB", "1.2 s", "6.7 min", "2.0 MB", "200,000")),
    ],
)
def test_who_shares_reads_what_is_of_others(fleet: Fleet, row: tuple[str, ...]) -> None:
    assert scale_row(fleet, COSTS) == row
