"""Durations as Prometheus writes them: 30s, 5m, 1h30m, 14d, 2w."""

from __future__ import annotations

import re
from typing import NamedTuple

_UNITS = (("y", 365 * 86_400), ("w", 7 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_DURATION = re.compile("".join(rf"(?:(\d+){unit})?" for unit, _ in _UNITS))

MOST = 100 * _UNITS[0][1]  # seconds: more is a slip of the keyboard, and no clock can wait for it


class Horizon(NamedTuple):
    """How far ahead: the label exactly as the user wrote it, and its length in seconds."""

    label: str
    seconds: int


def seconds(text: str) -> int:
    """A positive duration in whole seconds, of a century at most; ValueError says how one is written."""
    match = _DURATION.fullmatch(text)
    total = (
        sum(int(count or 0) * size for count, (_, size) in zip(match.groups(), _UNITS, strict=True))
        if match
        else 0
    )
    if total <= 0:
        raise ValueError(
            f'{text!r} is no duration: write one as Prometheus does, such as "30s", "5m", "1h30m", "14d"'
        )
    if total > MOST:
        raise ValueError(f"{text[:20]!r} is too long: {MOST // _UNITS[0][1]}y at most")
    return total


def horizon(text: str) -> Horizon:
    """A horizon as written, such as "15m"."""
    return Horizon(text, seconds(text))


def written(duration: int) -> str:
    """The shortest way to write whole seconds: 300 → "5m"."""
    parts = []
    for unit, size in _UNITS[2:]:  # days at most: nobody reads "1y3w" faster than "386d"
        count, duration = divmod(duration, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
