"""Pictures of pages: a change of a word is seen, an edge that is drawn a little softer is not.

`make compare-pictures FRONTEND=…` draws the pages anew, where a front end of Grafana is at hand.
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from compare_pictures import PICTURES, difference, main
from picture import CELL, is_another, read

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "grafana/json").iterdir())
MOST_BYTES = 1_000_000  # of all pictures


def png(lines: list[tuple[int, list[int]]], width: int) -> bytes:
    """A PNG with three bytes a pixel; each line is its filter and its bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", width, len(lines), 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(bytes([kind, *line]) for kind, line in lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_all_filters_are_read() -> None:
    first = [10, 20, 30, 50, 60, 70]
    lines = [
        (0, first),
        (1, [1, 2, 3, 4, 5, 6]),  # left
        (2, [1, 1, 1, 250, 0, 0]),  # above, with a carry
        (3, [5, 5, 5, 5, 5, 5]),  # their mean
        (4, [1, 1, 1, 1, 1, 1]),  # Paeth's
    ]
    assert read(png(lines, 2)).reshape(5, 6).tolist() == [
        first,
        [1, 2, 3, 5, 7, 9],
        [2, 3, 4, 255, 7, 9],
        [6, 6, 7, 135, 11, 13],
        [7, 7, 8, 136, 12, 14],
    ]


def test_other_files_are_refused() -> None:
    with pytest.raises(ValueError, match="not a PNG"):
        read(b"GIF89a")


@pytest.fixture(scope="module")
def page() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return read((PICTURES / "virtcast-fleet.png").read_bytes())


def test_a_word_that_is_gone_is_seen(page: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    title = (slice(50, 62), slice(10, 44))  # "Hosts", of the first panel
    now = page.copy()
    now[title] = page[64, 12]
    assert page[title].std() > 20, "there is a title"
    assert is_another(page, now)


def test_edges_that_are_a_little_softer_are_not(
    page: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> None:
    beside = np.roll(page, 1, axis=1).astype(int) + np.roll(page, -1, axis=1)
    softer = ((6 * page.astype(int) + beside) // 8).astype(np.uint8)
    noisy = page.astype(int) + np.random.default_rng(1).integers(-20, 21, page.shape)
    assert not np.array_equal(softer, page)
    assert not is_another(page, softer)
    assert not is_another(page, np.clip(noisy, 0, 255).astype(np.uint8))


def test_another_height_is_another_picture(
    page: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> None:
    assert is_another(page, page[: -2 * CELL])


def test_the_place_of_a_change_is_said(tmp_path: Path) -> None:
    plain = [(0, [40] * 3 * 64)] * 64
    marked = [(0, [40] * 3 * 64)] * 16 + [(0, [40] * 3 * 32 + [250] * 3 * 32)] * 8 + plain[:40]
    before, now = tmp_path / "before.png", tmp_path / "now.png"
    before.write_bytes(png(plain, 64))
    now.write_bytes(png(marked, 64))
    assert difference(before, before) == ""
    assert difference(before, now) == "16 of 256 cells differ (6 are tolerated), x 32 to 64, y 16 to 24"


def test_every_page_has_a_picture_and_all_are_small() -> None:
    pictures = sorted(PICTURES.glob("*.png"))
    assert [path.stem for path in pictures] == PAGES
    assert sum(path.stat().st_size for path in pictures) < MOST_BYTES


def test_without_a_front_end_the_command_says_what_to_fetch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_pictures", "--view=view", f"--frontend={tmp_path}"])
    assert main() == 2
    said = capsys.readouterr().err
    assert "fetch the repository awaleilmo/grafana" in said
    assert f"view/extract-frontend.sh GIT_DIR {tmp_path}" in said
