"""Workloads and the guest's program understand each other."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from lab import CpuBurst, CpuLoad, DiskFill, MemoryLeak, Workload
from lab.image import SOURCES

PROGRAM = (SOURCES / "load.c").read_text()
KINDS = Workload.__subclasses__()


def test_line_names_kind_and_every_parameter() -> None:
    line = DiskFill(512, bound_kib=1024, after_seconds=3, repeat=True).line()
    assert line == "disk_fill,kib_per_second=512,disk=data,bound_kib=1024,after_seconds=3,repeat=1"


def test_line_of_fractions() -> None:
    assert CpuLoad(12.5).line() == "cpu_load,percent=12.5"


def test_the_program_knows_exactly_these_kinds() -> None:
    table = re.search(r"kind_names\[KINDS\] = \{(.*?)\};", PROGRAM, re.DOTALL)
    assert table is not None
    assert set(re.findall(r'"(\w+)"', table[1])) == {kind.kind() for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind())
def test_the_program_knows_every_parameter(kind: type[Workload]) -> None:
    known = {*re.findall(r"PARAMETER\((\w+)\)", PROGRAM), "disk"}
    assert {field.name for field in fields(kind)} <= known


def test_orders_fit_the_programs_line() -> None:
    size = re.search(r"char line\[(\d+)\]", PROGRAM)
    assert size is not None
    longest = max(
        MemoryLeak(123456.789, 123456789, 12345.678, repeat=True).line(),
        CpuBurst(12345.678, 12.3456, 12345.678).line(),
        key=len,
    )
    assert len(longest) < int(size[1])
