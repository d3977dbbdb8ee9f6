"""Odd variants of good inputs, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

LARGEST = 64 * 1024  # bytes of a variant
ODD = (
    b"\0", b"\x1b[31m", b"\xef\xbf\xbd", b"\xed\xb0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n\r\n",
    b"\n", b"\t", b"\\udc00", b"\\ud800", b"\\u0000", b"&#0;", b"&lt;", b"<!--", b"<![CDATA[",
    b"]]>", b"<a>", b"</a>", b"<a b='", b"%", b"%00", b"%ff", rb"\@@, b'", b"'", b"`", b"*a", b"&a ",
    b"!x!y ", b"{{", b"}}", b"[", b"]", b"{", b"}", b",", b":", b": ", b"- ", b"null", b"NaN",
    b"Infinity", b"-1", b"1e999", b"9" * 400, b"0" * 5000, b"true", b"\xe2\x80\xa8",
    b"\xe2\x80\xae", b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n", b" " * 300,
)  # fmt: skip


def odd(seeds: Sequence[bytes], chance: Random) -> bytes:
    """One of the seeds with some changes."""
    data = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        data = chance.choice(_CHANGES)(data, chance, seeds)[:LARGEST]
    return data


def growing(seeds: Sequence[bytes], chance: Random) -> Callable[[int], bytes]:
    """Variants of any size: a piece of a seed, or something odd, is repeated in the midst of it."""
    seed = odd(seeds, chance) if chance.random() < 0.5 else chance.choice(seeds)
    start, end = sorted(chance.randrange(len(seed) + 1) for _ in range(2))
    piece = seed[start : start + chance.choice((1, 2, 5, 20, 200))] or chance.choice(ODD)
    if chance.random() < 0.5:
        piece = chance.choice(ODD)
    before, after = seed[:start], chance.choice((seed[start:], seed[end:], b""))
    return lambda size: before + piece * max(1, size // len(piece)) + after


def _insert(data: bytes, chance: Random, _seeds: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(ODD) * chance.choice((1, 1, 1, 3, 100)) + data[at:]


def _flip(data: bytes, chance: Random, _seeds: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ (1 << chance.randrange(8)),)) + data[at + 1 :]


def _cut(data: bytes, chance: Random, _seeds: Sequence[bytes]) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: Random, _seeds: Sequence[bytes]) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:end] * chance.choice((1, 3, 30)) + data[end:]


def _splice(data: bytes, chance: Random, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


_CHANGES: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    _insert,
    _flip,
    _cut,
    _repeat,
    _splice,
)
