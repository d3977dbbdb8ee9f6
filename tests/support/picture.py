"""Pictures of pages: read, and compared with what was there before."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # by PNG's colour type: RGB, RGBA
CELL = 4  # pixels: letters with softer or harder edges are nearly equal in the mean
FAR = 20  # of 255: a cell has changed
# Cells of a page. The same browser changes none; a title of five letters that becomes another word, eight.
TOLERATED = 6


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def read(png: bytes) -> Pixels:
    """Height x width x RGB of a PNG with 8 bits a channel; ValueError where it is no such picture."""
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    chunks = list(_chunks(png))
    width, height, depth, kind = struct.unpack_from(">IIBB", dict(chunks)[b"IHDR"])
    if depth != 8 or kind not in CHANNELS:
        raise ValueError(f"a PNG with {depth} bits, colour type {kind}")
    data = zlib.decompress(b"".join(content for name, content in chunks if name == b"IDAT"))
    channels = CHANNELS[kind]
    lines = np.frombuffer(data, np.uint8).reshape(height, 1 + width * channels)
    pixels = np.empty((height, width * channels), np.uint8)
    above = np.zeros(width * channels, np.uint8)
    for number, line in enumerate(lines):
        above = pixels[number] = _unfiltered(int(line[0]), line[1:], above, channels)
    return pixels.reshape(height, width, channels)[:, :, :3]


def _unfiltered(kind: int, line: Pixels, above: Pixels, channels: int) -> Pixels:
    """A line of pixels from its differences to the pixels left of and above it (PNG, section 9)."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line.reshape(-1, channels), axis=0, dtype=np.uint8).reshape(-1)
    if kind == 2:
        return line + above
    guess = _mean if kind == 3 else _paeth
    done, upper = [0] * channels, [0] * channels + above.tolist()
    for at, difference in enumerate(line.tolist(), start=channels):
        left, up, corner = done[at - channels], upper[at], upper[at - channels]
        done.append((difference + guess(left, up, corner)) & 255)
    return np.array(done[channels:], np.uint8)


def _mean(left: int, up: int, _corner: int) -> int:
    return (left + up) // 2


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))


def changed(before: Pixels, now: Pixels) -> NDArray[np.bool_]:
    """Which cells differ; a picture of another size differs in every cell of the larger one."""
    if before.shape != now.shape:
        height, width = (max(a, b) for a, b in zip(before.shape[:2], now.shape[:2], strict=True))
        return np.ones((height // CELL, width // CELL), bool)
    return np.asarray(np.abs(_cells(before) - _cells(now)).max(axis=2) > FAR)


def _cells(pixels: Pixels) -> NDArray[np.float64]:
    """The mean colour of each cell."""
    height, width = (size // CELL * CELL for size in pixels.shape[:2])
    cells = pixels[:height, :width].reshape(height // CELL, CELL, width // CELL, CELL, 3)
    return np.asarray(cells.mean(axis=(1, 3)))


def is_another(before: Pixels, now: Pixels) -> bool:
    """Whether more has changed than is tolerated."""
    return int(changed(before, now).sum()) > TOLERATED
