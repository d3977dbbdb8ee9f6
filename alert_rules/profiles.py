"""What is set: a profile's values, and an operator's file over them that holds only what differs."""

from __future__ import annotations

from dataclasses import asdict, field, make_dataclass
from typing import TYPE_CHECKING, Annotated, Any

from alert_rules import values
from alert_rules.registry import SECTIONS
from exporter.web.strict_yaml import load
from forecaster.config.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from alert_rules.values import Choices, Scalar

PROFILES: Mapping[str, Choices] = {
    "default": {section.name: values.defaults(section) for section in SECTIONS},
    "demo": {section.name: values.demo(section) for section in SECTIONS},
}


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
    sections = []
    for name, chosen in choices.items():
        kind = make_dataclass(
            name, [(key, _kind(value), field(default=value)) for key, value in chosen.items()]
        )
        sections.append((name, kind, field(default_factory=kind)))
    return make_dataclass("Values", sections)


def _kind(value: Scalar) -> Any:
    """How a value is read: a duration stays one."""
    return Annotated[str, _duration] if isinstance(value, str) and _is_duration(value) else type(value)


def _duration(text: str) -> str:
    seconds(text)
    return text


def _is_duration(text: str) -> bool:
    try:
        seconds(text)
    except ValueError:
        return False
    return True
