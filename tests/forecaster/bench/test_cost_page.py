"""The page on what the engine costs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import cost_page

from forecaster.engine.engine import Engine, Settings


def test_the_table_of_the_state_is_that_of_the_engine() -> None:
    page = cost_page.PAGE.read_text()
    assert cost_page.renewed(page, "state", cost_page.state()) == page
    assert f"| all | {Engine.fresh(1, Settings(step=300)).nbytes:,} |" in page


def test_figures_have_a_row_for_each_number_of_series() -> None:
    found = {"1": {"series_steps_per_second": 5494.4, "peak_mib": 45.2}, "10000": {"peak_mib": 297.0}}
    assert cost_page.figures(found).splitlines()[2:] == [
        "| 1 | 5,494 |  |  |  | 45.2 |  |",
        "| 10,000 |  |  |  |  | 297 |  |",
    ]


def test_a_table_stands_between_its_marks() -> None:
    page = "a\n<!-- figures -->\nold\n<!-- end of figures -->\nb\n"
    assert cost_page.renewed(page, "figures", "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="0 tables named state"):
        cost_page.renewed(page, "state", "new")
