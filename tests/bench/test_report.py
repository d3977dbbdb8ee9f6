"""The benchmark's report: ratios of what was measured, and honest about what was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench import report
from bench.faults import Killed, Seen, worst
from bench.report import Endurance, Row

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
BEFORE = Seen(0.3, up=True, samples=1000, stale=frozenset())
NAMES = frozenset({"a", "b"})


def test_a_row_has_medians_and_ratios() -> None:
    text = report.scrapes([ROW], 9, report.machine(["no KVM"]))
    assert "| 100 | 5000 | 300 ms | 750 ms | 0.40 | 150 ms | 250 ms | 0.60 | 41 ms | 61 MB |\n" in text
    assert "Medians of 9 scrapes" in text
    assert "no KVM" in text


def test_a_peer_that_is_not_installed_has_no_ratio() -> None:
    assert "| 150 ms | not installed |  | 41 ms |" in report.scrapes([replace(ROW, peer=None)], 9, "")


def test_every_row_has_the_cells_of_the_head() -> None:
    case = worst(BEFORE, [BEFORE], BEFORE, NAMES, 10)
    for text in (report.scrapes([ROW], 9, ""), report.faults([case], Killed(BEFORE, BEFORE), "")):
        lines = [line for line in text.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1
        assert len(lines) == 3


def test_the_worst_of_the_scrapes_counts() -> None:
    found_out = [Seen(2.0, up=True, samples=950, stale=NAMES | {"c"})] * 3
    later = [
        Seen(0.4, up=True, samples=980, stale=NAMES),
        Seen(0.5, up=True, samples=970, stale=NAMES | {"d"}),
    ]
    case = worst(BEFORE, found_out + later, BEFORE, NAMES, 10)
    assert (case.scrapes, case.slowest, case.samples) == (5, 2.0, 0.95)
    assert (case.up, case.named, case.back) == (True, True, True)
    assert case.healthy == 1 - 1 / 8
    text = report.faults([case], Killed(Seen(0.02, False, 60, frozenset()), BEFORE), "")
    assert "| 2 | 10 | 5 | 2000 ms | 95.0% | 1 | yes | 88% | yes |\n" in text
    assert "the next scrape took 20 ms and had `libvirt_up` 0. After it was started again" in text


def test_what_was_missing_is_told() -> None:
    poor = [BEFORE._replace(stale=frozenset({"a"})), BEFORE._replace(up=False, stale=NAMES)]
    case = worst(BEFORE, poor, BEFORE._replace(stale=frozenset({"b"})), NAMES, 10)
    assert (case.up, case.named, case.back) == (False, False, False)


def test_memory_that_grows_is_told_by_first_last_and_slope() -> None:
    points = ((3, 58_000_000), (100, 61_000_000), (200, 61_000_000), (300, 61_250_000), (400, 61_500_000))
    text = report.memory(Endurance(100, points), "")
    assert "of 100 guests: 58.0 MB after 3, 61.5 MB after 400. Growth in the second half: +2.50 kB" in text
    assert report.slope(points[:1]) == 0


def test_a_section_replaces_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "BENCHMARKS.md"
    memory = report.memory(Endurance(100, ((3, 58_000_000), (1000, 60_500_000))), "")
    report.put(path, report.MEMORY, memory)
    for full in (0.3, 0.4):
        report.put(path, report.SCRAPES, report.scrapes([replace(ROW, full=full)], 9, ""))
    text = path.read_text()
    assert "| 3 | 58.0 MB |\n| 1000 | 60.5 MB |\n" in text
    assert "| 400 ms |" in text
    assert "| 300 ms |" not in text
    assert text.index("## Scrapes") < text.index("## Memory")
    assert text.count("## ") == 2
    assert list(tmp_path.iterdir()) == [path]
