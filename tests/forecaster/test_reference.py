"""The document of the metrics is the one the tables give."""

from __future__ import annotations

from pathlib import Path

from forecaster.publish.metrics import EVERY
from forecaster.reference import reference

DOCUMENT = Path(__file__).resolve().parents[2] / "forecaster/METRICS.md"


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == reference(), "run python -m forecaster.reference > forecaster/METRICS.md"


def test_it_names_every_metric() -> None:
    for metric in EVERY:
        assert f"| `{metric.name}` |" in reference()
