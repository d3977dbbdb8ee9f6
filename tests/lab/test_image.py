"""The image is made once, however many labs want it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lab import image
from lab.requirements import LabError

if TYPE_CHECKING:
    from pathlib import Path


def test_concurrent_builds_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(work: Path) -> Path:
        made.append(work)
        time.sleep(0.2)
        ready = work / "ready"
        ready.mkdir()
        (ready / "vmlinuz").write_text("kernel")
        return ready

    monkeypatch.setattr(image, "_make", make)
    with ThreadPoolExecutor() as pool:
        images = list(pool.map(image.build, [tmp_path] * 4))
    assert len(made) == 1
    assert len(set(images)) == 1
    assert images[0].kernel.read_text() == "kernel"


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(work: Path) -> Path:
        (work / "half").write_text("made")
        raise LabError("no network")

    monkeypatch.setattr(image, "_make", make)
    with pytest.raises(LabError, match="no network"):
        image.build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_failed_program_is_one_line() -> None:
    with pytest.raises(LabError) as caught:
        image._run("dpkg-deb", "--extract", "/nowhere.deb", "/nowhere")
    assert str(caught.value).startswith("dpkg-deb failed: ")
    assert "\n" not in str(caught.value)


def test_another_distribution_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "KERNEL_PACKAGE", "linux-image-of-another-world")
    with pytest.raises(LabError, match="apt knows no package linux-image-of-another-world"):
        image._guest_packages(())
