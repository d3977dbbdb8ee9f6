"""Placement: CPU sets, limits and memory sizes."""

from __future__ import annotations

import pytest

from exporter.snapshot.description import Description
from exporter.snapshot.placement import HugePages, NumaCell, Placement, cpus


def placed(inner: str) -> Placement:
    """The placement of a domain with this in its XML."""
    found = Description.from_xml(f"<domain>{inner}</domain>")
    assert found is not None
    return found.placement


@pytest.mark.parametrize(
    ("cpuset", "count"),
    [("0", 1), ("0-3", 4), ("0-3,^2,8", 4), ("1,1,1-2", 2), ("^1", 0), ("", None), ("a-b", None)],
)
def test_cpus_of_a_set(cpuset: str, count: int | None) -> None:
    assert cpus(cpuset) == count


def test_a_negative_quota_is_no_limit() -> None:
    tune = "<cputune><period>100000</period><quota>{}</quota></cputune>"
    assert placed(tune.format(-1)).cpu_limit is None
    assert placed(tune.format(50_000)).cpu_limit == 0.5


def test_memory_sizes_have_units_and_hugepages_may_have_no_size() -> None:
    placement = placed(
        "<memoryBacking><hugepages/></memoryBacking>"
        "<cpu><numa><cell cpus='0' memory='2'/><cell cpus='1' memory='3' unit='GB'/>"
        "<cell cpus='2' memory='x'/></numa></cpu>"
    )
    assert placement.hugepages == (HugePages(None),)
    assert placement.cells == (
        NumaCell("0", "0", 2048), NumaCell("1", "1", 3_000_000_000), NumaCell("2", "2", None),
    )  # fmt: skip
