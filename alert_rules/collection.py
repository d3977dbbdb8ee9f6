"""A section for the public collection awesome-prometheus-alerts, in the format of its `_data/rules.yml`.

It has the alerts that need the exporter's metrics only: who takes rules from a collection has neither our
recording rules nor a forecaster.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alert_rules.profiles import PROFILES
from alert_rules.registry import AREAS
from alert_rules.rules import settled
from alert_rules.yaml_text import quoted, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alert_rules.alert import Alert

HEAD = """\
# Made from the rows in alert_rules/alerts/ by `make generate`; do not edit.
# A service for the group "Basic resource monitoring" of _data/rules.yml, with alerts on these metrics only.
      - name: libvirt
        exporters:
          - name: virtcast-exporter
            slug: virtcast-exporter
            rules:
"""
MARGIN = 16  # columns before the keys of a rule
# Series that another program or a recording rule makes.
FOREIGN = re.compile(r"\b(?:virtcast_\w+|prometheus_\w+|alertmanager_\w+|ALERTS|up)\b|\w:\w")
MUTING = "maintenance"  # its alert is for our configuration of Alertmanager
WORD = re.compile(r"[A-Z][a-z]+")
SHORTHANDS = ("vm", "cpu", "mac", "io")  # written in capitals


def text() -> str:
    """The section as YAML, at the indentation that it has there."""
    return HEAD + "\n".join("".join(_rule(alert)) for alert in offered())


def offered() -> list[Alert]:
    """The alerts on the exporter's metrics, with the default values, in the order of RULES.md."""
    rows = (
        settled(row, PROFILES["default"].get(area.name, {}))
        for area in AREAS
        if area.name != MUTING
        for row in area.alerts
    )
    return [row for row in rows if not FOREIGN.search(row.expr) and not row.always_fires]


def title(name: str) -> str:
    """An alert's name in words.

    >>> title("VmDiskNoSpace")
    'VM disk no space'
    """
    words = [word.lower() for word in WORD.findall(name)]
    return " ".join(_cased(word, number) for number, word in enumerate(words))


def _cased(word: str, number: int) -> str:
    if word in SHORTHANDS:
        return word.upper()
    return word.capitalize() if number == 0 and word != "libvirt" else word


def _rule(alert: Alert) -> Iterator[str]:
    """The lines of a rule."""
    keys = {
        "description": scalar(alert.description, MARGIN + 2),
        "query": quoted(" ".join(alert.expr.split())),
        "severity": alert.severity,
        "for": alert.for_,
        "comments": alert.comment and scalar(alert.comment, MARGIN + 2),
    }
    yield f"{' ' * (MARGIN - 2)}- name: {title(alert.name)}\n"
    yield from (f"{' ' * MARGIN}{key}: {value}\n" for key, value in keys.items() if value)
