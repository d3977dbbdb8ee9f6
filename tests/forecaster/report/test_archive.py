"""The folder of past reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forecaster.report import archive

if TYPE_CHECKING:
    from pathlib import Path

DAY, NOW = 86_400, 1_800_000_000


def test_old_reports_go_and_other_files_stay(tmp_path: Path) -> None:
    reports = {
        age: archive.name(NOW - age * DAY, owner, "pdf") for age, owner in ((0, ""), (9, "a b"), (11, "é/x"))
    }
    others = [
        "virtcast-notes.pdf",
        "old.pdf",
        "virtcast-20010101T0000Z.pdf.gpg",
        ".virtcast-20010101T0000Z.pdf",
        "virtcast-20010231T0000Z.pdf",  # no day
        "virtcast-20019999T9999Z.pdf",
    ]
    for name in (*reports.values(), *others):
        archive.put(tmp_path / name, b"x")
    assert archive.expire(tmp_path, NOW - 10 * DAY) == [reports[11]]
    assert {path.name for path in tmp_path.iterdir()} == {reports[0], reports[9], *others}


def test_the_time_in_the_name_counts_not_that_of_the_file(tmp_path: Path) -> None:
    """A copy from a backup is as old as its report."""
    archive.put(tmp_path / archive.name(NOW - 500 * DAY, "", "csv"), b"x")
    assert len(archive.expire(tmp_path, NOW - 400 * DAY)) == 1


def test_a_report_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "r.pdf"
    archive.put(path, b"old")
    with pytest.raises(TypeError):
        archive.put(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["r.pdf"]


@pytest.mark.parametrize("owner", ["../../etc", "a/b", "..", "x\0y"])
def test_an_owner_cannot_leave_the_folder(owner: str) -> None:
    name = archive.name(NOW, owner, "html")
    assert "/" not in name
    assert "\0" not in name
    assert name.startswith("virtcast-20270115T0800Z-")


def test_each_owner_has_a_file_of_its_own() -> None:
    """Whatever their names are written in, and however long they are."""
    owners = [
        "",
        "web",
        "we b",
        "we/b",
        "we_b",
        "Ольга",
        "Борис",
        "李雷",
        "王芳",
        "\udc80",
        "\udc81",
        "x" * 101,
    ]
    owners += [f"{'x' * 300}{end}" for end in "ab"]
    names = [archive.name(NOW, owner, "html") for owner in owners]
    assert len(set(names)) == len(owners)
    assert names[1] == "virtcast-20270115T0800Z-web.html", "a plain name is kept"
    for name in names:
        assert name.isascii()
        assert len(name) <= len("virtcast-20270115T0800Z-.html") + archive.MOST
        assert archive._until(name) == NOW
