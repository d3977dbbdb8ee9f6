"""Colours, and what has a colour of its own."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACTUAL = "blue"
NORMAL = "light-blue"
FORECAST = "orange"
LIMIT = "red"
CALM = "text"
GOOD, WATCH, WARN, BAD = "green", "yellow", "orange", "red"
PREDICTED = "purple"
ANOMALY = "#d33682"
GONE = "#8e8e8e"
SERIES = ("blue", "purple", "orange", "green", "yellow", "light-blue", "dark-purple", "light-orange")

# The states of libvirt_domain_state: (label, as shown, colour).
STATES: tuple[tuple[str, str, str], ...] = (
    ("running", "running", GOOD),
    ("blocked", "blocked", "light-green"),
    ("paused", "paused", WATCH),
    ("shutdown", "shutting down", WARN),
    ("shutoff", "shut off", GONE),
    ("crashed", "crashed", BAD),
    ("pmsuspended", "suspended", "light-blue"),
    ("nostate", "no state", "#6e6e6e"),
)
# The states of virtcast_series.
SERIES_STATES: Mapping[str, str] = {
    "ready": GOOD,
    "learning": "blue",
    "stale": WARN,
    "gone": GONE,
    "unusable": BAD,
}
RESULTS: Mapping[str, str] = {"success": GOOD, "failed": BAD, "cancelled": WATCH}
SEVERITIES: Mapping[str, str] = {"critical": BAD, "warning": WARN, "info": "blue"}
KINDS: Mapping[str, str] = {"actual": BAD, "predicted": PREDICTED, "anomaly": ACTUAL}


def told_apart(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, in their order."""
    return dict(zip(names, cycle(SERIES), strict=False))
