"""The benchmark's report: ratios of what was measured, and honest about what was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.report import Endurance, Row, markdown, write

if TYPE_CHECKING:
    from pathlib import Path

ROW = Row(
    guests=100,
    samples=5000,
    full=0.3,
    virsh=0.75,
    few=0.15,
    peer=0.25,
    cpu=0.041,
    resident=61_400_000,
)


def test_a_row_has_medians_and_ratios() -> None:
    text = markdown([ROW], None, 9, ["no KVM"])
    assert "| 100 | 5000 | 300 ms | 750 ms | 0.40 | 150 ms | 250 ms | 0.60 | 41 ms | 61 MB |\n" in text
    assert "9 alternating scrapes" in text
    assert "no KVM" in text


def test_a_peer_that_is_not_installed_has_no_ratio() -> None:
    assert "| 150 ms | not installed |  | 41 ms |" in markdown([replace(ROW, peer=None)], None, 9, [])


def test_every_row_has_the_cells_of_the_head() -> None:
    lines = [line for line in markdown([ROW], None, 9, []).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1


def test_the_memory_on_the_way_is_told(tmp_path: Path) -> None:
    path = tmp_path / "BENCHMARKS.md"
    write(path, markdown([ROW], Endurance(100, ((3, 58_000_000), (1000, 60_500_000))), 9, []))
    assert "| 3 | 58.0 MB |\n| 1000 | 60.5 MB |\n" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]
