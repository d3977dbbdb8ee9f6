"""Colours, and what has a colour of its own."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Told apart in the three kinds of colour-blindness, seen in light and dark: tests/grafana/test_colors.py.
ACTUAL = "#0077bb"
NORMAL = "#33bbee"
FORECAST = "#e69f00"
CALM = "text"
GOOD, WATCH, WARN, BAD = "#009e73", "#e0b400", "#d95f02", "#e5194b"
LIMIT = BAD
PREDICTED = "#8f5fd0"
ANOMALY = "#aa3377"
GONE = "#8e8e8e"
SERIES = ("#0077bb", "#e69f00", "#aa3377", "#33bbee", "#cc3311", "#ee6677")

# The states of libvirt_domain_state: (label, as shown, colour).
STATES: tuple[tuple[str, str, str], ...] = (
    ("running", "running", GOOD),
    ("blocked", "blocked", "#7fc8a9"),
    ("paused", "paused", WATCH),
    ("shutdown", "shutting down", WARN),
    ("shutoff", "shut off", GONE),
    ("crashed", "crashed", BAD),
    ("pmsuspended", "suspended", NORMAL),
    ("nostate", "no state", "#6e6e6e"),
)
# The states of virtcast_series.
SERIES_STATES: Mapping[str, str] = {
    "ready": GOOD,
    "learning": ACTUAL,
    "stale": WARN,
    "gone": GONE,
    "unusable": BAD,
}
RESULTS: Mapping[str, str] = {"success": GOOD, "failed": BAD, "cancelled": WATCH}
SEVERITIES: Mapping[str, str] = {"critical": BAD, "warning": WARN, "info": ACTUAL}
KINDS: Mapping[str, str] = {"actual": BAD, "predicted": PREDICTED, "anomaly": NORMAL}


def told_apart(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, in their order."""
    return dict(zip(names, cycle(SERIES), strict=False))
