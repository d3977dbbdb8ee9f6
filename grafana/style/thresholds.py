"""From which value on a figure has which colour."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from grafana.style.colors import ACTUAL, BAD, CALM, GOOD, WARN, WATCH

HOUR = 3600  # seconds
DAY = 24 * HOUR

# From the lowest value up: (from this value on, colour); None is minus infinity.
Steps = tuple[tuple[float | None, str], ...]


def full_from(share: float) -> Steps:
    """The colours of a use that an alert takes for full from a share on."""
    return ((None, GOOD), (round(share - 0.2, 2), WATCH), (round(share - 0.1, 2), WARN), (share, BAD))


UTILIZATION = full_from(0.9)
PROBABILITY: Steps = ((None, GOOD), (0.2, WATCH), (0.5, WARN), (0.8, BAD))
ANOMALY: Steps = ((None, GOOD), (0.7, WATCH), (1, BAD))
STEAL: Steps = ((None, GOOD), (0.02, WATCH), (0.1, BAD))
LATENCY: Steps = ((None, GOOD), (0.02, WATCH), (0.1, BAD))  # seconds
LOSS: Steps = ((None, GOOD), (0.001, WATCH), (0.01, BAD))
COVERAGE: Steps = ((None, BAD), (0.6, WATCH), (0.7, GOOD))
NAIVE: Steps = ((None, GOOD), (1, WATCH), (1.5, BAD))
SKILL: Steps = ((None, BAD), (0, WATCH), (0.2, GOOD))
RESERVE: Steps = ((None, CALM), (0, GOOD), (0.8, WATCH), (0.9, WARN), (1, BAD))  # of what remains
BUDGET: Steps = ((None, BAD), (0, WARN), (0.25, WATCH), (0.5, GOOD))  # share that is left
PROMISED: Steps = ((None, CALM), (1, WATCH), (1.5, WARN))
# Times are never below zero: the lowest step is for no value.
TIME_LEFT: Steps = ((None, CALM), (0, BAD), (HOUR, WARN), (DAY, WATCH), (7 * DAY, GOOD))
MONTHS_LEFT: Steps = ((None, CALM), (0, BAD), (7 * DAY, WARN), (30 * DAY, WATCH), (90 * DAY, GOOD))
EFFICIENCY: Steps = ((None, CALM), (0, WARN), (0.4, WATCH), (0.6, GOOD))  # of what there is
AGE: Steps = ((None, BAD), (0, GOOD), (600, WARN), (900, BAD))
SUCCESS: Steps = ((None, BAD), (0.9, WARN), (0.99, GOOD))
UP: Steps = ((None, BAD), (1, GOOD))
ANY_IS_BAD: Steps = ((None, GOOD), (1, BAD))
ANY_IS_WARNING: Steps = ((None, GOOD), (1, WARN))
ABOVE_ONE: Steps = ((None, "transparent"), (1, BAD))
GOING: Steps = ((None, ACTUAL),)
NEUTRAL: Steps = ((None, CALM),)


def thresholds(steps: Steps) -> ThresholdsConfig:
    rows = [Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(rows)


def threshold_values(steps: Steps) -> dict[str, object]:
    """The same thresholds as the value of a field override."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}
