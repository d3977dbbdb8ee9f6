"""The times that every view reckons with."""

from __future__ import annotations

from typing import NamedTuple


class TimeScale(NamedTuple):
    """Seconds of an hour of the (possibly dilated) day, and between samples that are independent."""

    hour: float
    grain: float
