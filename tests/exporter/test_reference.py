"""METRICS.md is what the tables say."""

from __future__ import annotations

from pathlib import Path

from exporter.reference import reference

COMMITTED = Path(__file__).parent.parent.parent / "METRICS.md"


def test_the_committed_reference_is_up_to_date() -> None:
    assert COMMITTED.read_text() == reference(), "run: make generate"
