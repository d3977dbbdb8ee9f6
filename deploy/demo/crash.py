"""The end of the forecaster by a fault, and how long its forecasts are away."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from demo.services import Processes

NAME = "forecaster"
PATIENCE = 60.0  # seconds
BOUNDS = 3  # samples of a series: lower, expected, upper
FORECASTS = re.compile(r"^virtcast_baseline_value\{.*?\} (?!NaN)", re.MULTILINE)
LEARNING = re.compile(r'^virtcast_series\{\S*state="learning"\} (\S+)', re.MULTILINE)


def kill_and_start(processes: Processes) -> float:
    """Seconds from SIGKILL until every forecast that was there is there again, learnt from all history.

    Raises TimeoutError after a minute.
    """
    before = _known(_page(processes))
    processes.kill(NAME)
    begun = time.monotonic()
    processes.start(processes.services[NAME])
    while time.monotonic() - begun < PATIENCE:
        if before > 0 and _known(_page(processes)) >= before:
            return time.monotonic() - begun
        time.sleep(0.1)
    raise TimeoutError(f"the forecaster is not back with {before:.0f} forecasts after {PATIENCE:.0f} s")


def _known(page: str) -> float:
    """The series with a forecast, less those that only learn."""
    return len(FORECASTS.findall(page)) / BOUNDS - sum(map(float, LEARNING.findall(page)))


def _page(processes: Processes) -> str:
    """What it publishes; nothing while it does not answer."""
    try:
        with urlopen(f"{processes.services[NAME].url}/metrics", timeout=5) as answer:  # noqa: S310 (loopback)
            text: str = answer.read().decode()
            return text
    except (URLError, OSError):
        return ""
