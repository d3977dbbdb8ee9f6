"""Kernel same-page merging, of this kernel and of files that stand in for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporter.snapshot.ksm import Ksm
from exporter.source.readings import ksm

PAGE = os.sysconf("SC_PAGE_SIZE")


def test_each_file_fills_its_own_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("pages_shared", "pages_sharing", "pages_unshared", "pages_volatile", "full_scans")
    for number, name in enumerate(names, start=1):
        (tmp_path / name).write_text(f"{number}\n")
    (tmp_path / "run").write_text("1\n")
    (tmp_path / "general_profit").write_text("-4096\n")
    monkeypatch.setattr(ksm, "FOLDER", tmp_path)
    assert ksm.ksm() == Ksm(True, PAGE, 2 * PAGE, 3 * PAGE, 4 * PAGE, 5, -4096)


@pytest.mark.parametrize(("state", "running"), [("0", False), ("1", True), ("2", False)])
def test_it_runs_in_one_of_three_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, running: bool
) -> None:
    """2: stopped, and what was merged is unmerged."""
    (tmp_path / "run").write_text(f"{state}\n")
    monkeypatch.setattr(ksm, "FOLDER", tmp_path)
    assert ksm.ksm() == Ksm(running)


def test_a_kernel_without_it_has_no_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ksm, "FOLDER", tmp_path / "absent")
    assert ksm.ksm() == Ksm()


def test_this_kernel_is_read_if_it_has_it() -> None:
    found, has = ksm.ksm(), Path("/sys/kernel/mm/ksm").is_dir()
    values = (found.running, found.shared, found.sharing, found.unshared, found.volatile, found.full_scans)
    assert [value is not None for value in values] == [has] * 6
