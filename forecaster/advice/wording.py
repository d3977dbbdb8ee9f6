"""Values, durations and series as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.config.durations import written
from forecaster.series.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.series.labels import Labels


LONGEST = 100  # characters of a label's value that are shown


SYMBOLS = {"seconds": "s", "bytes": "B", "bytes per second": "B/s", "operations per second": "/s"}


def amount(value: float, unit: str) -> str:
    """A value as people write it; `unit` as Resource.unit names it.

    >>> amount(0.714, "ratio"), amount(1234.56, ""), amount(3 * 2**30, "bytes"), amount(0.0042, "seconds")
    ('71 %', '1235', '3 GiB', '4.2 ms')
    """
    if not math.isfinite(value):
        return "unknown"
    if unit == "ratio":
        return f"{figure(100 * value)} %"
    if unit.startswith("bytes"):
        return _scaled(value, 1024.0, ("", "Ki", "Mi", "Gi", "Ti", "Pi"), SYMBOLS[unit])
    if unit == "seconds" and 0 < abs(value) < 1:
        return _scaled(1e9 * value, 1000.0, ("n", "µ", "m", ""), SYMBOLS[unit])
    return f"{value:.4g} {SYMBOLS[unit]}" if unit else f"{value:.4g}"


def figure(value: float) -> str:
    """A number in two digits, or in whole ones.

    >>> figure(0.336), figure(3.36), figure(336.4)
    ('0.34', '3.4', '336')
    """
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _scaled(value: float, base: float, prefixes: Sequence[str], symbol: str) -> str:
    """Three digits and the largest prefix that leaves at least one before the point."""
    place = 0
    # What would be rounded to the base is one of the next prefix.
    while place < len(prefixes) - 1 and abs(value) >= base - 0.5:
        place, value = place + 1, value / base
    return f"{value:.{4 if abs(value) >= 999.5 else 3}g} {prefixes[place]}{symbol}"


def named(labels: Labels) -> str:
    """A series by its labels, without the one that names its exporter."""
    return ", ".join(f"{name}={shown(value)}" for name, value in labels if name != "provider")


def shown(text: str) -> str:
    r"""Text of a guest or tenant as it may be shown: no control characters, and not too long.

    >>> shown("web" + chr(27) + "[31m")
    'web\\x1b[31m'
    """
    escaped = printable(text[:LONGEST])
    return escaped if len(escaped) <= LONGEST and len(text) <= LONGEST else f"{escaped[: LONGEST - 1]}…"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and how many more there are.

    >>> listed(["db", "web", "shop"], most=2)
    'db, web and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more


def rough(seconds: float) -> str:
    """A duration in its two largest units.

    >>> rough(7384)
    '2h3m'
    """
    seconds = max(0, int(seconds))
    rounded = seconds - seconds % (3600 if seconds >= 86_400 else 60 if seconds >= 3_600 else 1)
    return written(rounded)
