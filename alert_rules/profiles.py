"""What is set: a profile's values, and an operator's file over them that holds only what differs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, field, make_dataclass
from typing import TYPE_CHECKING, Annotated, Any

from alert_rules import values
from alert_rules.alerts.exhaustion import ROWS as EXHAUSTIONS
from alert_rules.configuration import CHANNELS, NEEDED
from alert_rules.registry import SECTIONS
from exporter.web.strict_yaml import ConfigError, load
from forecaster.config.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from alert_rules.values import Choices, Scalar
    from forecaster.config.resource import Resource

PROFILES: Mapping[str, Choices] = {
    "default": {section.name: values.defaults(section) for section in SECTIONS},
    "demo": {section.name: values.demo(section) for section in SECTIONS},
    "live": {section.name: values.live(section) for section in SECTIONS},
}


def following(choices: Choices, resources: Iterable[Resource]) -> Choices:
    """`choices` with the limits and thresholds of a forecaster's configuration for what is not known yet."""
    named = {resource.name: resource for resource in resources}
    told = {
        row.area: _stated(named[row.resource], choices[row.area])
        for row in EXHAUSTIONS
        if row.resource in named
    }
    return {name: {**values, **told.get(name, {})} for name, values in choices.items()}


def _stated(resource: Resource, values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What a resource says instead of the values of its area; the floor stays below the limit.

    Who plans looks as far ahead as is forecast.
    """
    ahead = [each.label for each in resource.counted]
    stated: dict[str, Scalar] = {"probability": resource.threshold}
    if values["later_horizon"] not in ahead:
        stated["later_horizon"] = ahead[-1]
    if math.isfinite(resource.limit):
        stated["limit"] = resource.limit
        scale = min(1.0, resource.limit / float(values["limit"]))
        stated["floor"] = round(float(values["floor"]) * scale, 4)
    return stated


def check_horizons(choices: Choices, resources: Iterable[Resource]) -> None:
    """ConfigError where an alert is on a horizon that is not forecast: it would never fire."""
    labels = {resource.name: [each.label for each in resource.counted] for resource in resources}
    for row in EXHAUSTIONS:
        for name in ("horizon", "later_horizon"):
            horizon = choices[row.area][name]
            if row.resource in labels and horizon not in labels[row.resource]:
                raise ConfigError(
                    f"{row.area}.{name} is {horizon}, but {row.resource} is forecast for "
                    f"{', '.join(labels[row.resource])} only: "
                    "set one of these in the values file, or publish: full"
                )


def check_channels(choices: Choices) -> None:
    """ConfigError where a channel lacks what it needs."""
    channels = choices[CHANNELS.name]
    for name, needed in NEEDED.items():
        if channels[name] and not channels[needed]:
            raise ConfigError(f"channels.{name} is set: set channels.{needed}, too")


def changed(choices: Choices, path: Path) -> Choices:
    """`choices` with what a values file says instead; ConfigError names the file and line of a mistake.

    A file is YAML: sections, and in them the values that differ:

        filesystem: {floor: 0.8}
        cpu: {anomaly_for: 20m}
    """
    decoded: Choices = asdict(load(path, _file(choices)))
    return decoded


def _file(choices: Choices) -> type[Any]:
    """What may stand in a values file, as a dataclass whose defaults are `choices`."""
    free = {section.name for section in SECTIONS if section.names}
    sections: list[tuple[str, Any, Any]] = []
    for name, chosen in choices.items():
        if name in free:
            sections.append((name, Mapping[str, Annotated[str, destination]], field(default_factory=dict)))
            continue
        kind = make_dataclass(
            name, [(key, _kind(value), field(default=value)) for key, value in chosen.items()]
        )
        sections.append((name, kind, field(default_factory=kind)))
    return make_dataclass("Values", sections)


def _kind(value: Scalar) -> Any:
    """How a value is read: a duration stays one."""
    return Annotated[str, _duration] if isinstance(value, str) and _is_duration(value) else type(value)


def destination(text: str) -> str:
    """An e-mail address, or the URL of a webhook."""
    if not re.fullmatch(r"https?://[^\s@]+|[^\s@:/,]+@[^\s@:/,]+", text):
        raise ValueError("expected an e-mail address or the URL of a webhook")
    return text


def _duration(text: str) -> str:
    seconds(text)
    return text


def _is_duration(text: str) -> bool:
    try:
        seconds(text)
    except ValueError:
        return False
    return True
