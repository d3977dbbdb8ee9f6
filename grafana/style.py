"""The house style: colours, thresholds, value mappings and field overrides, each written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import ValueMap, ValueMappingResult

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTUAL = "blue"
NORMAL = "light-blue"
FORECAST = "orange"
LIMIT = "red"
CALM = "text"
GOOD, WATCH, WARN, BAD = "green", "yellow", "orange", "red"
PREDICTED = "purple"

PERCENT = {"unit": "percentunit", "decimals": 0}  # a ratio in whole percent

DOTS = {"fill": "dot", "dash": [2, 5]}
DASHES = {"fill": "dash", "dash": [8, 6]}

# The states of libvirt_domain_state: (label, as shown, colour).
STATES: tuple[tuple[str, str, str], ...] = (
    ("running", "running", GOOD),
    ("blocked", "blocked", "light-green"),
    ("paused", "paused", WATCH),
    ("shutdown", "shutting down", WARN),
    ("shutoff", "shut off", "#8e8e8e"),
    ("crashed", "crashed", BAD),
    ("pmsuspended", "suspended", "light-blue"),
    ("nostate", "no state", "#6e6e6e"),
)
RESULTS: Mapping[str, str] = {"success": GOOD, "failed": BAD, "cancelled": WATCH}
SEVERITIES: Mapping[str, str] = {"critical": BAD, "warning": WARN, "info": "blue"}
KINDS: Mapping[str, str] = {"actual": BAD, "predicted": PREDICTED}

# Thresholds, from the lowest value up: (from this value on, colour); None is minus infinity.
Steps = tuple[tuple[float | None, str], ...]
UTILIZATION: Steps = ((None, GOOD), (0.7, WATCH), (0.8, WARN), (0.9, BAD))
PROBABILITY: Steps = ((None, GOOD), (0.2, WATCH), (0.5, WARN), (0.8, BAD))
ANOMALY: Steps = ((None, GOOD), (0.7, WATCH), (1, BAD))
# Times are never below zero: the lowest step is for no value.
TIME_LEFT: Steps = ((None, CALM), (0, BAD), (3600, WARN), (86400, WATCH), (7 * 86400, GOOD))
AGE: Steps = ((None, BAD), (0, GOOD), (600, WARN), (900, BAD))
ANY_IS_BAD: Steps = ((None, GOOD), (1, BAD))
ANY_IS_WARNING: Steps = ((None, GOOD), (1, WARN))
GOING: Steps = ((None, ACTUAL),)
NEUTRAL: Steps = ((None, CALM),)


def thresholds(steps: Steps) -> ThresholdsConfig:
    rows = [dashboard.Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(rows)


def threshold_values(steps: Steps) -> dict[str, object]:
    """The same thresholds as the value of a field override."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}


def properties(values: Mapping[str, object]) -> list[dashboard.DynamicConfigValue]:
    return [dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in values.items()]


def fixed(color: str) -> dict[str, object]:
    return {"color": {"mode": "fixed", "fixedColor": color}}


def counted(color: str, none: str = CALM) -> dict[str, object]:
    """A count that takes its colour from one on."""
    return {"color": {"mode": "thresholds"}, "thresholds": threshold_values(((None, none), (1, color)))}


def words(mapping: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    """A value mapping as an override: raw value → (text shown, colour)."""
    options = {
        raw: {"text": text, "color": color, "index": index}
        for index, (raw, (text, color)) in enumerate(mapping.items())
    }
    return {"mappings": [{"type": "value", "options": options}]}


def states_by_number() -> ValueMap:
    """For values that number the states from 1 in the order of `STATES`."""
    results = {
        str(number): ValueMappingResult(text=text, color=color, index=number)
        for number, (_, text, color) in enumerate(STATES, 1)
    }
    return ValueMap(options=results)


def up_or_down() -> ValueMap:
    """For 1 and 0."""
    texts = {"1": ("up", GOOD), "0": ("down", BAD)}
    return ValueMap(
        options={raw: ValueMappingResult(text=text, color=color) for raw, (text, color) in texts.items()}
    )


def colored_words(mapping: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    """A table cell whose text is mapped and coloured."""
    return {**words(mapping), "custom.cellOptions": {"type": "color-text"}}


# Time left that is over.
OVER = {"type": "value", "options": {"0": {"text": "now", "index": 1}}}
# What a coloured cell shows where there is no value: thresholds would paint it like the lowest one.
BLANK = {"type": "special", "options": {"match": "null", "result": {"text": "-", "color": CALM, "index": 0}}}


def gauge_cell(steps: Steps, *, maximum: float = 1) -> dict[str, object]:
    """A table cell drawn as a small bar with its value."""
    return {
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "color": {"mode": "thresholds"},
        "thresholds": threshold_values(steps),
        "min": 0,
        "max": maximum,
    }


def time_left_cell() -> dict[str, object]:
    return {"unit": "s", "decimals": 1, **colored_cell(TIME_LEFT), "mappings": [BLANK, OVER]}


def colored_cell(steps: Steps) -> dict[str, object]:
    """A table cell whose value is coloured by thresholds."""
    return {
        "custom.cellOptions": {"type": "color-text"},
        "color": {"mode": "thresholds"},
        "mappings": [BLANK],
        "thresholds": threshold_values(steps),
    }
