"""Value mappings: a number as the word it stands for, in its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMap,
    ValueMappingResult,
)

from grafana.style.colors import BAD, CALM, GOOD, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable

UP_OR_DOWN = {"1": ("up", GOOD), "0": ("down", BAD)}


def unknown(text: str) -> SpecialValueMap:
    """No value is said in plain colour: it is neither good nor bad."""
    options = DashboardSpecialValueMapOptions(
        match=SpecialValueMatch.NULL, result=ValueMappingResult(text=text, color=CALM)
    )
    return SpecialValueMap(options=options)


def states_by_number() -> ValueMap:
    """For values that number the states from 1 in the order of `STATES`."""
    results = {
        str(number): ValueMappingResult(text=text, color=color, index=number)
        for number, (_, text, color) in enumerate(STATES, 1)
    }
    return ValueMap(options=results)


def up_or_down() -> ValueMap:
    """For 1 and 0."""
    return ValueMap(
        options={raw: ValueMappingResult(text=text, color=color) for raw, (text, color) in UP_OR_DOWN.items()}
    )


def time_is_up() -> ValueMap:
    """For time left: none is no number, but now."""
    return ValueMap(options={"0": ValueMappingResult(text="now", color=BAD, index=0)})


def numbered(words: Iterable[tuple[str, str]]) -> ValueMap:
    """For values that number these words and their colours from 0."""
    results = {
        str(number): ValueMappingResult(text=text, color=color, index=number)
        for number, (text, color) in enumerate(words)
    }
    return ValueMap(options=results)
