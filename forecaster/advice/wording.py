"""Values, durations and series as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.config.durations import written
from forecaster.series.printable import printable

if TYPE_CHECKING:
    from forecaster.series.labels import Labels


LONGEST = 100  # characters of a label's value that are shown


def amount(value: float, *, share: bool) -> str:
    """A value: a share of one in percent, others in four digits.

    >>> amount(0.714, share=True), amount(1234.56, share=False)
    ('71 %', '1235')
    """
    if not math.isfinite(value):
        return "unknown"
    if not share:
        return f"{value:.4g}"
    percent = 100 * value
    return f"{percent:.0f} %" if abs(percent) >= 10 else f"{percent:.2g} %"


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


def rough(seconds: float) -> str:
    """A duration in its two largest units.

    >>> rough(7384)
    '2h3m'
    """
    seconds = max(0, int(seconds))
    rounded = seconds - seconds % (3600 if seconds >= 86_400 else 60 if seconds >= 3_600 else 1)
    return written(rounded)
