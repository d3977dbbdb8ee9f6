"""Some of the alert rules: promtool evaluates all that it is given; hours of all of them take a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def groups(file: Path) -> list[dict[str, Any]]:
    """The groups of a file of rules."""
    found: list[dict[str, Any]] = yaml.load(file.read_text(), yaml.CSafeLoader)["groups"]
    return found


def write_part(file: Path, alerts: set[str], part: Path) -> None:
    """Write the groups that have these alerts, or one whose expression names one of them, as they are."""
    some = [
        group
        for group in groups(file)
        if any(rule.get("alert") in alerts or names(rule["expr"], alerts) for rule in group["rules"])
    ]
    missing = alerts - {rule.get("alert") for group in some for rule in group["rules"]}
    assert not missing, f"no rule has the alerts {missing}"
    part.write_text(yaml.dump({"groups": some}, Dumper=yaml.CSafeDumper, allow_unicode=True))


def names(expression: str, alerts: set[str]) -> bool:
    return "ALERTS" in expression and any(alert in expression for alert in alerts)
