"""Field overrides: how one series of a graph, or one column of a table, differs from its panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana.style.colors import CALM
from grafana.style.thresholds import PROBABILITY, TIME_LEFT, UTILIZATION, Steps, threshold_values

if TYPE_CHECKING:
    from collections.abc import Mapping

Style = dict[str, object]  # properties of a field override, by their ids

DOTS: Style = {"fill": "dot", "dash": [2, 5]}
DASHES: Style = {"fill": "dash", "dash": [8, 6]}

# Time left that is over.
OVER: Style = {"type": "value", "options": {"0": {"text": "now", "index": 1}}}
# What a coloured cell shows where there is no value: thresholds would paint it like the lowest one.
BLANK: Style = {
    "type": "special",
    "options": {"match": "null", "result": {"text": "-", "color": CALM, "index": 0}},
}


def properties(style: Mapping[str, object]) -> list[DynamicConfigValue]:
    return [DynamicConfigValue(id_val=name, value=value) for name, value in style.items()]


def width(pixels: int) -> Style:
    return {"custom.width": pixels}


def at_least(pixels: int) -> Style:
    return {"custom.minWidth": pixels}


def unit(name: str, decimals: int | None = None) -> Style:
    """A unit by Grafana's id."""
    return {"unit": name} if decimals is None else {"unit": name, "decimals": decimals}


PERCENT = unit("percentunit", 0)  # a ratio in whole percent


def fixed(color: str) -> Style:
    return {"color": {"mode": "fixed", "fixedColor": color}}


def counted(color: str, none: str = CALM) -> Style:
    """A count that takes its colour from one on."""
    return {"color": {"mode": "thresholds"}, "thresholds": threshold_values(((None, none), (1, color)))}


def words(mapping: Mapping[str, tuple[str, str]]) -> Style:
    """A value mapping: raw value → (text shown, colour)."""
    options = {
        raw: {"text": text, "color": color, "index": index}
        for index, (raw, (text, color)) in enumerate(mapping.items())
    }
    return {"mappings": [{"type": "value", "options": options}]}


def colored_words(mapping: Mapping[str, tuple[str, str]]) -> Style:
    """A cell whose text is mapped and coloured."""
    return {**words(mapping), "custom.cellOptions": {"type": "color-text"}}


def colored_names(colors: Mapping[str, str]) -> Style:
    """A cell whose text is coloured."""
    return colored_words({name: (name, color) for name, color in colors.items()})


def gauge_cell(steps: Steps) -> Style:
    """A ratio in percent, as a small bar with its value."""
    return {
        **PERCENT,
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "color": {"mode": "thresholds"},
        "thresholds": threshold_values(steps),
        "min": 0,
        "max": 1,
    }


def colored_cell(steps: Steps) -> Style:
    """A cell whose value is coloured by thresholds."""
    return {
        "custom.cellOptions": {"type": "color-text"},
        "color": {"mode": "thresholds"},
        "mappings": [BLANK],
        "thresholds": threshold_values(steps),
    }


USED = gauge_cell(UTILIZATION)
CHANCE_BAR = gauge_cell(PROBABILITY)
CHANCE: Style = {**PERCENT, **colored_cell(PROBABILITY)}
TIME: Style = {**unit("s", 1), **colored_cell(TIME_LEFT), "mappings": [BLANK, OVER]}
