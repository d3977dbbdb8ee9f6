"""What an operator can set: thresholds, durations and addresses, as rows beside the rules that use them.

A row's text names a value of its section as `$name`. Go templates use `$labels` and `$value` the same way:
these two are Prometheus' and no value can have their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from forecaster.config.durations import seconds, written

Scalar = str | int | float
Choices = Mapping[str, Mapping[str, Scalar]]  # what is set, by section and name
PARTS = {"sixth": 1 / 6, "third": 1 / 3, "twice": 2.0}


@dataclass(frozen=True, slots=True)
class Value:
    """One setting: its default, its meaning, and what the profiles `demo` and `live` set instead.

    Durations are written as Prometheus writes them; numbers carry their unit in the name or are ratios.
    """

    name: str
    default: Scalar
    about: str
    demo: Scalar | None = None
    live: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The values that belong together, under one key of a values file.

    With `names`, its names are the operator's own, such as owners; they say what a name and its value are.
    """

    name: str
    about: str
    values: tuple[Value, ...] = ()
    names: str = ""


def defaults(section: Section) -> dict[str, Scalar]:
    """The section's values by name."""
    return {value.name: value.default for value in section.values}


def demo(section: Section) -> dict[str, Scalar]:
    """The same for the demo, whose day lasts four minutes."""
    return {value.name: value.default if value.demo is None else value.demo for value in section.values}


def live(section: Section) -> dict[str, Scalar]:
    """The same where anomalies are to be seen within seconds: frequent scrapes and rules."""
    return {value.name: value.default if value.live is None else value.live for value in section.values}


def filled(text: str, values: Mapping[str, Scalar]) -> str:
    """`text` with each `$name` of `values` replaced; any other `$` stays for Prometheus."""
    return Template(text).safe_substitute(values)


def with_parts(values: Mapping[str, Scalar], name: str) -> dict[str, Scalar]:
    """`values`, and parts of the duration `name` of them: `$sixth_NAME`, `$twice_NAME` …; to the second, at
    least one.

    >>> with_parts({"horizon": "24h"}, "horizon")["sixth_horizon"]
    '4h'
    """
    whole = seconds(str(values[name]))
    return {
        **values,
        **{f"{part}_{name}": written(max(1, round(share * whole))) for part, share in PARTS.items()},
    }
